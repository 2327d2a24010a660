"""Rooms: walls, floor and ceiling in perspective, with furniture-like blocks and lamps."""

from renders.scenery.canvas import Canvas, Point
from renders.scenery.dice import Colour, Dice, mixed, scaled

PLASTERS: tuple[Colour, ...] = (
    (232, 228, 218),
    (214, 206, 190),
    (196, 206, 212),
    (206, 214, 196),
    (222, 196, 180),
    (160, 170, 178),
    (120, 132, 126),
    (236, 222, 180),
)
FLOORS: tuple[Colour, ...] = (
    (150, 110, 74),
    (186, 150, 108),
    (112, 82, 60),
    (170, 166, 158),
    (96, 96, 98),
    (200, 186, 164),
    (124, 60, 54),
)
FURNITURE: tuple[Colour, ...] = (
    (140, 100, 66),
    (92, 62, 44),
    (222, 218, 210),
    (70, 74, 80),
    (60, 88, 116),
    (150, 58, 52),
    (96, 116, 82),
    (196, 170, 90),
    (180, 176, 170),
    (52, 48, 50),
)


def room(dice: Dice, size_px: int) -> Canvas:
    """A painted room: living room, office, corridor or hall."""
    canvas = Canvas(
        size_px,
        focal=dice.between(0.6, 1.2),
        eye_m=dice.between(1.1, 1.7),
        horizon=dice.between(0.38, 0.6),
        vanishing_x=dice.between(0.2, 0.8),
    )
    left, right = -dice.between(1.4, 4), dice.between(1.4, 4)
    height, depth = dice.between(2.3, 3.4), dice.between(3.5, 9)
    canvas.sun_gains = (dice.between(0.7, 1), dice.between(0.7, 1), dice.between(0.75, 1), 1.1)
    wall = dice.near(dice.one_of(PLASTERS))
    _shell(dice, canvas, (left, 0, depth), (right, height, depth), wall)
    for x in (left, right):
        _on_side_wall(dice, canvas, x, height, depth)
    _on_back_wall(dice, canvas, (left, right), height, depth)
    if dice.chance(0.5):
        _rug(dice, canvas, (left, right), depth)
    _furnish(dice, canvas, (left, right), depth)
    return canvas


def _shell(dice: Dice, canvas: Canvas, low: Point, high: Point, wall: Colour) -> None:
    """Floor, ceiling and three walls."""
    (x0, _, z), (x1, y, _) = low, high
    floor, ceiling = dice.near(dice.one_of(FLOORS)), mixed(wall, (246, 246, 242), 0.7)
    left, right, back, _ = canvas.sun_gains
    canvas.face([(x0, 0, 0.4), (x1, 0, 0.4), (x1, 0, z), (x0, 0, z)], floor, 0.2)
    _boards(dice, canvas, (x0, x1), z, floor)
    canvas.face([(x0, y, 0.4), (x1, y, 0.4), (x1, y, z), (x0, y, z)], scaled(ceiling, 0.95), 0.04)
    canvas.face([(x0, 0, z), (x1, 0, z), (x1, y, z), (x0, y, z)], scaled(wall, back), 0.06)
    canvas.face([(x0, 0, 0.4), (x0, y, 0.4), (x0, y, z), (x0, 0, z)], scaled(wall, right), 0.06)
    canvas.face([(x1, 0, 0.4), (x1, y, 0.4), (x1, y, z), (x1, 0, z)], scaled(wall, left), 0.06)
    skirting = scaled(wall, dice.one_of((0.6, 1.2)))
    canvas.face([(x0, 0, z - 0.01), (x1, 0, z - 0.01), (x1, 0.1, z - 0.01), (x0, 0.1, z - 0.01)], skirting)


def _boards(dice: Dice, canvas: Canvas, xs: tuple[float, float], depth: float, floor: Colour) -> None:
    """Floorboards or tiles."""
    step = dice.between(0.12, 0.6)
    x = xs[0]
    while x < xs[1] - step:
        plank = scaled(floor, dice.between(0.92, 1.06))
        canvas.face(
            [(x, 0, 0.4), (x + step * 0.96, 0, 0.4), (x + step * 0.96, 0, depth), (x, 0, depth)], plank, 0.2
        )
        x += step
    if dice.chance(0.4):
        z = 0.5
        while z < depth:
            canvas.line([(xs[0], 0, z), (xs[1], 0, z)], 0.01, scaled(floor, 0.75))
            z += step


def _panel(
    canvas: Canvas, x: float, ys: tuple[float, float], zs: tuple[float, float], colour: Colour
) -> None:
    """A rectangle on a side wall."""
    canvas.face([(x, ys[0], zs[0]), (x, ys[1], zs[0]), (x, ys[1], zs[1]), (x, ys[0], zs[1])], colour, 0.05)


