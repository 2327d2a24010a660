from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from eot.attack import Attack
from eot.loop import Step
from eot.objectives import Evade, Objective, Targeted, cross_entropy, logits_ratio, margin
from eot.recipes import SquaredDistance, bim, carlini_wagner, fgsm, noise, pgd, saliency
from eot.search.each import best_of_each, never
from eot.search.found import Best, Found
from eot.search.restarts import restarted, starts
from eot.search.rows import keep, rows_of
from eot.victims.linear import LinearVictim
from eot.victims.victim import Victim, VictimInfo
from tests.eot.parts import grey, linear
from tests.renders.scenes import noise as uniform
from textures.norms import NORMS, Linf, Norm

EPS = {"linf": 0.02, "l2": 0.2, "l1": 1.5}


def labels(victim: Victim, images: Tensor) -> Tensor:
    return victim(images).argmax(1)


def small_net() -> Victim:
    """Two convolutions with fixed weights: an attack on it takes a few steps, not one."""
    net = nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.Tanh(), nn.Conv2d(8, 8, 3), nn.Tanh(), nn.Flatten(), nn.Linear(128, 4)
    )
    for number, parameter in enumerate(net.parameters()):
        with torch.no_grad():
            parameter.copy_((uniform(*parameter.shape, seed=number) - 0.5) * 3 / parameter[0].numel() ** 0.5)
    info = VictimInfo("small", tuple("abcd"), (8, 8), "", "", "")
    return Victim(net.double(), info).double()


IMAGES = grey(12, dtype=torch.float64)


def attack(
    victim: Victim, rows: Tensor, restart: int = 0, norm: Norm | None = None, eps: float = 0.04
) -> Attack:
    objective = Evade(labels(victim, IMAGES)[rows], margin)
    draws = starts(0, f"start {restart}", rows.tolist())
    return pgd(IMAGES[rows], victim, objective, eps=eps, rate=eps / 4, steps=10, norm=norm, generator=draws)


@pytest.mark.parametrize("name", NORMS)
def test_a_batch_equals_its_singles(name: str) -> None:
    victim, norm = small_net(), NORMS[name]
    eps = EPS[name]
    whole = best_of_each(attack(victim, torch.arange(12), norm=norm, eps=eps))
    assert 0 < int(whole.success.sum()) < 12, "the test needs both outcomes"
    for row in range(12):
        single = best_of_each(attack(victim, torch.tensor([row]), norm=norm, eps=eps))
        assert bool(single.success) == bool(whole.success[row])
        assert torch.allclose(single.image[0], whole.image[row], atol=1e-12)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    victim, rows = small_net(), torch.arange(12)
    one, two = (best_of_each(attack(victim, rows)) for _ in range(2))
    assert torch.equal(one.image, two.image) and torch.equal(one.cost, two.cost)
    assert not torch.equal(one.image, best_of_each(attack(victim, rows, restart=1)).image)


def test_what_is_kept_is_the_first_success_or_else_the_lowest_loss() -> None:
    victim, rows = small_net(), torch.arange(12)
    objective = Evade(labels(victim, IMAGES), margin)
    found = best_of_each(attack(victim, rows))
    loss = objective(victim(found.image)[:, None]).loss[:, 0]
    assert torch.allclose(loss, found.cost)
    assert torch.equal(victim(found.image).argmax(1) != objective.label, found.success)
    to_the_end = best_of_each(attack(victim, rows), never)
    assert torch.equal(to_the_end.success, found.success)
    assert bool((to_the_end.cost <= found.cost + 1e-12).all()) and bool((to_the_end.cost < found.cost).any())


def test_who_is_finished_costs_no_further_look() -> None:
    victim, seen = small_net(), []
    victim.register_forward_hook(lambda *call: seen.append(len(call[1][0])))
    parts = attack(victim, torch.arange(12), eps=0.12)
    seen.clear()
    found = best_of_each(parts)
    assert seen[0] == 12 and seen == sorted(seen, reverse=True)
    assert seen[-1] == int((~found.success).sum()) or bool(found.success.all())
    assert sum(seen) < 12 * 10


