"""The same work by two tools: a universal patch by eot and by ART's AdversarialPatchPyTorch.

Same model, photos, patch area, rotation, scales, loss, rate and number of images put forward and backward, all
as in examples/imagenet_patch.toml. Both patches are then judged on photos that neither has seen, pasted there
by eot and by ART in turn. The Adversarial Robustness Toolbox is no requirement of ours: put
adversarial-robustness-toolbox==1.20.1 on the PYTHONPATH, or install it in the same environment.

    python -m benchmarks.art_patch
"""

import argparse
import importlib.util
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from eot.attack import run
from eot.evidence.statistics import Rate, clustered, mcnemar_mid_p, pairs
from eot.runs.build import Built, build, frame_of
from eot.runs.config import load_config
from eot.runs.masks import fixed_mask
from examples import asset_nets
from renders.colour import linear_to_srgb

EXAMPLE = Path("examples/imagenet_patch.toml")
ROTATION_DEG = 22.5
CAMERA = (
    "yaw_deg=[-10,10]",
    "pitch_deg=[-10,10]",
    "sky=[0.4,1.0]",
    "sun=[0.0,0.6]",
    "sun_azimuth_deg=[-90,90]",
    "exposure_stops=[-0.5,0.5]",
    "warmth=[-0.3,0.3]",
    "vignetting=[0.0,0.3]",
    "distortion=[-0.05,0.05]",
    "defocus_px=[0.0,1.5]",
    "motion_px=[0.0,4.0]",
    "motion_deg=[-90,90]",
    "shot_noise=[0.0,0.05]",
    "read_noise=[0.0,0.02]",
    "mosaic=[0,1]",
    "contrast=[0.0,0.6]",
    "jpeg_quality=[40,98]",
)


@dataclass(frozen=True)
class Work:
    """What both tools are given: photos in sRGB, the class to be read as, sizes as shares of the side."""

    module: nn.Module
    train: Float[Tensor, "n 3 h w"]
    held_out: Float[Tensor, "m 3 h w"]
    target: int
    texels: int
    scales: tuple[float, float]
    epochs: int
    rate: float
    seed: int

    @property
    def images(self) -> int:
        """Images put forward and backward."""
        return self.epochs * len(self.train)


def ready(net: str, *overrides: str) -> Built:
    """The example's run on a net."""
    settings = (f"victims.models=['python:examples/asset_nets.py:{net}']", *overrides)
    frame = frame_of(load_config(EXAMPLE, settings), torch.device("cpu"))
    mask = fixed_mask(frame.config, frame.article)
    assert mask is not None
    return build(frame, mask)


def work_of(built: Built, net: str, epochs: int) -> Work:
    """The example's run as ART has to be told it."""
    frame = built.frame
    config = frame.config
    photos = linear_to_srgb(frame.world.scene.backgrounds.linear)  # type: ignore[attr-defined]
    kept, _ = frame.world.shown("report", config.evaluation.held_out)
    near, far = config.conditions["distance_m"]
    target = frame.objective.target  # type: ignore[union-attr]
    scales = (round(1 / far, 4), round(1 / near, 4))
    module, texels, rate = getattr(asset_nets, net)()[0], config.article.texels, config.optimiser.rate
    return Work(
        module, photos[:kept], photos[kept:], int(target), texels, scales, epochs, rate, config.seed
    )


def ours(net: str, epochs: int, photos: int) -> Float[Tensor, "1 3 u v"]:
    """The last iterate, as ART gives it: no selection, so no image evaluations beside the budget."""
    views = ready(net).attack.train.k
    steps = epochs * photos // views
    built = ready(
        net, f"optimiser.steps={steps}", f"search.select_every={steps}", "search.select_views=1"
    )
    for _ in run(built.attack):
        pass
    return built.attack.texture().detach()


