"""A real photo of things that others have printed gives a verdict, its corners from a CSV."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

ASSETS = Path(__file__).parents[4] / "shared" / "assets"
DRIVE_BY = ASSETS / "printed_shapeshifter" / "drive_by_snapshots.jpg"
# Stop signs on a picture of Chen et al. (2018), clean ones and printed attacks, found by eye.
ROWS = (
    (1169, 332, 1279, 445, "clean"),
    (884, 946, 991, 1056, "clean"),
    (1314, 406, 1421, 510, "attack"),
    (1261, 982, 1406, 1121, "attack"),
    (1282, 1620, 1403, 1727, "attack"),
)


@pytest.mark.skipif(not DRIVE_BY.is_file(), reason="needs the photos of ../shared/assets")
def test_several_articles_of_one_real_photo_are_judged(
    eot: Callable[..., tuple[int, str, str]], finished: Path
) -> None:
    lines = [
        f"{DRIVE_BY.name},{left},{top},{right},{top},{right},{bottom},{left},{bottom},{arm}"
        for left, top, right, bottom, arm in ROWS
    ]
    Path("corners.csv").write_text("\n".join(["file,x1,y1,x2,y2,x3,y3,x4,y4,arm", *lines]), encoding="utf-8")
    assert eot("photos", finished, DRIVE_BY, "--corners", "corners.csv")[0] == 0
    table = list(csv.DictReader((finished / "photos" / "photos.csv").read_text().splitlines()))
    assert sorted(row["arm"] for row in table) == ["attack"] * 3 + ["clean"] * 2
    assert {row["found"] for row in table} == {"corners"}
    assert all(row["reading"] and row["reaches_goal"] in ("yes", "no") for row in table)
    # the file says no focal length
    assert {row["distance_m"] for row in table} == {""}
