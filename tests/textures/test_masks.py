"""Masks: exact areas, shapes that can be cut, outlines in true millimetres."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
import torch
from hypothesis import given as drawn_by
from hypothesis import settings
from hypothesis import strategies as st
from PIL import Image
from scipy import ndimage
from torch import Tensor

from renders.errors import InputError
from textures.masks import area_fraction, from_image, from_svg, given, largest, outlines, rectangles
from textures.svg import svg_pixels

BARS = [(0.2, 0.12, 0.6, 0.13), (0.2, 0.75, 0.6, 0.13)]
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}">{}</svg>'


def plate(boxes: list[tuple[float, float, float, float]], mm: float = 750) -> shapely.Geometry:
    corners = ((x * mm, y * mm, (x + w) * mm, (y + h) * mm) for x, y, w, h in boxes)
    return shapely.union_all([shapely.box(*corner) for corner in corners])


def disc(texels: int, radius: float, finer: int = 8) -> Tensor:
    """A disc in the middle, every texel the share that is covered; radius as a share of the side."""
    along = (torch.arange(texels * finer) + 0.5) / (texels * finer) - 0.5
    inside = (along[:, None] ** 2 + along[None] ** 2 < radius**2).float()
    return torch.nn.functional.avg_pool2d(inside[None], finer)


def bumps(texels: int = 64, seed: int = 0) -> Tensor:
    noise = torch.rand(1, texels, texels, generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.avg_pool2d(noise, 11, 1, 5)


fraction = st.floats(0, 1).map(lambda x: round(x, 3))


@st.composite
def boxes(draw: st.DrawFn) -> tuple[float, float, float, float]:
    width, height = draw(st.floats(0.1, 0.9)), draw(st.floats(0.1, 0.9))
    return draw(fraction) * (1 - width), draw(fraction) * (1 - height), width, height


@drawn_by(st.lists(boxes(), min_size=1, max_size=4), st.integers(5, 40), st.integers(5, 40))
@settings(max_examples=50, deadline=None)
def test_rectangles_cover_the_area_of_their_union(
    some: list[tuple[float, float, float, float]], rows: int, columns: int
) -> None:
    mask = rectangles(some, (rows, columns))
    assert mask.shape == (1, rows, columns) and mask.dtype == torch.float32
    assert area_fraction(mask, torch.ones_like(mask)) == pytest.approx(plate(some, 1).area, abs=1e-6)


def test_rectangles_on_texels_are_exactly_0_and_1() -> None:
    mask = rectangles([(0.1, 0.3, 0.2, 0.6), (0.3, 0.3, 0.4, 0.1)], (10, 10))
    assert set(mask.unique().tolist()) == {0, 1} and mask.sum() == 16


@drawn_by(boxes(), st.integers(30, 80))
@settings(max_examples=50, deadline=None)
def test_the_outline_of_a_rectangle_is_that_rectangle(
    box: tuple[float, float, float, float], texels: int
) -> None:
    outline = outlines(rectangles([box], (texels, texels)), 750, 750)
    assert outline.hausdorff_distance(plate([box])) < 0.01


def test_faces_that_are_not_square_have_outlines_in_true_mm() -> None:
    outline = outlines(rectangles([(0.5, 0.25, 0.5, 0.5)], (20, 50)), 900, 300)
    assert outline.bounds == pytest.approx((450, 75, 900, 225), abs=1e-3)


def test_the_outline_of_a_soft_disc_is_a_circle_to_a_fifth_of_a_texel() -> None:
    outline = outlines(disc(100, 0.3), 100, 100)
    circle = shapely.Point(50, 50).buffer(30, quad_segs=90)
    assert outline.hausdorff_distance(circle) < 0.2
    assert outline.bounds == pytest.approx(circle.bounds, abs=0.04)
    assert outline.area == pytest.approx(circle.area, rel=1e-3)


def test_the_stairs_of_a_hard_disc_are_cut_off_within_a_texel_and_its_size_stays() -> None:
    mask = (disc(100, 0.3) >= 0.5).float()
    outline = outlines(mask, 100, 100)
    circle = shapely.Point(50, 50).buffer(30, quad_segs=90)
    assert outline.hausdorff_distance(circle) < 1
    assert len(outline.geoms[0].exterior.coords) < 40
    assert outline.bounds == pytest.approx((20, 20, 80, 80), abs=0.01)


def test_a_hole_stays_a_hole_and_parts_stay_apart() -> None:
    ring = rectangles([(0.1, 0.1, 0.4, 0.4)], (40, 40)) - rectangles([(0.2, 0.2, 0.2, 0.2)], (40, 40))
    both = outlines(torch.maximum(ring, rectangles([(0.6, 0.6, 0.2, 0.2)], (40, 40))), 40, 40)
    assert sorted(round(p.area, 3) for p in both.geoms) == [64, 16 * 16 - 64]
    assert sum(len(p.interiors) for p in both.geoms) == 1 and both.is_valid


def test_thin_bars_keep_their_width() -> None:
    for shift in (0.0, 0.25, 0.5):
        outline = outlines(rectangles([((4 + shift) / 20, 0.2, 1 / 20, 0.6)], (20, 20)), 20, 20)
        left, _, right, _ = outline.bounds
        assert right - left == pytest.approx(1, abs=0.26)


def test_an_empty_mask_has_no_outline() -> None:
    assert outlines(torch.full((1, 8, 8), 0.3), 10, 10).is_empty


def test_an_image_is_sticker_where_it_is_white(tmp_path: Path) -> None:
    image = Image.new("L", (80, 40), 3)
    image.paste(254, (20, 10, 60, 20))
    image.save(tmp_path / "mask.png")
    exact = rectangles([(0.25, 0.25, 0.5, 0.25)], (20, 40))
    assert torch.equal(from_image(tmp_path / "mask.png", (20, 40)), exact)


def test_an_svg_is_sticker_where_it_is_painted(tmp_path: Path) -> None:
    (tmp_path / "mask.svg").write_text(
        SVG.format(2, 1, '<rect x=".25" y=".25" width="1" height=".5" fill="#fff"/>')
    )
    exact = rectangles([(0.125, 0.25, 0.5, 0.5)], (30, 60))
    assert (from_svg(tmp_path / "mask.svg", (30, 60)) - exact).abs().max() < 0.02


@pytest.mark.parametrize("width", ["50.8mm", "5.08cm", "2in", "144pt", "192"])
def test_an_svg_may_have_lengths_in_any_unit(tmp_path: Path, width: str) -> None:
    """2 inches are 192 px: a canvas of this size, and on it a square of 25.4 mm from the middle on."""
    square = '<rect x="1in" y="2.54cm" width="25.4mm" height="72pt"/>'
    (tmp_path / "mask.svg").write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{width}">{square}</svg>'
    )
    exact = rectangles([(0.5, 0.5, 0.5, 0.5)], (32, 32))
    assert (from_svg(tmp_path / "mask.svg", (32, 32)) - exact).abs().max() < 0.02


def test_an_svg_is_never_drawn_larger_than_memory_allows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pillow would warn of 90 megapixels, and refuse 180; a sheet of 4 m has 229."""
    drawn = []

    def noted(*arguments: Any) -> np.ndarray:
        drawn.append(svg_pixels(*arguments))
        return drawn[-1]

    monkeypatch.setattr(given, "svg_pixels", noted)
    monkeypatch.setattr(given, "MOST_PIXELS", 20_000)
    body = '<rect x=".25" width=".5" height="1"/></svg>'
    for size in ('width="4000mm" height="4000mm"', 'width="4mm" height="4mm"'):
        (tmp_path / "mask.svg").write_text(
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1" {size}>{body}'
        )
        mask = from_svg(tmp_path / "mask.svg", (64, 64))
        assert torch.equal(mask > 0.5, rectangles([(0.25, 0, 0.5, 1)], (64, 64)) > 0.5)
        assert drawn[-1].shape[0] * drawn[-1].shape[1] <= 20_000
    assert max(image.shape[0] * image.shape[1] for image in drawn) <= 1024**2


