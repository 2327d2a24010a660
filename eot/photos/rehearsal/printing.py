"""From the files for the printer to the thing on the wall: pages rasterised, inked, cut and mounted."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pypdfium2
import torch
from jaxtyping import Float, UInt8

from eot.photos.rehearsal.camera import Plane
from renders.errors import InputError
from textures.printer.profile import PrintProfile
from textures.sheets.article import Box
from textures.sheets.manifest import Item, Manifest, Target

MM_PER_INCH = 25.4
# Bare wall around the mounted article, so that no marker touches the rim of its plane.
RIM_MM = 2.0

Inked = Callable[[UInt8[np.ndarray, "h w 3"]], UInt8[np.ndarray, "h w 3"]]


def inked_by(profile: PrintProfile | None) -> Inked:
    """What a printer makes of sRGB levels; None prints exactly."""
    if profile is None:
        return lambda levels: levels
    chosen = profile

    def inked(levels: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w 3"]:
        image = torch.from_numpy(levels.copy()).permute(2, 0, 1)[None].float() / 255
        return (chosen(image)[0].clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()

    return inked


class Pages:
    """The printed pages, each rasterised once when it is first needed."""

    def __init__(self, manifest: Manifest, folder: Path, px_per_mm: float, inked: Inked) -> None:
        self.manifest, self.folder, self.px_per_mm, self.inked = manifest, folder, px_per_mm, inked
        self._done: dict[int, UInt8[np.ndarray, "h w 3"]] = {}

    def __getitem__(self, index: int) -> UInt8[np.ndarray, "h w 3"]:
        if index not in self._done:
            page = self.manifest.pages[index]
            self._done[index] = self.inked(self._raster(self.folder / page.file, page.number))
        return self._done[index]

    def _raster(self, path: Path, number: int) -> UInt8[np.ndarray, "h w 3"]:
        if not path.is_file():
            raise InputError(
                f"{path}: expected the printed file; found nothing: write it anew with eot print"
            )
        try:
            document = pypdfium2.PdfDocument(path)
            page = document[number - 1]
            levels = page.render(scale=self.px_per_mm * MM_PER_INCH / 72, rev_byteorder=True).to_numpy()[
                ..., :3
            ]
            return np.ascontiguousarray(levels)
        except (pypdfium2.PdfiumError, IndexError) as error:
            raise InputError(
                f"{path}: page {number} cannot be read ({error}): write it anew with eot print"
            ) from None


def mounted(
    manifest: Manifest,
    pages: Pages,
    arm: str,
    bare: Float[np.ndarray, "u v 4"] | None,
) -> Plane:
    """The plane of one arm as it hangs on the wall: the bare face (sRGB and coverage), then what was printed.

    A face that was printed whole brings its own board; stickers lie on the bare face, beside the cards.
    """
    own = [t for t in manifest.targets if t.arm == arm and t.kind in ("board", "page", "tiles")]
    cards = [t for t in manifest.targets if t.kind == "cards"]
    boxes = [Box(0.0, 0.0, *manifest.face_mm)]
    boxes += [Box(*p.plane_mm) for t in (*own, *cards) if t.kind in ("board", "cards") for p in t.prints]
    canvas = Canvas(boxes, pages.px_per_mm)
    if bare is not None and not any(t.kind == "board" for t in own):
        canvas.face(bare, boxes[0])
    for target in own:
        canvas.put(target, pages)
    for target in cards:
        canvas.put(target, pages)
    return canvas.plane(boxes[0])


class Canvas:
    """A plane under construction, coordinates in mm as in the manifest."""

    def __init__(self, boxes: list[Box], px_per_mm: float) -> None:
        self.left = min(box.x_mm for box in boxes) - RIM_MM
        self.top = min(box.y_mm for box in boxes) - RIM_MM
        width = max(box.right_mm for box in boxes) + RIM_MM - self.left
        height = max(box.bottom_mm for box in boxes) + RIM_MM - self.top
        self.px_per_mm = px_per_mm
        size = round(height * px_per_mm), round(width * px_per_mm)
        self.levels = np.zeros((*size, 3), np.uint8)
        self.opacity = np.zeros(size, np.float32)

    def plane(self, face: Box) -> Plane:
        """The finished plane, aimed at the middle of the face."""
        centre = face.x_mm + face.width_mm / 2 - self.left, face.y_mm + face.height_mm / 2 - self.top
        return Plane(self.levels, self.opacity, 1 / self.px_per_mm, centre)

    def face(self, bare: Float[np.ndarray, "u v 4"], box: Box) -> None:
        """The face that the sticker goes on, enlarged by its texels."""
        y, x, rows, columns = self._window(box)
        down = np.arange(rows) * bare.shape[0] // rows
        across = np.arange(columns) * bare.shape[1] // columns
        seen = bare[down][:, across]
        self._blend(y, x, np.round(seen[..., :3] * 255).astype(np.uint8), seen[..., 3])

    def put(self, target: Target, pages: Pages) -> None:
        """Everything of a target that was printed, in its place."""
        for print_ in target.prints:
            page = pages[print_.page]
            if target.kind == "page":
                for item in target.items:
                    self._piece(page, item)
                continue
            box = Box(*print_.plane_mm)
            alpha = None if target.kind in ("board", "cards") else self._within(target.items, box)
            self._paste(page, print_.at_mm, box, alpha)

    def _piece(self, page: UInt8[np.ndarray, "h w 3"], item: Item) -> None:
        """A piece cut from its page and put where it belongs on the face."""
        x, y, width, height = item.box_mm
        box = Box(*item.face_mm, width, height)
        moved = [[(px - x + box.x_mm, py - y + box.y_mm) for px, py in ring] for ring in item.cut]
        self._paste(page, (x, y), box, self._mask(moved, box))

    def _within(self, items: tuple[Item, ...], box: Box) -> Float[np.ndarray, "r c"]:
        return self._mask([list(ring) for item in items for ring in item.cut], box)

    def _mask(self, rings: list[list[tuple[float, float]]], box: Box) -> Float[np.ndarray, "r c"]:
        """1 inside the cut lines, over a rectangle of the plane; holes are rings inside rings."""
        y, x, rows, columns = self._window(box)
        mask = np.zeros((rows, columns), np.uint8)
        # OpenCV counts pixel centres; 1/16 px is what its drawing resolves.
        corners = [
            ((np.array(ring) - (self.left, self.top)) * self.px_per_mm - (x, y) - 0.5) * 16 for ring in rings
        ]
        cv2.fillPoly(mask, [np.round(ring).astype(np.int32) for ring in corners], 255, cv2.LINE_AA, shift=4)
        return mask.astype(np.float32) / 255

    def _paste(
        self,
        page: UInt8[np.ndarray, "h w 3"],
        at_mm: tuple[float, float],
        box: Box,
        alpha: Float[np.ndarray, "r c"] | None,
    ) -> None:
        y, x, rows, columns = self._window(box)
        # The two rasters meet at a fraction of a pixel.
        dx = at_mm[0] * self.px_per_mm + x - (box.x_mm - self.left) * self.px_per_mm
        dy = at_mm[1] * self.px_per_mm + y - (box.y_mm - self.top) * self.px_per_mm
        shift = np.array([[1.0, 0.0, dx], [0.0, 1.0, dy]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        seen = cv2.warpAffine(page, shift, (columns, rows), flags=flags, borderMode=cv2.BORDER_REPLICATE)
        self._blend(y, x, seen, np.ones((rows, columns), np.float32) if alpha is None else alpha)

    def _blend(
        self, y: int, x: int, levels: UInt8[np.ndarray, "r c 3"], alpha: Float[np.ndarray, "r c"]
    ) -> None:
        rows, columns = alpha.shape
        under = self.levels[y : y + rows, x : x + columns]
        opaque = self.opacity[y : y + rows, x : x + columns]
        cover = np.maximum(opaque * (1 - alpha) + alpha, 1e-6)
        share = (alpha / cover)[..., None]
        under[:] = np.round(under * (1 - share) + levels * share).astype(np.uint8)
        opaque[:] = opaque * (1 - alpha) + alpha

    def _window(self, box: Box) -> tuple[int, int, int, int]:
        """First row, first column, rows and columns of a rectangle."""
        x, y = (box.x_mm - self.left) * self.px_per_mm, (box.y_mm - self.top) * self.px_per_mm
        right, bottom = x + box.width_mm * self.px_per_mm, y + box.height_mm * self.px_per_mm
        left, top = round(x), round(y)
        return top, left, max(1, round(bottom) - top), max(1, round(right) - left)
