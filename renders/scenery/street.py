"""Streets: sky, ground and road, and what stands along it."""

from dataclasses import dataclass

from renders.scenery.canvas import Canvas, clouds
from renders.scenery.dice import Colour, Dice, mixed, scaled
from renders.scenery.houses import house
from renders.scenery.roadside import car, hedge, pole, rubbish, tree, wires

FAR_M = 400.0


@dataclass(frozen=True)
class Season:
    """The colours of one time of the year."""

    grass: Colour
    leaves: tuple[Colour, ...]
    bare_trees: float
    """Share of trees without leaves."""


SEASONS = (
    Season((96, 124, 60), ((62, 98, 42), (80, 116, 52), (48, 80, 40)), 0.0),
    Season((118, 140, 66), ((110, 140, 60), (90, 128, 58), (196, 180, 160)), 0.15),
    Season((134, 126, 74), ((168, 112, 42), (150, 80, 40), (120, 112, 48)), 0.25),
    Season((140, 130, 98), ((58, 72, 46), (70, 76, 50)), 0.8),
    Season((224, 228, 234), ((60, 72, 58), (96, 104, 100)), 0.85),
)
SKIES: tuple[tuple[Colour, Colour], ...] = (
    ((78, 128, 196), (186, 212, 236)),
    ((104, 150, 206), (216, 226, 236)),
    ((150, 160, 172), (200, 206, 210)),
    ((196, 202, 208), (226, 228, 230)),
    ((70, 90, 140), (236, 190, 150)),
    ((120, 128, 140), (164, 170, 174)),
)
ROADS: tuple[Colour, ...] = ((104, 104, 106), (84, 85, 88), (128, 124, 118), (96, 92, 90), (146, 142, 136))
PAVEMENTS: tuple[Colour, ...] = ((164, 160, 152), (142, 138, 134), (178, 170, 158), (130, 112, 100))


def street(dice: Dice, size_px: int) -> Canvas:
    """A painted street: town, suburb or country, in some season, weather and light."""
    canvas = Canvas(
        size_px,
        focal=dice.between(0.8, 1.7),
        eye_m=dice.between(1.2, 2.6),
        horizon=dice.between(0.4, 0.64),
        vanishing_x=dice.between(0.15, 0.85),
    )
    _light(dice, canvas)
    season = dice.one_of(SEASONS)
    _sky(dice, canvas)
    _hills(dice, canvas, season)
    road_m = dice.between(2.5, 6.5)
    _ground(dice, canvas, season, road_m)
    building = dice.one_of((0.85, 0.5, 0.12))
    _both_sides(dice, canvas, season, road_m, building)
    return canvas


def _light(dice: Dice, canvas: Canvas) -> None:
    """Chooses where the sun stands and how thick the air is."""
    sky_only = dice.chance(0.4)
    spread = 0.06 if sky_only else 0.4
    bright = dice.side()
    canvas.sun_gains = (
        1 - spread * (bright > 0) - dice.between(0, 0.1),
        1 - spread * (bright < 0) - dice.between(0, 0.1),
        1 - spread * dice.between(0, 1.2),
        1.1,
    )
    canvas.haze_m = dice.one_of((120.0, 300.0, 900.0))


def _sky(dice: Dice, canvas: Canvas) -> None:
    top, bottom = dice.one_of(SKIES)
    top, canvas.haze = dice.near(top), dice.near(bottom)
    canvas.gradient(top, canvas.haze, canvas.horizon_px + 1)
    if not dice.chance(0.7):
        return
    cells = 28
    cover = clouds(dice, cells, falloff=0.7)[0]
    step, limit = canvas.size_px / cells, dice.between(-0.6, 1.2)
    for row in range(int(canvas.horizon_px / step) + 1):
        for column in range(cells):
            thick = float(cover[row, column]) - limit
            if thick > 0:
                x, y = (column + dice.between(0, 1)) * step, (row + dice.between(0, 1)) * step * 0.85
                tone = mixed(canvas.haze, (246, 246, 248), min(1.0, 0.3 + thick / 3))
                wide, high = step * dice.between(0.8, 1.6), step * dice.between(0.3, 0.7)
                _puff(canvas, (x, y), (wide, high), tone)


def _puff(canvas: Canvas, centre: tuple[float, float], radii: tuple[float, float], tone: Colour) -> None:
    """A soft-cornered patch of cloud."""
    (x, y), (wide, high) = centre, radii
    outline = ((-1, -0.3), (-0.5, -1), (0.5, -1), (1, -0.3), (1, 0.4), (0.4, 0.8), (-0.4, 0.8), (-1, 0.4))
    canvas.flat([(x + a * wide, y + b * high) for a, b in outline], tone, rough=0.02)


