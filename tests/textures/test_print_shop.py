"""Articles on papers, from the files back to the article: sizes, outlines, colours, and one picture again."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import ezdxf
import numpy as np
import pikepdf
import pypdfium2
import pytest
import shapely
import torch
from ezdxf.bbox import extents
from PIL import Image
from svgelements import SVG, Close, Path
from torch import Tensor

from renders.errors import InputError
from textures.controls import shuffled_article
from textures.masks import rectangles
from textures.sheets.article import Article
from textures.sheets.export import print_files
from textures.sheets.inspect import inspect_files, inspect_pdf
from textures.sheets.inspect_pieces import dxf_rings, inspect_pieces, svg_rings
from textures.sheets.job import Job, Order, job_of
from textures.sheets.layout import paper_named
from textures.sheets.manifest import Manifest, Print, decode_manifest

RUN = "0123456789abcdef"
# Pages are read at twice the resolution at which they must agree, so that the reading adds half a pixel less.
DPI = 300
PX_MM = 25.4 / DPI
WITHIN_MM = 25.4 / 150
# On whole texels: colours on a soft edge are those of the sticker alone, not of the picture.
THREE = [(x / 48, y / 48, w / 48, h / 48) for x, y, w, h in ((14, 6, 8, 5), (29, 35, 5, 4), (10, 33, 9, 6))]


def octagon(texels: int) -> Tensor:
    """The shape of a stop sign."""
    along = (torch.arange(texels * 8) + 0.5) / (texels * 8) - 0.5
    corners = along[:, None].abs() + along[None].abs() < 2**0.5 / 2
    return torch.nn.functional.avg_pool2d(corners.float()[None], 8)


def disc(texels: int) -> Tensor:
    along = (torch.arange(texels * 8) + 0.5) / (texels * 8) - 0.5
    return torch.nn.functional.avg_pool2d((along[:, None] ** 2 + along[None] ** 2 < 0.25).float()[None], 8)


@dataclass(frozen=True)
class Case:
    """An article on a paper, and what of it is one picture on paper."""

    page: str
    mask: Tensor | None
    width_mm: float
    height_mm: float
    texels: tuple[int, int] = (48, 48)

    def article(self, seed: int = 0) -> Article:
        face = torch.rand(3, *self.texels, generator=torch.Generator().manual_seed(seed))
        title = "Stop sign → 45 <km/h>"
        return Article("case", title, face, self.mask, self.width_mm, self.height_mm, RUN, "2026-01-31")

    @property
    def edge_mm(self) -> float:
        """How far from the cut line the picture is seen: a line is drawn there, and beside it texels that
        the mask covers in part have the colour of their neighbours inside."""
        soft = self.mask is not None and bool(((self.mask > 0) & (self.mask < 1)).any())
        return 1 + (1.5 * max(self.article().texel_mm) if soft else 0)

    def job(self) -> Job:
        return job_of({"attack": self.article()}, Order(self.page))


CASES = {
    "patch of 150 mm on A4": Case("A4", None, 150, 150),
    "three-piece sticker on Letter": Case("Letter", rectangles(THREE, (48, 48)), 750, 750),
    "three-piece sticker on A4": Case("A4", rectangles(THREE, (48, 48)), 600, 600),
    "sign of 750 mm over A4": Case("A4", octagon(48), 750, 750),
    "sign of 750 mm over A3": Case("A3", octagon(48), 750, 750),
    "disc of 200 mm on Tabloid": Case("Tabloid", disc(48), 200, 200),
    "wide plate over Letter": Case("Letter", None, 520, 110, (22, 104)),
    "poster of 500 x 700 mm on its own paper": Case("700x1000", None, 500, 700, (70, 50)),
}
QUICK = ("patch of 150 mm on A4", "three-piece sticker on Letter")


SPEEDS = [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in CASES]


@pytest.fixture(scope="module", params=SPEEDS)
def case(request: pytest.FixtureRequest) -> tuple[Case, dict[str, bytes], Manifest]:
    made = CASES[request.param]
    files = dict(print_files(made.job()))
    return made, files, decode_manifest(files["sheet.json"], "sheet.json")


Made = tuple[Case, dict[str, bytes], Manifest]


def test_all_files_measure_what_they_say(case: Made) -> None:
    _, files, manifest = case
    measured = [*inspect_files(files, manifest), *inspect_pieces(files, manifest)]
    assert {line.what for line in measured} == {"paper", "bars", "markers", "colours", "cut lines", "size"}
    assert all(line.ok for line in measured), [line for line in measured if not line.ok]


def test_other_programs_read_the_outlines_closed_and_at_true_size(case: Made) -> None:
    made, files, _ = case
    for number, piece in enumerate(made.job().sheets[0].pieces, 1):
        wanted = (piece.box.width_mm, piece.box.height_mm)
        # svgelements works in pixels of 1/96 inch.
        paths = [
            e for e in SVG.parse(io.BytesIO(files[f"piece-{number}.svg"])).elements() if isinstance(e, Path)
        ]
        left, top, right, bottom = paths[0].bbox()
        size = ((right - left) / 96 * 25.4, (bottom - top) / 96 * 25.4)
        assert size == pytest.approx(wanted, abs=0.2)
        assert all(isinstance(list(ring)[-1], Close) for path in paths for ring in path.as_subpaths())
        drawing = ezdxf.read(io.StringIO(files[f"piece-{number}.dxf"].decode("ascii"), newline=None))
        assert not drawing.audit().errors and drawing.header["$INSUNITS"] == 4
        lines = list(drawing.modelspace())
        assert lines and all(line.is_closed and line.dxf.layer == "CutContour" for line in lines)
        assert tuple(extents(lines).size)[:2] == pytest.approx(wanted, abs=0.2)
        image = Image.open(io.BytesIO(files[f"piece-{number}.png"]))
        dpi = image.info["dpi"]
        assert [s / d * 25.4 for s, d in zip(image.size, dpi, strict=True)] == pytest.approx(wanted, abs=0.2)


@pytest.mark.slow
def test_the_pages_put_together_show_the_picture_again(case: Made) -> None:
    """Pages show colours between those of the picture within 1/150 inch, and all of it is on some page."""
    made, files, manifest = case
    pages = rasterised(files["sheet.pdf"])
    covered = np.zeros([round(side / PX_MM) for side in (made.height_mm, made.width_mm)], bool)
    right = total = 0
    inner = shapely.union_all([p.outline.buffer(-made.edge_mm) for p in made.job().sheets[0].pieces])
    for printed in prints_on(manifest, "sheet.pdf"):
        page = pages[manifest.pages[printed.page].number - 1]
        rows, y_mm = along(printed.plane_mm[1], printed.plane_mm[3], printed.at_mm[1])
        columns, x_mm = along(printed.plane_mm[0], printed.plane_mm[2], printed.at_mm[0])
        inside = shapely.contains_xy(inner, x_mm[None], y_mm[:, None])
        low, high = around(made.article(), x_mm, y_mm)
        seen = page[rows[:, None], columns].astype(int)
        fits = (np.maximum(low - seen, seen - high).max(-1) <= 2)[inside]
        right, total = right + int(fits.sum()), total + fits.size
        places = (np.stack(np.broadcast_arrays(y_mm[:, None], x_mm[None]), -1)[inside] / PX_MM).astype(int)
        covered[places[:, 0], places[:, 1]] = True
    assert right / total > 0.9995
    # Two grids of equal pixels, turned in rows and columns only, leave at most every 20th pixel unmet.
    assert covered.sum() * PX_MM**2 > 0.95 * inner.area


def prints_on(manifest: Manifest, file: str) -> Iterator[Print]:
    """What of the face stands where on the pages of a file, each piece by itself."""
    for target in manifest.targets:
        for printed in target.prints:
            if manifest.pages[printed.page].file != file:
                continue
            if target.kind != "page":
                yield printed
                continue
            for item in target.items:
                x, y, width, height = item.box_mm
                yield Print(printed.page, (*item.face_mm, width, height), (x, y))


def along(start_mm: float, length_mm: float, at_mm: float) -> tuple[np.ndarray, np.ndarray]:
    """The pixels of a page in a stretch, and where their middles lie on the face."""
    there = np.arange(round(at_mm / PX_MM), round((at_mm + length_mm) / PX_MM))
    return there, (there + 0.5) * PX_MM - at_mm + start_mm


def around(article: Article, x_mm: np.ndarray, y_mm: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The least and the largest levels of the texels within 1/150 inch of each place."""
    width, height = article.texel_mm
    rows, columns = article.texels.shape[:2]
    near = []
    for down in (-WITHIN_MM, WITHIN_MM):
        for across in (-WITHIN_MM, WITHIN_MM):
            row = np.clip((y_mm + down) / height, 0, rows - 1).astype(int)
            column = np.clip((x_mm + across) / width, 0, columns - 1).astype(int)
            near.append(article.texels[row[:, None], column].astype(int))
    return np.min(near, axis=0), np.max(near, axis=0)


