"""Images as PNG bytes, for models that are asked in files' terms."""

import io

from jaxtyping import Float
from PIL import Image
from torch import Tensor


def png_bytes(image: Float[Tensor, "3 h w"]) -> bytes:
    """An sRGB image in [0, 1] as the bytes of a PNG, to the nearest of 256 levels."""
    levels = (image.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).cpu().contiguous().numpy()
    stream = io.BytesIO()
    Image.fromarray(levels).save(stream, "PNG")
    return stream.getvalue()