def _hills(dice: Dice, canvas: Canvas, season: Season) -> None:
    """Far ridges or rows of trees along the horizon, each nearer one darker."""
    for layer in range(dice.count(0, 2)):
        ridge = clouds(dice, 64, falloff=dice.between(0.4, 0.8))[0, 0]
        height = canvas.size_px * dice.between(0.02, 0.09) / (1 + layer)
        leaves = dice.near(dice.one_of(season.leaves))
        colour = mixed(leaves, canvas.haze, 0.75 - 0.25 * layer)
        step = canvas.size_px / 63
        base = canvas.horizon_px
        tops = [(i * step, base - height * max(0.0, 1 + 0.5 * float(ridge[i]))) for i in range(64)]
        canvas.flat([(0, base + 2), *tops, (canvas.size_px, base + 2)], colour, rough=0.12)


def _ground(dice: Dice, canvas: Canvas, season: Season, road_m: float) -> None:
    """Verges, pavements, the road and what is painted on it."""
    _strip(canvas, -FAR_M, FAR_M, dice.near(season.grass), 0.35)
    if dice.chance(0.6):
        pavement, width = dice.near(dice.one_of(PAVEMENTS)), dice.between(1.2, 3.5)
        _strip(canvas, -road_m - width, road_m + width, pavement, 0.12)
        _strip(canvas, -road_m - 0.15, road_m + 0.15, scaled(pavement, 1.15), 0.1)
    road = dice.near(dice.one_of(ROADS))
    _strip(canvas, -road_m, road_m, road, 0.2)
    for _ in range(dice.count(0, 4)):  # repairs and stains
        x, z, long = dice.between(-road_m, road_m * 0.6), dice.between(3, 40), dice.between(1, 8)
        _strip(canvas, x, x + dice.between(0.5, 2), scaled(road, dice.between(0.8, 1.12)), 0.2, z, z + long)
    paint = mixed(road, dice.one_of(((236, 236, 230), (220, 180, 60))), dice.between(0.4, 0.95))
    if dice.chance(0.7):
        dash, gap = dice.between(1.5, 4), dice.one_of((0.0, 3.0, 6.0))
        z = dice.between(0, 4)
        while z < 120:
            _strip(canvas, -0.08, 0.08, paint, 0.15, z, z + dash)
            z += dash + gap
    if dice.chance(0.4):
        for x in (-road_m + 0.25, road_m - 0.4):
            _strip(canvas, x, x + 0.15, paint, 0.15)
    if dice.chance(0.2):
        z, x = dice.between(6, 25), -road_m + 0.3
        while x < road_m - 0.5:
            _strip(canvas, x, x + 0.5, (232, 232, 226), 0.15, z, z + 3)
            x += 1.0


def _strip(
    canvas: Canvas, x0: float, x1: float, colour: Colour, rough: float, z0: float = 0.5, z1: float = FAR_M
) -> None:
    """A rectangle on the ground."""
    canvas.face([(x0, 0, z0), (x1, 0, z0), (x1, 0, z1), (x0, 0, z1)], colour, rough)


def _both_sides(dice: Dice, canvas: Canvas, season: Season, road_m: float, building: float) -> None:
    """Everything that stands up, from far to near."""
    z, step = 110.0, dice.between(5, 11)
    set_back = road_m + dice.between(2, 9)
    cars, wired = dice.between(0, 0.5), dice.chance(0.35)
    while z > 3:
        for side in (-1, 1):
            if dice.chance(building):
                house(dice, canvas, side, set_back + dice.between(0, 2), z, step)
            elif dice.chance(0.6):
                x = side * (set_back + dice.between(0, 8))
                bare = dice.chance(season.bare_trees)
                tree(dice, canvas, (x, 0, z), dice.near(dice.one_of(season.leaves)), bare)
            if dice.chance(0.25):
                hedge(dice, canvas, side * (set_back - 0.5), z, dice.one_of(season.leaves))
            if dice.chance(0.3):
                pole(dice, canvas, (side * (road_m + dice.between(0.4, 1.2)), 0, z))
            if dice.chance(0.15):
                rubbish(dice, canvas, (side * (road_m + 1), 0, z))
            if dice.chance(cars):
                car(dice, canvas, side * (road_m - dice.between(0.9, 1.4)), z)
        z -= step * dice.between(0.7, 1.1)
    if wired:
        wires(dice, canvas, dice.side() * (road_m + 1))