def rasterised(data: bytes) -> list[np.ndarray]:
    document = pypdfium2.PdfDocument(data)
    return [page.render(scale=DPI / 72, rev_byteorder=True).to_numpy()[..., :3] for page in document]


def arms() -> dict[str, Article]:
    made = CASES["patch of 150 mm on A4"]
    return {arm: made.article(i) for i, arm in enumerate(("attack", "clean", "blank", "noise", "shuffled"))}


def test_controls_are_laid_out_like_the_attack_with_markers_of_their_own() -> None:
    files = dict(print_files(job_of(arms(), Order("A4", dpi=100))))
    manifest = decode_manifest(files["sheet.json"], "sheet.json")
    boards = {target.arm: target for target in manifest.targets if target.kind == "board"}
    assert list(boards) == ["attack", *manifest.controls] and len(boards) == 5
    numbers = [marker.id for _, marker in manifest.markers()]
    assert len(numbers) == len(set(numbers)) == 4 * 6
    attack = boards["attack"]
    for target in boards.values():
        corners = [marker.corners_mm for marker in target.markers]
        assert corners == [marker.corners_mm for marker in attack.markers]
    codes = [page[200:640, 500:1120] for page in rasterised(files["controls.pdf"])]
    for arm, code in zip(manifest.controls, codes, strict=True):
        found = cv2.QRCodeDetector().detectAndDecode(code)[0]
        assert found == f"TEST ARTICLE case {RUN} 2026-01-31 {arm}"
    with pikepdf.open(io.BytesIO(files["controls.pdf"])) as pdf:
        attached = pdf.attachments["sheet.json"].get_file().read_bytes()
    assert attached == files["sheet.json"]


