"""No word of a printed page crosses its right margin."""

import pytest

from tests.textures.meshes import box
from tests.textures.test_mesh_paper import solid
from tests.textures.test_sheets import THREE, article, export_sheet, opened
from textures.meshes.paper import decal_files, net_files
from textures.sheets.layout import MARGIN_MM


@pytest.mark.parametrize("page", ["200x257", "A4", "Letter"])
def test_words_stay_between_the_margins(page: str) -> None:
    made = article(THREE)
    with opened(export_sheet(made, page)["sheet.pdf"]) as document:
        for number in range(len(document)):
            words = document[number].get_textpage()
            right_mm = (document[number].get_width() / 72 * 25.4) - MARGIN_MM
            edges = [words.get_charbox(i)[2] / 72 * 25.4 for i in range(words.count_chars())]
            assert max(edges) <= right_mm + 0.1, number


def test_words_of_decals_and_nets_stay_between_the_margins_of_the_smallest_paper() -> None:
    for files in (decal_files(solid(box()), "195x257"), net_files(solid(box()), "195x257")):
        (data,) = (data for name, data in files.items() if name.endswith(".pdf"))
        with opened(data) as document:
            for page in document:
                words = page.get_textpage()
                edges = [words.get_charbox(i)[2] / 72 * 25.4 for i in range(words.count_chars())]
                assert max(edges) <= page.get_width() / 72 * 25.4 - MARGIN_MM + 0.1
