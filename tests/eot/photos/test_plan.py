"""Plans: spots over the planned conditions, the checklist, and the CSV that `eot photos` reads."""

import csv
from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest

from eot.photos.corners import read_corners
from eot.photos.design import bins_of
from eot.photos.plan import Design, photos_of, plan_csv, spots_of
from renders.errors import RunError
from tests.conftest import refused

Eot = Callable[..., tuple[int, str, str]]
PLANNED = {"distance_m": (2.0, 12.0), "yaw_deg": (-60.0, 60.0)}


def test_every_cell_of_the_table_gets_a_spot_and_every_spot_all_articles() -> None:
    design = Design(distances=4, yaws=3, repeats=5)
    spots = spots_of(PLANNED, design, marker_mm=80.0, focal_px=3000.0)
    photos = photos_of(spots, design)
    assert len({(s.distance_m, s.yaw_deg) for s in spots}) == 12
    assert all(2 <= s.distance_m <= 12 and -60 <= s.yaw_deg <= 60 for s in spots)
    assert len(photos) == len(spots) * 5 * 3
    # all articles of a pair come one after the other: nobody moves between them
    assert [p.arm for p in photos[:3]] == ["attack", "clean", "noise"] and len(
        {p.pair for p in photos[:3]}
    ) == 1


def test_spots_where_markers_are_too_small_ask_for_a_tape() -> None:
    near, far = (
        spots_of({"distance_m": (d, d), "yaw_deg": (0, 0)}, Design(1, 1), 80.0, 3000.0)[0] for d in (2, 30)
    )
    assert not near.tape and near.marker_px == pytest.approx(120)
    assert far.tape and far.marker_px == pytest.approx(8)


def test_the_side_to_stand_on_is_that_of_the_training_geometry() -> None:
    import torch

    from renders.conditions import Conditions
    from renders.geometry import rotation

    turn = rotation(Conditions({"yaw_deg": (30, 30)}).sample(torch.Generator(), 1))[0]
    # the camera, seen from the article: what the viewer's axis towards himself is in article axes (x right)
    towards = turn.T @ torch.tensor([0.0, 0.0, 1.0])
    spots = spots_of({**PLANNED, "yaw_deg": (30.0, 30.0)}, Design(1, 1), None, 1.0)
    assert towards[0] < 0 and spots[0].side == "30° to the left"


def test_plan_writes_a_checklist_and_a_csv_that_photos_reads_once_filled_in(eot: Eot, finished: Path) -> None:
    code, out, _ = eot("plan", finished, "--distances", "2", "--yaws", "3", "--repeats", "2")
    assert code == 0 and [Path(line).name for line in out.split()] == ["checklist.pdf", "plan.csv"]
    text = pypdfium2.PdfDocument(finished / "plan" / "checklist.pdf")[0].get_textpage().get_text_range()
    assert "6 spots x 2 repeats x 3 articles = 36 photos" in text and "TEST ARTICLE" in text
    path = finished / "plan" / "plan.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 36 and {row["file"] for row in rows} == {""}
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], "a.jpg" + lines[1], *lines[2:]]) + "\n")
    (told,) = read_corners(path)
    assert told.file == "a.jpg" and told.arm == "attack" and told.pair == "s01-1"


def test_a_plan_is_the_same_bytes_each_time(eot: Eot, finished: Path) -> None:
    first = {}
    for _ in range(2):
        assert eot("plan", finished)[0] == 0
        now = {p.name: p.read_bytes() for p in (finished / "plan").iterdir()}
        first = first or now
        assert now == first


def test_a_plan_that_cannot_be_is_refused(eot: Eot, finished: Path) -> None:
    refused(eot("plan", finished, "--arms", "atack"), "did you mean 'attack'")
    refused(eot("plan", finished, "--arms", ","), "--arms: expected articles")
    refused(eot("plan", "void"), "expected a run directory")
    refused(
        eot("plan", finished, "--distances", "12", "--yaws", "12", "--repeats", "12"), "at most 2000 photos"
    )


def by_tape(text: str) -> str:
    """A plan as its user fills it in: names of photos, every distance by tape."""
    header, *rows = text.splitlines()
    filled = []
    for number, row in enumerate(rows):
        _, arm, distance, yaw, pair = row.split(",")
        filled.append(f"{number}.jpg,{arm},{float(distance) * (1 + number / 5000):.3f},{yaw},{pair}")
    return "\n".join([header, *filled]) + "\n"


def test_distances_by_tape_leave_the_cells_of_the_table_alone(eot: Eot, finished: Path) -> None:
    assert bins_of(finished / "plan") == (4, 3), "the usual ones"
    assert eot("plan", finished, "--distances", "2", "--yaws", "5")[0] == 0
    table = finished / "plan" / "plan.csv"
    table.write_text(by_tape(table.read_text()))
    assert len({row.distance_m for row in read_corners(table)}) > 20
    assert bins_of(finished / "plan") == (2, 5)


@pytest.mark.parametrize(("distances", "yaws"), [(4, 3), (2, 5), (1, 3), (4, 1), (1, 1)])
def test_a_plan_of_an_older_eot_still_tells_its_cells(tmp_path: Path, distances: int, yaws: int) -> None:
    design = Design(distances, yaws, 2)
    text = plan_csv(photos_of(spots_of(PLANNED, design, None, 1.0), design)).decode()
    for kept in (text, by_tape(text)):
        (tmp_path / "plan.csv").write_text(kept)
        assert bins_of(tmp_path) == (distances, yaws)


def test_a_table_that_is_no_plan_leaves_the_usual_cells(tmp_path: Path) -> None:
    rows = [f"{i}.jpg,{3 + i / 10},{i}" for i in range(30)]
    (tmp_path / "plan.csv").write_text("\n".join(["file,distance_m,yaw_deg", *rows]) + "\n")
    assert bins_of(tmp_path) == (4, 3)


def test_a_damaged_design_is_told(tmp_path: Path) -> None:
    for text in ("{", '{"design": {"distances": 0, "yaws": 3}, "csv_sha256": ""}'):
        (tmp_path / "plan.json").write_text(text)
        with pytest.raises(RunError, match=r"plan.json: expected .*: remove it"):
            bins_of(tmp_path)


def test_a_plan_that_is_filled_in_is_replaced_by_force_only(eot: Eot, finished: Path) -> None:
    table = finished / "plan" / "plan.csv"
    assert eot("plan", finished)[0] == 0
    # nobody has worked in it
    assert eot("plan", finished, "--distances", "2")[0] == 0
    table.write_text(filled := by_tape(table.read_text()))
    refused(eot("plan", finished), "plan.csv: is filled in, or of an older eot")
    refused(eot("plan", finished, "--distances", "2"), "--force")
    assert table.read_text() == filled and bins_of(finished / "plan") == (2, 3)
    assert eot("plan", finished, "--force")[0] == 0
    assert table.read_text() != filled and bins_of(finished / "plan") == (4, 3)
    # of an older eot, which kept no design: who knows
    (finished / "plan" / "plan.json").unlink()
    assert eot("plan", finished)[0] == 0, "the same plan loses nothing"
    (finished / "plan" / "plan.json").unlink()
    refused(eot("plan", finished, "--distances", "2"), "--force")
