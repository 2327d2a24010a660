"""What it is worth that the optimiser sees printed colours: two attacks, both judged after printing.

The sticker of `eot demo`, once optimised on exact colours and once on the colours of the FOGRA39 profile,
with the same views and steps, then the same views of the report stream of both, printed with that profile.

    python -m benchmarks.printed_colours --seeds 10 11 12 13 14 15
"""

import argparse
from pathlib import Path

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from eot.attack import Judged, run
from eot.evidence.statistics import Rate, mcnemar_mid_p, paired_difference, pairs, rate_of
from eot.runs.build import Frame, build, frame_of
from eot.runs.config import Config, load_config
from eot.runs.masks import fixed_mask
from textures.printer.gamut import Printability, printability

PROFILE = "fogra39"
BATCH = 64


def config_with(profile: str, steps: int, seed: int, extra: tuple[str, ...]) -> Config:
    """The sticker, optimised with this print profile."""
    settings = (f"print.profile={profile}", f"optimiser.steps={steps}", f"seed={seed}", *extra)
    return load_config(Path("examples/stop_sticker.toml"), settings)


def optimised(config: Config) -> tuple[Frame, Float[Tensor, "1 3 u v"], Float[Tensor, "1 u v"]]:
    """The frame of an attack, the best image it finds in eight bits, and its mask."""
    frame = frame_of(config, torch.device("cpu"))
    mask = fixed_mask(config, frame.article)
    assert mask is not None
    built = build(frame, mask)
    best: Judged | None = None
    for progress in run(built.attack, 0, None):
        best = progress.best
    assert best is not None
    return frame, built.product(best).image, mask


@torch.no_grad()
def judge(frame: Frame, image: Float[Tensor, "1 3 u v"], views: int) -> Bool[Tensor, " n"]:
    """Success on the views of the report stream."""
    condition, problem = frame.stream("report", views)(0), frame.problem()
    parts = [problem(image, condition[i : i + BATCH]).success[0] for i in range(0, views, BATCH)]
    return torch.cat(parts)


def line(name: str, rate: Rate, made: Printability | None = None) -> str:
    """A row of the table."""
    shown = f"  {name:34s} {rate.rate:.3f} [{rate.low:.3f}, {rate.high:.3f}] n={rate.n}"
    if made is None:
        return shown
    return f"{shown}  in gamut {made.in_gamut:.1%}, ΔE2000 {made.mean_difference:.1f}"


def compared(seed: int, chosen: argparse.Namespace) -> tuple[Bool[Tensor, " n"], Bool[Tensor, " n"]]:
    """Prints the table of one seed; success after printing of the attack with and without the profile."""
    plain, without, mask = optimised(config_with("none", chosen.steps, seed, ()))
    extra = (f"penalties.gamut={chosen.gamut}",)
    printed, with_, _ = optimised(config_with(PROFILE, chosen.steps, seed, extra))
    assert printed.profile is not None
    exact, flat, good = (
        judge(frame, image, chosen.views)
        for frame, image in ((plain, without), (printed, without), (printed, with_))
    )
    print(f"seed {seed}, {chosen.steps} steps, gamut term {chosen.gamut:g}")
    print(line("without, judged on exact colours", rate_of(exact)))
    print(line("without, judged after printing", rate_of(flat), printability(printed.profile, without, mask)))
    print(line("with the profile, after printing", rate_of(good), printability(printed.profile, with_, mask)))
    print(difference(good, flat), flush=True)
    return good, flat


def difference(good: Bool[Tensor, " n"], flat: Bool[Tensor, " n"]) -> str:
    """What the profile gains on the same views, with its interval."""
    counts = pairs(good, flat)
    gain = paired_difference(counts)
    assert gain.value is not None
    points = f"{100 * gain.value:+.1f} points [{100 * gain.low:+.1f}, {100 * gain.high:+.1f}]"
    return f"  the profile gains {points}, n={counts.n}, McNemar mid-p {mcnemar_mid_p(counts):.2g}"


def main() -> None:
    """Prints a table a seed, then all of them together."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--views", type=int, default=1000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--gamut", type=float, default=0.0, help="weight of the gamut term")
    chosen = parser.parse_args()
    good, flat = zip(*(compared(seed, chosen) for seed in chosen.seeds), strict=True)
    print("all seeds")
    print(line("without, judged after printing", rate_of(torch.cat(flat))))
    print(line("with the profile, after printing", rate_of(torch.cat(good))))
    print(difference(torch.cat(good), torch.cat(flat)))


if __name__ == "__main__":
    main()
