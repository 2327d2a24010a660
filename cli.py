"""The command line: its commands, in the order of the help page. `python cli.py` and `eot` are the same."""

import os

# Read when torch is loaded: its threads sleep while they wait, so that a busy machine is not slowed down.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from eot.terminal import checks, hardening, models, ranges, runs, things
from eot.terminal.app import app_of

COMMANDS = {
    "Attack and measure": (
        runs.demo,
        runs.demo3d,
        runs.attack,
        runs.evaluate,
        runs.transfer,
        runs.report,
        runs.field,
        runs.film,
    ),
    "Print, photograph, calibrate": (
        runs.print_,
        ranges.plan,
        ranges.photos,
        ranges.calibrate,
        ranges.rehearse,
    ),
    "Check and harden a model": (
        checks.check,
        hardening.harden,
        hardening.study,
    ),
    "What there is": (
        models.victims,
        models.signs,
        things.objects,
        things.mesh_check,
        models.train_signs,
        things.train_objects,
        models.doctor,
    ),
}

app = app_of(COMMANDS)


def main() -> None:
    """The console script `eot`."""
    app()


if __name__ == "__main__":
    main()
