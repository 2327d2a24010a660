"""The sheet, measured on its rasterised pages: millimetres must be millimetres."""

import io
import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import pikepdf
import pypdfium2
import pytest
import torch
from PIL import Image

from renders.errors import InputError
from textures.masks import rectangles
from textures.sheets.article import Article, Box, pieces_of
from textures.sheets.export import print_files
from textures.sheets.job import Order, job_of
from textures.sheets.layout import MARGIN_MM, PAPERS, Plan, plan

DPI = 300
PX_MM = 25.4 / DPI
Boxes = list[tuple[float, float, float, float]]
ONE: Boxes = [(0.21, 0.13, 0.101, 0.083)]
THREE: Boxes = [(0.3, 0.12, 0.16, 0.1), (0.6, 0.72, 0.1, 0.08), (0.2, 0.7, 0.2, 0.15)]
BAR: Boxes = [(0.2, 0.12, 0.6, 0.13)]


def article(boxes: Boxes | None, width_mm: float = 750, height_mm: float = 750, texels: int = 64) -> Article:
    """A grey article, on which the cut line is the only colour."""
    mask = None if boxes is None else rectangles(boxes, (texels, texels))
    face = torch.full((3, texels, texels), 0.5)
    return Article("stop-1a2b", "Stop sign → 45 <km/h>", face, mask, width_mm, height_mm, "0123456789abcdef")


def export_sheet(made: Article, page: str) -> dict[str, bytes]:
    """The files of an article alone, without markers."""
    return dict(print_files(job_of({"attack": made}, Order(page, markers=False))))


