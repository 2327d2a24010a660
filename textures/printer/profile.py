"""What comes back from a print: the colours of an sRGB image once it is ink on paper, as sRGB again.

A profile is two tables over the colour cube, `[n n n 3]`, indexed by red, green and blue, sRGB in [0, 1]:
`printed` is what is seen of each colour beside a perfect white, `reach` the colour that the printer
aims at, which differs from what was asked for where the inks cannot reach it. Between the nodes both are
trilinear, so a gradient passes. Files are safetensors: these two tensors, and as metadata `print_profile`,
JSON of texts: `format`, `name` and whatever else should be known (paper, printer, light, how well it fits).
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from jaxtyping import Float, UInt8
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor
from torch.nn.functional import grid_sample

from renders.errors import InputError

Table = Float[Tensor, "n n n 3"]
KEY, FORMAT = "print_profile", "eot print profile 1"
NODES = (2, 129)


@dataclass(frozen=True, eq=False)
class PrintProfile:
    """A printer with its inks and paper; differentiable. `notes` says where the figures come from."""

    name: str
    printed: Table
    reach: Float[Tensor, "m m m 3"]
    notes: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, image: Float[Tensor, "t 3 u v"]) -> Float[Tensor, "t 3 u v"]:
        """The printed image under the light that makes unprinted perfect white (1, 1, 1)."""
        return looked_up(self.printed, image)

    def printable(self, image: Float[Tensor, "t 3 u v"]) -> Float[Tensor, "t 3 u v"]:
        """The nearest image whose colours the inks can reach, seen as if the paper were white."""
        return looked_up(self.reach, image)

    def colours(self, levels: int = 3) -> Float[Tensor, "n 3"]:
        """A regular sample of what can be printed, as seen: levels^3 sRGB colours."""
        steps = torch.linspace(0, 1, levels)
        grid = torch.cartesian_prod(steps, steps, steps)
        return self(grid.T[None, :, :, None])[0, :, :, 0].T


def looked_up(table: Table, image: Float[Tensor, "t 3 u v"]) -> Float[Tensor, "t 3 u v"]:
    """The colours of a table at those of an image, trilinear; colours outside [0, 1] as at the edge."""
    volume = table.to(image).permute(3, 0, 1, 2)[None].expand(len(image), -1, -1, -1, -1)
    # grid_sample takes the coordinate of the last axis first: blue, green, red.
    places = image.permute(0, 2, 3, 1).flip(-1)[:, None] * 2 - 1
    return grid_sample(volume, places, "bilinear", "border", align_corners=True)[:, :, 0]


def nodes(size: int) -> Float[Tensor, "m 3"]:
    """The size^3 colours at the nodes of a table, in its order."""
    steps = torch.linspace(0, 1, size)
    return torch.cartesian_prod(steps, steps, steps)


def table_of(colours: Float[Tensor, "m 3"]) -> Table:
    """The table with these colours at its nodes."""
    size = round(len(colours) ** (1 / 3))
    return colours.reshape(size, size, size, 3)


def identity(size: int = 2) -> Table:
    """The table that changes nothing."""
    return table_of(nodes(size))


def encode_profile(profile: PrintProfile) -> bytes:
    """The profile as a safetensors file, the same bytes each time; in 8 bits where that is exact."""
    tables = {"printed": profile.printed, "reach": profile.reach}
    tensors = {name: _compact(table) for name, table in tables.items()}
    notes = {"format": FORMAT, "name": profile.name, **profile.notes}
    # One entry: the library writes several in any order.
    return save(tensors, {KEY: json.dumps(notes, sort_keys=True, ensure_ascii=False)})


def _compact(table: Table) -> Tensor:
    levels: UInt8[Tensor, "n n n 3"] = (table * 255).round().clamp(0, 255).byte()
    exact = bool(((levels.float() / 255 - table.float()).abs() < 1e-6).all())
    return levels.contiguous() if exact else table.float().contiguous()


def decode_profile(data: bytes, source: str) -> PrintProfile:
    """The profile in the bytes of a file; InputError with the file's name where they hold something else."""
    try:
        tensors, notes = load(data), _metadata(data)
    except (SafetensorError, ValueError, KeyError, struct.error) as error:
        raise InputError(f"{source}: expected a print profile; got no safetensors file ({error})") from error
    if notes.pop("format", "") != FORMAT:
        raise InputError(
            f"{source}: expected a print profile; got other tensors: make one with eot calibrate"
        )
    printed, reach = (_checked(tensors.get(name), name, source) for name in ("printed", "reach"))
    return PrintProfile(notes.pop("name", "unnamed"), printed, reach, notes)


def _metadata(data: bytes) -> dict[str, str]:
    """What is noted in the header of a safetensors file: 8 bytes of length, then JSON; {} if no table."""
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length]).get("__metadata__") or {}
    notes = json.loads(header.get(KEY, "{}"))
    return {str(key): str(value) for key, value in notes.items()} if isinstance(notes, dict) else {}


def _checked(table: Tensor | None, name: str, source: str) -> Table:
    wanted = f"{source}: expected a table {name} [n n n 3] of sRGB in [0, 1]"
    if table is None:
        raise InputError(f"{wanted}; got none: make the profile anew")
    cubic = table.ndim == 4 and len(set(table.shape[:3])) == 1 and table.shape[3] == 3
    if not cubic or not NODES[0] <= table.shape[0] <= NODES[1]:
        raise InputError(f"{wanted}; got {list(table.shape)}: make the profile anew")
    values = table.float() / 255 if table.dtype == torch.uint8 else table.float()
    if not bool(((values >= 0) & (values <= 1)).all()):
        raise InputError(f"{wanted}; got values outside: make the profile anew")
    return values
