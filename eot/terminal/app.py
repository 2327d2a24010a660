"""The typer app: what a user can do wrong becomes one line on stderr and the documented exit code."""

import math
import sys
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer

from eot.terminal.screen import fail


class Command(typer.core.TyperCommand):
    """Refuses numbers that are not finite: some options have no range, and older typers find nan in any."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        rest = super().parse_args(ctx, args)
        for parameter in self.params:
            value = ctx.params.get(parameter.name)
            if isinstance(value, float) and not math.isfinite(value):
                from renders.errors import InputError

                raise InputError(f"{parameter.opts[0]}: expected a finite number; got {value:g}: correct it")
        return rest


class Group(typer.core.TyperGroup):
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


def _shown(wanted: bool) -> bool:
    if not wanted:
        return wanted
    from eot.runs.version import version

    typer.echo(f"eot {version()}")
    raise typer.Exit


def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", is_eager=True, callback=_shown)
    ] = False,
) -> None:
    pass


def app_of(panels: Mapping[str, tuple[Callable[..., None], ...]]) -> typer.Typer:
    """The program with these panels of commands, in this order: `train_signs` becomes `eot train-signs`.

    A name that Python has already ends in `_` here.
    """
    app = typer.Typer(
        cls=Group,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        help="Can something printed and put in the world make this vision model fail, and how sure are we?",
        epilog="Exit codes: 0 fine, 1 a gate failed, 2 usage or bad input, 3 the run could not finish.",
    )
    app.callback()(_options)
    for panel, commands in panels.items():
        for command in commands:
            name = command.__name__.strip("_").replace("_", "-")
            app.command(name, cls=Command, rich_help_panel=panel)(command)
    return app