def test_the_proportions_of_an_svg_of_one_unit_are_not_rounded(tmp_path: Path) -> None:
    (tmp_path / "mask.svg").write_text(SVG.format(1, 0.75, '<rect width=".5" height=".75"/>'))
    exact = rectangles([(0, 0, 0.5, 1)], (48, 64))
    assert (from_svg(tmp_path / "mask.svg", (48, 64)) - exact).abs().max() < 0.02
    with pytest.raises(InputError, match="got 1024 x 768"):
        from_svg(tmp_path / "mask.svg", (64, 64))


@pytest.mark.parametrize(
    ("drawing", "says"),
    [
        (SVG.format(1, 1, ""), "has none"),
        (SVG.format(3, 1, '<rect width="1" height="1"/>'), "proportions"),
        ("<svg", "cannot be drawn"),
        ("", "cannot be drawn"),
    ],
)
def test_an_svg_that_is_no_mask_is_refused_in_one_line(tmp_path: Path, drawing: str, says: str) -> None:
    (tmp_path / "mask.svg").write_text(drawing)
    with pytest.raises(InputError, match=says) as caught:
        from_svg(tmp_path / "mask.svg", (32, 32))
    assert "\n" not in str(caught.value)


def test_an_image_that_is_no_mask_is_refused(tmp_path: Path) -> None:
    Image.new("L", (32, 32), 0).save(tmp_path / "black.png")
    Image.new("L", (64, 32), 255).save(tmp_path / "wide.png")
    for name, says in (("black", "has none"), ("wide", "proportions"), ("missing", "check the path")):
        with pytest.raises(InputError, match=says):
            from_image(tmp_path / f"{name}.png", (32, 32))
    with pytest.raises(InputError, match="found none"):
        from_svg(tmp_path / "missing.svg", (32, 32))


