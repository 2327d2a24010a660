"""From a configuration to the parts of a run: first what does not depend on the mask, then the attack."""

from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor

from eot.aims import Aim
from eot.attack import Attack, Judged
from eot.colour_trials import Colours
from eot.defences.defended import defended
from eot.left_out import CutOut, SomeModels
from eot.loop import gradient
from eot.optimisers import SCHEDULES, SteepestDescent
from eot.problem import Penalty, Problem, unprinted
from eot.random_search import RandomSearch
from eot.runs.articles import Article, article_of
from eot.runs.config import Config
from eot.runs.labels import Victims, known_number, objective_of
from eot.runs.masks import shaped
from eot.runs.objects import Numbering
from eot.runs.possible import ASKING, check_goal, check_search
from eot.runs.product import Product, levels_of, shown
from eot.runs.scenes import Without, World, world_of
from eot.runs.textures import AnyTexture, texture_of
from eot.slopes import Nes, Slope, unseen
from eot.streams import Stream, generator_for
from eot.victims import AnyVictim, Detector, load_victims
from renders.conditions import Conditions
from renders.errors import InputError
from renders.meshes.islands import filled
from textures.controls import blank_article, clean_article, noise_article
from textures.norms import norm_named
from textures.penalties import LabDistance, NonPrintability, OutOfGamut, TotalVariation
from textures.printer.catalogue import fogra39, read_profile
from textures.printer.followed import Followed
from textures.printer.profile import PrintProfile

Mask = Float[Tensor, "1 u v"]


@dataclass(frozen=True, eq=False)
class Frame:
    """All of a run but its texture: victims, article, world and goal."""

    config: Config
    device: torch.device
    victims: Victims
    article: Article
    world: World
    objective: Aim
    profile: PrintProfile | None

    def problem(self, mask: Mask | None = None) -> Problem:
        """The problem; its penalties look at the mask only, or at the whole face."""
        prints = unprinted if self.profile is None else Followed(self.profile)
        return Problem(self.world.scene, self.victims, self.objective, prints, self._penalties(mask))

    def bare_problem(self) -> Problem | None:
        """The problem with nothing put into the scene, which is what is clean beside a bare patch."""
        if not self.article.bare:
            return None
        return Problem(Without(self.world.scene), self.victims, self.objective)

    def stream(self, name: str, k: int) -> Stream:
        """Batches of k views; only those of `report` show the backgrounds or photos that are held out."""
        first, last = self.world.shown(name, self.config.evaluation.held_out)
        ranges = {
            **self.config.conditions,
            "background": (float(first), float(last)),
            "environment": (0.0, float(self.world.environments - 1)),
        }
        return Stream(Conditions(ranges), self.config.seed, name, k)

    def _penalties(self, mask: Mask | None) -> tuple[Penalty, ...]:
        table, penalties = self.config.penalties, list[Penalty]()
        if table.total_variation > 0:
            penalties.append(TotalVariation(table.total_variation, mask))
        if table.non_printability > 0:
            colours = (self.profile or fogra39()).colours()
            penalties.append(NonPrintability(colours, table.non_printability, mask))
        if table.gamut > 0:
            if self.profile is None:
                raise InputError("penalties.gamut: expected 0 without print.profile; set print.profile")
            penalties.append(OutOfGamut(self.profile, table.gamut, mask))
        if table.lab > 0:
            if self.article.bare:
                raise InputError("penalties.lab: expected 0, as a bare patch has no original; set it so")
            penalties.append(LabDistance(self.article.faces.to(self.device), table.lab, mask))
        return tuple(penalties)


@dataclass(frozen=True, eq=False)
class Built:
    """A run that is ready to go, and what to make of its result."""

    frame: Frame
    mask: Mask
    texture: AnyTexture
    attack: Attack

    def controls(self) -> dict[str, Float[Tensor, "f 3 u v"]]:
        """The articles that a success is measured against, in eight bits; without clean for a bare patch."""
        return controls_of(self.frame.config, self.texture, self.frame.article.bare)

    def product(self, best: Judged) -> Product:
        """The best iterate in eight bits: what is measured and printed."""
        article = self.frame.article
        levels = _levels(self.frame.config, self.texture, best.image).cpu()
        return Product(
            levels=levels if article.mesh is None else filled(levels, article.coverage),
            mask=self.mask,
            coverage=article.coverage,
            width_mm=article.width_mm,
            height_mm=article.height_mm,
            title=article.title,
            identifier=self.frame.config.name,
            score=best.success,
            selected_on=len(article.faces) * self.frame.config.search.select_views,
        )


def controls_of(config: Config, texture: AnyTexture, bare: bool) -> dict[str, Float[Tensor, "f 3 u v"]]:
    """The articles that a success is measured against, in eight bits; without clean for a bare patch."""
    noise = noise_article(texture, generator_for(config.seed, "noise article"))
    made = {"clean": clean_article(texture), "noise": noise, "blank": blank_article(texture)}
    if bare:
        del made["clean"]
    return {name: shown(_levels(config, texture, i)) for name, i in made.items() if i is not None}


