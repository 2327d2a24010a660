"""A face as layers of coloured shapes on an outline, and its SVG in millimetres."""

from dataclasses import dataclass

from shapely.geometry.base import BaseGeometry

from textures.signs.shapes import inset, polygons


@dataclass(frozen=True)
class Layer:
    """A filled shape: millimetres from the sign's centre, y down."""

    shape: BaseGeometry
    colour: str


@dataclass(frozen=True)
class Drawing:
    """The outline of the plate, the colour of its edge, and what is painted on it from bottom to top.

    Layers stay inside the outline, so outside it the face can be continued with the edge colour.
    """

    outline: BaseGeometry
    edge_colour: str
    layers: tuple[Layer, ...]

    @property
    def size_mm(self) -> tuple[float, float]:
        """Overall width and height of the plate."""
        left, top, right, bottom = self.outline.bounds
        return right - left, bottom - top


def plate(outline: BaseGeometry, *bands: tuple[str, float], layers: tuple[Layer, ...] = ()) -> Drawing:
    """A plate painted in nested bands (colour, inset of the band's outer rim in mm), then the layers."""
    (edge_colour, _), *inner = bands
    painted = tuple(Layer(inset(outline, inset_mm), colour) for colour, inset_mm in inner)
    return Drawing(outline, edge_colour, painted + layers)


def path_data(shape: BaseGeometry) -> str:
    """The SVG path of a shape, to 0.01 mm; fill it with the even-odd rule."""
    rings = [ring for part in polygons(shape) for ring in (part.exterior, *part.interiors)]
    return "".join("M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in ring.coords[:-1]) + "Z" for ring in rings)


def document(drawing: Drawing, canvas_mm: tuple[float, float], *, bleed: bool = False) -> str:
    """The SVG document of a face on a canvas of the given size, the sign in its centre.

    With `bleed` the edge colour fills the canvas; without, the canvas is clear outside the outline.
    """
    width_mm, height_mm = canvas_mm
    base = f'<path d="{path_data(drawing.outline)}" fill="{drawing.edge_colour}"/>'
    if bleed:
        base = (
            f'<rect x="{-width_mm / 2:.4f}" y="{-height_mm / 2:.4f}"'
            f' width="{width_mm:.4f}" height="{height_mm:.4f}" fill="{drawing.edge_colour}"/>'
        )
    painted = "".join(
        f'<path d="{path_data(layer.shape)}" fill="{layer.colour}" fill-rule="evenodd"/>'
        for layer in drawing.layers
    )
    return wrap(base + painted, canvas_mm)


def silhouette(drawing: Drawing, canvas_mm: tuple[float, float]) -> str:
    """The SVG document of the outline alone, filled black."""
    return wrap(f'<path d="{path_data(drawing.outline)}" fill="#000000"/>', canvas_mm)


def wrap(content: str, canvas_mm: tuple[float, float]) -> str:
    """An SVG document in mm around content whose origin is the centre of the canvas."""
    width_mm, height_mm = canvas_mm
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width_mm:.4f}mm" height="{height_mm:.4f}mm"'
        f' viewBox="{-width_mm / 2:.4f} {-height_mm / 2:.4f} {width_mm:.4f} {height_mm:.4f}"'
        f' preserveAspectRatio="none">{content}</svg>'
    )
