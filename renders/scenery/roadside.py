"""What stands along a street: trees, hedges, poles, wires, cars and small clutter."""

import math

from renders.scenery.canvas import NEAR_M, Canvas, Point
from renders.scenery.dice import Colour, Dice, scaled

PAINTS: tuple[Colour, ...] = (
    (206, 208, 210),
    (40, 42, 46),
    (236, 236, 234),
    (120, 124, 130),
    (128, 34, 36),
    (44, 66, 112),
    (70, 92, 76),
    (196, 172, 130),
)


def tree(dice: Dice, canvas: Canvas, foot: Point, leaves: Colour, is_bare: bool) -> None:
    """A tree: broad-leaved, conifer or without leaves."""
    x, _, z = foot
    height = dice.between(4, 11)
    bark = dice.near((84, 70, 58))
    canvas.line([(x, 0, z), (x, height * 0.6, z)], dice.between(0.15, 0.45), bark)
    if is_bare:
        _branch(dice, canvas, (x, height * 0.3, z), 90 + dice.between(-8, 8), height * 0.35, 5)
    elif dice.chance(0.2):
        _conifer(dice, canvas, foot, height, leaves)
    else:
        _crown(dice, canvas, foot, height, leaves)


def _crown(dice: Dice, canvas: Canvas, foot: Point, height: float, leaves: Colour) -> None:
    """Many small blobs in an oval, dark below and bright above."""
    x, _, z = foot
    wide, high = height * dice.between(0.28, 0.45), height * dice.between(0.3, 0.4)
    blobs = dice.count(50, 90)
    for i in range(blobs):
        angle, reach = dice.between(0, 2 * math.pi), math.sqrt(dice.between(0, 1))
        dx, dy = reach * math.cos(angle), reach * math.sin(angle)
        gain = 0.62 + 0.3 * i / blobs + 0.22 * dy + dice.between(-0.1, 0.1)
        size = wide * dice.between(0.12, 0.3)
        canvas.blob((x + wide * dx, height * 0.65 + high * dy, z), size, scaled(leaves, max(0.2, gain)), 0.5)


def _conifer(dice: Dice, canvas: Canvas, foot: Point, height: float, leaves: Colour) -> None:
    x, _, z = foot
    for tier in range(6):
        y, wide = height * (0.12 + 0.14 * tier), height * 0.22 * (1 - tier / 7)
        corners = [(x - wide, y, z), (x + wide, y, z), (x, y + height * 0.26, z)]
        canvas.face(corners, scaled(leaves, 0.7 + 0.05 * tier), 0.5)


def _branch(dice: Dice, canvas: Canvas, start: Point, angle_deg: float, length: float, depth: int) -> None:
    """A limb and, from its end, two or three smaller ones."""
    x, y, z = start
    angle = math.radians(angle_deg)
    end = (x + length * math.cos(angle), y + length * math.sin(angle), z)
    canvas.line([start, end], 0.03 * depth, (88, 78, 70))
    if depth > 1:
        for turn in (-1, 1) if dice.chance(0.6) else (-1, 0, 1):
            bend = angle_deg + turn * dice.between(15, 40) + dice.between(-8, 8)
            _branch(dice, canvas, end, bend, length * dice.between(0.6, 0.8), depth - 1)


def hedge(dice: Dice, canvas: Canvas, x: float, z: float, leaves: Colour) -> None:
    """A hedge, wall or fence along the road."""
    height, long = dice.between(0.6, 1.8), dice.between(3, 9)
    if dice.chance(0.5):
        canvas.box((x - 0.4, 0, z), (x + 0.4, height, z + long), scaled(dice.near(leaves), 0.8), 0.6)
    elif dice.chance(0.5):
        wall = dice.near(dice.one_of(((150, 140, 128), (150, 92, 74), (200, 196, 188))))
        canvas.box((x - 0.15, 0, z), (x + 0.15, height, z + long), wall, 0.25)
    else:
        slat, step = dice.near((150, 130, 106)), dice.between(0.4, 1.2)
        for i in range(int(long / step)):
            canvas.line([(x, 0, z + i * step), (x, height, z + i * step)], 0.08, slat)
        canvas.line([(x, height * 0.8, z), (x, height * 0.8, z + long)], 0.08, slat)