def test_a_restart_is_made_for_the_survivors_only_and_never_loses_a_success() -> None:
    victim, asked = small_net(), []

    def make(rows: Tensor, restart: int) -> Attack:
        asked.append(rows.tolist())
        return attack(victim, rows, restart)

    one, three = (restarted(make, IMAGES, n) for n in (1, 3))
    assert bool((three.success >= one.success).all())
    assert asked[0] == asked[1] == list(range(12)) and asked[2] == (~one.success).nonzero()[:, 0].tolist()


def test_keeping_rows_goes_on_as_if_the_others_had_never_been_there() -> None:
    victim, c = small_net(), torch.ones(12, dtype=torch.float64)
    objective = Targeted(torch.arange(12) % 4)

    def walk(parts: Attack, steps: int) -> Attack:
        best_of_each(replace(parts, steps=steps), never)
        return parts

    rows = torch.tensor([1, 5, 7])
    some = walk(carlini_wagner(IMAGES, victim, objective, c=c), 5)
    some = walk(keep(some, rows), 5)
    few = carlini_wagner(IMAGES[rows], victim, rows_of(objective, rows), c=c[rows])
    few = walk(walk(few, 5), 5)
    assert torch.allclose(some.texture(), few.texture(), atol=1e-12)


def test_the_rows_of_a_value_are_those_of_its_tensors() -> None:
    penalty = rows_of(SquaredDistance(IMAGES, torch.arange(12.0)), torch.tensor([3, 1]))
    assert penalty.weight.tolist() == [3, 1] and torch.equal(penalty.start, IMAGES[[3, 1]])
    assert rows_of(Evade(7), torch.tensor([0])) == Evade(7)


def test_the_best_prefers_success_then_the_lower_cost() -> None:
    best, image = Best(torch.zeros(2, 1, 1, 1)), torch.ones(2, 1, 1, 1)

    def offer(level: float, success: tuple[bool, bool], cost: tuple[float, float]) -> None:
        best.offer(torch.arange(2), Found(level * image, torch.tensor(success), torch.tensor(cost)))

    offer(0.1, (False, True), (1.0, 5.0))
    offer(0.2, (True, False), (9.0, 0.0))
    offer(0.3, (True, True), (9.0, 4.0))
    assert best.found().image.flatten().tolist() == pytest.approx([0.2, 0.3])
    assert best.found().cost.tolist() == [9.0, 4.0]


@pytest.mark.parametrize("name", NORMS)
@pytest.mark.parametrize("distance", [cross_entropy, margin, logits_ratio])
def test_fgsm_on_two_linear_classes_gains_eps_times_the_dual_norm(name: str, distance) -> None:  # type: ignore[no-untyped-def]
    w = uniform(3, 8, 8, dtype=torch.float64) - 0.5
    victim, image = LinearVictim(torch.stack([-w / 2, w / 2])), grey(dtype=torch.float64)
    dual = {"linf": w.abs().sum(), "l2": w.norm(), "l1": w.abs().max()}[name]
    # Small enough that no texel meets black or white, where the closed form would end.
    eps = {"linf": 0.02, "l2": 0.2, "l1": 0.2}[name]
    for objective in (Targeted(1, distance=distance), Evade(0, distance)):
        found = best_of_each(fgsm(image, victim, objective, eps=eps, norm=NORMS[name]), never)
        gain = (victim(found.image) - victim(image)) @ torch.tensor([-1.0, 1.0], dtype=torch.float64)
        # DLR of two classes is constant once its sign is: it has no slope to follow.
        if distance is not logits_ratio:
            assert torch.allclose(gain, eps * dual, rtol=1e-9, atol=0)


@pytest.mark.parametrize("name", NORMS)
def test_pgd_from_a_random_start_ends_at_the_same_closed_form(name: str) -> None:
    w = uniform(3, 8, 8, dtype=torch.float64) - 0.5
    victim, image = LinearVictim(torch.stack([-w / 2, w / 2])), grey(dtype=torch.float64)
    dual = {"linf": w.abs().sum(), "l2": w.norm(), "l1": w.abs().max()}[name]
    eps = {"linf": 0.02, "l2": 0.2, "l1": 0.2}[name]
    parts = pgd(
        image,
        victim,
        Targeted(1),
        eps=eps,
        rate=eps / 4,
        steps=60,
        norm=NORMS[name],
        generator=starts(0, "s", [0]),
    )
    gain = (victim(best_of_each(parts, never).image) - victim(image)) @ torch.tensor(
        [-1.0, 1.0], dtype=torch.float64
    )
    # l-inf ends on the corner itself; l2 and l1 approach their point step by step.
    assert float(gain / (eps * dual)) == pytest.approx(1, rel=1e-9 if name == "linf" else 0.01)


