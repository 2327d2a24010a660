import pytest
import torch
from torch import Tensor, nn

from eot.objectives import Evade, Targeted, margin
from eot.recipes import pgd
from eot.search.each import best_of_each
from eot.search.restarts import starts
from eot.search.square import HALVINGS, share_of, square
from eot.search.transfer import judged
from eot.victims.victim import Victim
from tests.eot.parts import grey, linear
from textures.norms import Linf

IMAGES = grey(6)


class Rounded(nn.Module):
    """Has no gradient at all: its scores are those of the linear victim, rounded, outside of autograd."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, images: Tensor) -> Tensor:
        assert not images.requires_grad and not torch.is_grad_enabled()
        return self.net(images).detach().mul(64).round() / 64


def blind() -> Victim:
    plain = linear()
    return Victim(Rounded(plain.module), plain.info)


def label() -> Tensor:
    return linear()(IMAGES).argmax(1)


def search(rows: Tensor, eps: float = 0.12, queries: int = 150, seed: int = 0):  # type: ignore[no-untyped-def]
    draws = starts(seed, "square", rows.tolist())
    goal = Evade(label()[rows], margin)
    return square(IMAGES[rows], blind(), goal, eps=eps, queries=queries, generators=draws)


def test_it_fools_a_victim_that_has_no_gradient_and_stays_in_the_ball() -> None:
    result = search(torch.arange(6))
    image = result.found.image
    assert int(result.found.success.sum()) >= 3
    assert torch.equal(linear()(image).argmax(1) != label(), result.found.success)
    assert float(Linf().measure(image - IMAGES).max()) <= 0.12 + 1e-6
    assert float(image.min()) >= 0 and float(image.max()) <= 1


def test_every_query_is_counted_and_who_is_fooled_is_asked_no_more() -> None:
    victim, seen = blind(), []
    victim.register_forward_hook(lambda *call: seen.append(len(call[1][0])))
    draws = starts(0, "square", range(6))
    result = square(IMAGES, victim, Evade(label(), margin), eps=0.2, queries=60, generators=draws)
    assert sum(seen) == int(result.queries.sum())
    assert bool((result.queries[~result.found.success] == 60).all())
    assert bool((result.queries[result.found.success] < 60).any())


def test_a_batch_equals_its_singles() -> None:
    whole = search(torch.arange(6))
    for row in range(6):
        single = search(torch.tensor([row]))
        assert torch.equal(single.found.image[0], whole.found.image[row])
        assert int(single.queries) == int(whole.queries[row])


def test_it_follows_the_loss_of_a_target_too() -> None:
    goal = Targeted(2, distance=margin)
    draws = starts(0, "square", range(6))
    found = square(IMAGES, linear(), goal, eps=0.1, queries=200, generators=draws).found
    before = goal(linear()(IMAGES)[:, None]).loss[:, 0]
    assert bool((found.cost < before)[~found.success].all()) and bool(found.success.any())


def test_gradients_do_better_where_there_are_any() -> None:
    white = best_of_each(pgd(IMAGES, linear(), Evade(label(), margin), eps=0.03, rate=0.01, steps=10))
    black = search(torch.arange(6), eps=0.03)
    assert bool((white.success | ~black.found.success).all())


def test_the_squares_shrink_as_in_the_paper() -> None:
    assert share_of(0, 10_000, 0.3) == share_of(10, 10_000, 0.3) == 0.3
    assert share_of(11, 10_000, 0.3) == 0.15
    assert share_of(999, 1000, 0.3) == pytest.approx(0.3 / 2 ** len(HALVINGS))


def test_transfer_judges_images_wherever_they_come_from() -> None:
    other = linear(seed=1)
    made = best_of_each(pgd(IMAGES, other, Evade(label()), eps=0.1, rate=0.02, steps=5)).image
    found = judged(made, linear(), Evade(label()))
    assert torch.equal(found.success, linear()(made).argmax(1) != label()) and torch.equal(found.image, made)