@pytest.mark.parametrize(
    "box", [(0, 0, 0, 1), (0, 0, -1, 1), (0.5, 0, 0.6, 1), (-0.1, 0, 1, 1), (0, 0, 1, float("nan"))]
)
def test_rectangles_outside_the_face_or_without_area_are_refused(
    box: tuple[float, float, float, float],
) -> None:
    with pytest.raises(InputError, match="expected a box"):
        rectangles([box], (8, 8))
    with pytest.raises(InputError, match="got none"):
        rectangles([], (8, 8))


@pytest.mark.parametrize("area", [0.02, 0.1, 0.2, 0.5])
@pytest.mark.parametrize("texels", [32, 96])
def test_the_automatic_mask_uses_its_area_and_not_more(area: float, texels: int) -> None:
    coverage = (disc(texels, 0.48) >= 0.5).float()
    mask = largest(bumps(texels) * coverage, coverage, area)
    assert mask.shape == coverage.shape and set(mask.unique().tolist()) == {0, 1}
    assert 0.7 * area < area_fraction(mask, coverage) <= area
    assert ((mask == 1) <= (coverage == 1)).all()


def test_the_automatic_mask_finds_what_matters() -> None:
    matters = rectangles([(0.2, 0.3, 0.3, 0.2), (0.6, 0.6, 0.2, 0.2)], (96, 96))
    found = largest(matters + 0.1 * bumps(96), torch.ones_like(matters), 0.1)
    assert (found * matters).sum() > 0.93 * matters.sum()


def test_the_automatic_mask_can_be_cut() -> None:
    """No speck, and a disc of a sixteenth of the side fits everywhere."""
    speckled = bumps(96) * (torch.rand(1, 96, 96, generator=torch.Generator().manual_seed(3)) > 0.4)
    mask = largest(speckled, torch.ones(1, 96, 96), 0.15)[0].numpy() > 0
    labels, count = ndimage.label(mask)
    assert 1 <= count <= 6
    assert min(ndimage.sum_labels(mask, labels, range(1, count + 1))) > 0.01 * mask.size * 0.15
    core = ndimage.distance_transform_edt(mask) > 2.5
    assert (ndimage.distance_transform_edt(~core)[mask] <= 4.5).all()


def test_the_automatic_mask_is_the_same_each_time() -> None:
    coverage = torch.ones(1, 48, 48)
    assert torch.equal(largest(bumps(48), coverage, 0.2), largest(bumps(48), coverage, 0.2))


def test_where_nothing_matters_there_is_no_automatic_mask() -> None:
    coverage = torch.ones(1, 16, 16)
    for importance in (torch.zeros(1, 16, 16), torch.full((1, 16, 16), float("nan"))):
        with pytest.raises(InputError, match="importance 0"):
            largest(importance, coverage, 0.2)
    with pytest.raises(InputError, match="area above 0"):
        largest(coverage, coverage, 0.0)
