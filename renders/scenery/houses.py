"""Buildings along a street: town blocks and houses with roofs, doors and windows."""

from renders.scenery.canvas import NEAR_M, Canvas
from renders.scenery.dice import Colour, Dice, scaled

WALLS: tuple[Colour, ...] = (
    (158, 88, 68),
    (172, 118, 92),
    (198, 186, 164),
    (222, 214, 198),
    (176, 176, 174),
    (134, 128, 124),
    (208, 190, 140),
    (146, 160, 170),
    (120, 84, 70),
    (232, 230, 226),
)
ROOFS: tuple[Colour, ...] = ((110, 60, 48), (70, 68, 72), (92, 84, 78), (126, 76, 58))
SHOPS: tuple[Colour, ...] = ((160, 40, 44), (40, 84, 130), (52, 100, 66), (214, 168, 60), (44, 44, 48))


def house(dice: Dice, canvas: Canvas, side: int, distance_m: float, near_m: float, length_m: float) -> None:
    """A building beside the road whose nearest corner stands `near_m` away."""
    tall = dice.chance(0.4)
    floors = dice.count(3, 8) if tall else dice.count(1, 3)
    height, depth = floors * dice.between(2.8, 3.4), dice.between(7, 12)
    x0, x1 = (distance_m, distance_m + depth) if side > 0 else (-distance_m - depth, -distance_m)
    z0, z1 = near_m, near_m + length_m * dice.between(0.85, 1.0)
    wall = dice.near(dice.one_of(WALLS))
    canvas.box((x0, 0, z0), (x1, height, z1), wall, rough=0.14)
    if not tall and dice.chance(0.75):
        _roof(dice, canvas, (x0, x1), (z0, z1), height, wall)
    glass = dice.near(dice.one_of(((58, 66, 78), (96, 110, 126), (40, 44, 50), (150, 168, 186))))
    frame = scaled(wall, dice.one_of((0.7, 1.25)))
    _windows_along(dice, canvas, side * distance_m, (z0, z1), floors, height, glass, frame)
    _windows_across(dice, canvas, (x0, x1), z0, floors, height, glass)
    if dice.chance(0.3):
        _shop(dice, canvas, side * distance_m, z0, z1)


def _roof(
    dice: Dice, canvas: Canvas, xs: tuple[float, float], zs: tuple[float, float], height: float, wall: Colour
) -> None:
    """A saddle roof whose ridge runs along the road, and its gable."""
    (x0, x1), (z0, z1) = xs, zs
    ridge_x, ridge_y = (x0 + x1) / 2, height + dice.between(1.5, 4)
    roof = dice.near(dice.one_of(ROOFS))
    left, right, front, _ = canvas.sun_gains
    eave, gain = (x0 - 0.4, left) if x0 > 0 else (x1 + 0.4, right)
    lower = height - 0.3
    slope = [(eave, lower, z0 - 0.3), (ridge_x, ridge_y, z0 - 0.3), (ridge_x, ridge_y, z1), (eave, lower, z1)]
    canvas.face([(x0, height, z0), (x1, height, z0), (ridge_x, ridge_y, z0)], scaled(wall, front), 0.14)
    canvas.face(slope, scaled(roof, gain), 0.25)


def _windows_along(
    dice: Dice,
    canvas: Canvas,
    x: float,
    zs: tuple[float, float],
    floors: int,
    height: float,
    glass: Colour,
    frame: Colour,
) -> None:
    """Windows in the wall that faces the road."""
    columns = max(1, int((zs[1] - zs[0]) / dice.between(2, 3.5)))
    wide, high = (zs[1] - zs[0]) / columns, height / floors
    gain = canvas.sun_gains[0] if x > 0 else canvas.sun_gains[1]
    inset = -0.02 if x > 0 else 0.02
    margin = dice.between(0.16, 0.3)
    for floor in range(floors):
        for column in range(columns):
            z0, z1 = zs[0] + (column + margin) * wide, zs[0] + (column + 1 - margin) * wide
            y0, y1 = (floor + 0.3) * high, (floor + 0.82) * high
            if floor == 0 and dice.chance(0.25):
                y0 = 0.05
            if z0 < NEAR_M:
                continue
            pane = dice.near(glass, 18)
            _upright(canvas, x + inset, (y0 - 0.1, y1 + 0.1), (z0 - 0.1, z1 + 0.1), scaled(frame, gain))
            _upright(canvas, x + 2 * inset, (y0, y1), (z0, z1), pane)


def _upright(
    canvas: Canvas, x: float, ys: tuple[float, float], zs: tuple[float, float], colour: Colour
) -> None:
    """A rectangle on a wall that runs along the road."""
    canvas.face([(x, ys[0], zs[0]), (x, ys[1], zs[0]), (x, ys[1], zs[1]), (x, ys[0], zs[1])], colour, 0.05)


def _windows_across(
    dice: Dice, canvas: Canvas, xs: tuple[float, float], z: float, floors: int, height: float, glass: Colour
) -> None:
    """Windows in the end wall that faces the camera; many such walls have none."""
    if dice.chance(0.4) or z < NEAR_M:
        return
    columns = max(1, int((xs[1] - xs[0]) / dice.between(2.5, 4)))
    wide, high = (xs[1] - xs[0]) / columns, height / floors
    for floor in range(floors):
        for column in range(columns):
            x0, x1 = xs[0] + (column + 0.28) * wide, xs[0] + (column + 0.72) * wide
            y0, y1 = (floor + 0.3) * high, (floor + 0.8) * high
            canvas.face([(x0, y0, z), (x1, y0, z), (x1, y1, z), (x0, y1, z)], dice.near(glass, 18), 0.05)


def _shop(dice: Dice, canvas: Canvas, x: float, z0: float, z1: float) -> None:
    """A shop front: a wide pane and a coloured board over it."""
    board = dice.near(dice.one_of(SHOPS))
    inset = -0.06 if x > 0 else 0.06
    _upright(canvas, x + inset, (0.4, 2.6), (z0 + 0.4, z1 - 0.4), dice.near((70, 78, 84), 25))
    _upright(canvas, x + inset, (2.6, 3.3), (z0 + 0.2, z1 - 0.2), board)
    if dice.chance(0.6):  # letters, from here just strokes
        z = z0 + 0.8
        while z < z1 - 1:
            letter = dice.between(0.2, 0.5)
            _upright(canvas, x + 1.5 * inset, (2.75, 3.15), (z, z + letter), (236, 234, 226))
            z += letter + 0.2