def test_l1_passes_over_texels_that_have_no_room_left() -> None:
    w = torch.zeros(2, 3, 2, 2)
    w[1, 0, 0] = torch.tensor([3.0, 2.0])
    image = torch.full((1, 3, 2, 2), 0.9)
    parts = pgd(image, LinearVictim(w), Targeted(1), eps=0.2, rate=0.1, steps=4, norm=NORMS["l1"])
    change = best_of_each(parts, never).image - image
    assert change[0, 0, 0].tolist() == pytest.approx([0.1, 0.1], abs=1e-6)


def test_the_noise_control_uses_all_of_eps_and_looks_once() -> None:
    victim, seen = linear(), []
    victim.register_forward_hook(lambda *call: seen.append(len(call[1][0])))
    draws = starts(0, "noise", range(4))
    found = best_of_each(noise(grey(4), victim, Evade(0), eps=0.05, generator=draws))
    assert seen == [4]
    assert torch.allclose((found.image - grey(4)).abs(), torch.full_like(found.image, 0.05), atol=1e-6)


def test_bim_starts_at_the_image_and_reaches_the_ball() -> None:
    parts = bim(grey(2), linear(), Targeted(1, distance=margin), eps=0.05, steps=10)
    assert torch.equal(parts.texture().detach(), grey(2))
    change = best_of_each(parts, never).image - grey(2)
    assert float(Linf().measure(change).min()) == pytest.approx(0.05, rel=1e-4)


class Flaky(nn.Module):
    """Answers with noise from a generator of its own, so strong that a single slope says little."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net, self.generator = net, torch.Generator().manual_seed(0)

    def forward(self, images: Tensor) -> Tensor:
        flips = torch.randn(images.shape, generator=self.generator, dtype=images.dtype)
        return self.net(images) + (images * 12 * flips).flatten(1)[:, :3]


def test_more_looks_at_a_random_victim_give_a_stronger_attack() -> None:
    image, plain = grey(8), linear()
    objective: Objective = Evade(labels(plain, image), margin)

    def drop(looks: int) -> float:
        victim = Victim(Flaky(plain.module), plain.info)
        parts = pgd(image, victim, objective, eps=0.1, rate=0.1, steps=1, looks=looks, norm=NORMS["l2"])
        end = best_of_each(replace(parts, select=parts.train), never).image
        return float(
            objective(plain(end)[:, None]).loss.mean() - objective(plain(image)[:, None]).loss.mean()
        )

    assert drop(64) < drop(1)


def test_saliency_moves_few_pixels_all_the_way() -> None:
    # One pixel decides: it has to go to white, and nothing else is touched before.
    w = torch.zeros(2, 3, 8, 8)
    w[1, :, 2, 3], w[1, :, 5, 5] = 2.0, -1.0
    image = torch.full((1, 3, 8, 8), 0.5)
    found = best_of_each(saliency(image, LinearVictim(w), Targeted(1), share=2 / 64, pixels=2), never)
    change = (found.image - image)[0].abs().amax(0)
    assert (change > 0).nonzero().tolist() == [[2, 3], [5, 5]]
    assert found.image[0, 0, 2, 3] == 1 and found.image[0, 0, 5, 5] == 0


def test_finished_may_be_anything_a_step_shows() -> None:
    victim = small_net()

    def after_three(step: Step, rows: Tensor) -> Tensor:
        return torch.full((len(rows),), step.index == 2)

    seen: list[int] = []
    victim.register_forward_hook(lambda *call: seen.append(len(call[1][0])))
    best_of_each(attack(victim, torch.arange(12)), after_three)
    assert seen[1:] == [12] * 3, "the first look is that of the labels"