def pole(dice: Dice, canvas: Canvas, foot: Point) -> None:
    """A lamp post, a bare pole, or a post with a plain board."""
    x, _, z = foot
    metal = dice.near(dice.one_of(((110, 112, 114), (70, 72, 74), (126, 104, 84), (170, 172, 172))))
    height = dice.between(2.2, 8)
    canvas.line([(x, 0, z), (x, height, z)], dice.between(0.07, 0.2), metal)
    if height > 5:
        arm = -math.copysign(dice.between(0.8, 2), x)
        canvas.line([(x, height, z), (x + arm, height + 0.2, z)], 0.08, metal)
        canvas.box(
            (x + arm - 0.25, height + 0.1, z), (x + arm + 0.25, height + 0.25, z + 0.2), (200, 200, 196)
        )
    elif dice.chance(0.5):
        wide, high = dice.between(0.2, 0.7), dice.between(0.2, 0.6)
        board = dice.near(dice.one_of(((36, 80, 140), (230, 230, 226), (40, 110, 70), (226, 200, 60))))
        canvas.box((x - wide, height - high, z - 0.05), (x + wide, height + high, z), board, 0.05)


def wires(dice: Dice, canvas: Canvas, x: float) -> None:
    """Sagging cables from pole to pole along the road."""
    height, span = dice.between(6, 8), dice.between(20, 35)
    for offset in (0.0, 0.4, 0.8)[: dice.count(1, 3)]:
        for i in range(4):
            ends = (2 + i * span, 2 + (i + 1) * span)
            points = [
                (x + offset, height - 0.7 * 4 * s * (1 - s), ends[0] + s * (ends[1] - ends[0]))
                for s in (0, 0.2, 0.4, 0.6, 0.8, 1)
            ]
            canvas.line(points, 0.02, (50, 50, 54))


def car(dice: Dice, canvas: Canvas, x: float, z: float) -> None:
    """A parked or passing car or van: body, cabin with glass, wheels and lights."""
    paint = dice.near(dice.one_of(PAINTS))
    long, belt = dice.between(3.8, 4.8), dice.between(0.85, 1.0)
    top = dice.between(1.4, 1.55) if dice.chance(0.8) else dice.between(1.9, 2.4)
    if z < 2:
        return
    shadow = [
        (x - 1, 0.02, z - 0.2),
        (x + 1, 0.02, z - 0.2),
        (x + 1, 0.02, z + long),
        (x - 1, 0.02, z + long),
    ]
    canvas.face(shadow, (44, 44, 46), 0.1)
    canvas.box((x - 0.75, belt, z + 0.5), (x + 0.75, top, z + long - 0.9), scaled(paint, 0.95), 0.03)
    glass = dice.near((48, 56, 66))
    canvas.box((x - 0.72, belt + 0.06, z + 0.45), (x + 0.72, top - 0.1, z + long - 1.1), glass, 0.03)
    canvas.box((x - 0.88, 0.3, z), (x + 0.88, belt, z + long), paint, 0.03)
    wheel_x = x - 0.88 if x > 0 else x + 0.88
    for wheel_z in (z + 0.8, z + long - 0.8):
        canvas.blob((wheel_x, 0.32, wheel_z), 0.32, (34, 34, 36), 0.05)
        canvas.blob((wheel_x, 0.32, wheel_z), 0.17, (140, 142, 146), 0.05)
    lamp = (190, 36, 34) if x > 0 else (236, 232, 214)  # traffic keeps to the right
    for lamp_x in (x - 0.7, x + 0.7):
        canvas.box((lamp_x - 0.16, 0.62, z - 0.01), (lamp_x + 0.16, 0.8, z), lamp, 0.03)
    canvas.box((x - 0.26, 0.42, z - 0.01), (x + 0.26, 0.54, z), (226, 224, 214), 0.03)


def rubbish(dice: Dice, canvas: Canvas, foot: Point) -> None:
    """A bin, a box, a bollard: small things that break up a pavement."""
    x, _, z = foot
    if z < NEAR_M + 1:
        return
    wide, high = dice.between(0.1, 0.4), dice.between(0.5, 1.3)
    shade = dice.near(
        dice.one_of(((60, 90, 66), (70, 72, 76), (150, 60, 44), (180, 176, 168), (60, 80, 130)))
    )
    canvas.box((x - wide, 0, z), (x + wide, high, z + 2 * wide), shade, 0.08)
