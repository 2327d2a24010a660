"""Articles on things in photographs: where they are, how large, and that the rest is the photo."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from renders.conditions import Condition, still
from renders.relight import Relight
from renders.surfaces.flat import Flat
from renders.surfaces.marked import Marked, Things
from renders.surfaces.objects import GREY, Objects
from tests.renders.scenes import noise

# A thing 60 px tall in a photo of 100 x 80 px, taken for 1.5 m: 40 px per metre.
BOX = [30.0, 10, 60, 70]
PX_PER_M = 40


def scene(*boxes: list[float], side_m: float = 0.5, output_px: int = 100, photos: int = 1) -> Objects:
    marked = [
        Marked(0.2 + 0.3 * noise(3, 80, 100, seed=i), torch.tensor(boxes or [BOX]), Relight.neutral())
        for i in range(photos)
    ]
    return Objects(tuple(marked), Flat(side_m, side_m), 1.5, (0.5, 0.5), (output_px, output_px))


def seen(**fields: float) -> Condition:
    return replace(still(1), **{name: torch.tensor([value]) for name, value in fields.items()})


WHITE, NOTHING = torch.ones(1, 3, 8, 8), torch.zeros(1, 4, 8, 8)


def test_without_an_article_the_view_is_the_photo_in_the_middle_of_a_grey_square() -> None:
    world = scene()
    view = world(NOTHING, seen())[0, 0]
    assert torch.allclose(view[:, 10:90], world.photos[0].srgb, atol=1e-5)
    assert bool((view[:, :10] == GREY).all()) and bool((view[:, 90:] == GREY).all())


def test_the_article_has_its_true_size_in_the_middle_of_the_thing() -> None:
    places = scene().places(seen())
    middle, side_px = torch.tensor([45.0, 40 + 10]), 0.5 * PX_PER_M
    wanted = torch.cat([middle - side_px / 2, middle + side_px / 2])
    assert torch.allclose(places.articles[0, 0], wanted, atol=1e-3)
    assert torch.allclose(places.objects[0, 0], torch.tensor([30.0, 20, 60, 80]), atol=1e-3)


def test_the_article_is_painted_where_places_says() -> None:
    world = scene(BOX, [70.0, 30, 90, 60])
    painted = (world(WHITE, seen()) - world(NOTHING, seen())).abs().amax(2)[0, 0] > 0.05
    rows = torch.arange(100)[:, None] + 0.5
    columns = torch.arange(100)[None] + 0.5
    inside = torch.zeros(100, 100, dtype=torch.bool)
    for left, top, right, bottom in world.places(seen()).articles[0].tolist():
        inside |= (rows > top) & (rows < bottom) & (columns > left) & (columns < right)
    assert int((painted ^ inside).sum()) <= 60  # pixels on the edges of two articles of 20 and 10 px
    assert int(painted.sum()) > 400


def test_aim_moves_the_article_by_half_the_thing_and_a_turn_makes_it_narrower() -> None:
    world = scene()
    still_box, moved, turned = (
        world.places(seen(**fields)).articles[0, 0] for fields in ({}, {"aim_x": 1.0}, {"yaw_deg": 60.0})
    )
    assert torch.allclose(moved - still_box, torch.tensor([15.0, 0, 15, 0]), atol=1e-3)
    # cos 60 is a half; 0.13 m beside the axis and 3.2 m away, perspective adds 7 %.
    assert float(turned[2] - turned[0]) == pytest.approx(0.5 * float(still_box[2] - still_box[0]), rel=0.08)


def test_zoom_shows_a_part_of_the_photo_and_things_outside_it_are_absent() -> None:
    world = scene(output_px=50)
    left = world.places(seen(background_zoom=2.0, background_x=0.4, background_y=0.0))
    right = world.places(seen(background_zoom=2.0, background_x=1.0, background_y=1.0))
    assert left.present.tolist() == [[True]] and right.present.tolist() == [[False]]
    assert torch.allclose(left.objects[0, 0], torch.tensor([10.0, 10, 40, 50]), atol=1e-3)


def test_views_of_several_photos_come_in_the_order_of_the_condition() -> None:
    world = scene(photos=3)
    order = torch.tensor([2, 0, 1, 2])
    views = world(NOTHING, replace(still(4), background=order))[0]
    for view, index in zip(views, order.tolist(), strict=True):
        assert torch.allclose(view[:, 10:90], world.photos[index].srgb, atol=1e-5)


def test_the_gradient_reaches_the_article_through_light_and_sensor() -> None:
    leaf = noise(1, 3, 8, 8, seed=3).requires_grad_()
    world = scene()
    lit = replace(world.photos[0], relight=Relight((0.8, 0.7, 0.6), (0.05, 0.05, 0.05), 0.7))
    (slope,) = torch.autograd.grad(replace(world, photos=(lit,))(leaf, seen(defocus_px=0.5)).sum(), leaf)
    assert bool((slope.abs().amax(1) > 0).all())


def test_photos_with_fewer_things_are_as_they_are_alone() -> None:
    world = scene(photos=2)
    crowded = replace(world.photos[1], objects_px=torch.tensor([BOX, [70.0, 30, 90, 60]]))
    both = replace(world, photos=(world.photos[0], crowded))
    texture = noise(1, 3, 8, 8, seed=4)
    order = replace(still(3), background=torch.tensor([0, 1, 0]), yaw_deg=torch.tensor([0.0, 20.0, 40.0]))
    views, places = both(texture, order), both.places(order)
    for row, photo in enumerate((world.photos[0], crowded, world.photos[0])):
        alone, one = replace(world, photos=(photo,)), order[torch.tensor([row])]
        assert torch.allclose(alone(texture, one)[:, 0], views[:, row], atol=1e-5)
        there = alone.places(one)
        n = len(photo.objects_px)
        for name in ("objects", "articles", "present"):
            assert torch.allclose(getattr(places, name)[row, :n].float(), getattr(there, name)[0].float())
            assert not bool(getattr(places, name)[row, n:].any())
    assert places.classes is None


def test_all_things_are_sought_where_they_are_told_and_only_the_marked_carry_articles() -> None:
    world = scene()
    things = Things(torch.tensor([BOX, [70.0, 30, 90, 60], [0.0, 0, 20, 20]]), torch.tensor([4, 0, 7]))
    told = replace(world, photos=(replace(world.photos[0], things=things),))
    places = told.places(seen())
    assert places.classes is not None and places.classes.tolist() == [[4, 0, 7]]
    assert places.present.tolist() == [[True] * 3]
    assert torch.allclose(places.objects[0, 1], torch.tensor([70.0, 40, 90, 70]))
    assert bool(places.articles[0, 0].any()) and not bool(places.articles[0, 1:].any())
    texture = noise(1, 3, 8, 8, seed=4)
    assert torch.equal(told(texture, seen()), world(texture, seen()))


def extent(mask: Tensor) -> list[int]:
    """Left, top, right and bottom of what is True."""
    rows, columns = mask.nonzero().T
    return [int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1]


@pytest.mark.parametrize("k1", [-0.3, -0.1, 0.1])
@pytest.mark.parametrize("box", [[30.0, 10, 60, 70], [0.0, 10, 30, 40], [64.0, 44, 100, 80]])
def test_places_are_where_the_lens_shows_them(box: list[float], k1: float) -> None:
    left, top, right, bottom = (int(side) for side in box)
    photo = torch.full((3, 80, 100), 0.5)
    photo[:, top:bottom, left:right] = torch.tensor([1.0, 0.0, 0.0])[:, None, None]
    marked = Marked(photo, torch.tensor([box]), Relight.neutral())
    world = replace(scene(output_px=200, side_m=0.25), photos=(marked,))
    green = torch.tensor([0.0, 1.0, 0.0])[None, :, None, None].expand(1, 3, 8, 8)
    condition = seen(distortion=k1)
    with_it, without = world(green, condition)[0, 0], world(NOTHING, condition)[0, 0]
    places = world.places(condition)
    # Two pixels to one of the photo: the lookups blur an edge by as many.
    for mask, found in (
        (without[0] - without[1] > 0.5, places.objects[0, 0]),
        (with_it[1] - with_it[0] > 0.5, places.articles[0, 0]),
    ):
        assert torch.allclose(found, torch.tensor(extent(mask)).float(), atol=2.0)


def test_a_thing_that_is_mostly_outside_the_frame_is_absent_whatever_the_lens() -> None:
    for k1 in (-0.3, 0.0, 0.3):
        shifted = seen(background_zoom=2.0, background_x=1.0, background_y=0.5, distortion=k1)
        assert scene().places(shifted).present.tolist() == [[False]]
