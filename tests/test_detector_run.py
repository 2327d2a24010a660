"""A whole run against a detector through the command line: a patch that hides coloured things."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import ROOT, Result, refused

RUN = """
seed = 3
name = "hide"

[victims]
models = ["python:{root}/tests/tiny_detector.py:net"]

[article]
kind = "patch"
width_mm = 45
texels = 8

[sticker]
mask = "full"

[surface]
kind = "objects"
photos = "photos"
boxes = "photos"
objects = 0
object_height_mm = 50
min_object_px = 4

[camera]
output_px = 32

[conditions]
exposure_stops = [-0.2, 0.2]

[objective]
kind = "hide"
label = "red thing"

[optimiser]
rate = 0.2
steps = 12
views = 4

[search]
select_every = 6
select_views = 8

[evaluation]
views = 24
"""


@pytest.fixture
def hide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four photos of 32 px, in each a red thing in one cell of the detector's grid."""
    monkeypatch.chdir(tmp_path)
    photos = tmp_path / "photos"
    photos.mkdir()
    for index, (left, top) in enumerate([(8, 8), (16, 8), (8, 16), (16, 16)]):
        picture = np.full((32, 32, 3), 90, dtype=np.uint8)
        picture[:2, :2], picture[-2:, -2:] = 255, 0  # white and black tell the light
        picture[top : top + 8, left : left + 8] = (220, 30, 30)
        Image.fromarray(picture).save(photos / f"{index}.png")
        text = f"0 {(left + 4) / 32} {(top + 4) / 32} 0.25 0.25\n"
        (photos / f"{index}.txt").write_text(text, encoding="utf-8")
    source = tmp_path / "hide.toml"
    source.write_text(RUN.format(root=ROOT), encoding="utf-8")
    return source


