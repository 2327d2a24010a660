"""Markers, charts and the manifest: what is drawn is what a detector finds and what `sheet.json` says."""

import hashlib
from pathlib import Path

import cv2
import numpy as np
import pypdfium2
import pytest
import torch

from eot.runs.prints import runs_with_markers_of
from renders.errors import InputError
from textures.sheets.article import Article, Box
from textures.sheets.chart import chart_art, chart_colours, strip_colours
from textures.sheets.chart_page import draw_chart
from textures.sheets.export import print_files
from textures.sheets.fiducials import (
    CELLS,
    GROUPS,
    PER_GROUP,
    bits_of,
    dictionary,
    group_numbers,
    markers_around,
    side_beside,
)
from textures.sheets.finish import finished
from textures.sheets.job import Order, job_of
from textures.sheets.layout import BLEED_MM, PAPERS
from textures.sheets.manifest import Manifest, Page, Target, decode_manifest, encode_manifest
from textures.sheets.pen import Pen
from textures.sheets.surround import surround
from textures.write import write_files

RUN = "0123456789abcdef"


def test_every_marker_has_a_black_rim_and_differs_from_all_others_by_twelve_bits() -> None:
    """36h12: also turned, and of itself turned, which is what tells where its top left is."""
    cells = np.array([bits_of(number) for number in range(4 * 62)])
    rim = np.ones((CELLS, CELLS), bool)
    rim[1:-1, 1:-1] = False
    assert not cells[:, rim].any()
    upright = cells.reshape(len(cells), -1).astype(int)
    for turn in range(4):
        turned = np.rot90(cells, turn, (1, 2)).reshape(len(cells), -1).astype(int)
        apart = (upright[:, None] != turned[None]).sum(-1)
        if turn == 0:
            np.fill_diagonal(apart, 36)
        assert apart.min() >= 12


def test_the_markers_are_the_ones_on_all_sheets_that_were_printed_before() -> None:
    """They come from OpenCV when they are drawn: one that changes them would not read what hangs outside."""
    cells = np.array([bits_of(number) for number in range(PER_GROUP * GROUPS)])
    known = "f69f1cfe4801303859e320d4ac8bd7bdf68e40661dbb62f3a7a4ea11f2799b79"
    assert hashlib.sha256(cells.tobytes()).hexdigest() == known


def test_a_marker_as_a_shape_has_the_area_of_its_black_cells() -> None:
    marker = markers_around(Box(0, 0, 100, 100), (7, 8, 9, 10), 16)[0]
    black = int((bits_of(7) == 0).sum())
    assert marker.black.area == pytest.approx(black * (16 / CELLS) ** 2)
    assert marker.black.bounds == pytest.approx((*marker.corners_mm[0], *marker.corners_mm[2]))


def test_the_markers_of_two_runs_and_of_two_groups_differ() -> None:
    seen = [group_numbers(RUN, group) for group in range(62)]
    assert len({number for group in seen for number in group}) == 62 * 4
    assert group_numbers("ffffffffffffffff", 0) != group_numbers(RUN, 0)
    with pytest.raises(InputError, match="62 sets"):
        group_numbers(RUN, 62)


def test_of_two_runs_nine_in_62_pairs_share_markers_on_their_faces() -> None:
    """The figure in docs/printing.md: runs start anywhere, each with a set for each of five faces."""
    faces = [{n for arm in range(5) for n in group_numbers(f"{start:08x}", arm)} for start in range(62)]
    assert sum(bool(faces[0] & other) for other in faces) == 9


def test_runs_beside_each_other_that_share_markers_are_named(tmp_path: Path) -> None:
    runs = {"a": "00000000", "b": "00000003", "c": "00000020", "again": "00000000"}
    for name, run_hash in runs.items():
        face = torch.full((3, 8, 8), 0.5)
        arms = {arm: Article("x", "x", face, None, 100, 100, run_hash) for arm in ("attack", "noise")}
        files = dict(print_files(job_of(arms, Order("A4", dpi=72))))
        write_files(tmp_path / name / "article", {"sheet.json": files["sheet.json"]})
    write_files(tmp_path / "old" / "article", {"sheet.json": b"{}"})
    # The noise of a is group 3, which is the attack of b.
    assert runs_with_markers_of(tmp_path / "a" / "article") == (tmp_path / "b",)
    assert runs_with_markers_of(tmp_path / "b" / "article") == (tmp_path / "a", tmp_path / "again")
    assert runs_with_markers_of(tmp_path / "c" / "article") == ()
    assert runs_with_markers_of(tmp_path / "old" / "article") == ()


