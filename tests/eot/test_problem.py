from dataclasses import replace

import torch

from eot.objectives import Targeted
from eot.problem import Problem
from eot.streams import Stream
from renders.conditions import still
from renders.surfaces.screen import Screen
from tests.eot.parts import SMOOTH, grey, in_the_world, linear, on_screen
from textures.printer.catalogue import fogra39


def test_the_outcome_is_loss_and_success_of_every_texture_and_view() -> None:
    outcome = in_the_world()(grey(2), SMOOTH.sample(torch.Generator().manual_seed(0), 5))
    assert outcome.loss.shape == outcome.success.shape == (2, 5)
    assert outcome.success.dtype == torch.bool


def test_a_problem_has_no_state_and_no_randomness() -> None:
    problem, condition = in_the_world(), Stream(SMOOTH, 0, "train", 6)(3)
    first, second = problem(grey(), condition), problem(grey(), condition)
    assert torch.equal(first.loss, second.loss)


def test_the_parts_are_applied_in_the_order_of_the_equation() -> None:
    problem, image = on_screen(), grey()
    logits = linear()(image)
    expected = torch.nn.functional.cross_entropy(logits, torch.tensor([1]), reduction="none")
    assert torch.allclose(problem(image, still()).loss[:, 0], expected)
    printed = replace(problem, prints=fogra39())
    assert torch.equal(printed.photograph(image, still())[:, 0], fogra39()(image))


def test_an_ensemble_is_a_weighted_mean_and_fools_only_if_all_are_fooled() -> None:
    one, other, image = linear(seed=0), linear(seed=1), grey(20)
    apart = [Problem(Screen(), ((victim, 1.0),), Targeted(2))(image, still()) for victim in (one, other)]
    both = Problem(Screen(), ((one, 0.3), (other, 0.7)), Targeted(2))(image, still())
    assert torch.allclose(both.loss, 0.3 * apart[0].loss + 0.7 * apart[1].loss)
    assert torch.equal(both.success, apart[0].success & apart[1].success)


def test_penalties_are_added_to_every_view_of_their_texture() -> None:
    problem, image = on_screen(), grey(3)
    condition = still(4)
    plain = problem(image, condition)
    penalised = replace(problem, penalties=(lambda x: x.mean((1, 2, 3)),))(image, condition)
    difference = penalised.loss - plain.loss
    assert torch.allclose(difference, image.mean((1, 2, 3))[:, None].expand(3, 4), atol=1e-5)
    assert torch.equal(penalised.success, plain.success)


def test_gradcheck_through_print_render_sensor_victim_and_objective() -> None:
    problem = replace(in_the_world(12, torch.float64), prints=fogra39())
    condition = SMOOTH.sample(torch.Generator().manual_seed(1), 2)
    image = grey(1, 2, torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(lambda image: problem(image, condition).loss, image, atol=1e-6)


def test_the_gradient_of_one_texture_does_not_depend_on_its_neighbours() -> None:
    problem, condition = in_the_world(), Stream(SMOOTH, 0, "train", 4)(0)
    images = grey(3).requires_grad_()
    problem(images, condition).loss.sum().backward()
    alone = grey(3)[1:2].requires_grad_()
    problem(alone, condition).loss.sum().backward()
    assert torch.allclose(images.grad[1:2], alone.grad, atol=1e-6)
