"""Where pieces go on the paper: inside the margins, apart from each other, on as little paper as needed."""

from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from textures.sheets.article import Box
from textures.sheets.layout import BLEED_MM, OVERLAP_MM, PAPERS, plan, tiled, windows


@given(st.floats(1, 3000), st.floats(60, 500))
@settings(max_examples=100, deadline=None)
def test_windows_cover_the_length_and_share_the_overlap(length_mm: float, room_mm: float) -> None:
    parts = windows(length_mm, room_mm)
    assert parts[0][0] == 0 and sum(parts[-1]) == pytest.approx(length_mm)
    assert all(size <= room_mm + 1e-6 for _, size in parts)
    for (start, size), (following, _) in pairwise(parts):
        assert start + size - following == pytest.approx(OVERLAP_MM)
    assert len(parts) == 1 or length_mm > room_mm - 1e-6


def test_tiles_hold_the_piece_with_its_bleed() -> None:
    tiles = tiled(0, Box(50, 20, 600, 300), PAPERS["A4"])
    assert min(t.window.x_mm for t in tiles) == 50 - BLEED_MM
    assert max(t.window.bottom_mm for t in tiles) == pytest.approx(320 + BLEED_MM)
    assert len(tiles) == tiles[0].rows * tiles[0].columns == len({t.name for t in tiles})
    assert tiles[0].name == "A1" and tiles[-1].name == f"{'ABCDEF'[tiles[0].rows - 1]}{tiles[0].columns}"


def test_pieces_do_not_overlap_and_stay_within_the_margins() -> None:
    sizes = torch.rand(40, 2, generator=torch.Generator().manual_seed(0)) * 150 + 5
    for page in PAPERS:
        made = plan([Box(0, 0, *size) for size in sizes.tolist()], page)
        seen = []
        for sheet in made.whole:
            placed = [Box(p.x_mm, p.y_mm, *sizes[p.piece].tolist()) for p in sheet.placed]
            seen += [p.piece for p in sheet.placed]
            room = sheet.paper.printable
            for i, box in enumerate(placed):
                assert room.x_mm <= box.x_mm and box.right_mm <= room.right_mm
                assert room.y_mm <= box.y_mm and box.bottom_mm <= room.bottom_mm
                for other in placed[:i]:
                    apart_x = box.x_mm >= other.right_mm + 6 or other.x_mm >= box.right_mm + 6
                    assert apart_x or box.y_mm >= other.bottom_mm + 6 or other.y_mm >= box.bottom_mm + 6
        assert sorted(seen) == list(range(40)) and not made.tiles


def test_auto_takes_the_smallest_paper_that_holds_every_piece() -> None:
    def paper(mm: float) -> str:
        return plan([Box(0, 0, mm, mm)], "auto").paper.name

    assert [paper(mm) for mm in (50, 150, 220, 400)] == ["A4", "A4", "A3", "A4"]
