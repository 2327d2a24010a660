"""The command line: quick help, results on stdout, one line for what goes wrong, documented exit codes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from eot.commands.attack import Request, attack
from eot.runs.product import decode_product
from eot.runs.version import version

ROOT = Path(__file__).parents[1]
Eot = Callable[..., tuple[int, str, str]]
CPU = torch.device("cpu")


def test_help_answers_within_half_a_second() -> None:
    # Processor time, the best of three: the clock would measure what else the machine does, too.
    took = []
    for _ in range(3):
        before = os.times()
        subprocess.run([sys.executable, "cli.py", "--help"], cwd=ROOT, check=True, capture_output=True)
        after = os.times()
        spent = after.children_user + after.children_system
        took.append(spent - before.children_user - before.children_system)
    assert min(took) < 0.5


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, cli; sys.exit(bool({'torch', 'numpy', 'pydantic', 'scipy'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_the_version_is_said_without_loading_anything_heavy() -> None:
    code = (
        "import sys, cli\n"
        "try: cli.app(['--version'])\n"
        "except SystemExit as end: sys.exit(end.code or bool({'torch', 'numpy'} & sys.modules.keys()))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True, text=True)
    assert run.returncode == 0 and run.stdout == f"eot {version()}\n"


@pytest.mark.parametrize("words", [["nonsense"], ["attack"], ["attack", "a.toml", "--nonsense"]])
def test_wrong_usage_ends_with_2(eot: Eot, words: list[str]) -> None:
    code, out, err = eot(*words)
    assert code == 2 and out == "" and err


def test_a_dry_run_prints_the_complete_configuration_and_touches_nothing(
    eot: Eot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    source = ROOT / "examples" / "stop_sticker.toml"
    code, out, _ = eot("attack", source, "--dry-run", "--set", "conditions.distance_m=[2,20]")
    assert code == 0
    assert "distance_m = [2.0, 20.0]" in out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("source", sorted((ROOT / "examples").glob("*.toml")), ids=lambda path: path.stem)
def test_every_example_is_a_valid_configuration(eot: Eot, source: Path) -> None:
    code, out, err = eot("attack", source, "--dry-run")
    assert code == 0, err
    assert f'name = "{source.stem}"' in out


def test_signs_are_listed_as_json(eot: Eot) -> None:
    code, out, _ = eot("signs", "--json")
    rows = json.loads(out)
    assert code == 0 and len(rows) >= 40
    stop = next(row for row in rows if row["sign"] == "mutcd-r1-1-stop")
    assert stop["width_mm"] == 750


@pytest.mark.parametrize("columns", [None, "80"])
def test_names_are_not_broken_over_lines(
    eot: Eot, monkeypatch: pytest.MonkeyPatch, columns: str | None
) -> None:
    """In a pipe no row is broken; on a narrow terminal the other columns are."""
    monkeypatch.delenv("COLUMNS", raising=False)
    if columns:
        monkeypatch.setenv("COLUMNS", columns)
    _, out, _ = eot("signs")
    rows = json.loads(eot("signs", "--json")[1])
    firsts = [line.split()[0] for line in out.splitlines() if line.strip()]
    assert all(row["sign"] in firsts for row in rows)
    assert (len(firsts) == len(rows) + 2) == (columns is None)


def test_victims_are_listed_as_json(eot: Eot) -> None:
    code, out, _ = eot("victims", "--json")
    assert code == 0
    assert {"bundled", "torchvision:NAME", "timm:NAME"} <= {row["victim"] for row in json.loads(out)}


def test_a_missing_accelerator_is_one_line(eot: Eot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    code, out, err = eot("attack", ROOT / "examples" / "stop_sticker.toml", "--device", "cuda")
    assert (code, out) == (2, "")
    assert err.count("\n") == 1 and "--device cpu" in err


def test_a_run_leaves_everything_behind(eot: Eot, tiny: Path) -> None:
    code, out, err = eot("attack", tiny, "--json")
    assert code == 0, err
    result = json.loads(out)
    run = Path("runs/tiny")
    assert result["run"] == str(run)
    assert result["success"].keys() == {"rate", "low", "high", "n"}
    assert result["controls"].keys() == {"clean", "noise", "blank"}
    assert json.loads((run / "report.json").read_text())["seed"] == 7
    assert (run / "report.html").stat().st_size > 1000
    assert {path.suffix for path in (run / "article").iterdir()} >= {".pdf", ".svg", ".png"}
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert [x["step"] for x in lines if x["stream"] == "train"] == list(range(8))
    assert [x["step"] for x in lines if x["stream"] == "select"] == [2, 5, 7]
    with Image.open(run / "texture.png") as picture:
        assert picture.size == (32, 32)
        # A PNG states whole pixels per metre.
        assert abs(picture.info["dpi"][0] / 0.0254 - 32 / 0.15) <= 0.5
    assert "attack: 8/8" in err and "evaluate: 12/12" in err


@pytest.mark.slow
def test_equal_seeds_give_equal_bytes_and_others_do_not(eot: Eot, tiny: Path, finished: Path) -> None:
    for out, seed in (("again/tiny", 7), ("other", 8)):
        assert eot("attack", tiny, "--out", out, "--set", f"seed={seed}")[0] == 0
    again, other = Path("again/tiny"), Path("other")
    for name in ("texture.safetensors", "report.json", "metrics.jsonl", "evidence.safetensors"):
        first = (finished / name).read_bytes()
        assert (again / name).read_bytes() == first != (other / name).read_bytes(), name


@pytest.mark.slow
def test_an_earlier_run_is_kept_continued_or_replaced_as_asked(eot: Eot, tiny: Path, finished: Path) -> None:
    before = Path("runs/tiny/texture.png").stat().st_mtime_ns
    code, _, err = eot("attack", tiny)
    assert code == 2 and "--resume" in err and "--force" in err
    assert eot("attack", "runs/tiny", "--resume")[0] == 0
    assert Path("runs/tiny/texture.png").stat().st_mtime_ns == before
    assert eot("attack", tiny, "--force", "--set", "seed=9")[0] == 0
    assert Path("runs/tiny/texture.png").stat().st_mtime_ns != before


def test_a_report_made_again_says_where_its_numbers_were_made(eot: Eot, finished: Path) -> None:
    provenance = finished / "provenance.json"
    record = json.loads(provenance.read_text(encoding="utf-8"))
    provenance.write_text(json.dumps(record | {"started": "2001-02-03T04:05:06"}), encoding="utf-8")
    assert eot("report", finished)[0] == 0
    assert "2001-02-03T04:05:06" in (finished / "report.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_finished_run_can_be_measured_reported_and_exported_again(eot: Eot, finished: Path) -> None:
    first = json.loads(Path("runs/tiny/report.json").read_text())
    code, out, _ = eot("evaluate", "runs/tiny", "--json")
    again = json.loads(out)
    assert code == 0 and again["success"] == first["success"] and again["controls"] == first["controls"]
    other = f"python:{ROOT}/tests/tiny_net.py:net"
    assert eot("evaluate", "runs/tiny", "--victim", other, "--views", "5")[0] == 0
    assert len(list(Path("runs/tiny/evaluations").iterdir())) == 2
    page = Path("runs/tiny/report.html")
    page.unlink()
    assert eot("report", "runs/tiny")[1].split() == ["runs/tiny/report.html", "runs/tiny/report.json"]
    assert page.is_file() and json.loads(Path("runs/tiny/report.json").read_text()) == first
    code, out, _ = eot("print", "runs/tiny", "--page", "A3", "--json")
    printed = json.loads(out)
    assert code == 0 and all(line["ok"] for line in printed["measured"])
    assert {"sheet.pdf", "controls.pdf", "chart.pdf"} <= {Path(name).name for name in printed["files"]}
    sizes = {(page["width_mm"], page["height_mm"]) for page in _pages("runs/tiny/article")}
    assert sizes <= {(297, 420), (420, 297)}
    assert eot("print", "runs/tiny", "--no-controls", "--no-markers")[0] == 0
    assert not Path("runs/tiny/article/controls.pdf").exists()


def _pages(folder: str) -> list[dict[str, Any]]:
    return list(json.loads(Path(folder, "sheet.json").read_text())["pages"])


def test_a_gate_fails_with_1_when_success_may_be_too_high(eot: Eot, finished: Path) -> None:
    code, _, err = eot("evaluate", "runs/tiny", "--require-below", "0.01")
    assert code == 1 and "gate failed" in err


@pytest.mark.parametrize("ticks", [4, *(pytest.param(ticks, marks=pytest.mark.slow) for ticks in (1, 8, 9))])
def test_a_run_that_is_cut_off_ends_in_the_same_bytes(
    eot: Eot, tiny: Path, finished: Path, ticks: int
) -> None:
    work = attack(Request(tiny, out=Path("cut")), CPU)
    for _ in range(ticks):
        next(work)
    work.close()
    assert not Path("cut/report.json").exists()
    assert eot("attack", "cut", "--resume")[0] == 0
    for name in ("texture.safetensors", "texture.png", "metrics.jsonl"):
        assert Path("cut", name).read_bytes() == (finished / name).read_bytes(), name


@pytest.mark.slow
def test_an_automatic_mask_keeps_to_its_area_and_survives_a_crash(eot: Eot, tiny: Path) -> None:
    auto = ["--set", "sticker.mask=auto", "--set", "sticker.area=0.15"]
    code, _, err = eot("attack", tiny, *auto, "--out", "whole", "--json")
    assert code == 0 and "mask: 8/8" in err
    whole = decode_product(Path("whole/texture.safetensors").read_bytes(), "whole")
    assert 0.1 < whole.covered <= 0.15 and set(whole.mask.unique().tolist()) == {0, 1}
    work = attack(Request(tiny, ("sticker.mask=auto", "sticker.area=0.15"), Path("cut")), CPU)
    for _ in range(12):
        next(work)
    work.close()
    code, _, err = eot("attack", "cut", "--resume")
    assert code == 0 and "mask:" not in err
    assert Path("cut/texture.safetensors").read_bytes() == Path("whole/texture.safetensors").read_bytes()


@pytest.mark.slow
def test_kill_9_at_three_moments_changes_no_byte(eot: Eot, tiny: Path) -> None:
    """The three processes run side by side, so that this takes no longer than one."""
    moments = {"early": 1, "middle": 5, "late": 9}
    command = [sys.executable, str(ROOT / "cli.py"), "attack", str(tiny), "--set", "search.select_every=2"]
    started = {
        name: subprocess.Popen(
            [*command, "--out", name], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        for name in moments
    }
    for name, lines in moments.items():
        metrics = Path(name, "metrics.jsonl")
        while started[name].poll() is None:
            if metrics.is_file() and metrics.read_bytes().count(b"\n") >= lines:
                started[name].kill()
            time.sleep(0.002)
    assert started["early"].returncode == -signal.SIGKILL
    assert eot("attack", tiny, "--out", "whole", "--set", "search.select_every=2")[0] == 0
    for name in moments:
        code, _, err = eot("attack", name, "--resume")
        assert code == 0, err
        for file in ("texture.safetensors", "metrics.jsonl"):
            assert Path(name, file).read_bytes() == Path("whole", file).read_bytes(), (name, file)
