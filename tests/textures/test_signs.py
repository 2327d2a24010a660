"""The sign catalogue: true sizes, pictures that do not depend on who asks, classes that can be told apart."""

import io
import re
import xml.etree.ElementTree as ElementTree
from itertools import combinations

import numpy as np
import pytest
import shapely
import torch
from PIL import Image

from renders.errors import InputError
from textures.signs import catalogue, face, find_sign, lettering, png, svg, width_px_at
from textures.signs.catalogue import drawing
from textures.signs.shapes import polygons

IDS = tuple(catalogue())
# Overall width and height in mm, from the standards the drawings follow.
SIZES = {
    "mutcd-r1-1-stop": (750, 750),
    "mutcd-r1-2-yield": (900, None),
    "mutcd-r2-1-speed-limit-45": (600, 750),
    "mutcd-r3-1-no-right-turn": (600, 600),
    "mutcd-r5-1-do-not-enter": (750, 750),
    "mutcd-r6-1-one-way": (900, 300),
    "mutcd-w10-1-railroad": (900, 900),
    "mutcd-s1-1-school": (900, None),
    "vienna-c14-speed-limit-50": (600, 600),
    "vienna-c1-no-entry": (600, 600),
    "vienna-a14-cyclists": (900, None),
    "vienna-d3-roundabout": (600, 600),
}


def grey(sign: str, px: int) -> torch.Tensor:
    """The face on grey ground, as a square."""
    drawn = face(sign, px, square=True)
    return drawn.srgb * drawn.coverage + 0.5 * (1 - drawn.coverage)


def test_there_are_at_least_forty_classes_of_both_conventions() -> None:
    kinds = [spec.convention for spec in catalogue().values()]
    assert len(IDS) >= 40 and kinds.count("mutcd") >= 20 and kinds.count("vienna") >= 20
    assert list(catalogue()) == list(IDS)


@pytest.mark.parametrize("sign", SIZES)
def test_signs_have_their_true_size(sign: str) -> None:
    spec, (width, height) = find_sign(sign), SIZES[sign]
    assert spec.width_mm == pytest.approx(width, abs=0.5)
    if height is not None:
        assert spec.height_mm == pytest.approx(height, abs=0.5)


def test_a_diamond_has_its_side_and_a_triangle_three_equal_ones() -> None:
    # The corners of a diamond of 750 mm are rounded: each takes r (sqrt 2 - 1) off the diagonal.
    assert find_sign("mutcd-w1-1-turn").width_mm == pytest.approx(
        750 * 2**0.5 - 2 * 48 * (2**0.5 - 1), abs=0.5
    )
    outline = drawing("vienna-a14-cyclists").outline
    turned = shapely.affinity.rotate(outline, 120, origin=outline.centroid)
    assert outline.symmetric_difference(turned).area < 1e-3 * outline.area


@pytest.mark.parametrize("sign", IDS)
def test_paint_stays_on_the_plate(sign: str) -> None:
    art = drawing(sign)
    assert art.outline.is_valid and art.outline.geom_type == "Polygon"
    centre = [(a + b) / 2 for a, b in zip(art.outline.bounds[:2], art.outline.bounds[2:], strict=True)]
    assert centre == pytest.approx([0, 0], abs=0.5)
    for layer in art.layers:
        assert polygons(layer.shape) and layer.shape.difference(art.outline).area < 1e-6


@pytest.mark.parametrize("sign", IDS)
def test_the_coverage_of_the_picture_is_the_area_of_the_plate(sign: str) -> None:
    spec, drawn = find_sign(sign), face(sign, 120)
    share = drawing(sign).outline.area / (spec.width_mm * spec.height_mm)
    assert drawn.coverage.double().mean().item() == pytest.approx(share, abs=0.006)
    assert drawn.srgb.shape[1:] == drawn.coverage.shape[1:]
    assert drawn.srgb.min() >= 0 and drawn.srgb.max() <= 1


def test_no_two_faces_look_alike() -> None:
    """At 48 px the nearest two differ by more than noise: 1.5 % of full scale over the whole square."""
    faces = torch.stack([grey(sign, 48) for sign in IDS])
    rms = {
        (a, b): (faces[IDS.index(a)] - faces[IDS.index(b)]).square().mean().sqrt().item()
        for a, b in combinations(IDS, 2)
    }
    closest = min(rms, key=lambda pair: rms[pair])
    assert rms[closest] > 0.015, closest


