"""The same work by two tools: a universal patch by eot and by ART's AdversarialPatchPyTorch.

Same net, photos, patch area, rotation, scales, loss, rate and number of images put forward and backward, all
as in examples/imagenet_patch.toml. Each patch is then judged on photos that neither has seen, pasted there by
eot and by ART in turn. The Adversarial Robustness Toolbox is no requirement of ours: put
adversarial-robustness-toolbox==1.20.1 on the PYTHONPATH, or install it beside.

    python -m benchmarks.art_patch
"""

import argparse
import importlib.util
import sys
import time
import tomllib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.functional import cross_entropy

from benchmarks.art_tool import Work, art_attack, art_patch, pasted
from benchmarks.measure import Figure, cpu_s, show
from benchmarks.photo_rates import rate_over_photos
from eot.attack import run
from eot.evidence.statistics import mcnemar_mid_p, pairs
from eot.objectives import Targeted
from eot.runs.build import Built, build, frame_of
from eot.runs.config import load_config
from eot.runs.masks import fixed_mask
from eot.streams import generator_for
from examples import asset_nets
from renders.colour import linear_to_srgb
from renders.scene import Scene

EXAMPLES = Path("examples")
# How the patch lies in the picture; what else stop_sticker.toml varies is light and camera.
PLACING = ("distance_m", "roll_deg", "yaw_deg", "pitch_deg", "aim_x", "aim_y", "zoom")
BATCH = 16

Patch = Float[Tensor, "1 3 u v"]
Seen = tuple[Bool[Tensor, " n"], Int[Tensor, " n"]]


def ready(net: str, *overrides: str) -> Built:
    """The example's run on a net."""
    model = f"victims.models=['python:{EXAMPLES}/asset_nets.py:{net}']"
    config = load_config(EXAMPLES / "imagenet_patch.toml", (model, *overrides))
    frame = frame_of(config, torch.device("cpu"))
    mask = fixed_mask(config, frame.article)
    assert mask is not None
    return build(frame, mask)


def work_of(built: Built, net: str, epochs: int) -> Work:
    """The example's run as ART has to be told it: the same photos for training, the same held out."""
    frame, config = built.frame, built.frame.config
    assert isinstance(frame.world.scene, Scene) and isinstance(frame.objective, Targeted)
    photos = linear_to_srgb(frame.world.scene.backgrounds.linear)
    first, _ = frame.world.shown("report", config.evaluation.held_out)
    near, far = config.conditions["distance_m"]
    focal = frame.world.scene.camera.focal_px / photos.shape[-1] * frame.article.width_mm / 1000
    return Work(
        module=getattr(asset_nets, net)()[0],
        train=photos[:first],
        held_out=photos[first:],
        target=int(frame.objective.target),
        texels=config.article.texels,
        scales=(focal / far, focal / near),
        epochs=epochs,
        rate=config.optimiser.rate,
        seed=config.seed,
    )


def our_patch(net: str, work: Work) -> Patch:
    """The last iterate, as with ART: nothing is selected, so no image is looked at beyond the budget."""
    steps = work.images // ready(net).attack.train.k
    once = (f"optimiser.steps={steps}", f"search.select_every={steps}", "search.select_views=1")
    built = ready(net, *once)
    for _ in run(built.attack):
        pass
    return built.attack.texture().detach()


@torch.no_grad()
def judged_by_us(built: Built, patch: Patch, views: int) -> Seen:
    """Success on every view of the report stream, and which photo each shows."""
    condition = built.frame.stream("report", views)(0)
    parts = [built.attack.problem(patch, condition[i : i + BATCH]) for i in range(0, views, BATCH)]
    return torch.cat([part.success[0] for part in parts]), condition.background


@torch.no_grad()
def judged_by_art(built: Built, work: Work, patch: Patch, views: int) -> Seen:
    """The same with the patch put there by ART, on every photo equally often."""
    (victim, _), (low, high) = built.frame.victims[0], work.scales
    scale = low + (high - low) * torch.rand(views, generator=generator_for(work.seed, "scales"))
    photo = torch.arange(views) % len(work.held_out)
    images = pasted(work, patch, photo, scale)
    read = torch.cat([victim(images[i : i + BATCH]).argmax(1) for i in range(0, views, BATCH)])
    return read == work.target, photo