@pytest.mark.slow
def test_a_patch_that_hides_things_is_found_measured_and_reported(
    hide: Path, eot: Callable[..., Result]
) -> None:
    code, _, stderr = eot("attack", hide, "--device", "cpu")
    assert code == 0, stderr
    report = json.loads(Path("runs/hide/report.json").read_text(encoding="utf-8"))
    rows = {row["article"]: row for row in report["detection"]["articles"]}
    assert rows["clean"]["recall"]["rate"] == 1.0 and rows["attack"]["recall"]["rate"] < 0.2
    assert report["success"]["rate"] > 0.8 and report["controls"]["clean"]["rate"] == 1.0
    page = Path("runs/hide/report.html").read_text(encoding="utf-8")
    assert "What the detector finds" in page and "“red thing” is not found where it is" in page
    code, stdout, stderr = eot("evaluate", "runs/hide", "--views", "8", "--json", "--device", "cpu")
    assert code == 0, stderr
    assert json.loads(stdout)["detection"]["photos"] == 1


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("objective.kind=evade", "is a detector: use hide"),
        ('optimiser={kind="random", cut_out=0.3}', "compares losses within a step"),
        ("objective.label=purple thing", "purple thing"),
        ("surface.objects=5", "surface.objects: no '5'"),
        ("surface.min_object_px=500", "surface.min_object_px"),
        ("surface.boxes=nowhere", "found neither"),
        ("objective.hiding=objectness", "has no objectness apart from its classes"),
        ("surface.kind=flat", "expected objects, as objective.kind = hide must know where things are"),
        ('victims.models=["bundled"]', "is a classifier: use targeted"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_written(
    setting: str, says: str, hide: Path, eot: Callable[..., Result]
) -> None:
    refused(eot("attack", hide, "--set", setting), says)
    assert not Path("runs").exists()


def test_a_run_is_measured_again_behind_a_defence(
    hide: Path, finished: Path, eot: Callable[..., Result]
) -> None:
    code, stdout, stderr = eot("evaluate", finished, "--views", "6", "--defence", "blur:1", "--json")
    assert code == 0, stderr
    assert json.loads(stdout)["victims"][0]["name"].endswith("behind blur:1")
    refused(eot("evaluate", finished, "--defence", "glasses"), "defence: no 'glasses'")


def test_a_black_box_is_not_attacked_by_a_gradient_but_by_asking(
    hide: Path, eot: Callable[..., Result]
) -> None:
    model = hide.parent / "model.py"
    model.write_text(BLACK_BOX, encoding="utf-8")
    (hide.parent / "labels.txt").write_text("red thing\nother\n", encoding="utf-8")
    spec = f'victims.models=["command:{sys.executable} {model}#labels={hide.parent}/labels.txt&input=32"]'
    refused(eot("attack", hide, "--set", spec), "can only be asked, so adam has no gradient")


BLACK_BOX = """
print('{"detections": [{"box": [8, 8, 16, 16], "score": 0.9, "label": "red thing"}]}')
"""


def test_a_patch_that_erases_things_from_a_segmenter_is_measured_with_its_controls(
    hide: Path, eot: Callable[..., Result]
) -> None:
    text = hide.read_text(encoding="utf-8")
    text = text.replace("tiny_detector", "tiny_segmenter").replace('"hide"', '"erase"')
    hide.write_text(text.replace("width_mm = 45", "width_mm = 35"), encoding="utf-8")
    code, _, _ = eot("attack", hide, "--device", "cpu")
    assert code == 0
    report = json.loads(Path("runs/erase/report.json").read_text(encoding="utf-8"))
    assert report["success"]["rate"] > report["controls"]["blank"]["target"]["rate"] == 0
    assert report["counted"] == 24 and "pixels" in json.dumps(report["objective"])


@pytest.mark.slow
def test_a_patch_that_makes_things_melt_into_what_is_behind_them_is_measured_with_its_controls(
    hide: Path, eot: Callable[..., Result]
) -> None:
    text = hide.read_text(encoding="utf-8").replace("tiny_detector", "tiny_depth")
    text = text.replace('"hide"', '"recede"').replace('label = "red thing"\n', "")
    hide.write_text(text.replace("width_mm = 45", "width_mm = 35"), encoding="utf-8")
    code, _, stderr = eot("attack", hide, "--device", "cpu")
    assert code == 0, stderr
    report = json.loads(Path("runs/recede/report.json").read_text(encoding="utf-8"))
    assert report["success"]["rate"] > 0.8 and report["controls"]["clean"]["rate"] == 1.0
    assert report["controls"]["noise"]["target"]["rate"] < 0.2 and report["counted"] == 24
    page = Path("runs/recede/report.html").read_text(encoding="utf-8")
    assert "the thing is judged no nearer than what is behind it" in page and "melts in" in page
    refused(
        eot("attack", hide, "--set", "objective.kind=evade", "--set", "objective.label=0", "--force"),
        "use recede",
    )
    refused(eot("attack", hide, "--set", "objective.label=0", "--force"), "objective.label: expected none")


@pytest.mark.slow
def test_a_patch_that_spoils_whole_frames_is_measured_by_the_mean_over_classes(
    hide: Path, eot: Callable[..., Result]
) -> None:
    """Beside each red thing, which carries the article, a green one: half of two things is not enough."""
    for index in range(4):
        file = hide.parent / "photos" / f"{index}.png"
        picture = np.asarray(Image.open(file)).copy()
        picture[24:, :8] = (30, 220, 30)
        Image.fromarray(picture).save(file)
        with file.with_suffix(".txt").open("a", encoding="utf-8") as lines:
            lines.write("1 0.125 0.875 0.25 0.25\n")
    text = hide.read_text(encoding="utf-8").replace('"hide"', '"degrade"')
    hide.write_text(text.replace('label = "red thing"\n', "").replace("objects = 0\n", ""), encoding="utf-8")
    code, _, stderr = eot("attack", hide, "--device", "cpu")
    assert code == 0, stderr
    report = json.loads(Path("runs/degrade/report.json").read_text(encoding="utf-8"))
    rows = {row["article"]: row for row in report["detection"]["articles"]}
    assert report["detection"]["classes"] == 2 and rows["clean"]["average_precision"]["rate"] == 1.0
    assert report["success"]["rate"] > 0.8 and rows["attack"]["average_precision"]["rate"] < 0.3
    page = Path("runs/degrade/report.html").read_text(encoding="utf-8")
    assert "mAP" in page and "fewer than half of all things in the frame are found as what they are" in page
    refused(
        eot("attack", hide, "--set", "surface.kind=flat", "--force"), "degrade must know where things are"
    )
    (hide.parent / "photos" / "classes.txt").write_text("teapot\nspoon\n", encoding="utf-8")
    refused(eot("attack", hide, "--force"), "knows none of them")
