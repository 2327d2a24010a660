"""Signs of the Vienna Convention (1968): discs of 600 mm, triangles of 900 mm; drawings our own."""

from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from textures.signs import arrows, lettering, pictograms
from textures.signs.drawing import Drawing, Layer, plate
from textures.signs.lettering import text
from textures.signs.palette import BLACK, EU_BLUE, EU_RED, EU_YELLOW, SIGNAL_GREEN, WHITE
from textures.signs.shapes import (
    arrowhead,
    bar,
    diamond,
    disc,
    joined,
    mirrored,
    moved,
    rotated,
    scaled,
    stroke,
    triangle,
)


def speed_limit(km_per_hour: int) -> Drawing:
    """C,14, 600 mm disc."""
    words = str(km_per_hour)
    figure = text(words, 268, lettering.D) if len(words) < 3 else text(words, 242, lettering.B)
    return _prohibitory(Layer(figure, BLACK))


def no_entry() -> Drawing:
    """C,1, 600 mm disc."""
    return plate(disc(300), (WHITE, 0), (EU_RED, 10), layers=(Layer(bar(470, 112), WHITE),))


def no_vehicles() -> Drawing:
    """C,2, 600 mm disc."""
    return _prohibitory()


def height_limit() -> Drawing:
    """C,6 with 3.5 m, 600 mm disc."""
    down = arrowhead(190, 92, (0, -96), 90)
    up = arrowhead(190, 92, (0, 96), -90)
    return _prohibitory(Layer(text("3.5m", 142, lettering.D), BLACK), Layer(joined(up, down), BLACK))


def no_overtaking() -> Drawing:
    """C,13a, 600 mm disc."""
    car = scaled(pictograms.car_from_behind(), 2.15)
    return _prohibitory(Layer(moved(car, -104, 4), EU_RED), Layer(moved(car, 104, 4), BLACK))


def end_of_limits() -> Drawing:
    """C,17a, 600 mm disc."""
    lines = joined(*(stroke([(-400, offset), (400, offset)], 20) for offset in (-76, -38, 0, 38, 76)))
    clipped = rotated(lines, -45).intersection(disc(288))
    return plate(disc(300), (BLACK, 0), (WHITE, 12), layers=(Layer(clipped, BLACK),))


def no_parking() -> Drawing:
    """C,18, 600 mm disc."""
    return _no_waiting(_slash())


def no_stopping() -> Drawing:
    """C,19, 600 mm disc."""
    return _no_waiting(joined(_slash(), mirrored(_slash())))


def priority_road() -> Drawing:
    """B,3, 600 mm square on its corner."""
    outline = diamond(600, 30)
    bands = ((BLACK, 0), (WHITE, 10), (BLACK, 112), (EU_YELLOW, 122))
    return plate(outline, *bands)


def priority_at_crossroads() -> Drawing:
    """A,19, 900 mm triangle."""
    arrow = joined(arrows.straight(400, 88, head_mm=(190, 150)), bar(290, 44, 0, 62))
    return _danger(Layer(moved(arrow, 0, 82), BLACK))


def double_bend() -> Drawing:
    """A,1, 900 mm triangle, first to the left."""
    return _danger(Layer(moved(scaled(pictograms.double_bend(), 3.5), 0, 92), BLACK))


def slippery() -> Drawing:
    """A,9, 900 mm triangle."""
    return _danger(Layer(moved(scaled(pictograms.skidding_car(), 3.5), 0, 98), BLACK))


def pedestrian_crossing() -> Drawing:
    """A,12, 900 mm triangle."""
    stripes = joined(*(moved(box(-22, 0, 22, 40), x, 238) for x in (-176, -88, 0, 88, 176)))
    return _danger(Layer(joined(moved(scaled(pictograms.walker(), 3.75), 0, 50), stripes), BLACK))


def children() -> Drawing:
    """A,13, 900 mm triangle."""
    return _danger(Layer(moved(scaled(pictograms.pupils(), 3.9), 6, 112), BLACK))


def cyclists() -> Drawing:
    """A,14, 900 mm triangle."""
    return _danger(Layer(moved(scaled(pictograms.cyclist(), 3.7), 0, 102), BLACK))


def road_works() -> Drawing:
    """A,16, 900 mm triangle."""
    return _danger(Layer(moved(scaled(pictograms.digger(), 3.8), 0, 92), BLACK))


def traffic_lights() -> Drawing:
    """A,17, 900 mm triangle."""
    housing, lamps = pictograms.signal_head()
    colours = (EU_RED, EU_YELLOW, SIGNAL_GREEN)
    shapes = [(housing, BLACK), *zip(lamps, colours, strict=True)]
    return _danger(*(Layer(moved(scaled(shape, 3.7), 0, 78), colour) for shape, colour in shapes))


def ahead_only() -> Drawing:
    """D,1a, 600 mm disc, straight on."""
    return _mandatory(arrows.straight(430, 84))


def turn_right() -> Drawing:
    """D,1a, 600 mm disc, to the right ahead."""
    return _mandatory(moved(arrows.right_turn(380, 76, radius_mm=80), 0, 0))


def keep_right() -> Drawing:
    """D,2, 600 mm disc, arrow to the lower right."""
    return _mandatory(rotated(arrows.straight(430, 84), 135))


def roundabout() -> Drawing:
    """D,3, 600 mm disc."""
    return _mandatory(arrows.roundabout(165, 52))


def _prohibitory(*layers: Layer) -> Drawing:
    """A white disc with a red ring."""
    return plate(disc(300), (EU_RED, 0), (WHITE, 58), layers=layers)


def _no_waiting(bars: BaseGeometry) -> Drawing:
    """A blue disc with red ring and bars."""
    ring = disc(300).difference(disc(242))
    return plate(disc(300), (EU_RED, 0), (EU_BLUE, 50), layers=(Layer(joined(ring, bars), EU_RED),))


def _slash() -> BaseGeometry:
    """A bar from the upper left to the lower right of a disc."""
    return rotated(bar(500, 58), 45)


def _danger(*layers: Layer) -> Drawing:
    """A white triangle with a red border, point up."""
    return plate(triangle(900, 45), (EU_RED, 0), (WHITE, 76), layers=layers)


def _mandatory(symbol: BaseGeometry) -> Drawing:
    """A blue disc with a thin white rim and a white symbol."""
    return plate(disc(300), (WHITE, 0), (EU_BLUE, 12), layers=(Layer(symbol, WHITE),))
