"""What is too large for memory or for whole pixels: metres of article, metres of paper, long names."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import pypdfium2
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.textures.test_sheets import opened, texts
from textures.meshes import booklet
from textures.sheets import drawings, pages
from textures.sheets.article import Art, Article, Box, pieces_of
from textures.sheets.export import print_files
from textures.sheets.images import MAX_SIDE_PX, piece_png, pixels_of
from textures.sheets.inspect import Measured, inspect_files
from textures.sheets.inspect_pieces import inspect_pieces
from textures.sheets.job import Order, job_of
from textures.sheets.layout import MARGIN_MM
from textures.sheets.manifest import Manifest, decode_manifest
from textures.sheets.pen import Pen
from textures.sheets.raster import PX_PER_MM, SCALE, seen_in

RUN = "0123456789abcdef"
MM_PER_POINT = 25.4 / 72


def article(width_mm: float, height_mm: float, name: str = "large") -> Article:
    face = torch.rand(3, 8, 8, generator=torch.Generator().manual_seed(0))
    return Article(name, "A large one", face, None, width_mm, height_mm, RUN, "2026-01-31")


def printed(made: Article, order: Order) -> tuple[dict[str, bytes], Manifest]:
    files = dict(print_files(job_of({"attack": made}, order)))
    return files, decode_manifest(files["sheet.json"], "sheet.json")


def wrong(files: Mapping[str, bytes], manifest: Manifest) -> list[Measured]:
    measured = [*inspect_files(files, manifest), *inspect_pieces(files, manifest)]
    return [line for line in measured if not line.ok]


@given(st.floats(1, 20_000), st.floats(1, 20_000), st.floats(72, 1200))
@settings(max_examples=300, deadline=None)
def test_a_picture_has_its_size_to_half_a_pixel(width_mm: float, height_mm: float, dpi: float) -> None:
    per_metre, size = pixels_of(Box(0, 0, width_mm, height_mm), dpi)
    # Of 20 m the rounding of the resolution alone is 10 pixels.
    assert max(size) <= MAX_SIDE_PX + 10 and per_metre <= dpi / 0.0254 + 0.5
    for pixels, side_mm in zip(size, (width_mm, height_mm), strict=True):
        assert (
            abs(pixels * 1000 / per_metre - side_mm) <= (0.5 if pixels > 1 else 1) * 1000 / per_metre + 1e-9
        )


@pytest.mark.parametrize(
    ("size_mm", "dpi"), [((2200, 300), 300), ((5000, 1500), 300), ((61.1, 30.3), 72), ((120.4, 77.7), 80)]
)
def test_other_programs_read_the_true_size_of_a_large_or_coarse_picture(
    size_mm: tuple[float, float], dpi: float
) -> None:
    made = article(*size_mm)
    image = Image.open(io.BytesIO(piece_png(made, pieces_of(made)[0], dpi)))
    for pixels, read_dpi, side_mm in zip(image.size, image.info["dpi"], size_mm, strict=True):
        assert pixels / read_dpi * 25.4 == pytest.approx(side_mm, abs=max(0.2, 0.5 * 25.4 / read_dpi))


@pytest.mark.parametrize(
    ("size_mm", "order"),
    [
        ((2200, 60), Order("2300x300", dpi=100)),
        ((61.1, 30.3), Order(dpi=72)),
        ((100, 100), Order("5000x5000")),
    ],
)
def test_the_prints_of_large_articles_and_on_large_paper_measure_what_they_say(
    size_mm: tuple[float, float], order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered: list[int] = []
    render = pypdfium2.PdfPage.render

    def counted(page: pypdfium2.PdfPage, **options: object) -> pypdfium2.PdfBitmap:
        bitmap = render(page, **options)
        rendered.append(bitmap.width * bitmap.height)
        return bitmap

    monkeypatch.setattr(pypdfium2.PdfPage, "render", counted)
    assert wrong(*printed(article(*size_mm), order)) == []
    # The chart is 210 x 252 mm; a page of 5 m whole has 872 megapixels.
    assert rendered and max(rendered) < 2_000_000


def test_a_picture_of_another_size_is_found_out() -> None:
    files, manifest = printed(article(2200, 60), Order("2300x300", markers=False, dpi=100))
    image = Image.open(io.BytesIO(files["piece-1.png"]))
    for change, scale in (("resolution", 1.01), ("width", 1.0)):
        out = io.BytesIO()
        columns = image.width - (2 if change == "width" else 0)
        image.crop((0, 0, columns, image.height)).save(
            out, "PNG", dpi=[side * scale for side in image.info["dpi"]]
        )
        found = wrong({**files, "piece-1.png": out.getvalue()}, manifest)
        assert [line.what for line in found] == ["size"], change


def test_windows_of_a_page_show_what_the_page_shows() -> None:
    files, _ = printed(article(100, 80), Order("A4"))
    with opened(files["sheet.pdf"]) as document:
        sheet = document[1]
        whole = sheet.render(scale=SCALE, rev_byteorder=True).to_numpy()[..., :3]
        for box in (
            Box(0, 0, 50, 40),
            Box(31.3, 70.7, 111.1, 90.9),
            Box(150, 200, 100, 100),
            Box(-5, 290, 9, 9),
        ):
            window = seen_in(sheet, box)
            left, top = round(window.x_mm * PX_PER_MM), round(window.y_mm * PX_PER_MM)
            there = whole[top : top + len(window.pixels), left : left + window.pixels.shape[1]]
            assert there.shape == window.pixels.shape
            assert window.x_mm <= max(0, box.x_mm) and window.y_mm <= max(0, box.y_mm)
            # Edges of letters are anti-aliased anew in each window.
            assert (np.abs(there.astype(int) - window.pixels) > 2).mean() < 1e-3


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[int, ...]]]:
    """The sizes of all pictures that are drawn."""
    sizes: list[tuple[int, ...]] = []
    art = Pen.art

    def noted(pen: Pen, texels: np.ndarray, *others: object) -> None:
        sizes.append(texels.shape)
        art(pen, texels, *others)

    monkeypatch.setattr(Pen, "art", noted)
    return sizes


def test_pictures_have_no_more_pixels_than_memory_allows(
    drawn: list[tuple[int, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (pages, drawings):
        monkeypatch.setattr(module, "MOST_PIXELS", 100_000)
    files, manifest = printed(article(150, 120), Order("A4", markers=False))
    assert wrong(files, manifest) == []
    assert len(drawn) == 2 and all(50_000 < rows * columns <= 101_000 for rows, columns, _ in drawn)


def test_blocks_stay_whole_where_a_picture_is_made_coarser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MOST_PIXELS", 10_000)
    art = Art(np.arange(48, dtype=np.uint8).reshape(4, 4, 3), Box(0, 0, 400, 200))
    shown = pages.enlarged(art, (100, 50), 300)
    assert shown.texels.shape == (4 * 17, 4 * 35, 3) and shown.box == art.box
    assert np.array_equal(shown.texels[8::17, 17::35], art.texels)


def test_a_window_of_a_decal_is_no_finer_than_memory_allows() -> None:
    assert booklet._dpi(Box(0, 0, 297, 420)) == 300
    side = 5000 / 25.4 * booklet._dpi(Box(0, 0, 5000, 5000))
    assert side**2 == pytest.approx(booklet.MOST_PIXELS)


LONG = "stop_sticker_with_a_name_that_says_everything_about_it_from_the_paper_to_the_glue_in_one_hundred_"


def test_a_long_name_ends_within_the_page_and_keeps_its_ends() -> None:
    labels = set()
    for tail in ("v01", "v02"):
        made = article(100, 80, LONG + tail)
        assert len(made.id) == 100
        data = printed(made, Order("A4", markers=False))[0]["sheet.pdf"]
        for words in texts(data):
            (name,) = {word for word in words.split() if word.startswith("stop_sticker_") and "…" in word}
            assert name.endswith(tail) and len(name) > 40
            labels.add(name)
        with opened(data) as document:
            for sheet in document:
                assert right_of_label_mm(sheet) <= sheet.get_width() * MM_PER_POINT - MARGIN_MM + 0.1
    assert len(labels) == 2


def right_of_label_mm(sheet: pypdfium2.PdfPage) -> float:
    """The right end of what is written in the uppermost 10 mm of a page."""
    page, height = sheet.get_textpage(), sheet.get_height()
    boxes = [page.get_charbox(i) for i in range(page.count_chars())]
    return max(right for _, bottom, right, _ in boxes if bottom > height - 10 / MM_PER_POINT) * MM_PER_POINT


def test_a_name_that_fits_is_written_whole() -> None:
    pen = Pen("title", "subject")
    assert pen.shortened_within("stop-1a2b", 60, size_mm=3) == "stop-1a2b"
    assert pen.shortened_within("stop-1a2b", 0, size_mm=3) == "…"
    made = replace(article(100, 80), id="stop_sticker_of_thirty_letters")
    data = printed(made, Order("A4", markers=False))[0]["sheet.pdf"]
    assert all(made.id in words for words in texts(data))
