"""US signs after the MUTCD and Standard Highway Signs: sizes in soft-metric mm, drawings our own."""

from shapely.geometry.base import BaseGeometry

from textures.signs import arrows, lettering, pictograms
from textures.signs.drawing import Drawing, Layer, plate
from textures.signs.lettering import text
from textures.signs.palette import BLACK, SIGNAL_GREEN, US_ORANGE, US_RED, US_YELLOW, US_YELLOW_GREEN, WHITE
from textures.signs.shapes import (
    bar,
    centred,
    diamond,
    disc,
    inset,
    joined,
    mirrored,
    moved,
    octagon,
    polygon,
    rotated,
    rounded,
    scaled,
    stroke,
    triangle,
)


def stop() -> Drawing:
    """R1-1, 750 mm across flats."""
    word = Layer(text("STOP", 250, lettering.C), WHITE)
    return plate(octagon(750, 40), (WHITE, 0), (US_RED, 20), layers=(word,))


def yield_sign() -> Drawing:
    """R1-2, 900 mm wide, point down."""
    outline = triangle(900, 50, points_down=True)
    field = rounded(inset(outline, 118), 12)
    word = Layer(moved(text("YIELD", 82, lettering.C), 0, -205), US_RED)
    return plate(outline, (WHITE, 0), (US_RED, 18), layers=(Layer(field, WHITE), word))


def speed_limit(miles_per_hour: int) -> Drawing:
    """R2-1, 600 x 750 mm."""
    layers = (
        Layer(moved(text("SPEED", 100, lettering.E), 0, -265), BLACK),
        Layer(moved(text("LIMIT", 100, lettering.E), 0, -120), BLACK),
        Layer(moved(text(str(miles_per_hour), 290, lettering.E), 0, 155), BLACK),
    )
    return _regulatory(bar(600, 750, radius_mm=38), *layers)


def no_right_turn() -> Drawing:
    """R3-1, 600 x 600 mm."""
    return _prohibition(arrows.right_turn(300, 58, radius_mm=70))


def no_left_turn() -> Drawing:
    """R3-2, 600 x 600 mm."""
    return _prohibition(mirrored(arrows.right_turn(300, 58, radius_mm=70)))


def no_u_turn() -> Drawing:
    """R3-4, 600 x 600 mm."""
    return _prohibition(arrows.u_turn(310, 56))


def keep_right() -> Drawing:
    """R4-7, 600 x 750 mm."""
    return _regulatory(bar(600, 750, radius_mm=38), Layer(arrows.pass_on_the_right(560, 96), BLACK))


def do_not_enter() -> Drawing:
    """R5-1, 750 x 750 mm."""
    layers = (
        Layer(disc(352), US_RED),
        Layer(bar(560, 116), WHITE),
        Layer(moved(text("DO NOT", 96, lettering.D), 0, -160), WHITE),
        Layer(moved(text("ENTER", 96, lettering.D), 0, 160), WHITE),
    )
    return plate(bar(750, 750, radius_mm=38), (WHITE, 0), layers=layers)


def one_way() -> Drawing:
    """R6-1, 900 x 300 mm, to the right."""
    body = polygon(
        [(-410, -78), (215, -78), (215, -128), (410, 0), (215, 128), (215, 78), (-410, 78), (-370, 0)]
    )
    words = Layer(moved(text("ONE WAY", 98, lettering.D), -30, 0), BLACK)
    return plate(bar(900, 300, radius_mm=38), (BLACK, 0), layers=(Layer(body, WHITE), words))


def turn() -> Drawing:
    """W1-1, 750 mm diamond, to the left."""
    return _warning(Layer(moved(arrows.sharp_turn_left(430, 92), 0, -10), BLACK))


def curve() -> Drawing:
    """W1-2, 750 mm diamond, to the right."""
    return _warning(Layer(centred(arrows.gentle_curve_right(520, 92)), BLACK))


def cross_road() -> Drawing:
    """W2-1, 750 mm diamond."""
    return _warning(Layer(joined(bar(100, 560), bar(560, 100)), BLACK))


def side_road() -> Drawing:
    """W2-2, 750 mm diamond, side road to the right."""
    return _warning(Layer(moved(joined(bar(100, 540), bar(280, 80, 140)), -70, 0), BLACK))


