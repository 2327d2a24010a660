"""The stop-sign attacks of Eykholt et al. 2018 against ours: same net, mask, photos and target.

Their sticker (paint in four rectangles) and their poster (a change of the whole sign, ours no larger than
theirs in l-infinity and l2), on the 40 plain photos and on fresh physical views of 20 larger crops. Two more
stickers: the same four pieces painted 4 x 4 times as fine, and each one texel (23 mm) wider on every side.

    python -m benchmarks.lisa_sticker
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import torch
from jaxtyping import Bool, Float
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from eot.attack import run
from eot.evidence.statistics import Rate, exact, mcnemar, paired_difference, pairs
from eot.loop import gradient
from eot.objectives import Targeted
from eot.problem import Problem
from eot.runs.articles import photo_files
from eot.runs.build import Frame, build, frame_of
from eot.runs.config import load_config
from eot.runs.masks import fixed_mask
from eot.streams import generator_for
from examples.asset_nets import ASSETS
from renders.photos import read_photo
from renders.scene import Scene
from renders.surfaces.flat import Flat
from textures.parameters import Texture

EXAMPLE = Path("examples/lisa_sticker.toml")
SIGNS = ASSETS / "signs"
# What a sticker of 2.9 % in the places of the authors is compared with.
WIDER_TEXELS = 1
FINER = 4
FINER_STEPS = 300
# The change of a poster is a third of the range of paint, and so is its rate.
POSTER_RATE = 0.02

Mask = Float[Tensor, "1 u v"]
Paint = Float[Tensor, "3 u v"]


@dataclass(frozen=True)
class Sticker:
    """Paint inside a mask of 0 and 1, both on the grid of the net's input."""

    name: str
    mask: Mask
    paint: Paint

    def on(self, faces: Float[Tensor, "f 3 u v"]) -> Float[Tensor, "f 3 u v"]:
        """The faces with the sticker; on the finer grid of the two, each texel of the other is a block."""
        side = max(faces.shape[-1], self.mask.shape[-1])
        mask, paint, faces = (
            _blocks(each, side // each.shape[-1]) for each in (self.mask, self.paint, faces)
        )
        return faces * (1 - mask) + mask * paint


@dataclass(frozen=True)
class Poster:
    """A change added to the colours inside a mask, as in equation 2 of Eykholt et al. 2018."""

    name: str
    mask: Mask
    change: Paint

    def on(self, faces: Float[Tensor, "f 3 u v"]) -> Float[Tensor, "f 3 u v"]:
        """The changed faces, clipped to what can be shown."""
        times = faces.shape[-1] // self.mask.shape[-1]
        return (faces + _blocks(self.mask * self.change, times)).clamp(0, 1)


class SharedChange(nn.Module):
    """One change for all faces, no larger than a given one in l-infinity and in l2."""

    def __init__(self, faces: Float[Tensor, "f 3 u v"], like: Poster) -> None:
        super().__init__()
        self.faces, self.mask = faces, like.mask
        limit = like.mask * like.change
        self.largest, self.length = float(limit.abs().max()), float(limit.norm())
        self.change = nn.Parameter(torch.zeros_like(like.change))

    def forward(self) -> Float[Tensor, "f 3 u v"]:
        """The changed faces."""
        return Poster("", self.mask, self.change).on(self.faces)

    @torch.no_grad()
    def project_(self) -> None:
        """Into both balls: shortening keeps every value within the first."""
        self.change.copy_((self.mask * self.change).clamp(-self.largest, self.largest))
        self.change.mul_(min(1.0, self.length / max(float(self.change.norm()), 1e-12)))


Article = Sticker | Poster


def _blocks(image: Float[Tensor, "*f c u v"], times: int) -> Float[Tensor, "*f c i j"]:
    return image.repeat_interleave(times, -1).repeat_interleave(times, -2)


def authors_sticker(mask: Mask, faces: Float[Tensor, "f 3 u v"]) -> Sticker:
    """Their noise added to the photos and clipped, as they do.

    It drives every texel to the end of the range whatever is under it, so it is paint: the mean over the
    photos, rounded to black or white.
    """
    noise = load_file(SIGNS / "rp2_noise.safetensors")["noise_camouflage"]
    shown = (faces + noise).clamp(0, 1).mean(0)
    return Sticker("their sticker", mask, (shown > 0.5).to(faces))


def our_sticker(frame: Frame, mask: Mask, name: str) -> Sticker:
    """The sticker that the example's recipe finds inside a mask; the best on the select stream."""
    best = None
    for progress in run(build(frame, mask).attack):
        best = progress.best
    assert best is not None
    return Sticker(name, mask, best.image[0])


def our_finer_sticker(mask: Mask) -> Sticker:
    """The same recipe inside the same mask, with several texels for each of the net's."""
    overrides = (f"article.texels={FINER * mask.shape[-1]}", f"optimiser.steps={FINER_STEPS}")
    frame = frame_of(load_config(EXAMPLE, overrides), torch.device("cpu"))
    return our_sticker(frame, _blocks(mask, FINER), "our sticker, finer")


def our_poster(frame: Frame, theirs: Poster) -> Poster:
    """The change that the example's recipe finds within the size of theirs."""
    texture = SharedChange(frame.article.faces, theirs)
    attack = build(frame, theirs.mask).attack
    optimiser = torch.optim.Adam(texture.parameters(), lr=POSTER_RATE)
    best = None
    # Nobody asks this one for its controls.
    poster = cast(Texture, texture)
    for progress in run(replace(attack, texture=poster, optimiser=optimiser)):
        if progress.best is not best:
            best, change = progress.best, texture.change.detach().clone()
    return Poster("our poster", theirs.mask, change)


def held_at_bounds(frame: Frame, problem: Problem, sticker: Sticker) -> tuple[int, int]:
    """How many values of a black and white sticker the gradient pushes against their end, of how many."""
    slope, _ = gradient(sticker.on(frame.article.faces), problem, frame.stream("bounds", 8)(0), 2)
    inside = sticker.mask[0] > 0
    slope, paint = slope.mean(0)[:, inside], sticker.paint[:, inside]
    held = torch.where(paint > 0.5, slope < 0, slope > 0)
    return int(held.sum()), held.numel()


@torch.no_grad()
def physical(
    frame: Frame, crops: Float[Tensor, "f 3 u v"], sticker: Article | None, views: int
) -> Float[Tensor, " n"]:
    """The class read on each of `views` fresh views of every crop; the same views for every sticker."""
    scene = frame.world.scene
    assert isinstance(scene, Scene)
    flat = Flat(frame.article.width_mm / 1000, frame.article.height_mm / 1000)
    problem = replace(frame.problem(), scene=replace(scene, surface=flat))
    faces = crops if sticker is None else sticker.on(crops)
    stream = frame.stream("report", views)
    answers = [problem.predict(faces[i : i + 1], stream(i))[0][0] for i in range(len(faces))]
    return torch.cat([answer.argmax(-1) for answer in answers if isinstance(answer, Tensor)])


@torch.no_grad()
def plain(frame: Frame, faces: Float[Tensor, "f 3 u v"], sticker: Article | None) -> Float[Tensor, " f"]:
    """The class read on each photo as it is."""
    victim, _ = frame.victims[0]
    return victim(faces if sticker is None else sticker.on(faces)).argmax(-1)


def articles(frame: Frame, faces: Float[Tensor, "f 3 u v"]) -> Iterator[Article | None]:
    """None for the clean sign, the controls, theirs, ours, and ours with wider pieces."""
    given = fixed_mask(frame.config, frame.article)
    assert given is not None
    mask = (given > 0.5).to(faces)
    size = 2 * WIDER_TEXELS + 1
    wider = functional.max_pool2d(mask, size, 1, WIDER_TEXELS)
    noise = torch.rand(3, *mask.shape[1:], generator=generator_for(frame.config.seed, "noise article"))
    yield None
    yield Sticker("noise", mask, noise)
    yield Sticker("grey", mask, torch.full_like(noise, 0.5))
    yield authors_sticker(mask, faces)
    yield our_sticker(frame, mask, "our sticker")
    yield our_finer_sticker(mask)
    yield our_sticker(frame, wider, "our sticker, wider")
    noise = load_file(SIGNS / "rp2_noise.safetensors")["noise_poster"]
    octagon = (read_photo(SIGNS / "masks" / "octagon.png")[:1] > 0.5).to(faces)
    poster = Poster("their poster", octagon, noise)
    yield poster
    yield our_poster(frame, poster)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--views", type=int, default=100, help="views of each of the 20 crops")
    args = parser.parse_args()
    torch.set_num_threads(1)
    frame = frame_of(load_config(EXAMPLE), torch.device("cpu"))
    faces = frame.article.faces
    crops = torch.stack([read_photo(file) for file in photo_files(str(SIGNS / "stop_256"))])
    goal = frame.objective
    assert isinstance(goal, Targeted) and goal.label is not None
    target, label = int(goal.target), int(goal.label)
    head = f"{len(crops)} crops x {args.views} views"
    print(f"{'sticker':20s} texels  {'40 plain photos':22s}  {head:22s}  read as stop")
    theirs: tuple[Article, Bool[Tensor, " n"]] | None = None
    for article in articles(frame, faces):
        read = physical(frame, crops, article, args.views)
        reached = read == target
        on_photos = _rate(plain(frame, faces, article) == target)
        name, texels = (article.name, int(article.mask.sum())) if article else ("clean sign", 0)
        stop = _rate(read == label)
        print(
            f"{name:20s} {texels:6d}  {_shown(on_photos):22s}  {_shown(_rate(reached)):22s}  {stop.rate:.3f}"
        )
        if article and name.startswith("their"):
            theirs = article, reached
            if isinstance(article, Sticker):
                held, values = held_at_bounds(frame, frame.problem(), article)
                print(f"  the gradient over views holds {held} of its {values} values at black or white")
        elif theirs and article:
            compare(article, reached, *theirs)


def compare(ours: Article, reached: Bool[Tensor, " n"], theirs: Article, before: Bool[Tensor, " n"]) -> None:
    """Prints how a sticker or poster differs from theirs, on the same views."""
    counts = pairs(reached, before)
    gap, p = paired_difference(counts), mcnemar(counts)
    chance = f"{p:.2g}" if p >= 1e-4 else "< 0.0001"
    print(f"  minus theirs {gap.value:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}], McNemar p {chance}")
    if isinstance(ours, Sticker) and isinstance(theirs, Sticker) and torch.equal(ours.mask, theirs.mask):
        inside = ours.mask[0] > 0
        same = ((ours.paint - theirs.paint)[:, inside].abs() < 0.01).sum()
        print(f"  {int(same)} of {3 * int(ours.mask.sum())} colour values equal theirs")
    if isinstance(ours, Poster) and isinstance(theirs, Poster):
        sizes = [f"{each.abs().max():.3f} and {each.norm():.2f}" for each in (_inked(ours), _inked(theirs))]
        print(f"  l-infinity and l2 of the change: ours {sizes[0]}, theirs {sizes[1]}")


def _inked(poster: Poster) -> Paint:
    return poster.mask * poster.change


def _rate(success: Bool[Tensor, " n"]) -> Rate:
    return exact(int(success.sum()), success.numel())


def _shown(rate: Rate) -> str:
    return f"{rate.rate:.3f} [{rate.low:.3f}, {rate.high:.3f}]"


if __name__ == "__main__":
    main()