@pytest.mark.parametrize("face", [Box(0, 0, 750, 750), Box(0, 0, 150, 150), Box(5, 5, 30, 200)])
def test_markers_beside_a_face_stay_clear_of_its_bleed_and_of_each_other(face: Box) -> None:
    markers = markers_around(face, (0, 1, 2, 3), side_beside(face))
    bled = face.grown(BLEED_MM)
    for marker in markers:
        card = marker.card
        assert card.bottom_mm <= bled.y_mm + 1e-9 or card.y_mm >= bled.bottom_mm - 1e-9
    assert markers[0].card.right_mm <= markers[1].card.x_mm + markers[1].quiet_mm + 1e-9


def chart(paper: str) -> tuple[bytes, Target]:
    article = Article("demo", "Stop sign", torch.full((3, 8, 8), 0.5), None, 750, 750, RUN)
    pen = Pen("chart", "run")
    target = draw_chart(pen, article, PAPERS[paper], group_numbers(RUN, 3))
    return finished(pen.close()), target


def test_the_chart_has_all_colours_and_scattered_paper() -> None:
    colours = chart_colours()
    assert len(set(colours)) == 216 and colours.count((255, 255, 255)) == 55
    assert len(set(strip_colours())) == 24
    rows = np.array([c == (255, 255, 255) for c in colours]).reshape(18, 15)
    # Uneven light is seen everywhere: paper in every quarter, more than the 6 terms of a quadratic.
    assert min(part.sum() for half in np.split(rows, [9]) for part in np.split(half, [8], axis=1)) > 6


@pytest.mark.parametrize("paper", ["A4", "Letter", "A3"])
def test_the_printed_chart_shows_each_colour_where_the_manifest_says(paper: str) -> None:
    data, target = chart(paper)
    dpi = 127
    page = pypdfium2.PdfDocument(data)[0].render(scale=dpi / 72).to_numpy()[..., ::-1]
    assert len(target.cells) == 270
    for cell in target.cells:
        x, y, width, height = (side / 25.4 * dpi for side in cell.box_mm)
        middle = page[round(y + height * 0.2) : round(y + height * 0.8), round(x + width / 2)]
        assert np.abs(middle.astype(int) - cell.srgb).max() == 0
    corners, numbers, _ = cv2.aruco.ArucoDetector(dictionary()).detectMarkers(np.ascontiguousarray(page))
    expected = {marker.id: np.array(marker.corners_mm) for marker in target.markers}
    assert set(np.ravel(numbers).tolist()) == set(expected)
    for found, number in zip(corners, np.ravel(numbers).tolist(), strict=True):
        # One pixel of 0.2 mm: the detector is not refined here, the raster is coarse.
        assert np.abs(found[0] / dpi * 25.4 - expected[number]).max() < 0.3


def test_charts_are_the_same_each_time() -> None:
    assert chart("A4") == chart("A4")


def test_a_strip_needs_room() -> None:
    wide = markers_around(Box(0, 0, 300, 300), (0, 1, 2, 3), 24)
    cells = surround(wide).cells
    assert [cell.srgb for cell in cells] == list(strip_colours())
    assert chart_art(cells).box.right_mm < wide[2].card.x_mm
    near = markers_around(Box(0, 0, 60, 60), (0, 1, 2, 3), 16)
    assert surround(near).cells == ()


def manifest() -> Manifest:
    page = Page("chart.pdf", 1, 210, 297)
    texts = ("TEST ARTICLE", "demo", "Stöp", RUN, "2026-01-01")
    return Manifest(
        *(2, *texts, (750, 750), (8, 8), "A4", 100, 3, "CutContour", 300, "none", ()),
        pages=(page,),
        targets=(chart("A4")[1],),
    )


def test_a_manifest_survives_the_file() -> None:
    made = manifest()
    assert decode_manifest(encode_manifest(made), "sheet.json") == made
    assert [marker.id for _, marker in made.markers()] == [m.id for m in made.targets[0].markers]
    assert made.charts() == made.targets


def test_what_is_no_manifest_is_refused_with_what_to_do() -> None:
    old = encode_manifest(manifest()).replace(b'"schema": 2', b'"schema": 1')
    for data in (b"{}", b"[1]", b"no json", old):
        with pytest.raises(InputError, match=r"sheet\.json: expected.*eot print"):
            decode_manifest(data, "sheet.json")
