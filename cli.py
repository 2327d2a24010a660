"""The command line: parses, builds, calls. The only place that prints, picks a device or sets threads."""

import json
import os
import sys
from collections.abc import Generator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer

if TYPE_CHECKING:
    import torch

    from eot.commands.tick import Tick

Result = TypeVar("Result")

# Read when torch is loaded: its threads sleep while they wait, so that a busy machine is not slowed down.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# Heavy packages are imported by the commands themselves, so that --help answers at once.


class DeviceName(StrEnum):
    """Where to compute."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


class Commands(typer.core.TyperGroup):
    """Turns what a user can meet into one line on stderr and the documented exit code."""

    def invoke(self, ctx: Any) -> Any:
        from renders.errors import EotError

        try:
            return super().invoke(ctx)
        except EotError as error:
            fail(str(error), error.exit_code)
        except KeyboardInterrupt:
            fail("stopped; an attack goes on where it was with: eot attack RUN_DIR --resume", 130)
        except BrokenPipeError:
            sys.stderr.close()  # the reader of our output has gone, which is no fault of anyone
            raise typer.Exit(0) from None
        except OSError as error:
            fail(f"{error.filename or 'a file'}: {error.strerror or error}", 3)
        except RuntimeError as error:
            if "out of memory" not in str(error).lower():
                raise
            fail("out of memory: lower optimiser.views, article.texels or camera.output_px with --set", 3)


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Can something printed and put in the world make this vision model fail, and how sure are we?",
    epilog="Exit codes: 0 fine, 1 a gate failed, 2 usage or bad input, 3 the run could not finish.",
)

Source = Annotated[Path, typer.Argument(metavar="CONFIG.toml|RUN_DIR", help="What to attack.")]
Run = Annotated[Path, typer.Argument(metavar="RUN_DIR", help="A run directory.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override a key, e.g. conditions.distance_m=[2,20]."),
]
Device = Annotated[DeviceName, typer.Option(help="Where to compute.")]
Threads = Annotated[int, typer.Option(min=0, help="CPU threads; 0 = as many as there are cores.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Force = Annotated[bool, typer.Option("--force", help="Replace the run that is there.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on where the run was cut off.")]
Models = Annotated[
    list[str] | None, typer.Option("--victim", metavar="SPEC", help="Another model; may be repeated.")
]


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="The run directory to make.")] = Path("runs/demo"),
    force: Force = False,
    resume: Resume = False,
    device: Device = DeviceName.AUTO,
    threads: Threads = 0,
    json_: Json = False,
) -> None:
    """Attack a stop sign with a sticker, report on it, and export the sheet to print (minutes)."""
    from eot.commands import attack

    source = Path(__file__).parent / "examples" / "stop_sticker.toml"
    request = attack.Request(source, (), out, resume, force)
    show(watch(attack.attack(request, prepare(device, threads))), json_)


@app.command(name="attack")
def attack_(
    source: Source,
    set_: Overrides = None,
    out: Annotated[Path | None, typer.Option(help="The run directory.  [default: runs/NAME]")] = None,
    resume: Resume = False,
    force: Force = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the complete configuration, stop.")
    ] = False,
    device: Device = DeviceName.AUTO,
    threads: Threads = 0,
    json_: Json = False,
) -> None:
    """Optimise an article, measure how often it works, and write both to a run directory."""
    from eot.commands import attack

    request = attack.Request(source, tuple(set_ or ()), out, resume, force)
    if dry_run:
        typer.echo(attack.resolved(request), nl=False)
        return
    show(watch(attack.attack(request, prepare(device, threads))), json_)


@app.command()
def evaluate(
    run: Run,
    victim: Models = None,
    views: Annotated[int | None, typer.Option(min=1, help="Views per arm.")] = None,
    require_below: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Gate: fail unless success is below this, interval included."),
    ] = None,
    device: Device = DeviceName.AUTO,
    threads: Threads = 0,
    json_: Json = False,
) -> None:
    """Measure a finished article again: on other models (transfer), with more views, or as a gate."""
    from eot.commands import evaluate

    request = evaluate.Request(run, tuple(victim or ()), views)
    result = watch(evaluate.evaluate(request, prepare(device, threads)))
    show(result, json_)
    if require_below is not None and result.high >= require_below:
        fail(f"gate failed: success may be as high as {result.high:.3f}, not below {require_below:g}", 1)


@app.command()
def report(run: Run) -> None:
    """Write the report anew from what the run directory holds, and print its paths."""
    from eot.commands import report

    for path in watch(report.report(run, prepare(DeviceName.CPU, 0))):
        typer.echo(path)


@app.command()
def export(
    run: Run,
    page: Annotated[str, typer.Option(help="Paper size.")] = "A4",
) -> None:
    """Write the sheets to print (PDF), the pieces (PNG) and their outlines (SVG), and print their paths."""
    from eot.commands import export

    for path in export.export(run, page):
        typer.echo(path)


@app.command()
def victims(
    spec: Annotated[list[str] | None, typer.Argument(help="Load and describe these.")] = None,
    json_: Json = False,
) -> None:
    """List the models that can be attacked, or load some and say what they are."""
    from eot.commands import victims

    show(victims.victims(tuple(spec or ())), json_)


@app.command()
def signs(
    render: Annotated[Path | None, typer.Option(metavar="OUT_DIR", help="Draw the faces as PNG.")] = None,
    dpi: Annotated[float, typer.Option(min=1, max=1200, help="Resolution of the drawings.")] = 25,
    json_: Json = False,
) -> None:
    """List the sign faces with their true sizes, or draw them."""
    from eot.commands import signs

    if render is None:
        show(signs.signs(), json_)
        return
    for path in watch(signs.render(render, dpi)):
        typer.echo(path)


@app.command()
def train_signs(
    variant: Annotated[str, typer.Option(help="Which net.")] = "sign-net",
    seed: Annotated[
        int | None, typer.Option(min=0, help="Seed of weights and views.  [default: the variant's own]")
    ] = None,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the views.")] = 3,
    out: Annotated[Path | None, typer.Option(help="Folder of the weights.  [default: runs/victims]")] = None,
    device: Device = DeviceName.AUTO,
    threads: Threads = 0,
    json_: Json = False,
) -> None:
    """Train a sign classifier on renders of this product (many minutes)."""
    from eot.commands import train_signs

    plan = train_signs.Plan(epochs=epochs)
    request = train_signs.Request(variant, seed, out, plan)
    show(watch(train_signs.train_signs(request, prepare(device, threads))), json_)


@app.command()
def doctor(json_: Json = False) -> None:
    """Check the installation: versions, cores, weights, optional extras, and a one-second self-test."""
    from eot.commands import doctor

    result = doctor.doctor()
    show(result, json_)
    if not result.healthy:
        raise typer.Exit(3)


def prepare(device: DeviceName, threads: int) -> "torch.device":
    """The device to compute on, with the number of threads set."""
    import torch

    from renders.errors import InputError

    if threads:
        torch.set_num_threads(threads)
    if device is DeviceName.CUDA and not torch.cuda.is_available():
        raise InputError("--device cuda: expected a CUDA device, found none: use --device cpu")
    gpu = device is DeviceName.CUDA or (device is DeviceName.AUTO and torch.cuda.is_available())
    return torch.device("cuda" if gpu else "cpu")


def watch(work: Generator["Tick", None, Result]) -> Result:
    """The result of the work, with its progress on stderr meanwhile."""
    from eot.commands.bars import Bars

    with Bars(sys.stderr) as bars:
        while True:
            try:
                bars.show(next(work))
            except StopIteration as end:
                return end.value


def show(result: Any, as_json: bool) -> None:
    """Prints a result on stdout: its record as JSON, or its table."""
    if as_json:
        typer.echo(json.dumps(result.record(), indent=2))
        return
    from rich.console import Console

    Console().print(result.table())


def fail(line: str, code: int) -> NoReturn:
    """Ends the program with one line on stderr."""
    typer.echo("eot: " + " ".join(line.split()), err=True)
    raise typer.Exit(code)


def main() -> None:
    """The console script `eot`."""
    app()


if __name__ == "__main__":
    main()
