"""All one takes to a printer and a cutter: PDFs, pieces (PNG), outlines (SVG, DXF), and `sheet.json`."""

from collections.abc import Iterator

from textures.sheets.article import Box
from textures.sheets.cutting import outlines_svg
from textures.sheets.dxf import outlines_dxf
from textures.sheets.frame import LABEL, SCALE_BAR_MM
from textures.sheets.images import piece_png
from textures.sheets.job import Job
from textures.sheets.layout import BLEED_MM
from textures.sheets.manifest import SCHEMA, Manifest, Page, Target, encode_manifest
from textures.sheets.pdf import (
    Document,
    cards_document,
    chart_document,
    controls_document,
    sheet_document,
)

MANIFEST = "sheet.json"


def print_files(job: Job) -> Iterator[tuple[str, bytes]]:
    """The files one by one, `(name, bytes)`, the same bytes each time.

    `sheet.pdf` is what to print, `controls.pdf` what a success is compared with; `markers.pdf` (for stickers)
    and `chart.pdf` are for photographs of them. `piece-N.png` are the pieces, clear around the cut line, with
    their dpi; `piece-N.svg`, `.dxf` and `outlines.svg`, `.dxf` (all in place) the cut lines in mm.
    """
    article, pieces = job.sheets[0].article, job.sheets[0].pieces
    documents = list(_documents(job))
    manifest = encode_manifest(_manifest(job, documents))
    for document in documents:
        yield document.name, document.finished({MANIFEST: manifest})
    yield MANIFEST, manifest
    whole = Box(0, 0, article.width_mm, article.height_mm)
    yield "outlines.svg", outlines_svg(article, pieces, whole, job.order.spot)
    yield "outlines.dxf", outlines_dxf(pieces, whole, job.order.spot)
    for piece in pieces:
        yield f"piece-{piece.number}.png", piece_png(article, piece, job.order.dpi)
        yield f"piece-{piece.number}.svg", outlines_svg(article, [piece], piece.box, job.order.spot)
        yield f"piece-{piece.number}.dxf", outlines_dxf([piece], piece.box, job.order.spot)


def _documents(job: Job) -> Iterator[Document]:
    makers = [sheet_document]
    makers += [controls_document] if len(job.sheets) > 1 else []
    makers += [cards_document] if job.cards else []
    makers += [chart_document] if job.order.markers else []
    first = 0
    for make in makers:
        document = make(job, first)
        first += len(document.pages)
        yield document


def _manifest(job: Job, documents: list[Document]) -> Manifest:
    sheet, order = job.sheets[0], job.order
    article = sheet.article
    pages: list[Page] = [page for document in documents for page in document.pages]
    targets: list[Target] = [target for document in documents for target in document.targets]
    return Manifest(
        schema=SCHEMA,
        label=LABEL,
        id=article.id,
        title=article.title,
        run=article.run_hash,
        date=article.date,
        face_mm=(article.width_mm, article.height_mm),
        texels=(article.face.shape[2], article.face.shape[1]),
        paper=sheet.layout.paper.name,
        scale_bar_mm=SCALE_BAR_MM,
        bleed_mm=BLEED_MM,
        cut_spot=order.spot,
        dpi=order.dpi,
        profile=order.profile,
        controls=tuple(sheet.arm for sheet in job.sheets[1:]),
        pages=tuple(pages),
        targets=tuple(targets),
    )
