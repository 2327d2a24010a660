"""`eot transfer`: a table of articles by models on the same views, and runs that it will not compare."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.conftest import ROOT, Result, refused


def test_the_matrix_repeats_what_each_run_reported_and_adds_other_models(
    finished: Path, eot: Callable[..., Result]
) -> None:
    shutil.copytree(finished, "runs/twin")
    other = f"python:{ROOT}/tests/tiny_net.py:other"
    code, out, _ = eot(
        "transfer", finished, "runs/twin", "--victim", other, "--views", "12", "--json", "--device", "cpu"
    )
    assert code == 0
    matrix = json.loads(out)
    reported = json.loads((finished / "report.json").read_text(encoding="utf-8"))
    rows = {row["article"]: row for row in matrix["articles"]}
    assert list(rows) == ["tiny", "twin", "noise", "blank"] and matrix["models"][1] == other
    own, foreign = rows["tiny"]["success"]
    assert (own["rate"], own["n"]) == (reported["success"]["rate"], reported["counted"])
    assert foreign["rate"] != own["rate"] and foreign["low"] <= foreign["rate"] <= foreign["high"]
    assert rows["twin"]["success"] == rows["tiny"]["success"]
    assert rows["tiny"]["made_on"] == matrix["models"][:1] and rows["noise"]["made_on"] == []


def test_people_see_a_table(finished: Path, eot: Callable[..., Result]) -> None:
    code, out, _ = eot("transfer", finished, "--views", "4", "--device", "cpu")
    assert code == 0 and "*" in out and "noise" in out and "to" in out


def test_runs_with_other_views_are_not_compared(finished: Path, eot: Callable[..., Result]) -> None:
    shutil.copytree(finished, "runs/twin")
    refused(eot("transfer", finished, finished, "--device", "cpu"), "names of their own")
    config = Path("runs/twin/config.toml")
    config.write_text(config.read_text(encoding="utf-8").replace("seed = 7", "seed = 8"), encoding="utf-8")
    refused(eot("transfer", finished, "runs/twin", "--device", "cpu"), "runs/twin: expected the same seed")


def test_a_run_may_be_called_as_a_control_is(finished: Path, eot: Callable[..., Result]) -> None:
    other = Path("runs/noise")
    shutil.copytree(finished, other)
    alone, both = (
        json.loads(eot("transfer", *runs, "--views", "12", "--json", "--device", "cpu")[1])["articles"]
        for runs in ((finished,), (finished, other))
    )
    assert [row["article"] for row in both] == ["tiny", "noise", "noise", "blank"]
    # The run is the first's copy; the control is what it is without the run.
    assert both[1]["success"] == alone[0]["success"]
    assert [row["success"] for row in both[2:]] == [row["success"] for row in alone[1:]]


def test_runs_behind_a_defence_are_judged_behind_it(finished: Path, eot: Callable[..., Result]) -> None:
    guarded = Path("runs/guarded")
    shutil.copytree(finished, guarded)
    config = guarded / "config.toml"
    text = config.read_text(encoding="utf-8").replace('defence = "none"', 'defence = "blur:8"')
    config.write_text(text, encoding="utf-8")
    plain, behind = (
        json.loads(eot("transfer", run, "--views", "12", "--json", "--device", "cpu")[1])["articles"][0]
        for run in (finished, guarded)
    )
    assert behind["success"] != plain["success"]
    refused(eot("transfer", finished, guarded, "--device", "cpu"), "expected the defence of")