def art_attack(work: Work, batch: int) -> Any:
    """ART's attack with the same settings."""
    from art.attacks.evasion import AdversarialPatchPyTorch
    from art.estimators.classification import PyTorchClassifier

    side = work.train.shape[-1]
    estimator = PyTorchClassifier(
        model=work.module,
        loss=nn.CrossEntropyLoss(),
        input_shape=(3, side, side),
        nb_classes=1000,
        clip_values=(0.0, 1.0),
        device_type="cpu",
    )
    return AdversarialPatchPyTorch(
        estimator,
        rotation_max=ROTATION_DEG,
        scale_min=work.scales[0],
        scale_max=work.scales[1],
        learning_rate=work.rate,
        max_iter=work.epochs,
        batch_size=batch,
        patch_shape=(3, work.texels, work.texels),
        patch_type="square",
        verbose=False,
    )


def seed_globals(seed: int) -> None:
    """ART draws from the global generators, so they are what makes it repeatable."""
    np.random.seed(seed)  # noqa: NPY002, TID251
    torch.random.default_generator.manual_seed(seed)


def theirs(work: Work, batch: int, cleared: bool) -> Float[Tensor, "1 3 u v"]:
    """ART's patch. It never sets its gradient to zero between steps; `cleared` does that for it."""
    attack = art_attack(work, batch)
    seed_globals(work.seed)
    if cleared:
        attack._optimizer.register_step_post_hook(lambda *_: attack._patch.grad.zero_())
    patch, _ = attack.generate(work.train.numpy(), y=_wanted(work, len(work.train)).numpy())
    return torch.tensor(patch, dtype=torch.float32)[None]


def _wanted(work: Work, n: int) -> Float[Tensor, "n 1000"]:
    return nn.functional.one_hot(torch.full((n,), work.target), 1000).float()


@torch.no_grad()
def pasted_by_us(
    built: Built, patch: Float[Tensor, "1 3 u v"], views: int
) -> tuple[Bool[Tensor, " n"], Tensor]:
    """Success on every view of the report stream, and which photo each shows."""
    condition = built.frame.stream("report", views)(0)
    parts = [built.attack.problem(patch, condition[i : i + 16]).success[0] for i in range(0, views, 16)]
    return torch.cat(parts), condition.background


@torch.no_grad()
def pasted_by_art(
    built: Built, work: Work, patch: Float[Tensor, "1 3 u v"], views: int
) -> tuple[Bool[Tensor, " n"], Tensor]:
    """The same with ART's own placing, every photo equally often; the same draws for every patch."""
    attack, (victim, _) = art_attack(work, 1), built.frame.victims[0]
    seed_globals(work.seed + 1)
    generator = torch.Generator().manual_seed(work.seed)
    low, high = work.scales
    scales = low + (high - low) * torch.rand(views, generator=generator)
    photo = torch.arange(views) % len(work.held_out)
    success = []
    for index, scale in zip(photo.tolist(), scales.tolist(), strict=True):
        image = work.held_out[index : index + 1].numpy()
        shown = attack.apply_patch(image, scale=scale, patch_external=patch[0].numpy())
        success.append(victim(torch.tensor(shown).clamp(0, 1)).argmax(1) == work.target)
    return torch.cat(success), photo


def rate_over_photos(success: Bool[Tensor, " n"], photo: Tensor) -> Rate:
    """The rate with an interval for photos that were not tried: views of one photo resemble each other."""
    _, which = photo.unique(return_inverse=True)
    wins = which.bincount(success.double()).long().tolist()
    return clustered(wins, which.bincount().tolist())


def cpu_s(call: Callable[[], object]) -> float:
    """Seconds of processor time of one call: waiting for other programs does not count."""
    start = time.process_time()
    call()
    return time.process_time() - start