@pytest.mark.parametrize("sign", ["mutcd-r1-1-stop", "vienna-c14-speed-limit-120", "mutcd-r6-1-one-way"])
def test_a_picture_is_the_same_bytes_each_time_at_any_dpi(sign: str) -> None:
    for dpi in (3, 7.5, 20):
        assert png(sign, dpi) == png(sign, dpi)
        width_px = width_px_at(sign, dpi)
        first, second = face(sign, width_px), face(sign, width_px)
        assert torch.equal(first.srgb, second.srgb) and torch.equal(first.coverage, second.coverage)
        assert first.srgb.data_ptr() != second.srgb.data_ptr()


@pytest.mark.parametrize("sign", ["mutcd-r1-2-yield", "vienna-a13-children"])
def test_pictures_of_two_sizes_show_the_same(sign: str) -> None:
    large, small = grey(sign, 384), grey(sign, 96)
    shrunk = torch.nn.functional.avg_pool2d(large[None], 4)[0]
    assert (shrunk - small).abs().mean() < 0.004


def test_a_png_knows_its_true_size() -> None:
    image = Image.open(io.BytesIO(png("mutcd-r6-1-one-way", 50)))
    assert image.mode == "RGBA"
    mm = [side / dpi * 25.4 for side, dpi in zip(image.size, image.info["dpi"], strict=True)]
    assert mm == pytest.approx([900, 300], abs=0.5)
    alpha = np.asarray(image)[..., 3]
    assert alpha[0, 0] == 0 and alpha[alpha.shape[0] // 2, 100] == 255


@pytest.mark.parametrize("sign", ["mutcd-r1-1-stop", "vienna-a9-slippery", "mutcd-r2-1-speed-limit-35"])
def test_the_svg_measures_in_mm(sign: str) -> None:
    spec, root = find_sign(sign), ElementTree.fromstring(svg(sign))
    size = [float(root.attrib[key].removesuffix("mm")) for key in ("width", "height")]
    view = [float(word) for word in root.attrib["viewBox"].split()]
    assert size == pytest.approx([spec.width_mm, spec.height_mm], abs=0.01) and view[2:] == size
    plate = root[0].attrib["d"]
    xy = np.array([[float(word) for word in pair] for pair in re.findall(r"(-?[\d.]+) (-?[\d.]+)", plate)])
    assert np.ptp(xy, 0) == pytest.approx(size, abs=0.05)


def test_beyond_the_plate_the_colour_of_its_edge_goes_on() -> None:
    drawn = face("vienna-c14-speed-limit-50", 100)
    assert drawn.coverage[0, 0, 0] == 0 and torch.equal(drawn.srgb[:, 0, 0], drawn.srgb[:, 50, 3])


def test_numerals_differ_and_keep_their_stroke() -> None:
    shapes = {digit: lettering.text(digit, 100, lettering.D) for digit in "0123456789"}
    for a, b in combinations(shapes, 2):
        assert shapes[a].symmetric_difference(shapes[b]).area > 100, (a, b)
    for shape in shapes.values():
        low, high = shape.bounds[1], shape.bounds[3]
        assert high - low == pytest.approx(100, abs=0.5)
        # The stroke is 16 mm; only where strokes meet there is more.
        assert not shape.buffer(-7.9).is_empty and shape.buffer(-9).area < 0.05 * shape.area


def test_signs_are_found_by_a_part_of_their_name() -> None:
    assert find_sign("roundabout").id == "vienna-d3-roundabout"
    assert find_sign("Speed limit 45").id == "mutcd-r2-1-speed-limit-45"
    with pytest.raises(InputError, match="fits"):
        find_sign("speed limit")
    with pytest.raises(InputError, match="vienna-d3-roundabout"):
        find_sign("vienna-d3-roundabuot")


def test_impossible_sizes_are_refused() -> None:
    for dpi in (0, -1, float("nan"), float("inf")):
        with pytest.raises(InputError, match="dpi above 0"):
            width_px_at("mutcd-r1-1-stop", dpi)
    with pytest.raises(InputError, match="16384"):
        png("mutcd-r1-1-stop", 2000)
    with pytest.raises(InputError, match="16384"):
        face("mutcd-r1-1-stop", 0)
    with pytest.raises(InputError, match="no '@'"):
        lettering.text("@", 100)
