"""People, vehicles and signals of road signs, drawn in a box of about 100 x 100 around the origin, y down.

Scale and move them with `shapes.scaled` and `shapes.moved`; one of more than one colour gives its parts.
"""

import math

from shapely.geometry.base import BaseGeometry

from textures.signs.shapes import (
    arc,
    bar,
    disc,
    joined,
    limb,
    mirrored,
    moved,
    polygon,
    rotated,
    scaled,
    stroke,
)


def walker() -> BaseGeometry:
    """A person walking to the left."""
    return mirrored(
        joined(
            disc(8.5, 3, -41),
            limb([(1, -23), (0, -3)], 17),
            limb([(1, 0), (11, 20), (19, 44)], 9.5),
            limb([(0, 0), (-6, 21), (-21, 42)], 9.5),
            limb([(6, -26), (17, -13), (27, -5)], 6.5),
            limb([(-4, -26), (-15, -12), (-19, 3)], 6.5),
        )
    )


def child() -> BaseGeometry:
    """A child running to the left, in a smock that sets it apart from the walker."""
    return mirrored(
        joined(
            disc(9.5, 6, -38),
            polygon([(-4, -26), (10, -26), (16, 8), (-14, 8)]).buffer(2),
            limb([(6, 6), (20, 18), (18, 40)], 9),
            limb([(-6, 6), (-8, 22), (-27, 32)], 9),
            limb([(7, -23), (18, -13), (28, -19)], 6.5),
            limb([(-3, -23), (-16, -14), (-24, -2)], 6.5),
        )
    )


def pupils() -> BaseGeometry:
    """Two children hand in hand, the smaller one ahead."""
    return joined(moved(scaled(child(), 0.98), 22, 0), moved(scaled(child(), 0.74), -30, 11))


def cyclist() -> BaseGeometry:
    """A rider on a bicycle, to the left."""
    wheels = joined(*(disc(20, x, 24).difference(disc(14.5, x, 24)) for x in (-28, 28)))
    frame = joined(
        stroke([(-28, 24), (-3, 24), (-10, -2), (-28, 24)], 4.5, round_joins=True),
        stroke([(-3, 24), (19, -2), (-10, -2)], 4.5, round_joins=True),
        limb([(28, 24), (17, -10), (23, -13)], 4.5),
    )
    rider = joined(
        disc(8.5, 13, -42),
        limb([(-10, -9), (4, -27)], 13),
        limb([(5, -28), (11, -15), (19, -11)], 6),
        limb([(-9, -8), (9, 3), (0, 24)], 8),
    )
    return mirrored(joined(wheels, frame, rider))


def digger() -> BaseGeometry:
    """A person at work with a shovel, and the heap."""
    body = joined(
        disc(8.5, 1, -38),
        limb([(-5, -24), (-17, -3)], 14),
        limb([(-17, -1), (-5, 18), (-9, 43)], 9),
        limb([(-18, -1), (-25, 20), (-37, 43)], 9),
        limb([(-2, -25), (9, -9), (0, 2)], 6.5),
    )
    shovel = limb([(-14, -6), (19, 18)], 4.5)
    blade = polygon([(15, 12), (29, 20), (27, 27), (11, 19)])
    heap = polygon([(3, 47.5), *arc(19, 200, 340, 26, 47.5), (48, 47.5)])
    return joined(body, shovel, blade, heap)


def car_from_behind() -> BaseGeometry:
    """The back of a car, with window and lamps cut out."""
    body = joined(
        polygon([(-31, 2), (-22, -27), (22, -27), (31, 2)]).buffer(4),
        bar(86, 30, 0, 12, radius_mm=8),
        bar(17, 20, -29, 26, radius_mm=4),
        bar(17, 20, 29, 26, radius_mm=4),
    )
    window = polygon([(-24, -3), (-18.5, -22), (18.5, -22), (24, -3)])
    lamps = joined(disc(6, -29, 11), disc(6, 29, 11))
    return body.difference(joined(window, lamps))


def skidding_car() -> BaseGeometry:
    """A car from behind, leaning, with two snaking tracks below it."""
    car = moved(rotated(scaled(car_from_behind(), 0.62), 12), 4, -26)
    return joined(car, *(moved(_snake(), x, 0) for x in (-15, 15)))


def _snake() -> BaseGeometry:
    """One track: a wave that widens towards the viewer."""
    points = [(9 * math.sin(y / 46 * 2 * math.pi) * (0.55 + y / 80), y + 2) for y in range(0, 47)]
    return stroke(points, 6.5, round_joins=True)


def signal_head() -> tuple[BaseGeometry, tuple[BaseGeometry, BaseGeometry, BaseGeometry]]:
    """The housing of a traffic signal, and its red, yellow and green lamp."""
    lamps = (disc(13, 0, -32), disc(13, 0, 0), disc(13, 0, 32))
    return bar(38, 102, radius_mm=8), lamps


def double_bend() -> BaseGeometry:
    """A road that bends left and then right, seen from below."""
    return stroke([(16, 50), (16, 18), (-15, -12), (-15, -26)], 17, round_joins=True)
