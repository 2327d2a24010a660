from dataclasses import replace

import pytest
import torch

from eot.attack import Attack, judge, run
from eot.objectives import Evade, Targeted, margin
from eot.recipes import expectation_over_transformation, fgsm, pgd
from eot.streams import Stream
from eot.victims.linear import LinearVictim
from tests.eot.parts import POSES, grey, in_the_world, linear
from tests.renders.scenes import noise
from textures.norms import L1, L2, NORMS
from textures.parameters import Pixels

EPS = 0.03125  # a power of two, so that nothing is lost to rounding


def final(attack: Attack) -> torch.Tensor:
    for _ in run(attack):
        pass
    return attack.texture().detach()


def test_fgsm_on_a_linear_victim_gains_exactly_eps_times_the_l1_norm() -> None:
    # Two classes whose margin is <w, x>; targeted at the second, cross-entropy falls along sign(w).
    w = noise(3, 8, 8, dtype=torch.float64) - 0.5
    victim = LinearVictim(torch.stack([-w / 2, w / 2]))
    image = grey(dtype=torch.float64)
    attacked = final(fgsm(image, victim, Targeted(1), eps=EPS))

    def logit_margin(x: torch.Tensor) -> torch.Tensor:
        logits = victim(x)
        return logits[:, 1] - logits[:, 0]

    gain = logit_margin(attacked) - logit_margin(image)
    assert torch.allclose(gain, EPS * w.abs().sum(), rtol=1e-12, atol=0)
    assert torch.allclose((attacked - image).abs(), torch.full_like(image, EPS), atol=1e-15)


def test_fgsm_evades_in_the_opposite_direction() -> None:
    w = noise(3, 8, 8, dtype=torch.float64) - 0.5
    victim, image = LinearVictim(torch.stack([-w / 2, w / 2])), grey(dtype=torch.float64)
    toward = final(fgsm(image, victim, Targeted(1), eps=EPS)) - image
    away = final(fgsm(image, victim, Evade(1), eps=EPS)) - image
    assert torch.allclose(toward, -away)


def test_fgsm_is_pgd_of_one_step() -> None:
    victim = linear()
    one = final(fgsm(grey(2), victim, Evade(0), eps=EPS))
    assert torch.equal(one, final(pgd(grey(2), victim, Evade(0), eps=EPS, rate=EPS, steps=1)))


@pytest.mark.parametrize("name", NORMS)
def test_pgd_stays_in_its_ball_and_lowers_the_loss(name: str) -> None:
    norm, victim, image = NORMS[name], linear(), grey(3)
    eps = {"linf": 0.02, "l2": 0.3, "l1": 2.0}[name]
    objective = Targeted(1, distance=margin)
    attacked = final(pgd(image, victim, objective, eps=eps, rate=eps / 4, steps=10, norm=norm))
    assert bool((norm.measure(attacked - image) <= eps * (1 + 1e-5)).all())
    assert float(attacked.min()) >= 0 and float(attacked.max()) <= 1
    before, after = (objective(victim(x)[:, None]).loss for x in (image, attacked))
    assert bool((after < before).all())


def test_pgd_reaches_the_optimum_of_a_linear_victim_in_l2() -> None:
    victim, image = linear(), grey()
    objective = Targeted(1, distance=margin)
    attacked = final(pgd(image, victim, objective, eps=0.1, rate=0.1, steps=1, norm=L2()))
    weight = victim.module.weight
    rival = int(victim(image)[0].masked_fill(torch.tensor([False, True, False]), -torch.inf).argmax())
    direction = weight[1] - weight[rival]
    expected = image + 0.1 * direction / direction.norm()
    assert torch.allclose(attacked, expected, atol=1e-6)


def test_a_random_start_comes_from_the_generator_alone() -> None:
    def start(seed: int) -> torch.Tensor:
        generator = torch.Generator().manual_seed(seed)
        parts = pgd(grey(), linear(), Evade(0), eps=0.1, rate=0.1, steps=1, norm=L1(), generator=generator)
        return parts.texture().detach()

    assert torch.equal(start(1), start(1))
    assert not torch.equal(start(1), start(2))
    assert not torch.equal(start(1), grey())


def test_the_same_loop_runs_a_patch_under_a_distribution_of_views() -> None:
    world = in_the_world()
    texture = Pixels(grey())
    parts = expectation_over_transformation(
        texture, world.scene, world.victims, Targeted(2), POSES, seed=1, views=4, rate=0.1, steps=8
    )
    assert parts.train.name != parts.select.name
    few = replace(parts, select=Stream(POSES, 1, "select", 8))
    before = judge(few, grey(), 0)
    *_, last = run(few)
    assert last.best.loss < before.loss
