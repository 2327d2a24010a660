"""Balls of allowed change: how far a texture may leave its start, and the steepest step inside that ball.

Every function works per texture, over axis 0. `eps` is one radius for all textures or one per texture.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from renders.errors import InputError, nearest

Change = Float[Tensor, "t *rest"]
Radius = float | int | Float[Tensor, " t"]


def _per_texture(values: float | Tensor, like: Tensor) -> Tensor:
    """One value per texture, shaped so that it broadcasts over the rest of `like`."""
    values = torch.as_tensor(values, dtype=like.dtype, device=like.device)
    return values.expand(len(like)).reshape(-1, *[1] * (like.ndim - 1))


def _draw(like: Tensor, generator: torch.Generator, normal: bool) -> Tensor:
    """Standard normal or uniform [0, 1) numbers from the CPU generator, in the likeness of `like`."""
    draw = torch.randn if normal else torch.rand
    return draw(like.shape, generator=generator, dtype=like.dtype).to(like.device)


def _outside(length: Tensor, eps: Radius, like: Tensor) -> Tensor:
    """Which textures are out of the ball; rounding errors count as inside, so nothing is moved twice."""
    bound = _per_texture(eps, like) * (1 + 4 * torch.finfo(like.dtype).eps)
    return _per_texture(length, like) > bound


def _shrink(delta: Tensor, length: Tensor, eps: Radius) -> Tensor:
    """`delta` scaled to length eps where it is longer."""
    scale = _per_texture(eps, delta) / _per_texture(length, delta).clamp_min(torch.finfo(delta.dtype).tiny)
    return torch.where(_outside(length, eps, delta), delta * scale, delta)


def _within(surface: Tensor, generator: torch.Generator) -> Tensor:
    """Points of a sphere drawn inwards so that they fill its ball evenly: r = u^(1/n)."""
    u = torch.rand(len(surface), generator=generator, dtype=surface.dtype)
    return surface * _per_texture(u ** (1 / surface[0].numel()), surface)


@dataclass(frozen=True)
class Linf:
    """max |delta|: every texel may change by eps, which is what FGSM and PGD use."""

    def measure(self, delta: Change) -> Float[Tensor, " t"]:
        """The largest absolute change."""
        return delta.flatten(1).abs().amax(1)

    def project(self, delta: Change, eps: Radius) -> Change:
        """The nearest point of the ball."""
        radius = _per_texture(eps, delta)
        return torch.maximum(torch.minimum(delta, radius), -radius)

    def steepest(self, gradient: Change) -> Change:
        """argmax <gradient, d> over max |d| <= 1: the sign (Goodfellow et al. 2015, section 4)."""
        return gradient.sign()

    def surface(self, like: Change, eps: Radius, generator: torch.Generator) -> Change:
        """A random point at distance eps: +eps or -eps at every texel."""
        return _per_texture(eps, like) * (2 * (_draw(like, generator, normal=False) < 0.5).to(like.dtype) - 1)

    def sample(self, like: Change, eps: Radius, generator: torch.Generator) -> Change:
        """A uniform point of the ball."""
        return _per_texture(eps, like) * (2 * _draw(like, generator, normal=False) - 1)


@dataclass(frozen=True)
class L2:
    """The Euclidean length of the change."""

    def measure(self, delta: Change) -> Float[Tensor, " t"]:
        """sqrt(sum delta^2)."""
        # Not flattened: that would copy images that are stored channels last.
        return torch.linalg.vector_norm(delta, dim=tuple(range(1, delta.ndim)))

    def project(self, delta: Change, eps: Radius) -> Change:
        """The nearest point of the ball."""
        return _shrink(delta, self.measure(delta), eps)

    def steepest(self, gradient: Change) -> Change:
        """The gradient at unit length; zero stays zero."""
        # Scaled by its largest entry first: squares of 1e-25 would vanish in single precision.
        tiny = torch.finfo(gradient.dtype).tiny
        scaled = gradient / _per_texture(Linf().measure(gradient), gradient).clamp_min(tiny)
        return scaled / _per_texture(self.measure(scaled), scaled).clamp_min(tiny)

    def surface(self, like: Change, eps: Radius, generator: torch.Generator) -> Change:
        """A uniform point of the sphere."""
        return _per_texture(eps, like) * self.steepest(_draw(like, generator, normal=True))

    def sample(self, like: Change, eps: Radius, generator: torch.Generator) -> Change:
        """A uniform point of the ball."""
        return _within(self.surface(like, eps, generator), generator)


@dataclass(frozen=True)
class L1:
    """The sum of absolute changes. `share` of the coordinates move in a step; 0 means the largest only.

    One coordinate is the steepest step; a share of 0.01 ... 0.2 descends faster (Croce & Hein 2021,
    section 3.2).
    """

    share: float = 0.0

    def measure(self, delta: Change) -> Float[Tensor, " t"]:
        """sum |delta|."""
        return delta.flatten(1).abs().sum(1)

    def project(self, delta: Change, eps: Radius) -> Change:
        """The nearest point of the ball: soft thresholding (Duchi et al. 2008, figure 1)."""
        flat = delta.flatten(1)
        radius = _per_texture(eps, flat)
        falling = flat.abs().sort(dim=1, descending=True).values
        count = torch.arange(1, flat.shape[1] + 1, device=flat.device, dtype=flat.dtype)
        levels = (falling.cumsum(1) - radius) / count
        kept = (falling > levels).sum(1, keepdim=True).clamp_min(1)
        level = levels.gather(1, kept - 1).clamp_min(0)
        thresholded = flat.sign() * (flat.abs() - level).clamp_min(0)
        # The last scaling takes out the rounding of the cumulative sum; it is a factor within 1e-4 of 1.
        length = _per_texture(self.measure(thresholded), flat).clamp_min(torch.finfo(flat.dtype).tiny)
        nearest_point = thresholded * (radius / length)
        return torch.where(_outside(self.measure(flat), eps, flat), nearest_point, flat).reshape(delta.shape)

    def steepest(self, gradient: Change) -> Change:
        """A signed unit of change at the largest coordinate, or shared by a few; zero stays zero."""
        flat = gradient.flatten(1)
        count = max(1, round(self.share * flat.shape[1]))
        largest = flat.abs().topk(count, dim=1).indices
        step = torch.zeros_like(flat).scatter(1, largest, flat.sign().gather(1, largest))
        return (step / self.measure(step).clamp_min(1)[:, None]).reshape(gradient.shape)

    def surface(self, like: Change, eps: Radius, generator: torch.Generator) -> Change:
        """A uniform point of the sphere: exponential sizes with random signs, scaled to sum eps."""
        sizes = -torch.log1p(-_draw(like, generator, normal=False))
        signs = Linf().surface(like, 1.0, generator)
        total = _per_texture(self.measure(sizes), like).clamp_min(torch.finfo(like.dtype).tiny)
        return _per_texture(eps, like) * signs * sizes / total

    def sample(self, like: Change, eps: Radius, generator: torch.Generator) -> Change:
        """A uniform point of the ball."""
        return _within(self.surface(like, eps, generator), generator)


Norm = Linf | L2 | L1

NORMS: dict[str, Norm] = {"linf": Linf(), "l2": L2(), "l1": L1()}


def norm_named(name: str) -> Norm:
    """The norm called `linf`, `l2` or `l1`."""
    if name not in NORMS:
        raise InputError(f"expected the name of a norm; got {name!r}: {nearest(name, NORMS)}")
    return NORMS[name]