def test_what_is_printed_at_another_scale_or_in_another_colour_is_found_out() -> None:
    files = dict(print_files(CASES["patch of 150 mm on A4"].job()))
    manifest = decode_manifest(files["sheet.json"], "sheet.json")
    with pikepdf.open(io.BytesIO(files["sheet.pdf"])) as pdf:
        for page in pdf.pages:
            # As a printer dialogue does it: 97 % of the size, paper as it was.
            page.contents_add(b"q 0.97 0 0 0.97 0 0 cm", prepend=True)
            page.contents_add(b"Q")
        smaller = io.BytesIO()
        pdf.save(smaller)
    wrong = {line.what for line in inspect_pdf("sheet.pdf", smaller.getvalue(), manifest) if not line.ok}
    assert wrong == {"bars", "markers", "colours", "cut lines"}
    other = replace(manifest, cut_spot="PerfCutContour")
    assert not all(line.ok for line in inspect_pdf("sheet.pdf", files["sheet.pdf"], other))


def test_outlines_that_are_open_or_in_other_units_are_found_out() -> None:
    files = dict(print_files(CASES["patch of 150 mm on A4"].job()))
    svg, dxf = files["piece-1.svg"], files["piece-1.dxf"]
    assert len(svg_rings(svg, "CutContour")) == len(dxf_rings(dxf, "CutContour")) == 1
    assert not svg_rings(svg.replace(b'Z"', b'"'), "CutContour")
    assert not svg_rings(svg.replace(b"150.000mm", b"150.000in"), "CutContour")
    assert not dxf_rings(dxf.replace(b"$INSUNITS\r\n 70\r\n4", b"$INSUNITS\r\n 70\r\n1"), "CutContour")
    assert not svg_rings(svg, "Other") and not dxf_rings(dxf, "Other")


@pytest.mark.slow
def test_many_equal_pieces_in_rows_are_told_apart() -> None:
    chess = (torch.arange(7)[:, None] + torch.arange(7)[None]) % 2
    made = Article("chess", "chess", torch.zeros(3, 7, 7), chess[None].float(), 140, 140, RUN)
    files = dict(print_files(job_of({"attack": made}, Order("A4"))))
    manifest = decode_manifest(files["sheet.json"], "sheet.json")
    measured = [*inspect_pdf("sheet.pdf", files["sheet.pdf"], manifest), *inspect_pieces(files, manifest)]
    assert all(line.ok for line in measured), [line for line in measured if not line.ok]


def test_the_name_of_the_cut_line_is_an_option() -> None:
    files = dict(
        print_files(job_of({"attack": CASES["patch of 150 mm on A4"].article()}, Order("A4", "cutpath")))
    )
    manifest = decode_manifest(files["sheet.json"], "sheet.json")
    assert all(line.ok for line in inspect_files(files, manifest))
    assert svg_rings(files["outlines.svg"], "cutpath") and dxf_rings(files["outlines.dxf"], "cutpath")
    with pytest.raises(InputError, match="CutContour is usual"):
        Order("A4", "cut path")


def test_a_size_is_a_paper_too() -> None:
    assert (paper_named("300x450").width_mm, paper_named(" 300.5 × 450 mm").width_mm) == (300, 300.5)
    for wrong in ("A5", "300", "300x", "-300x450", "100x100", "300x6000"):
        with pytest.raises(InputError):
            paper_named(wrong)


def test_a_shuffled_article_has_the_colours_of_the_attack_in_other_places() -> None:
    generator = torch.Generator().manual_seed(0)
    mask = torch.zeros(1, 12, 12)
    mask[:, 2:10, 4:12] = 1
    clean = torch.full((3, 12, 12), 0.25)
    cells = torch.rand(3, 6, 6, generator=generator).repeat_interleave(2, 1).repeat_interleave(2, 2)
    image = clean * (1 - mask) + mask * cells
    shuffled = shuffled_article(image, clean, mask, (6, 6), generator)
    assert torch.equal(shuffled[:, mask[0] == 0], image[:, mask[0] == 0])
    blocks = shuffled.unfold(1, 2, 2).unfold(2, 2, 2)
    assert torch.allclose(blocks, blocks[..., :1, :1].expand_as(blocks))
    inked = [torch.sort(part[:, mask[0] > 0].sum(0)).values for part in (image, shuffled)]
    torch.testing.assert_close(*inked)
    assert (shuffled != image).any()
