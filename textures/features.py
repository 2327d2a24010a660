"""The smallest feature of a texture: detail that printer or camera cannot resolve must not exist."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from renders.errors import InputError
from textures.parameters.texture import Texture

# Two pixels per feature: what a sensor needs to tell neighbours apart (Nyquist).
PIXELS_PER_FEATURE = 2.0

# Office inkjet and laser printers hold isolated features of about half a millimetre.
PRINTER_MM = 0.5


def resolvable_mm(distance_m: float, focal_px: float) -> float:
    """The smallest feature in mm that covers two camera pixels at this distance.

    `focal_px` is that of the picture the model gets, after any shrinking to its input size.
    """
    if not (distance_m > 0 and focal_px > 0):
        raise InputError(
            f"expected distance and focal length above 0; got {distance_m:g} m and {focal_px:g} px"
        )
    return PIXELS_PER_FEATURE * 1000 * distance_m / focal_px


def required_mm(printer_mm: float, nearest_m: float, focal_px: float) -> float:
    """The smallest feature in mm worth having: the coarser of printer and camera at the nearest distance.

    Farther away the camera sees less, so nothing finer than this can ever help.
    """
    return max(printer_mm, resolvable_mm(nearest_m, focal_px))


def feature_px(min_feature_mm: float, width_mm: float, width_px: int) -> float:
    """How many texels a feature of this size covers on an article `width_mm` and `width_px` wide."""
    if not (min_feature_mm >= 0 and width_mm > 0):
        raise InputError(
            f"expected a feature >= 0 mm on a width > 0 mm; got {min_feature_mm:g} on {width_mm:g}"
        )
    return min_feature_mm * width_px / width_mm


def coarse_size(size: tuple[int, int], feature: float) -> tuple[int, int]:
    """The largest grid (rows, columns) over `size` texels with every cell at least `feature` wide."""
    # 1e-6: 8.000000001 texels of rounding in mm must not become 9.
    cell = max(1, math.ceil(feature - 1e-6))
    if cell > min(size):
        raise InputError(
            f"expected a smallest feature within {size} texels; got {feature:g}: make it smaller"
        )
    return size[0] // cell, size[1] // cell


def cell_of_texel(cells: int, texels: int) -> Tensor:
    """The cell under each texel's centre: edges fall at the whole texel nearest to i · texels / cells."""
    return (2 * torch.arange(texels) + 1) * cells // (2 * texels)


class Coarse(nn.Module):
    """Paint on a grid of cells, each shown as a block of whole texels: finer detail cannot exist.

    Cells differ by at most one texel and have hard edges, so palette colours stay palette colours.
    """

    row_cells: Tensor
    column_cells: Tensor
    paint: Texture

    def __init__(self, paint: Texture, size: tuple[int, int]) -> None:
        """`size` is (u, v), the texels of the image; the paint's own image is the grid of cells."""
        super().__init__()
        self.paint = paint
        with torch.no_grad():
            cells = paint().shape[-2:]
        if cells[0] > size[0] or cells[1] > size[1]:
            raise InputError(f"expected at most {size} cells; got {tuple(cells)}: use coarse_size")
        self.register_buffer("row_cells", cell_of_texel(cells[0], size[0]))
        self.register_buffer("column_cells", cell_of_texel(cells[1], size[1]))

    def enlarge(self, cells: Float[Tensor, "t 3 a b"]) -> Float[Tensor, "t 3 u v"]:
        """Each cell as a block of texels."""
        return cells.index_select(-2, self.row_cells).index_select(-1, self.column_cells)

    def forward(self) -> Float[Tensor, "t 3 u v"]:
        """The image."""
        return self.enlarge(self.paint())

    def project_(self) -> None:
        """Put the paint back into its bounds."""
        self.paint.project_()

    @torch.no_grad()
    def noise(self, generator: torch.Generator) -> Float[Tensor, "t 3 u v"]:
        """The paint's noise in blocks of the same size."""
        return self.enlarge(self.paint.noise(generator))

    @torch.no_grad()
    def blank(self) -> Float[Tensor, "t 3 u v"]:
        """The paint's blank."""
        return self.enlarge(self.paint.blank())

    @torch.no_grad()
    def clean(self) -> Float[Tensor, "t 3 u v"] | None:
        """What lies under the paint, in blocks."""
        clean = self.paint.clean()
        return None if clean is None else self.enlarge(clean)
