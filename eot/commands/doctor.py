"""`eot doctor`: is this installation fit to work, and what could be added?"""

import importlib.util
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from rich.console import Group
from rich.table import Table
from rich.text import Text

from eot.commands.listing import Listing
from eot.runs.provenance import package_versions
from eot.runs.version import version
from renders.errors import EotError, RunError
from renders.rasterisers.choose import RASTERISERS

EXTRAS = {
    "timm": "victims timm:NAME",
    **{end.package: f"rasteriser {name}: {end.meaning}" for name, end in RASTERISERS.items() if end.package},
    "mitsuba": "an independent path tracer",
    "ultralytics": "YOLO detectors",
    "onnx": "ONNX models",
}
FREE_GB = 1.0
STYLES = {"ok": "green", "FAIL": "bold red", "–": "dim"}
INSTALL = "not installed: pip install -r requirements.txt"


@dataclass(frozen=True)
class Health:
    """What was looked at, what came of it; healthy unless something that is needed fails."""

    listing: Listing
    healthy: bool

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return {"healthy": self.healthy, "checks": self.listing.record()}

    def table(self) -> Group:
        """For people: what is wrong stands out, and stands in the last line again."""
        table = Table(box=None, pad_edge=False, show_header=False)
        for state, what, found in self.listing.rows:
            table.add_row(Text(str(state), STYLES[str(state)]), str(what), Text(str(found)))
        wrong = [str(what) for state, what, _ in self.listing.rows if state == "FAIL"]
        verdict = f"not fit to work: {', '.join(wrong)}" if wrong else "fit to work"
        return Group(table, Text(verdict, STYLES["FAIL" if wrong else "ok"]))


def doctor() -> Health:
    """Looks at everything once."""
    rows: list[tuple[str, str, str]] = [("ok", "eot", version()), _python()]
    rows += [
        ("FAIL", name, INSTALL) if found == "not installed" else ("ok", name, found)
        for name, found in package_versions().items()
    ]
    rows += [("ok", "cores", f"{os.cpu_count()}, torch uses {torch.get_num_threads()}"), _device()]
    for name, check in {
        "working directory": _writable,
        "bundled victim": _bundled,
        "self-test": _self_test,
    }.items():
        rows.append(_tried(name, check))
    for name, use in EXTRAS.items():
        there = importlib.util.find_spec(name) is not None
        rows.append(("ok" if there else "–", f"{name} (optional)", use if there else f"not installed: {use}"))
    listing = Listing("Installation", ("state", "what", "found"), tuple(rows))
    return Health(listing, all(state != "FAIL" for state, _, _ in rows))


def _tried(name: str, check: Callable[[], str]) -> tuple[str, str, str]:
    try:
        return "ok", name, check()
    except (EotError, OSError) as error:
        return "FAIL", name, str(error)


def _python() -> tuple[str, str, str]:
    return "ok", "python", f"{platform.python_version()} on {platform.system()} {platform.machine()}"


def _device() -> tuple[str, str, str]:
    return "ok", "CUDA", torch.cuda.get_device_name() if torch.cuda.is_available() else "none (not needed)"


def _writable() -> str:
    with tempfile.TemporaryFile(dir="."):
        pass
    free = shutil.disk_usage(".").free / 1e9
    if free < FREE_GB:
        raise OSError(f"{Path.cwd()} has {free:.1f} GB free: a run wants {FREE_GB:g} GB")
    return f"{Path.cwd()} can be written to, {free:.0f} GB free"


def _bundled() -> str:
    from eot.victims import load_victim

    victim = load_victim("bundled")
    return f"{len(victim.info.labels)} classes, weights {victim.info.weights_sha256[:12]}"


def _self_test() -> str:
    """An attack on a linear victim: rendering, sensor, gradient and optimiser all take part."""
    from eot.commands.self_test import one_step

    began = time.perf_counter()
    before, after = one_step()
    if not after < before:
        raise RunError(
            f"an attack must lower the loss; it went from {before:.4f} to {after:.4f}: run the tests"
        )
    return f"a small attack in {time.perf_counter() - began:.1f} s, loss {before:.2f} to {after:.2f}"