def _on_side_wall(dice: Dice, canvas: Canvas, x: float, height: float, depth: float) -> None:
    """A window, a door or pictures."""
    x *= 0.998
    z = dice.between(1.5, max(1.6, depth - 1.5))
    if dice.chance(0.45):  # a window full of daylight, with its bars
        light, ys, zs = dice.near((226, 236, 246)), (0.9, height - 0.4), (z, z + dice.between(0.8, 1.8))
        _panel(canvas, x, (ys[0] - 0.08, ys[1] + 0.08), (zs[0] - 0.08, zs[1] + 0.08), (236, 234, 230))
        _panel(canvas, x, ys, zs, light)
        _panel(canvas, x, ys, ((zs[0] + zs[1]) / 2 - 0.03, (zs[0] + zs[1]) / 2 + 0.03), (228, 226, 222))
        if dice.chance(0.5):
            curtain = dice.near(dice.one_of(FURNITURE), 20)
            for end in zs:
                _panel(canvas, x, (0.2, height - 0.2), (end - 0.25, end + 0.15), curtain)
    elif dice.chance(0.5):
        door = dice.near(dice.one_of(FURNITURE))
        _panel(canvas, x, (0, 2.1), (z - 0.1, z + 1.0), scaled(door, 1.2))
        _panel(canvas, x, (0, 2.02), (z, z + 0.9), door)
    else:
        for _ in range(dice.count(0, 3)):
            z, y, wide = dice.between(1, depth), dice.between(1.1, 1.8), dice.between(0.2, 0.7)
            _panel(canvas, x, (y - 0.05, y + wide + 0.05), (z - 0.05, z + wide + 0.05), (40, 36, 34))
            _panel(canvas, x, (y, y + wide), (z, z + wide), dice.near(dice.one_of(FURNITURE), 40))


def _on_back_wall(dice: Dice, canvas: Canvas, xs: tuple[float, float], height: float, depth: float) -> None:
    """Pictures, a window or a screen on the wall at the end."""
    z = depth - 0.02
    for _ in range(dice.count(0, 4)):
        x, y = dice.between(xs[0], xs[1] - 0.6), dice.between(0.8, height - 0.9)
        wide, high = dice.between(0.25, 1.4), dice.between(0.25, 0.9)
        inside = dice.one_of(
            (dice.near((224, 236, 248)), dice.near(dice.one_of(FURNITURE), 40), (26, 28, 32))
        )
        frame = dice.one_of(((240, 238, 234), (60, 46, 36), (30, 30, 32)))
        for grow, colour in ((0.05, frame), (0.0, inside)):
            low_x, high_x, low_y, high_y = x - grow, x + wide + grow, y - grow, y + high + grow
            canvas.face(
                [(low_x, low_y, z), (high_x, low_y, z), (high_x, high_y, z), (low_x, high_y, z)], colour
            )


def _rug(dice: Dice, canvas: Canvas, xs: tuple[float, float], depth: float) -> None:
    x0, z0 = dice.between(xs[0], xs[1] - 1.5), dice.between(1, max(1.1, depth - 2))
    x1, z1 = x0 + dice.between(1, 2.5), z0 + dice.between(1, 3)
    colour = dice.near(dice.one_of(FURNITURE), 25)
    for inset, gain in ((0.0, 1.0), (0.12, 1.25), (0.22, 0.9)):
        a, b, c, d = x0 + inset, x1 - inset, z0 + inset, z1 - inset
        canvas.face([(a, 0.01, c), (b, 0.01, c), (b, 0.01, d), (a, 0.01, d)], scaled(colour, gain), 0.4)


def _furnish(dice: Dice, canvas: Canvas, xs: tuple[float, float], depth: float) -> None:
    """Pieces from the back of the room to the front, most of them along the walls."""
    pieces = (_shelf, _table, _sofa, _cabinet, _floor_lamp, _plant)
    for i in range(dice.count(4, 8), 0, -1):
        z = 1.4 + (depth - 2.2) * max(0.0, (i - dice.between(0, 1)) / 8)
        side = dice.one_of((xs[0] + 0.5, xs[1] - 0.5, dice.between(xs[0] + 0.6, xs[1] - 0.6)))
        dice.one_of(pieces)(dice, canvas, side, z)


def _wood(dice: Dice) -> Colour:
    return dice.near(dice.one_of(FURNITURE), 15)


