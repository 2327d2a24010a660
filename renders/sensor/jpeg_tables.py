"""The constants of JPEG as libjpeg uses them: quantisation tables, colour matrices, the integer DCT."""

from functools import lru_cache

import torch
from jaxtyping import Float, Int
from torch import Tensor

# ITU-T T.81 annex K.1 and K.2, in rows of rising vertical frequency.
_LUMA = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
_CHROMA = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    (99, 99, 99, 99, 99, 99, 99, 99),
    (99, 99, 99, 99, 99, 99, 99, 99),
    (99, 99, 99, 99, 99, 99, 99, 99),
    (99, 99, 99, 99, 99, 99, 99, 99),
)

# JFIF (Hamilton 1992) in 16-bit fixed point. Sums of these times 8-bit values stay exact in float32.
TO_YCC = (
    (19595 / 65536, 38470 / 65536, 7471 / 65536),
    (-11059 / 65536, -21709 / 65536, 32768 / 65536),
    (32768 / 65536, -27439 / 65536, -5329 / 65536),
)
TO_RGB = (
    (1.0, 0.0, 91881 / 65536),
    (1.0, -22554 / 65536, -46802 / 65536),
    (1.0, 116130 / 65536, 0.0),
)

# One dimension of libjpeg's accurate integer DCT (Loeffler, Ligtenberg & Moschytz 1989), times 2^13 and times
# sqrt(8). The factorisation rounds its own constants, so these sums are not the nearest integers to cosines.
_EVEN = (  # rows 0 2 4 6, samples 0 1 2 3 (mirrored)
    (8192, 8192, 8192, 8192),
    (10703, 4433, -4433, -10703),
    (8192, -8192, -8192, 8192),
    (4433, -10704, 10704, -4433),
)
_ODD = (  # rows 1 3 5 7, samples 0 1 2 3 (mirrored with the opposite sign)
    (11363, 9633, 6437, 2260),
    (9633, -2259, -11362, -6436),
    (6437, -11362, 2261, 9633),
    (2260, -6436, 9633, -11363),
)


@lru_cache(maxsize=8)
def integer_dct(device: torch.device, dtype: torch.dtype) -> Float[Tensor, "8 8"]:
    """libjpeg's one-dimensional integer DCT, divided by 2^13: row = frequency, column = sample."""
    even, odd = torch.tensor(_EVEN), torch.tensor(_ODD)
    mirrored = torch.cat([even, even.flip(1)], 1), torch.cat([odd, -odd.flip(1)], 1)
    return (torch.stack(mirrored, 1).flatten(0, 1) / 8192).to(device, dtype)


def tables(quality: Float[Tensor, " k"] | Int[Tensor, " k"]) -> tuple[Tensor, Tensor]:
    """The luma and chroma tables `[k 8 8]` that libjpeg, and so Pillow, uses for a quality of 1 ... 100."""
    whole = quality.round().clamp(1, 100)
    scale = torch.where(whole < 50, (5000 / whole).floor(), 200 - 2 * whole)[:, None, None]
    luma, chroma = (quality.new_tensor(table) for table in (_LUMA, _CHROMA))
    return tuple(((table * scale + 50) / 100).floor().clamp(1, 255) for table in (luma, chroma))  # type: ignore[return-value]