def costs(net: str, work: Work, rounds: int) -> list[Figure]:
    """What one step costs, per image of the step, over the net's own forward and backward pass."""
    images, wanted = work.train[:BATCH], work.wanted(BATCH)
    frozen, leaf = getattr(asset_nets, net)()[0].requires_grad_(False), images.clone().requires_grad_()
    attack = art_attack(work, BATCH)
    endless = (f"optimiser.views={BATCH}", "optimiser.steps=100000", "search.select_every=100000")
    table = tomllib.loads((EXAMPLES / "stop_sticker.toml").read_text(encoding="utf-8"))["conditions"]
    camera = [f"conditions.{name}={pair}" for name, pair in table.items() if name not in PLACING]
    seconds = cpu_s(
        {
            "net": lambda: cross_entropy(frozen(leaf), wanted).backward(),
            "ART": lambda: attack._train_step(images, wanted),
            "eot": partial(next, run(ready(net, *endless).attack)),
            "whole": partial(next, run(ready(net, *endless, *camera).attack)),
        },
        rounds,
    )
    base = seconds["net"]
    return [
        Figure(f"{net}: forward and backward pass alone", 1000 * base / BATCH, "ms"),
        Figure("ART's step over it", seconds["ART"] / base, "x"),
        Figure("our step over it", seconds["eot"] / base, "x"),
        Figure("our step with all of light and camera over it", seconds["whole"] / base, "x", 0.85),
        Figure("ART's step over ours", seconds["ART"] / seconds["eot"], "x", 2.5, at_least=True),
        Figure("ART's step over ours with light and camera", seconds["ART"] / seconds["whole"], "x"),
    ]


def compare(built: Built, work: Work, net: str, views: int) -> None:
    """Optimises with each tool and prints targeted success on held-out photos."""
    small = built.attack.train.k
    makers: dict[str, Callable[[], Patch]] = {
        f"eot, batches of {small}": partial(our_patch, net, work),
        f"ART, batches of {BATCH}": partial(art_patch, work, BATCH, False),
        f"ART, batches of {small}": partial(art_patch, work, small, False),
        f"ART, batches of {BATCH}, gradient zeroed": partial(art_patch, work, BATCH, True),
        f"ART, batches of {small}, gradient zeroed": partial(art_patch, work, small, True),
    }
    print(
        f"\n{net}, seed {work.seed}: {work.images} images forward and backward on {len(work.train)} photos,"
    )
    print(f"targeted success in {views} views of {len(work.held_out)} other photos, interval over photos")
    ours: list[Seen] = []
    for name, make in makers.items():
        start = time.process_time()
        patch = make()
        print(f"  {name:36s} {1000 * (time.process_time() - start) / work.images:6.1f} ms per image")
        seen = [judged_by_us(built, patch, views), judged_by_art(built, work, patch, views)]
        for index, (who, (success, photo)) in enumerate(zip(("eot", "ART"), seen, strict=True)):
            rate = rate_over_photos(success, photo)
            line = f"    pasted by {who}: {rate.rate:.3f} [{rate.low:.3f}, {rate.high:.3f}]"
            if ours:
                line += f"   same views, p {mcnemar_mid_p(pairs(ours[index][0], success)):.1g} against ours"
            print(line, flush=True)
        ours = ours or seen


def main() -> None:
    """Prints the table of costs and the table of successes."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--net", choices=("squeezenet", "mobilenet_v2"), default="squeezenet")
    parser.add_argument("--epochs", type=int, default=32, help="times that each photo is used; 0: costs only")
    parser.add_argument(
        "--views", type=int, default=1000, help="held-out views for each patch and way of pasting"
    )
    parser.add_argument("--rounds", type=int, default=5, help="rounds of timing; 0: successes only")
    args = parser.parse_args()
    if importlib.util.find_spec("art") is None:
        hint = "pip install adversarial-robustness-toolbox==1.20.1"
        print(f"art_patch: expected the Adversarial Robustness Toolbox; found none: {hint}", file=sys.stderr)
        raise SystemExit(2)
    torch.set_num_threads(1)
    built = ready(args.net)
    work = work_of(built, args.net, args.epochs)
    if args.rounds:
        show("One step of 16 images, CPU time on one core", costs(args.net, work, args.rounds))
    if args.epochs:
        compare(built, work, args.net, args.views)


if __name__ == "__main__":
    main()