def stop_ahead() -> Drawing:
    """W3-1, 750 mm diamond."""
    sign = joined(octagon(290, 12))
    layers = (
        Layer(moved(arrows.straight(240, 62), 0, -245), BLACK),
        Layer(moved(sign, 0, 95), BLACK),
        Layer(moved(inset(sign, 4), 0, 95), WHITE),
        Layer(moved(inset(sign, 16), 0, 95), US_RED),
    )
    return _warning(*layers)


def signal_ahead() -> Drawing:
    """W3-3, 750 mm diamond."""
    return _warning(*signal(5.0))


def merge() -> Drawing:
    """W4-1, 750 mm diamond, from the right."""
    return _warning(Layer(moved(arrows.merge_from_right(520, 92), -35, 0), BLACK))


def slippery() -> Drawing:
    """W8-5, 750 mm diamond."""
    return _warning(Layer(scaled(pictograms.skidding_car(), 5.6), BLACK))


def pedestrian() -> Drawing:
    """W11-2, 750 mm diamond."""
    return _warning(Layer(scaled(pictograms.walker(), 5.6), BLACK))


def workers() -> Drawing:
    """W21-1, 750 mm diamond, orange."""
    return _warning(Layer(scaled(pictograms.digger(), 5.2), BLACK), colour=US_ORANGE)


def school() -> Drawing:
    """S1-1, 900 mm pentagon, fluorescent yellow-green."""
    outline = rounded(polygon([(-450, 450), (450, 450), (450, 0), (0, -450), (-450, 0)]), 40)
    children = Layer(moved(scaled(pictograms.pupils(), 6.2), 10, 95), BLACK)
    bands = ((US_YELLOW_GREEN, 0), (BLACK, 14), (US_YELLOW_GREEN, 36))
    return plate(centred(outline), *bands, layers=(children,))


def railroad() -> Drawing:
    """W10-1, 900 mm disc."""
    cross = joined(rotated(bar(836, 88), 45), rotated(bar(836, 88), -45))
    letters = [Layer(moved(text("R", 215, lettering.E), x, 0), BLACK) for x in (-245, 245)]
    bands = ((US_YELLOW, 0), (BLACK, 12), (US_YELLOW, 38))
    return plate(disc(450), *bands, layers=(Layer(cross, BLACK), *letters))


def no_passing_zone() -> Drawing:
    """W14-3, pennant of 900 x 1200 x 1200 mm, pointing right."""
    outline = centred(rounded(polygon([(0, -450), (0, 450), (1112.4, 0)]), 30))
    left = outline.bounds[0]
    lines = (("NO", -150, 150), ("PASSING", 0, 308), ("ZONE", 150, 190))
    words = [Layer(moved(text(word, 104, lettering.D), left + x, y), BLACK) for word, y, x in lines]
    return plate(outline, (US_YELLOW, 0), (BLACK, 14), (US_YELLOW, 38), layers=tuple(words))


def signal(scale: float) -> tuple[Layer, ...]:
    """The layers of a traffic signal around the centre."""
    housing, lamps = pictograms.signal_head()
    colours = (US_RED, US_YELLOW, SIGNAL_GREEN)
    lit = tuple(Layer(scaled(lamp, scale), colour) for lamp, colour in zip(lamps, colours, strict=True))
    return (Layer(scaled(housing, scale), BLACK), *lit)


def _warning(*layers: Layer, colour: str = US_YELLOW) -> Drawing:
    """A 750 mm diamond with a black border."""
    return plate(diamond(750, 48), (colour, 0), (BLACK, 13), (colour, 32), layers=layers)


def _regulatory(outline: BaseGeometry, *layers: Layer) -> Drawing:
    """A white plate with a black border."""
    return plate(outline, (WHITE, 0), (BLACK, 10), (WHITE, 26), layers=layers)


def _prohibition(symbol: BaseGeometry) -> Drawing:
    """A 600 mm white square, the symbol under a red ring and slash."""
    ring = disc(262).difference(disc(210))
    slash = stroke([(-165, -165), (165, 165)], 48)
    return _regulatory(bar(600, 600, radius_mm=38), Layer(symbol, BLACK), Layer(joined(ring, slash), US_RED))
