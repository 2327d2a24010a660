"""What a run makes: the article in eight bits, so that what is measured is exactly what is printed."""

from dataclasses import dataclass

from jaxtyping import Float, UInt8
from torch import Tensor

from eot.runs.packing import pack, unpack
from eot.runs.provenance import texture_hash
from renders.errors import RunError
from textures.masks import area_fraction

# A change within this share of a level of a whole level is that level: rounding of floats, not intent.
SLACK = 1e-3


def levels_of(
    image: Float[Tensor, "*n 3 u v"], centre: Float[Tensor, "*n 3 u v"] | None = None
) -> UInt8[Tensor, "*n 3 u v"]:
    """The image in 256 levels per channel, each value to the nearest one.

    With a `centre` values are rounded towards it instead, so that an image in a ball around it stays there.
    """
    if centre is None:
        return (image * 255).round().clamp(0, 255).byte()
    change = (image - centre) * 255
    whole = (change.abs() + SLACK).floor() * change.sign()
    return ((centre * 255).round() + whole).clamp(0, 255).byte()


def shown(levels: UInt8[Tensor, "*n 3 u v"]) -> Float[Tensor, "*n 3 u v"]:
    """The image that these levels stand for, sRGB in [0, 1]."""
    return levels.float() / 255


@dataclass(frozen=True, eq=False)
class Product:
    """A finished article: f faces with one sticker, and how it did on the views it was selected on.

    `mask` is 1 where the sticker is, `coverage` 1 where there is an article at all; `score` is the share of
    the `selected_on` views that reached the goal.
    """

    levels: UInt8[Tensor, "f 3 u v"]
    mask: Float[Tensor, "1 u v"]
    coverage: Float[Tensor, "1 u v"]
    width_mm: float
    height_mm: float
    title: str
    identifier: str
    score: float
    selected_on: int

    @property
    def image(self) -> Float[Tensor, "f 3 u v"]:
        """The faces, sRGB in [0, 1], on the CPU."""
        return shown(self.levels)

    @property
    def covered(self) -> float:
        """The share of the face that is sticker."""
        return area_fraction(self.mask, self.coverage)

    @property
    def digest(self) -> str:
        """The sha256 of the image."""
        return texture_hash(self.image)


def encode_product(product: Product) -> bytes:
    """The product as bytes, for `decode_product`."""
    return pack({name: getattr(product, name) for name in Product.__dataclass_fields__})


def decode_product(data: bytes, source: str) -> Product:
    """The product in the bytes of a file; RunError with the file's name where they hold something else."""
    record = unpack(data, source)
    if not isinstance(record, dict) or record.keys() != Product.__dataclass_fields__.keys():
        raise RunError(f"{source}: expected the article of a run, found something else: run the attack again")
    return Product(**record)
