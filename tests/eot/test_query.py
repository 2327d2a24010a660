import pytest
import torch
from torch import Tensor, nn

from eot.loop import descend
from eot.objectives import Evade, Targeted, margin
from eot.recipes import pgd, square
from eot.recipes.square import HALVINGS, share_of
from eot.search.each import best_of_each
from eot.search.found import Found
from eot.search.restarts import starts
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


def search(rows: Tensor, eps: float = 0.12, queries: int = 150, seed: int = 0) -> Found:
    draws = starts(seed, "square", rows.tolist())
    goal = Evade(label()[rows], margin)
    return best_of_each(square(IMAGES[rows], blind(), goal, eps=eps, queries=queries, generators=draws))


def test_it_fools_a_victim_that_has_no_gradient_and_stays_in_the_ball() -> None:
    found = search(torch.arange(6))
    image = found.image
    assert int(found.success.sum()) >= 3
    assert torch.equal(linear()(image).argmax(1) != label(), found.success)
    assert float(Linf().measure(image - IMAGES).max()) <= 0.12 + 1e-6
    assert float(image.min()) >= 0 and float(image.max()) <= 1


def test_no_example_is_asked_about_more_often_than_allowed_nor_once_it_is_fooled() -> None:
    victim, seen = blind(), []
    victim.register_forward_hook(lambda *call: seen.append(len(call[1][0])))
    draws = starts(0, "square", range(6))
    found = best_of_each(
        square(IMAGES, victim, Evade(label(), margin), eps=0.15, queries=60, generators=draws)
    )
    fooled = int(found.success.sum())
    assert 0 < fooled < 6, "the test needs both outcomes"
    assert len(seen) == 60 and seen[0] == 6 and seen[-1] == 6 - fooled
    assert seen == sorted(seen, reverse=True)


def test_the_search_starts_at_stripes_and_what_is_kept_never_gets_worse() -> None:
    goal, draws = Evade(label(), margin), starts(0, "square", range(6))
    attack = square(IMAGES, blind(), goal, eps=0.01, queries=40, generators=draws)
    kept = torch.full((6,), torch.inf)
    parts = (attack.texture, attack.problem, attack.optimiser, attack.train)
    for step in descend(*parts, range(attack.steps), slope=attack.slope):
        change = (step.image - IMAGES).sign()
        if step.index == 0:
            assert torch.equal(change, change[:, :, :1].expand_as(change))
        with torch.no_grad():
            before, kept = kept, goal(blind()(attack.texture().detach())[:, None]).loss[:, 0]
        assert bool((kept <= before).all())
        assert torch.equal(kept, torch.minimum(before, step.outcome.loss[:, 0]))


def test_a_batch_equals_its_singles() -> None:
    whole = search(torch.arange(6))
    for row in (0, 2, 5):
        single = search(torch.tensor([row]))
        assert torch.equal(single.image[0], whole.image[row])
        assert bool(single.success) == bool(whole.success[row])


def test_it_follows_the_loss_of_a_target_too() -> None:
    goal = Targeted(2, distance=margin)
    draws = starts(0, "square", range(6))
    found = best_of_each(square(IMAGES, linear(), goal, eps=0.1, queries=200, generators=draws))
    before = goal(linear()(IMAGES)[:, None]).loss[:, 0]
    assert bool((found.cost < before)[~found.success].all()) and bool(found.success.any())


def test_gradients_do_better_where_there_are_any() -> None:
    white = best_of_each(pgd(IMAGES, linear(), Evade(label(), margin), eps=0.03, rate=0.01, steps=10))
    black = search(torch.arange(6), eps=0.03)
    assert bool((white.success | ~black.success).all())


def test_the_squares_shrink_as_in_the_paper() -> None:
    assert share_of(0, 10_000, 0.3) == share_of(10, 10_000, 0.3) == 0.3
    assert share_of(11, 10_000, 0.3) == 0.15
    assert share_of(999, 1000, 0.3) == pytest.approx(0.3 / 2 ** len(HALVINGS))


def test_transfer_judges_images_wherever_they_come_from() -> None:
    other = linear(seed=1)
    made = best_of_each(pgd(IMAGES, other, Evade(label()), eps=0.1, rate=0.02, steps=5)).image
    found = judged(made, linear(), Evade(label()))
    assert torch.equal(found.success, linear()(made).argmax(1) != label()) and torch.equal(found.image, made)
