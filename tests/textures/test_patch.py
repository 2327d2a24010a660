import pytest
import torch

from eot.objectives import Targeted, margin
from eot.recipes.patch import patch_on_each
from eot.search.each import best_of_each
from eot.search.restarts import starts
from tests.eot.parts import grey, linear
from textures.parameters.patch import Patch, squares

MASKS = squares(starts(0, "place", range(4)), (8, 8), 0.25)


def test_the_squares_have_the_area_that_was_asked_and_lie_inside() -> None:
    assert MASKS.flatten(1).sum(1).tolist() == [16.0] * 4
    for mask in MASKS:
        rows, columns = mask[0].any(1).nonzero(), mask[0].any(0).nonzero()
        assert int(rows.max() - rows.min()) == int(columns.max() - columns.min()) == 3
    assert not torch.equal(MASKS[0], MASKS[1])
    assert squares(starts(0, "place", [2]), (8, 8), 0.25)[0].equal(MASKS[2]), "no place depends on the batch"


@pytest.mark.parametrize("area", [1e-6, 1.0])
def test_the_smallest_and_the_largest_square_are_a_texel_and_the_image(area: float) -> None:
    (mask,) = squares(starts(0, "place", [0]), (6, 9), area)
    assert float(mask.sum()) == (1 if area < 0.5 else 36)


def test_texels_outside_never_move_and_projecting_twice_is_projecting_once() -> None:
    texture = Patch(grey(4), MASKS)
    with torch.no_grad():
        texture.texels.add_(torch.linspace(-2, 2, 8))
    texture.project_()
    once = texture().detach().clone()
    texture.project_()
    assert torch.equal(texture().detach(), once)
    outside = MASKS.expand(-1, 3, -1, -1) == 0
    # Where nothing may change, start + 0 is the start to the last bit.
    assert torch.equal(once[outside], grey(4)[outside])
    assert float(once.min()) == 0 and float(once.max()) == 1


def test_controls_differ_from_the_image_inside_only() -> None:
    texture, inside = Patch(grey(4), MASKS), MASKS.expand(-1, 3, -1, -1) == 1
    noise, blank = texture.noise(torch.Generator().manual_seed(0)), texture.blank()
    assert torch.equal(noise[~inside], grey(4)[~inside]) and torch.equal(texture.clean(), grey(4))
    assert bool((blank[inside] == 0.5).all()) and float((noise - grey(4))[inside].abs().min()) > 0


def test_a_patch_for_each_image_fools_more_than_the_noise_it_starts_from() -> None:
    victim, images = linear(), grey(4)
    goal = Targeted((victim(images).argmax(1) + 1) % 3, distance=margin)

    def loss(steps: int) -> torch.Tensor:
        draws = starts(0, "patch", range(4))
        attack = patch_on_each(images, victim, goal, free=MASKS, generators=draws, steps=steps)
        return best_of_each(attack).cost

    assert bool((loss(20) < loss(0)).all())