def _levels(config: Config, texture: AnyTexture, image: Tensor) -> Tensor:
    """In a ball rounding must not lead out of it."""
    in_ball = config.texture.norm != "none"
    return levels_of(image.detach(), blank_article(texture) if in_ball else None)


def frame_of(config: Config, device: torch.device) -> Frame:
    """The frame of a run. Everything it needs is read and checked here, before anything is written."""
    article = shaped(config, article_of(config))
    loaded = load_victims(config.victims.models, config.victims.weights or None)
    if config.victims.defence != "none":
        loaded = tuple((defended(victim, config.victims.defence), weight) for victim, weight in loaded)
    objective = objective_of(config.objective, loaded, article.sign)
    check_goal(config)
    profile = read_profile(config.print.profile)
    world = world_of(config, article, device, _numbering(config, loaded))
    victims = tuple((victim.to(device), weight) for victim, weight in loaded)
    return Frame(config, device, victims, article, world, objective, profile)


def _numbering(config: Config, victims: Victims) -> Numbering | None:
    """How things of all classes are numbered, where all of them are to be found; else None."""
    return partial(known_number, victims=victims) if config.objective.kind == "degrade" else None


def build(frame: Frame, mask: Mask) -> Built:
    """The attack with its texture at its start, inside the mask."""
    config, article = frame.config, frame.article
    if tuple(mask.shape) != (1, *article.size):
        raise InputError(f"expected a mask of {article.size} texels; got {list(mask.shape)}: start a new run")
    texture = texture_of(config.texture, article, mask, generator_for(config.seed, "start")).to(frame.device)
    attack = Attack(
        texture,
        frame.problem(mask.to(frame.device)),
        _optimiser(config, texture, mask),
        frame.stream("train", config.optimiser.views),
        frame.stream("select", config.search.select_views),
        config.optimiser.steps,
        config.search.select_every,
        SCHEDULES[config.optimiser.schedule],
        config.optimiser.micro,
        _slope(config, mask),
    )
    return Built(frame, mask, texture, attack)


def _slope(config: Config, mask: Mask) -> Slope:
    """The gradient, or what stands for it where the victim is only asked; with what a step leaves out."""
    table, some = config.optimiser, config.victims.each_step
    if table.kind == "random" and (some is not None or table.cut_out > 0):
        raise InputError(
            "optimiser.kind: random compares losses within a step, so none of it may be left out: take out "
            "victims.each_step and optimiser.cut_out, or use adam, steepest or nes"
        )
    slopes: dict[str, Slope] = {"nes": Nes(table.trials), "random": unseen}
    slope = slopes.get(table.kind, gradient)
    if some is not None and some < len(config.victims.models):
        slope = SomeModels(slope, some)
    return CutOut(slope, table.cut_out, mask) if table.cut_out > 0 else slope


def check_optimiser(frame: Frame) -> None:
    """Raises InputError where the optimiser cannot be used, or needs of a victim what it lacks."""
    kind = frame.config.optimiser.kind
    check_search(frame.config, len(frame.article.faces))
    for victim, _ in frame.victims:
        if kind not in ASKING:
            _check_gradient(victim, frame.device, kind)
        if frame.config.objective.hiding == "objectness" and isinstance(victim, Detector):
            _check_objectness(victim, frame.device)


def _check_gradient(victim: AnyVictim, device: torch.device, kind: str) -> None:
    """Raises InputError where the victim's answer cannot be followed back to the picture."""
    if getattr(victim.module, "black_box", False):
        raise InputError(
            f"optimiser.kind: {victim.info.name} can only be asked, so {kind} has no gradient to follow: "
            "use random or nes"
        )
    answer = victim(_grey(victim, device).requires_grad_())
    if not (answer if isinstance(answer, torch.Tensor) else answer.values[0]).requires_grad:
        raise InputError(
            f"optimiser.kind: {kind} follows a gradient, and {victim.info.name} cuts it off between the "
            "picture and its answer (no_grad, detach, argmax or the like): repair it, or use random, nes"
        )


@torch.no_grad()
def _check_objectness(victim: Detector, device: torch.device) -> None:
    """Raises InputError where a detector says nothing of there being anything at all."""
    if victim(_grey(victim, device)).objectness is None:
        raise InputError(
            f"objective.hiding: {victim.info.name} has no objectness apart from its classes: use none_fires, "
            "largest or overlap"
        )


def _grey(victim: AnyVictim, device: torch.device) -> Float[Tensor, "1 3 h w"]:
    return torch.full((1, 3, *victim.info.input_px), 0.5, device=device)


def _optimiser(config: Config, texture: AnyTexture, mask: Mask) -> torch.optim.Optimizer:
    table = config.optimiser
    if table.kind == "random":
        colours = Colours(mask, table.trials, table.steps, config.seed)
        return RandomSearch(texture.parameters(), colours)
    if table.kind in ("adam", "nes"):
        return torch.optim.Adam(texture.parameters(), lr=table.rate)
    if config.texture.norm == "none":
        raise InputError("texture.norm: expected linf, l2 or l1 for optimiser.kind = steepest; got none")
    return SteepestDescent(texture.parameters(), norm_named(config.texture.norm), table.rate)