def step_costs(net: str, work: Work, batch: int, rounds: int) -> dict[str, float]:
    """Median CPU seconds per image of one step; the rounds go through all variants in turn."""
    images, wanted = work.train[:batch], _wanted(work, batch)
    frozen = getattr(asset_nets, net)()[0].requires_grad_(False)
    leaf = images.clone().requires_grad_()

    def bare() -> None:
        nn.functional.cross_entropy(frozen(leaf), wanted).backward()  # type: ignore[no-untyped-call]

    attack = art_attack(work, batch)
    attack.use_logits = True
    settings = (f"optimiser.views={batch}", "search.select_every=1000", "search.select_views=1")
    camera = tuple(f"conditions.{line}" for line in CAMERA)
    calls: dict[str, Callable[[], object]] = {
        "the model alone": bare,
        "ART": lambda: attack._train_step(images, wanted),
        "eot": _stepper(run(ready(net, *settings).attack)),
        "eot with all of the camera": _stepper(run(ready(net, *settings, *camera).attack)),
    }
    times: dict[str, list[float]] = {name: [] for name in calls}
    for index in range(rounds + 1):
        for name, call in calls.items():
            seconds = cpu_s(call)
            if index:  # the first round warms up
                times[name].append(seconds / batch)
    return {name: median(seconds) for name, seconds in times.items()}


def _stepper(steps: Iterator[object]) -> Callable[[], object]:
    return lambda: next(steps)


def main() -> None:
    """Prints the table of costs and the table of successes."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--net", choices=("squeezenet", "mobilenet_v2"), default="squeezenet")
    parser.add_argument("--epochs", type=int, default=32, help="times that ART goes through the photos")
    parser.add_argument("--views", type=int, default=1000, help="held-out views per patch and way of pasting")
    parser.add_argument("--rounds", type=int, default=7, help="rounds of timing; 0 leaves it out")
    args = parser.parse_args()
    if importlib.util.find_spec("art") is None:
        print(
            "art_patch: ART is not installed: pip install adversarial-robustness-toolbox==1.20.1",
            file=sys.stderr,
        )
        raise SystemExit(2)
    torch.set_num_threads(1)
    built = ready(args.net)
    work = work_of(built, args.net, args.epochs)
    if args.rounds:
        costs = step_costs(args.net, work, 16, args.rounds)
        base = costs["the model alone"]
        print(f"step of 16 images on {args.net}, one core, CPU time, median of {args.rounds} rounds")
        for name, seconds in costs.items():
            print(f"  {name:28s} {1000 * seconds:7.2f} ms per image  {seconds / base:5.2f} x the model")
    compare(built, work, args.net, args.views)


def compare(built: Built, work: Work, net: str, views: int) -> None:
    """Optimises with each tool and prints targeted success on held-out photos."""
    small = built.attack.train.k
    makers: dict[str, Callable[[], Tensor]] = {
        "eot": lambda: ours(net, work.epochs, len(work.train)),
        "ART, batch 16": lambda: theirs(work, 16, False),
        f"ART, batch {small}": lambda: theirs(work, small, False),
        "ART, batch 16, gradient zeroed": lambda: theirs(work, 16, True),
        f"ART, batch {small}, gradient zeroed": lambda: theirs(work, small, True),
    }
    print(f"{work.images} images forward and backward each; {views} views of {len(work.held_out)} held-out photos")
    first: list[Tensor] = []
    for name, make in makers.items():
        patch: list[Tensor] = []
        seconds = cpu_s(lambda make=make, patch=patch: patch.append(make()))
        results = [pasted_by_us(built, patch[0], views), pasted_by_art(built, work, patch[0], views)]
        print(f"  {name:36s} {1000 * seconds / work.images:6.1f} ms per image", end="")
        for index, (who, (success, photo)) in enumerate(zip(("eot", "ART"), results, strict=True)):
            rate = rate_over_photos(success, photo)
            print(f"  pasted by {who} {rate.rate:.3f} [{rate.low:.3f}, {rate.high:.3f}]", end="")
            if len(first) < 2:
                first.append(success)
            else:
                print(f" p {mcnemar_mid_p(pairs(first[index], success)):.1g}", end="")
        print(flush=True)


if __name__ == "__main__":
    main()
