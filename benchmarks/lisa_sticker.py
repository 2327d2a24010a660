"""The stop-sign sticker of Eykholt et al. 2018 against ours: same net, mask, photos and target.

On the 40 plain photos, and on fresh physical views of 20 larger crops that no sticker was optimised on. A
third sticker has the same four pieces, each one texel (23 mm) wider on every side.

    python -m benchmarks.lisa_sticker
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from jaxtyping import Bool, Float
from safetensors.torch import load_file
from torch import Tensor
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

EXAMPLE = Path("examples/lisa_sticker.toml")
SIGNS = ASSETS / "signs"
# What a sticker of 2.9 % in the places of the authors is compared with.
WIDER_TEXELS = 1

Mask = Float[Tensor, "1 u v"]
Paint = Float[Tensor, "3 u v"]


@dataclass(frozen=True)
class Sticker:
    """Paint inside a mask of 0 and 1, both on the grid of the net's input."""

    name: str
    mask: Mask
    paint: Paint

    def on(self, faces: Float[Tensor, "f 3 u v"]) -> Float[Tensor, "f 3 u v"]:
        """The faces with the sticker; on larger faces each texel is a block."""
        times = faces.shape[-1] // self.mask.shape[-1]
        mask, paint = (_blocks(each, times) for each in (self.mask, self.paint))
        return faces * (1 - mask) + mask * paint

    @property
    def texels(self) -> int:
        """How many texels it covers."""
        return int(self.mask.sum())


def _blocks(image: Float[Tensor, "c u v"], times: int) -> Float[Tensor, "c i j"]:
    return image.repeat_interleave(times, -1).repeat_interleave(times, -2)


def authors_sticker(mask: Mask, faces: Float[Tensor, "f 3 u v"]) -> Sticker:
    """Their noise added to the photos and clipped, as they do.

    It drives every texel to the end of the range whatever is under it, so it is paint: the mean over the
    photos, rounded to black or white.
    """
    noise = load_file(SIGNS / "rp2_noise.safetensors")["noise_camouflage"]
    shown = (faces + noise).clamp(0, 1).mean(0)
    return Sticker("theirs", mask, (shown > 0.5).to(faces))


def our_sticker(frame: Frame, mask: Mask, name: str) -> Sticker:
    """The sticker that the example's recipe finds inside a mask; the best on the select stream."""
    best = None
    for progress in run(build(frame, mask).attack):
        best = progress.best
    assert best is not None
    return Sticker(name, mask, best.image[0])


def held_at_bounds(frame: Frame, problem: Problem, sticker: Sticker) -> tuple[int, int]:
    """How many values of a black and white sticker the gradient pushes against their end, of how many."""
    slope, _ = gradient(sticker.on(frame.article.faces), problem, frame.stream("bounds", 8)(0), 2)
    inside = sticker.mask[0] > 0
    slope, paint = slope.mean(0)[:, inside], sticker.paint[:, inside]
    held = torch.where(paint > 0.5, slope < 0, slope > 0)
    return int(held.sum()), held.numel()


@torch.no_grad()
def physical(
    frame: Frame, crops: Float[Tensor, "f 3 u v"], sticker: Sticker | None, views: int
) -> Float[Tensor, " n"]:
    """The class read on each of `views` fresh views of every crop; the same views for every sticker."""
    scene = frame.world.scene
    assert isinstance(scene, Scene)
    flat = Flat(frame.article.width_mm / 1000, frame.article.height_mm / 1000)
    problem = replace(frame.problem(), scene=replace(scene, surface=flat))
    faces = crops if sticker is None else sticker.on(crops)
    stream = frame.stream("report", views)
    read = [problem.predict(faces[i : i + 1], stream(i))[0][0].argmax(-1) for i in range(len(faces))]
    return torch.cat(read)


@torch.no_grad()
def plain(frame: Frame, faces: Float[Tensor, "f 3 u v"], sticker: Sticker | None) -> Float[Tensor, " f"]:
    """The class read on each photo as it is."""
    victim, _ = frame.victims[0]
    return victim(faces if sticker is None else sticker.on(faces)).argmax(-1)


def stickers(frame: Frame, faces: Float[Tensor, "f 3 u v"]) -> Iterator[Sticker | None]:
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
    yield our_sticker(frame, mask, "ours, same mask")
    yield our_sticker(frame, wider, "ours, wider pieces")


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
    theirs: tuple[Sticker, Bool[Tensor, " n"]] | None = None
    for sticker in stickers(frame, faces):
        read = physical(frame, crops, sticker, args.views)
        reached = read == target
        on_photos = _rate(plain(frame, faces, sticker) == target)
        name, texels = (sticker.name, sticker.texels) if sticker else ("clean sign", 0)
        stop = _rate(read == label)
        print(
            f"{name:20s} {texels:6d}  {_shown(on_photos):22s}  {_shown(_rate(reached)):22s}  {stop.rate:.3f}"
        )
        if sticker and sticker.name == "theirs":
            theirs = sticker, reached
            held, values = held_at_bounds(frame, frame.problem(), sticker)
            print(f"  the gradient over views holds {held} of its {values} colour values at black or white")
        elif theirs and sticker:
            compare(sticker, reached, *theirs)


def compare(ours: Sticker, reached: Bool[Tensor, " n"], theirs: Sticker, before: Bool[Tensor, " n"]) -> None:
    """Prints how a sticker differs from theirs, on the same views."""
    counts = pairs(reached, before)
    gap, p = paired_difference(counts), mcnemar(counts)
    chance = f"{p:.2g}" if p >= 1e-4 else "< 0.0001"
    print(f"  minus theirs {gap.value:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}], McNemar p {chance}")
    if torch.equal(ours.mask, theirs.mask):
        inside = ours.mask[0] > 0
        same = ((ours.paint - theirs.paint)[:, inside].abs() < 0.01).sum()
        print(f"  {int(same)} of {3 * ours.texels} colour values equal theirs")


def _rate(success: Bool[Tensor, " n"]) -> Rate:
    return exact(int(success.sum()), success.numel())


def _shown(rate: Rate) -> str:
    return f"{rate.rate:.3f} [{rate.low:.3f}, {rate.high:.3f}]"


if __name__ == "__main__":
    main()