def pieces_in(files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    """The pieces in `sheet.json`, with their rectangle on the face."""
    targets = json.loads(files["sheet.json"])["targets"]
    items = [item for target in targets for item in target["items"]]
    return [{**item, "on_face": [*item["face_mm"], *item["box_mm"][2:]]} for item in items]


@contextmanager
def opened(data: bytes) -> Iterator[pypdfium2.PdfDocument]:
    document = pypdfium2.PdfDocument(data)
    try:
        yield document
    finally:
        document.close()


def rasterised(data: bytes, numbers: range) -> list[np.ndarray]:
    """These pages at 300 dpi, [h w 3] in RGB."""
    with opened(data) as document:
        return [document[i].render(scale=DPI / 72, rev_byteorder=True).to_numpy()[..., :3] for i in numbers]


def foot(page: pypdfium2.PdfPage) -> np.ndarray:
    """The lowest 10 mm of a page at 300 dpi, grey."""
    crop = (0, 0, 0, page.get_height() - 10 / 25.4 * 72)
    return page.render(scale=DPI / 72, crop=crop, grayscale=True).to_numpy().astype(float)


def texts(data: bytes) -> list[str]:
    with opened(data) as document:
        return [page.get_textpage().get_text_range() for page in document]


def cut_line(pixels: np.ndarray) -> np.ndarray:
    """Where the cut line is: the only thing that is coloured, and magenta."""
    weaker = np.minimum(pixels[..., 0], pixels[..., 2])
    return weaker - np.minimum(weaker, pixels[..., 1])


def middles(profile: np.ndarray) -> list[float]:
    """The middle, in pixels, of every peak of a profile that stands out."""
    tall = np.flatnonzero(profile > 0.4 * profile.max())
    groups = np.split(tall, np.flatnonzero(np.diff(tall) > 3) + 1)
    found = []
    for group in groups:
        near = np.arange(max(0, group[0] - 2), min(len(profile), group[-1] + 3))
        found.append(float((profile[near] * (near + 0.5)).sum() / profile[near].sum()))
    return found


def measured_mm(pixels: np.ndarray) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of one rectangle of cut line, in mm of the picture."""
    line = cut_line(pixels)
    columns, rows = middles(line.sum(0, dtype=float)), middles(line.sum(1, dtype=float))
    return columns[0] * PX_MM, rows[0] * PX_MM, columns[-1] * PX_MM, rows[-1] * PX_MM


def layout_of(made: Article, page: str) -> Plan:
    return plan([piece.box for piece in pieces_of(made)], page)


@pytest.mark.parametrize(
    ("boxes", "side_mm", "page"),
    [
        (ONE, 750, "A4"),
        (ONE, 750, "Letter"),
        (ONE, 1800, "A4"),
        (ONE, 300, "Letter"),
        pytest.param(ONE, 2600, "A3", marks=pytest.mark.slow),
    ],
)
def test_the_outline_on_the_page_has_the_configured_size(boxes: Boxes, side_mm: float, page: str) -> None:
    data = export_sheet(article(boxes, side_mm, side_mm), page)["sheet.pdf"]
    assert len(texts(data)) == 2
    left, top, right, bottom = measured_mm(rasterised(data, range(1, 2))[0])
    assert right - left == pytest.approx(boxes[0][2] * side_mm, abs=0.2)
    assert bottom - top == pytest.approx(boxes[0][3] * side_mm, abs=0.2)


@pytest.mark.slow
@pytest.mark.parametrize(("page", "boxes"), [("A4", BAR), ("Letter", None)])
def test_the_pages_of_a_large_piece_make_up_its_size(page: str, boxes: Boxes | None) -> None:
    """The windows put together where the layout has them show one outline of the configured size."""
    made = article(boxes, *((750, 750) if boxes else (390, 290)))
    tiles = layout_of(made, page).tiles
    pages = rasterised(export_sheet(made, page)["sheet.pdf"], range(1, 1 + len(tiles)))
    origin = tiles[0].window
    size = (tiles[-1].window.bottom_mm - origin.y_mm, tiles[-1].window.right_mm - origin.x_mm)
    whole = np.full((*(round(side / PX_MM) + 2 for side in size), 3), 255, np.uint8)
    for tile, pixels in zip(tiles, pages, strict=True):
        room = tile.paper.printable
        x = room.x_mm + (room.width_mm - tile.window.width_mm) / 2
        y = room.y_mm + (room.height_mm - tile.window.height_mm) / 2
        part = _crop(pixels, Box(x, y, tile.window.width_mm, tile.window.height_mm))
        row = round((tile.window.y_mm - origin.y_mm) / PX_MM)
        column = round((tile.window.x_mm - origin.x_mm) / PX_MM)
        there = whole[row : row + part.shape[0], column : column + part.shape[1]]
        np.minimum(there, part[: there.shape[0], : there.shape[1]], out=there)
    left, top, right, bottom = measured_mm(whole)
    box = pieces_of(made)[0].box
    assert right - left == pytest.approx(box.width_mm, abs=0.2)
    assert bottom - top == pytest.approx(box.height_mm, abs=0.2)
    # All of the piece is inked.
    inner = whole[round(4 / PX_MM) : -round(4 / PX_MM), round(4 / PX_MM) : -round(4 / PX_MM)]
    assert (inner[..., 1] < 200).all()


def _crop(pixels: np.ndarray, box: Box) -> np.ndarray:
    rows = slice(round(box.y_mm / PX_MM), round(box.bottom_mm / PX_MM))
    return pixels[rows, round(box.x_mm / PX_MM) : round(box.right_mm / PX_MM)]


@pytest.mark.parametrize("page", list(PAPERS))
def test_every_page_has_its_paper_the_label_the_id_and_a_bar_of_100_mm(page: str) -> None:
    data = export_sheet(article(BAR), page)["sheet.pdf"]
    count = len(texts(data))
    with opened(data) as document:
        for number, (words, sheet) in enumerate(zip(texts(data), document, strict=True), 1):
            assert "TEST ARTICLE" in words and "stop-1a2b" in words and f"{number} / {count}" in words
            size = sorted(side / 72 * 25.4 for side in sheet.get_size())
            assert size == pytest.approx(sorted((PAPERS[page].width_mm, PAPERS[page].height_mm)), abs=0.01)
            # 2 mm above the bar there are its end strokes only.
            row = foot(sheet)[round((10 - 5 - 2.1) / PX_MM), : round((MARGIN_MM + 101) / PX_MM)]
            ends = middles(255 - row.reshape(-1))
            assert len(ends) == 2 and (ends[1] - ends[0]) * PX_MM == pytest.approx(100, abs=0.2)


def test_the_trim_box_is_the_piece_and_the_bleed_box_3_mm_more() -> None:
    data = export_sheet(article(ONE), "A4")["sheet.pdf"]
    with pikepdf.open(io.BytesIO(data)) as pdf:
        page = pdf.pages[1]
        trim, bleed = (
            [float(side) / 72 * 25.4 for side in page.obj[name]] for name in ("/TrimBox", "/BleedBox")
        )
        assert trim[2] - trim[0] == pytest.approx(75.75, abs=0.01)
        assert trim[3] - trim[1] == pytest.approx(62.25, abs=0.01)
        assert np.subtract(trim, bleed) == pytest.approx([3, 3, -3, -3], abs=0.01)
        assert "/TrimBox" not in pdf.pages[0].obj
        assert pdf.Root.ViewerPreferences.PrintScaling == "/None"
        fonts = [font for page in pdf.pages for font in page.obj.Resources.Font.values()]
        assert all("/FontDescriptor" in font and "/FontFile2" in font.FontDescriptor for font in fonts)


def test_the_cut_line_is_a_spot_colour_of_its_own() -> None:
    with pikepdf.open(io.BytesIO(export_sheet(article(ONE), "A4")["sheet.pdf"])) as pdf:
        spaces = pdf.pages[1].obj.Resources.ColorSpace
        assert any(list(s)[:2] == ["/Separation", "/CutContour"] for s in spaces.values() if len(s) == 4)


def test_the_svg_has_the_same_outline_in_mm() -> None:
    files = export_sheet(article(THREE), "A4")
    pieces = pieces_in(files)
    assert len(pieces) == 3
    for piece in pieces:
        root = ElementTree.fromstring(files[f"{piece['id']}.svg"])
        x, y, width, height = piece["on_face"]
        assert [root.attrib["width"], root.attrib["height"]] == [f"{width:.3f}mm", f"{height:.3f}mm"]
        assert [float(word) for word in root.attrib["viewBox"].split()] == pytest.approx(
            [x, y, width, height]
        )
        paths = [e for e in root.iter() if e.tag.endswith("path")]
        xy = np.array(re.findall(r"(-?[\d.]+) (-?[\d.]+)", paths[0].attrib["d"]), dtype=float)
        assert (*xy.min(0), *np.ptp(xy, 0)) == pytest.approx((x, y, width, height), abs=0.002)
        assert [g.attrib["id"] for g in root.iter() if g.tag.endswith("}g")] == ["CutContour"]
    boxes = sorted([round(side * 750, 3) for side in box] for box in THREE)
    assert sorted(piece["on_face"] for piece in pieces) == pytest.approx(np.array(boxes), abs=0.01)
    whole = ElementTree.fromstring(files["outlines.svg"])
    assert whole.attrib["width"] == "750.000mm" and len([e for e in whole.iter() if "d" in e.attrib]) == 3


def test_pieces_are_images_of_true_size() -> None:
    files = export_sheet(article(THREE), "A4")
    for piece in pieces_in(files):
        image = Image.open(io.BytesIO(files[f"{piece['id']}.png"]))
        assert image.mode == "RGBA" and image.info["dpi"] == pytest.approx((300, 300), abs=0.02)
        mm = [side / dpi * 25.4 for side, dpi in zip(image.size, image.info["dpi"], strict=True)]
        assert mm == pytest.approx(piece["on_face"][2:], abs=PX_MM)
        pixels = np.asarray(image)
        assert pixels[..., 3].mean() == pytest.approx(255, abs=1) and (pixels[..., :3] == 128).all()


def test_a_round_piece_is_clear_around_its_cut_line_and_bleeds_on_the_sheet() -> None:
    along = (torch.arange(1024) + 0.5) / 1024 - 0.5
    fine = (along[:, None] ** 2 + along[None] ** 2 < 0.2**2).float()
    mask = torch.nn.functional.avg_pool2d(fine[None], 8)
    made = Article("round", "round", torch.full((3, 128, 128), 0.5), mask, 300, 300)
    files = export_sheet(made, "A4")
    alpha = np.asarray(Image.open(io.BytesIO(files["piece-1.png"])))[..., 3]
    assert alpha[0, 0] == 0 and alpha.mean() / 255 == pytest.approx(np.pi / 4, abs=0.005)
    page = rasterised(files["sheet.pdf"], range(1, 2))[0]
    _, top, _, bottom = measured_mm(page)
    inked = np.flatnonzero(page[round((top + bottom) / 2 / PX_MM), :, 1] < 200)
    assert (inked[-1] + 1 - inked[0]) * PX_MM == pytest.approx(120 + 6, abs=0.3)


def test_colours_on_a_soft_edge_are_those_of_the_sticker_alone() -> None:
    mask = rectangles([(0.26, 0.26, 0.4, 0.4)], (32, 32))
    face = torch.ones(3, 32, 32) * (1 - mask) + torch.zeros(3, 32, 32)
    files = export_sheet(Article("soft", "soft", face, mask, 300, 300), "A4")
    pixels = np.asarray(Image.open(io.BytesIO(files["piece-1.png"])))
    assert pixels[..., :3].max() == 0 and pixels[..., 3].min() >= 127


def test_texels_on_the_page_have_the_colours_of_the_article() -> None:
    face = torch.rand(3, 8, 8, generator=torch.Generator().manual_seed(0))
    data = export_sheet(Article("x", "x", face, None, 160, 160), "A4")["sheet.pdf"]
    page = rasterised(data, range(1, 2))[0]
    left, top, width, _ = _trim_mm(data)
    assert width == pytest.approx(160, abs=0.01)
    for row in range(8):
        for column in range(8):
            x, y = left + (column + 0.5) * 20, top + (row + 0.5) * 20
            seen = page[round(y / PX_MM), round(x / PX_MM)].astype(float)
            assert seen == pytest.approx((face[:, row, column] * 255).numpy(), abs=2)


def _trim_mm(data: bytes) -> tuple[float, float, float, float]:
    """Left, top, width and height of the second page's TrimBox."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        box = [float(side) / 72 * 25.4 for side in pdf.pages[1].obj["/TrimBox"]]
        height = float(pdf.pages[1].obj.MediaBox[3]) / 72 * 25.4
    return box[0], height - box[3], box[2] - box[0], box[3] - box[1]


@pytest.mark.slow
def test_the_same_article_gives_the_same_bytes() -> None:
    first, second = export_sheet(article(THREE), "A4"), export_sheet(article(THREE), "A4")
    assert dict(first) == dict(second)


def test_many_pieces_and_corners_that_touch() -> None:
    chess = (torch.arange(7)[:, None] + torch.arange(7)[None]) % 2
    made = Article("chess", "chess", torch.zeros(3, 7, 7), chess[None].float(), 140, 140)
    assert len(pieces_of(made)) == 24
    assert _count(export_sheet(made, "A4"), ".png") == 24


def _count(files: Mapping[str, bytes], suffix: str) -> int:
    return sum(name.endswith(suffix) for name in files)


def test_what_cannot_be_printed_is_refused() -> None:
    with pytest.raises(InputError, match="A4"):
        export_sheet(article(ONE), "A5")
    good = article(ONE)
    assert good.mask is not None
    for change, says in (
        ({"id": "a/b"}, "letters"),
        ({"width_mm": 0.0}, "millimetres"),
        ({"face": torch.full((3, 64, 64), 2.0)}, "0, 1"),
        ({"mask": torch.zeros(1, 64, 64)}, "sticker area"),
    ):
        with pytest.raises(InputError, match=says):
            Article(**{**vars(good), **change})
