"""The equation, read top to bottom: θ to an expected loss.

minimise over θ:  E_t loss( victim( sensor_t( render_t( print( P(θ) ) ) ) ) ) + penalties( P(θ) )
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from eot.aims import Aim, Outcome
from eot.victims.any_victim import AnyVictim, Prediction
from renders.conditions import Condition
from renders.places import Places

Scene = Callable[[Tensor, Condition], Tensor]
Penalty = Callable[[Tensor], Tensor]


def places_of(scene: Scene, condition: Condition) -> Places | None:
    """Where objects and articles are in every view; None where the scene cannot tell."""
    locate = getattr(scene, "places", None)
    return None if locate is None else locate(condition)


def unprinted(image: Tensor) -> Tensor:
    """No printer: the article looks exactly like its image."""
    return image


@dataclass(frozen=True)
class Problem:
    """A frozen composition of the parts. No state, no randomness: equal arguments give equal outcomes."""

    scene: Scene
    victims: tuple[tuple[AnyVictim, float], ...]
    objective: Aim
    prints: Callable[[Tensor], Tensor] = unprinted
    penalties: tuple[Penalty, ...] = ()

    def photograph(self, image: Float[Tensor, "t c u v"], condition: Condition) -> Float[Tensor, "t k 3 h w"]:
        """sRGB photographs of the printed images under every view."""
        return self.scene(self.prints(image), condition)

    def predict(self, image: Float[Tensor, "t c u v"], condition: Condition) -> list[Prediction]:
        """What each victim answers to every photograph `[t k ...]`; all but logits know their places."""
        photos = self.photograph(image, condition)
        answers = [victim(photos.flatten(0, 1)).unflatten(0, photos.shape[:2]) for victim, _ in self.victims]
        there = places_of(self.scene, condition)
        return [a if isinstance(a, Tensor) else replace(a, places=there) for a in answers]

    def __call__(self, image: Float[Tensor, "t c u v"], condition: Condition) -> Outcome:
        """Weighted loss over the victims plus penalties; success only where every victim is fooled."""
        outcomes = [self.objective(answer) for answer in self.predict(image, condition)]
        losses = [weight * o.loss for o, (_, weight) in zip(outcomes, self.victims, strict=True)]
        penalty = sum((p(image) for p in self.penalties), start=image.new_zeros(len(image)))
        success = torch.stack([o.success for o in outcomes]).all(0)
        return Outcome(torch.stack(losses).sum(0) + penalty[:, None], success)
