"""What the objects of the catalogue look like: their textures, drawn as functions of u and v."""

import math
from itertools import product

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from renders.meshes.shapes import grid

Colour = tuple[float, float, float]
Texture = Float[Tensor, "3 r c"]
Where = Bool[Tensor, "r c"]

WHITE, BLACK, GREY = (0.93, 0.92, 0.9), (0.07, 0.07, 0.08), (0.6, 0.61, 0.63)
RED, ORANGE, YELLOW = (0.75, 0.06, 0.08), (0.93, 0.38, 0.06), (0.96, 0.8, 0.1)
GREEN, BLUE, BROWN = (0.1, 0.42, 0.16), (0.08, 0.2, 0.55), (0.45, 0.28, 0.14)
TEXELS = 512


def plain(colour: Colour, size: tuple[int, int] = (TEXELS, TEXELS)) -> Texture:
    """One colour."""
    return torch.tensor(colour)[:, None, None].repeat(1, *size)


def over(texture: Texture, where: Where, colour: Colour) -> Texture:
    """The texture with a colour where it is wanted."""
    return torch.where(where, torch.tensor(colour)[:, None, None], texture)


def bands(texture: Texture, *ranges: tuple[float, float, Colour]) -> Texture:
    """The texture with bands (from v, to v, colour) round it."""
    _, v = grid((texture.shape[1], texture.shape[2]))
    for low, high, colour in ranges:
        texture = over(texture, (v >= low) & (v < high), colour)
    return texture


def can() -> Texture:
    """A drinks can: red with a white wave, metal ends."""
    u, v = grid((TEXELS, TEXELS))
    wave = (v - 0.5 - 0.07 * torch.sin(u * 4 * math.pi)).abs() < 0.05
    return bands(over(plain(RED), wave, WHITE), (0, 0.2, GREY), (0.8, 1, GREY))


def barrel() -> Texture:
    """Wooden staves with two iron hoops on each side of the belly."""
    u, v = grid((TEXELS, TEXELS))
    stave = (u * 16).floor()
    tone = 0.85 + 0.3 * torch.frac(torch.sin(stave * 12.9898) * 43758.5453).abs()
    grain = 1 + 0.08 * torch.sin(v * 90 + 3 * torch.sin(u * 200))
    wood = plain(BROWN) * (tone * grain)
    wood = over(wood, torch.frac(u * 16) < 0.06, BLACK)
    hoops = ((v - 0.32).abs() < 0.02) | ((v - 0.68).abs() < 0.02)
    hoops |= ((v - 0.24).abs() < 0.02) | ((v - 0.76).abs() < 0.02)
    return over(wood, hoops, (0.2, 0.2, 0.22)).clamp(0, 1)


def football() -> Texture:
    """Black pentagons among white hexagons, as on a truncated icosahedron, with dark seams."""
    u, v = grid((TEXELS, TEXELS))
    turn, up = (u - 0.5) * 2 * math.pi, (v - 0.5) * math.pi
    place = torch.stack([up.cos() * turn.sin(), up.sin(), up.cos() * turn.cos()])
    pentagons, hexagons = _icosahedron()
    near5 = torch.einsum("nc,crk->nrk", pentagons, place).amax(0).clamp(-1, 1).acos()
    hexes = torch.einsum("nc,crk->nrk", hexagons, place).clamp(-1, 1).acos().topk(2, 0, largest=False)[0]
    # The inscribed angles of the two kinds of faces differ by this factor.
    black = near5 * 1.16 < hexes[0]
    seam = (hexes[1] - hexes[0] < 0.04) | ((near5 * 1.16 - hexes[0]).abs() < 0.03)
    return over(over(plain(WHITE), seam, (0.35, 0.35, 0.35)), black, BLACK)


def _icosahedron() -> tuple[Float[Tensor, "12 3"], Float[Tensor, "20 3"]]:
    """The directions of the corners and of the faces of an icosahedron."""
    golden = (1 + math.sqrt(5)) / 2
    corners, faces = [], []
    for one, two in product((-1.0, 1.0), repeat=2):
        for shift in range(3):
            corner, face = [0.0, one, two * golden], [0.0, one / golden, two * golden]
            corners.append(corner[shift:] + corner[:shift])
            faces.append(face[shift:] + face[:shift])
    faces += [list(signs) for signs in product((-1.0, 1.0), repeat=3)]
    # Of the dual pair, the dodecahedron has its corners where the icosahedron has its faces; its axes are
    # the other way round.
    turned = [[x, z, y] for x, y, z in faces]
    return tuple(torch.nn.functional.normalize(torch.tensor(p), dim=-1) for p in (corners, turned))  # type: ignore[return-value]


