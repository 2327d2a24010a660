"""The whole loop without printer or camera, on a tiny run and small photos."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from eot.commands import rehearse
from eot.objectives import Targeted
from eot.photos.measured import Measured
from eot.photos.pose import Pose
from eot.photos.rehearsal.camera import Plane, Stand
from eot.photos.rehearsal.check import check
from eot.photos.rehearsal.printing import Pages, inked_by, mounted
from eot.photos.rehearsal.shooting import as_taken, views_of
from eot.problem import Problem
from renders.camera import Camera
from renders.conditions import QUANTITIES, Conditions
from renders.environment import Environments
from renders.scene import Scene
from renders.surfaces.flat import Flat
from tests.conftest import refused
from tests.eot.photos.printed import printed
from tests.renders.scenes import black, phone
from textures.printer.catalogue import fogra39
from textures.sheets.manifest import Item, Manifest, Page, Print, Target, decode_manifest

Eot = Callable[..., tuple[int, str, str]]


@pytest.fixture
def small(finished: Path) -> Path:
    """The finished run with a camera of 1200 x 900 px, printed in two arms."""
    config = finished / "config.toml"
    text = config.read_text(encoding="utf-8")
    for old, new in (("width_px = 4032", "width_px = 1200"), ("height_px = 3024", "height_px = 900")):
        assert old in text
        text = text.replace(old, new)
    # a whole number, as EXIF has it
    config.write_text(text.replace("focal_px = 3000", "focal_35mm = 52"), encoding="utf-8")
    printed(finished, ("attack", "clean"))
    return finished


@pytest.mark.slow
def test_a_rehearsal_finds_its_articles_where_they_stood(eot: Eot, small: Path) -> None:
    code, out, _ = eot("rehearse", small, "--photos", "8", "--json")
    assert code == 0
    record = json.loads(out)
    assert record["photos"] == 8 and record["clear"] >= 4 and record["found"] == record["clear"]
    # three times the promise of the issue, which is a median over many more photos with larger markers
    assert record["distance_share"] < 0.015 and record["angle_deg"] < 1.5
    assert record["unflagged"] == 0
    place = small / "rehearsal"
    assert len(list((place / "shots").rglob("*.jpg"))) == 8
    assert (place / "truth.csv").read_text().count("\n") == 9
    assert json.loads((place / "photos.json").read_text())["verdict"]["versus"][0]["pairs"] == 4


def test_what_cannot_be_rehearsed_is_refused(eot: Eot, finished: Path) -> None:
    (finished / "article" / "sheet.json").unlink()
    refused(eot("rehearse", finished), "expected one print; found none")
    printed(finished, ("attack",))
    (finished / "article" / "sheets.pdf").unlink()
    refused(eot("rehearse", finished), "expected the printed file; found nothing")
    (finished / "article" / "sheets.pdf").write_bytes(b"not a PDF")
    refused(eot("rehearse", finished), "cannot be read")
    refused(eot("rehearse", finished, "--profile", "fogra93"), "did you mean 'fogra39'")


def test_a_page_comes_back_as_it_was_drawn(finished: Path) -> None:
    planes = printed(finished, ("attack",))
    manifest = decode_manifest((finished / "article" / "sheet.json").read_bytes(), "sheet")
    plane = mounted(manifest, Pages(manifest, finished / "article", 4.0, inked_by(None)), "attack", None)
    assert plane.mm_per_px == 0.25
    rim = 8  # 2 mm of bare wall
    seen = plane.levels[rim:-rim, rim:-rim].astype(int)
    drawn = planes["attack"].levels.astype(int)
    assert seen.shape == drawn.shape
    # edges may fall between the pixels of the two rasters
    assert np.median(np.abs(seen - drawn)) <= 1 and np.abs(seen - drawn).mean() < 4


def test_ink_is_what_the_profile_says() -> None:
    inked = inked_by(fogra39())
    white = inked(np.full((2, 2, 3), 255, np.uint8))
    # paper white of FOGRA39 in sRGB
    assert np.abs(white[0, 0].astype(int) - (239, 241, 245)).max() <= 1
    exact = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    assert (inked_by(None)(exact) == exact).all()


def test_a_piece_is_cut_from_its_page_and_lies_where_it_belongs(tmp_path: Path) -> None:
    import shapely

    from textures.sheets.article import Box
    from textures.sheets.layout import Paper
    from textures.sheets.pen import Pen

    pen = Pen("page", "pieces")
    pen.page(Paper("page", 100, 80))
    area = shapely.MultiPolygon([shapely.box(10, 20, 60, 60)])
    pen.art(np.full((4, 4, 3), (200, 30, 20), np.uint8), Box(10, 20, 50, 40), area)
    (tmp_path / "sheets.pdf").write_bytes(pen.close())
    ring = ((20.0, 30.0), (50.0, 30.0), (50.0, 50.0), (20.0, 50.0))
    item = Item("piece", "piece-1", (20.0, 30.0, 30.0, 20.0), (5.0, 40.0), (4, 4), (7.5, 5.0), (ring,))
    whole = Print(0, (0.0, 0.0, 100.0, 80.0), (0.0, 0.0))
    target = Target("attack-page-1", "page", "attack", (100.0, 80.0), (), (item,), (), (whole,))
    manifest = Manifest(
        2, "", "x", "x", "ab", "", (120.0, 90.0), (12, 9), "A4", 100.0, 3.0, "CutContour", 300.0, "none", (),
        (Page("sheets.pdf", 1, 100.0, 80.0),), (target,),
    )  # fmt: skip
    bare = np.zeros((9, 12, 4), np.float32)
    bare[..., 1:] = (1.0, 0.0, 1.0)
    plane = mounted(manifest, Pages(manifest, tmp_path, 4.0, inked_by(None)), "attack", bare)
    rim = 8
    red = plane.levels[..., 0] > 100
    rows, columns = np.nonzero(red)
    box = (columns.min() - rim, rows.min() - rim, columns.max() + 1 - rim, rows.max() + 1 - rim)
    # at (5, 40) mm, 30 x 20 mm, four pixels a millimetre
    assert np.abs(np.array(box) - (20, 160, 140, 240)).max() <= 1
    assert tuple(plane.levels[rim + 4, rim + 4]) == (0, 255, 0)


def measured(name: str, pose: Pose) -> Measured:
    from eot.photos.seen import Shot

    shot = Shot(
        name, name, "attack", "markers", "", (10, 10), None, "", (), (), (), 30.0, (), (0,), (1.0,), (True,),
        (), None, None, "", "",
    )  # fmt: skip
    return Measured(shot, pose, None, pose.distance_m, pose.yaw_deg)


def test_the_check_fails_on_a_mirrored_pose_that_is_not_flagged() -> None:
    truth = {name: Stand(4.0, 20.0) for name in "abc"}
    sides = {"a": 40.0, "b": 40.0, "c": 12.0}
    right = Pose(4.01, 20.1, 0.0, 0.0, 0.1, 9.0)
    mirrored = Pose(4.0, -20.0, 0.0, 0.0, 0.1, 1.1)
    shots = [measured("a", right), measured("b", right), measured("c", mirrored)]
    good = check(shots, truth, sides, {"a": True, "b": True, "c": True}, 0.95)
    assert (good.clear, good.found, good.wrong, good.unflagged) == (2, 2, 1, 0) and good.passed
    assert good.distance_share == pytest.approx(0.0025)
    bold = [*shots[:2], measured("c", Pose(4.0, -20.0, 0.0, 0.0, 0.1, 5.0))]
    assert not check(bold, truth, sides, {"a": True, "b": True, "c": True}, 0.95).passed
    assert not check(shots, truth, sides, {"a": False, "b": False, "c": False}, 0.95).passed
    assert not check(shots[1:], truth, sides, {"a": True, "b": True, "c": True}, 0.95).passed


SMALL = Camera.from_35mm(26, 64, 48)
CARD = Plane(np.full((20, 20, 3), 90, np.uint8), np.ones((20, 20), np.float32), 10.0, (100.0, 100.0))


def test_what_one_camera_lacks_is_off_for_the_other() -> None:
    names = ("focal", "azimuth_deg", "elevation_deg", "vignetting", "sheen", "distortion", "motion_px")
    high = {"focal": 0.5, "azimuth_deg": 40.0, "elevation_deg": 30.0, "distortion": 0.1}
    ranges = {name: (high.get(name, 0.4),) * 2 for name in names}
    condition = Conditions({**ranges, "yaw_deg": (20, 20)}).sample(torch.Generator(), 2)
    views = views_of(condition, CARD, SMALL)
    taken = as_taken(condition, views, 1.3)
    for name in names:
        assert getattr(taken, name).tolist() == [QUANTITIES[name].off] * 2, name
    assert all(view.exposure.vignetting == 0 for view in views)
    assert taken.yaw_deg.tolist() == [20, 20] == [view.stand.yaw_deg for view in views]


def test_an_environment_map_lights_neither_camera() -> None:
    lit = Scene(Flat(1.0, 1.0), phone(), black(), (16, 16), environments=Environments(torch.ones(1, 9, 3)))
    problem = rehearse._evenly_lit(Problem(lit, (), Targeted(1)))
    assert isinstance(problem.scene, Scene) and problem.scene.environments is None
    assert problem.scene.surface is lit.surface


def test_a_smaller_rehearsal_leaves_no_photos_of_a_larger_one(tmp_path: Path) -> None:
    def shot(count: int) -> set[str]:
        views = views_of(Conditions({}).sample(torch.Generator(), count), CARD, SMALL)
        for _ in rehearse._shoot(tmp_path, {"attack": CARD, "clean": CARD}, views, SMALL, seed=0):
            pass
        return {path.relative_to(tmp_path / "shots").as_posix() for path in tmp_path.rglob("*.jpg")}

    assert len(shot(3)) == 6
    # what a rehearsal that was cut off has left
    (tmp_path / "shots" / "noise").mkdir()
    (tmp_path / "shots" / "noise" / "007.jpg").write_bytes(b"x")
    assert shot(1) == {"attack/000.jpg", "clean/000.jpg"}
