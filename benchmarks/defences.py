"""What cleaning defences are worth on the stop sign: against an attack blind to them, and through them.

    python -m benchmarks.defences --run runs/demo

For each defence: what the finished sticker of `eot demo` still does behind it (blind), and what a sticker
made by the same budget through the defence does (adaptive), on the same views. A killed run goes on.
"""

import argparse
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

from benchmarks.measure import finish
from eot.commands.attack import Request, attack
from eot.commands.evaluate import Request as Again
from eot.commands.evaluate import evaluate
from eot.commands.summary import Summary
from eot.runs.folder import RunFolder

EXAMPLE = Path(__file__).parents[1] / "examples" / "stop_sticker.toml"
DEFENCES = ("jpeg:50", "bits:3", "blur:1", "median:3", "lgs:2.3")


def main() -> None:
    """Makes what is missing, and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--run", type=Path, required=True, help="a finished run of examples/stop_sticker.toml"
    )
    parser.add_argument("--out", type=Path, default=Path("runs/defences"))
    parser.add_argument("--views", type=int, default=500)
    parser.add_argument("--defence", nargs="+", default=DEFENCES)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    cpu, columns = (
        torch.device("cpu"),
        ("defence", "recognised clean", "blind", "adaptive", "noise behind it"),
    )
    table = Table(*columns, title=f"Goal reached, {asked.views} report views", box=None, pad_edge=False)
    alone = finish(evaluate(Again(asked.run, views=asked.views), cpu))
    table.add_row("none", _recognised(alone), "", *_attack_and_noise(alone))
    for defence in asked.defence:
        blind = finish(evaluate(Again(asked.run, views=asked.views, defence=defence), cpu))
        through = adaptive(defence, asked.out / defence.replace(":", "_"), asked.views)
        table.add_row(defence, _recognised(blind), _attack_and_noise(blind)[0], *_attack_and_noise(through))
    Console(width=130).print(table)


def adaptive(defence: str, out: Path, views: int) -> Summary:
    """A sticker whose optimiser sees the picture through the defence."""
    begun = RunFolder(out).is_run
    settings = () if begun else (f"victims.defence={defence}", f"evaluation.views={views}")
    return finish(
        attack(Request(out if begun else EXAMPLE, settings, out, resume=begun), torch.device("cpu"))
    )


def _recognised(summary: Summary) -> str:
    return _words(summary.report["controls"]["clean"]["recognised"])


def _attack_and_noise(summary: Summary) -> tuple[str, str]:
    report = summary.report
    return _words(report["attack"]["target"]), _words(report["controls"]["noise"]["target"])


def _words(rate: dict) -> str:
    if not rate["n"]:
        return "–"
    return f"{rate['rate']:.1%} ({100 * rate['low']:.1f} to {100 * rate['high']:.1f}, n {rate['n']})"


if __name__ == "__main__":
    main()