def _cabinet(dice: Dice, canvas: Canvas, x: float, z: float) -> None:
    wide, high, deep = dice.between(0.3, 0.9), dice.between(0.5, 1.9), dice.between(0.35, 0.7)
    colour = _wood(dice)
    canvas.box((x - wide, 0, z), (x + wide, high, z + deep), colour, 0.1)
    for row in range(dice.count(1, 4)):
        y = high * (0.15 + 0.22 * row)
        canvas.line(
            [(x - wide * 0.9, y, z - 0.01), (x + wide * 0.9, y, z - 0.01)], 0.015, scaled(colour, 0.6)
        )


def _shelf(dice: Dice, canvas: Canvas, x: float, z: float) -> None:
    """Book shelves."""
    wide, high = dice.between(0.35, 0.8), dice.between(1.2, 2.2)
    colour, levels = _wood(dice), dice.count(3, 6)
    canvas.box((x - wide, 0, z), (x + wide, high, z + 0.3), colour, 0.1)
    for level in range(levels):
        y0, y1 = high * (level + 0.1) / levels, high * (level + 0.92) / levels
        canvas.box((x - wide * 0.92, y0, z - 0.01), (x + wide * 0.92, y1, z), scaled(colour, 0.45), 0.05)
        book = x - wide * 0.9
        while book < x + wide * 0.75:
            thick = dice.between(0.02, 0.09)
            if dice.chance(0.85):
                top = y0 + (y1 - y0) * dice.between(0.6, 0.95)
                canvas.box(
                    (book, y0, z - 0.03), (book + thick, top, z - 0.02), dice.near(_wood(dice), 40), 0.05
                )
            book += thick


def _table(dice: Dice, canvas: Canvas, x: float, z: float) -> None:
    wide, deep, high, colour = (
        dice.between(0.4, 0.9),
        dice.between(0.5, 1.0),
        dice.between(0.45, 0.78),
        _wood(dice),
    )
    for leg_x in (x - wide + 0.05, x + wide - 0.05):
        for leg_z in (z + deep - 0.1, z + 0.05):
            canvas.box((leg_x - 0.03, 0, leg_z), (leg_x + 0.03, high, leg_z + 0.06), scaled(colour, 0.8))
    canvas.box((x - wide, high - 0.05, z), (x + wide, high, z + deep), colour, 0.1)
    for _ in range(dice.count(0, 4)):
        thing_x, thing_z, size = (
            dice.between(x - wide, x + wide - 0.2),
            z + deep * 0.4,
            dice.between(0.06, 0.3),
        )
        low, top = (thing_x, high, thing_z), (thing_x + size, high + dice.between(0.04, 0.4), thing_z + 0.15)
        canvas.box(low, top, dice.near(_wood(dice), 40), 0.08)


def _sofa(dice: Dice, canvas: Canvas, x: float, z: float) -> None:
    wide, colour = dice.between(0.45, 1.1), dice.near(dice.one_of(FURNITURE), 20)
    canvas.box((x - wide, 0.1, z + 0.7), (x + wide, 0.85, z + 0.9), scaled(colour, 0.9), 0.25)
    canvas.box((x - wide, 0.1, z), (x + wide, 0.45, z + 0.7), colour, 0.25)
    for arm_x in (x - wide, x + wide - 0.18):
        canvas.box((arm_x, 0.1, z), (arm_x + 0.18, 0.62, z + 0.8), scaled(colour, 0.95), 0.25)
    if dice.chance(0.6):
        cushion = dice.near(_wood(dice), 40)
        canvas.box((x - 0.2, 0.45, z + 0.5), (x + 0.2, 0.78, z + 0.6), cushion, 0.25)


def _floor_lamp(dice: Dice, canvas: Canvas, x: float, z: float) -> None:
    high = dice.between(1.2, 1.9)
    canvas.line([(x, 0, z), (x, high, z)], 0.03, (60, 58, 56))
    for radius, share in ((0.5, 0.25), (0.32, 0.5)):  # a glow on what is behind it
        canvas.blob((x, high, z), radius * 0.5, mixed((200, 190, 170), (255, 240, 200), share), 0.05)
    corners = [(x - 0.22, high - 0.15, z), (x + 0.22, high - 0.15, z), (x + 0.13, high + 0.15, z)]
    canvas.face([*corners, (x - 0.13, high + 0.15, z)], (252, 240, 206), 0.05)


def _plant(dice: Dice, canvas: Canvas, x: float, z: float) -> None:
    canvas.box((x - 0.15, 0, z), (x + 0.15, 0.3, z + 0.3), dice.near((160, 96, 70)), 0.15)
    leaf = dice.near((66, 104, 58), 20)
    for _ in range(dice.count(12, 25)):
        tip = (x + dice.between(-0.45, 0.45), dice.between(0.4, 1.4), z + 0.15)
        canvas.face(
            [(x - 0.02, 0.3, z + 0.15), (x + 0.05, 0.3, z + 0.15), tip], scaled(leaf, dice.between(0.6, 1.2))
        )
