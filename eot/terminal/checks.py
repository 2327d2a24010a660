"""The command that measures how robust a model is."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from eot.terminal.options import Device, DeviceName, Force, Json, Threads
from eot.terminal.screen import fail, prepare, show, watch


class Effort(StrEnum):
    """How hard the attacks try."""

    QUICK = "quick"
    STANDARD = "standard"
    THOROUGH = "thorough"


class NormName(StrEnum):
    """The ball that images are changed in."""

    LINF = "linf"
    L2 = "l2"
    L1 = "l1"


def check(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="What is checked: see `eot victims`.")],
    data: Annotated[str, typer.Argument(metavar="DATA", help="FORMAT:PATH?options, or `signs`.")],
    n: Annotated[int, typer.Option("--n", min=1, help="Images, drawn at random.")] = 100,
    eps: Annotated[str, typer.Option(help="Radii: 1/255,8/255.  [default: 1,2,4,8/255 in linf]")] = "",
    norm: Annotated[NormName, typer.Option(help="The norm of the radii.")] = NormName.LINF,
    effort: Annotated[Effort, typer.Option(help="Steps, restarts, queries, images.")] = Effort.STANDARD,
    surrogate: Annotated[
        list[str] | None, typer.Option(metavar="SPEC", help="A model to transfer from; may be repeated.")
    ] = None,
    gate: Annotated[
        list[str] | None,
        typer.Option(metavar="GATE", help="Such as 'pgd@8/255>=0.4', or 'trust'; repeatable."),
    ] = None,
    budget: Annotated[str, typer.Option(help="Stop after 600s, 10m, 2h or 100000calls.")] = "",
    baseline: Annotated[Path | None, typer.Option(help="card.json of an earlier check.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of sample, starts, places and views.")] = 0,
    out: Annotated[Path, typer.Option(help="The directory of the card.")] = Path("runs/check"),
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where the check was cut off; give a larger --budget.")
    ] = False,
    force: Force = False,
    device: Device = DeviceName.AUTO,
    threads: Threads = 0,
    json_: Json = False,
) -> None:
    """Attack a model on labelled images and write its robustness card; gates decide the exit code."""
    from eot.check.plan import plan_of
    from eot.commands import check

    request = check.Request(
        model=model,
        data=data,
        plan=plan_of(effort.value, eps, norm.value, seed),
        out=out,
        n=n,
        surrogates=tuple(surrogate or ()),
        gates=tuple(gate or ()),
        baseline=baseline,
        budget=budget,
        resume=resume,
        force=force,
    )
    result = watch(check.check(request, prepare(device, threads)))
    show(result, json_)
    if result.failed:
        fail(f"gate failed: {'; '.join(result.failed)}", 1)