def cone() -> Texture:
    """A traffic cone: orange with two white bands and a dark foot."""
    return bands(plain(ORANGE), (0, 0.33, BLACK), (0.52, 0.62, WHITE), (0.72, 0.82, WHITE))


def bottle() -> Texture:
    """A green bottle with a label and a golden cap."""
    u, v = grid((TEXELS, TEXELS))
    label = (v > 0.28) & (v < 0.52)
    stripe = label & ((v - 0.4).abs() < 0.025)
    mark = label & (((u - 0.5) / 0.06) ** 2 + ((v - 0.4) / 0.07) ** 2 < 1)
    glass = over(over(over(plain(GREEN), label, WHITE), stripe, RED), mark, BLUE)
    return bands(glass, (0.86, 1, (0.75, 0.6, 0.2)))


def mug() -> Texture:
    """A blue mug with a white pattern, and its handle on the right half of the texture."""
    u, v = grid((TEXELS, TEXELS))
    dots = (torch.frac(u * 24) - 0.5) ** 2 + (torch.frac(v * 12) - 0.5) ** 2 < 0.05
    body = over(plain((0.1, 0.3, 0.6)), dots & (v < 0.5), WHITE)
    return over(body, (v > 0.5) & (u < 0.5), (0.85, 0.84, 0.8))


def carton() -> Texture:
    """Brown cardboard with tape along its upper sides and an arrow on the others."""
    u, v = grid((TEXELS, TEXELS))
    x, y = torch.frac(u * 3), torch.frac(v * 2)
    board = plain((0.68, 0.5, 0.32)) * (1 + 0.05 * torch.sin(y * 60))
    tape = (v > 0.5) & (u > 1 / 3) & ((y - 0.5).abs() < 0.1)
    shaft = (v < 0.5) & ((x - 0.5).abs() < 0.05) & (y > 0.25) & (y < 0.6)
    head = (v < 0.5) & (y > 0.6) & (y < 0.8) & ((x - 0.5).abs() < (0.8 - y) * 0.75)
    return over(over(board, tape, (0.85, 0.75, 0.5)), shaft | head, BLACK).clamp(0, 1)


def die() -> Texture:
    """A white die with black pips, one to six on the six cells."""
    u, v = grid((TEXELS, TEXELS))
    x, y = torch.frac(u * 3), torch.frac(v * 2)
    cell = (u * 3).long() + 3 * (v * 2).long()
    low, mid, high = 0.25, 0.5, 0.75
    two, four = [(low, low), (high, high)], [(low, low), (high, high), (low, high), (high, low)]
    spots = (
        [(mid, mid)],
        two,
        [*two, (mid, mid)],
        four,
        [*four, (mid, mid)],
        [*four, (low, mid), (high, mid)],
    )
    texture = plain(WHITE)
    for number, pips in enumerate(spots):
        for px, py in pips:
            texture = over(texture, (cell == number) & ((x - px) ** 2 + (y - py) ** 2 < 0.01), BLACK)
    return texture


def vase() -> Texture:
    """White porcelain with blue bands and zigzags."""
    u, v = grid((TEXELS, TEXELS))
    zigzag = (v - 0.45 - 0.06 * (2 * (torch.frac(u * 10) - 0.5).abs() - 0.5)).abs() < 0.02
    painted = over(plain((0.9, 0.91, 0.95)), zigzag, BLUE)
    return bands(painted, (0.22, 0.26, BLUE), (0.3, 0.32, BLUE), (0.6, 0.63, BLUE), (0.8, 0.86, BLUE))


def duck() -> Texture:
    """A yellow duck, an orange beak; on cells: body, head with eyes, beak, tail."""
    u, v = grid((TEXELS, TEXELS))
    yellow = over(plain(YELLOW), (u > 0.5) & (v > 0.5), YELLOW)
    beak = over(yellow, (u < 0.5) & (v > 0.5), ORANGE)
    x, y = torch.frac(u * 2), torch.frac(v * 2)
    head = (u > 0.5) & (v < 0.5)
    eye = head & ((((x - 0.5).abs() - 0.11) / 0.035) ** 2 + ((y - 0.58) / 0.05) ** 2 < 1)
    return over(beak, eye, BLACK)
