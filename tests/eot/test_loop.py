import copy
from itertools import islice, pairwise

import pytest
import torch

from eot.loop import descend, gradient
from eot.optimisers import SteepestDescent, cosine
from eot.streams import Frozen, Stream
from renders.conditions import Condition, still
from tests.eot.parts import POSES, grey, in_the_world, on_screen
from textures.norms import NORMS, Linf
from textures.parameters import Pixels, Tanh

TRAIN = Stream(POSES, 0, "train", 3)
STILL = Frozen(still())


def test_the_gradient_is_that_of_the_mean_loss() -> None:
    problem, condition = in_the_world(), TRAIN(0)
    image = grey(2).requires_grad_()
    slope, outcome = gradient(image, problem, condition)
    (expected,) = torch.autograd.grad(problem(image, condition).loss.mean(1).sum(), image)
    assert torch.allclose(slope, expected)
    assert outcome.loss.shape == (2, 3)


@pytest.mark.parametrize("micro", [1, 2, 3, 100])
def test_micro_batches_change_nothing(micro: int) -> None:
    problem, condition = in_the_world(), TRAIN(0)
    whole, one = gradient(grey(2), problem, condition)
    parts, other = gradient(grey(2), problem, condition, micro)
    assert torch.allclose(parts, whole, atol=1e-6)
    assert torch.allclose(one.loss, other.loss, atol=1e-5) and torch.equal(one.success, other.success)


def test_the_iterate_is_yielded_as_it_was_before_the_step() -> None:
    texture = Pixels(grey())
    optimiser = torch.optim.Adam(texture.parameters(), lr=0.1)
    steps = list(descend(texture, on_screen(), optimiser, STILL, range(3)))
    assert [step.index for step in steps] == [0, 1, 2]
    assert torch.equal(steps[0].image, grey())
    for step in steps:
        assert torch.equal(on_screen()(step.image, still()).loss, step.outcome.loss)
    assert not torch.equal(texture().detach(), steps[-1].image)


def test_the_loss_falls() -> None:
    texture = Tanh(grey())
    optimiser = torch.optim.Adam(texture.parameters(), lr=0.1)
    loss = [float(step.outcome.loss) for step in descend(texture, on_screen(), optimiser, STILL, range(20))]
    assert loss[-1] < 0.5 * loss[0]


def test_a_caller_stops_by_not_asking_for_more() -> None:
    texture = Pixels(grey())
    optimiser = torch.optim.Adam(texture.parameters(), lr=0.1)
    asked: list[int] = []

    def stream(index: int) -> Condition:
        asked.append(index)
        return still()

    list(islice(descend(texture, on_screen(), optimiser, stream, range(100)), 3))
    assert asked == [0, 1, 2]


@pytest.mark.parametrize("cut", [0, 2])
def test_a_run_resumed_from_its_state_ends_in_the_same_bytes(cut: int) -> None:
    def parts() -> tuple[Pixels, torch.optim.Adam]:
        texture = Pixels(grey())
        return texture, torch.optim.Adam(texture.parameters(), lr=0.05)

    def walk(texture: Pixels, optimiser: torch.optim.Adam, steps: range) -> None:
        for _ in descend(texture, in_the_world(), optimiser, TRAIN, steps, cosine):
            pass

    whole, optimiser = parts()
    walk(whole, optimiser, range(4))
    first, optimiser = parts()
    # The schedule runs to the last step, so a part of a run is a run that was left.
    for _ in islice(descend(first, in_the_world(), optimiser, TRAIN, range(4), cosine), cut):
        pass
    state = copy.deepcopy((first.state_dict(), optimiser.state_dict()))
    again, optimiser = parts()
    again.load_state_dict(state[0])
    optimiser.load_state_dict(state[1])
    walk(again, optimiser, range(cut, 4))
    assert torch.equal(again().detach(), whole().detach())


def test_the_rate_follows_the_schedule_and_is_put_back() -> None:
    texture = Pixels(grey())
    optimiser = SteepestDescent(texture.parameters(), Linf(), lr=0.01)
    images = [s.image for s in descend(texture, on_screen(), optimiser, STILL, range(4), lambda p: 1 - p)]
    moved = [float((b - a).abs().max()) for a, b in pairwise(images)]
    assert moved == pytest.approx([0.01, 0.0075, 0.005], rel=1e-3)
    assert optimiser.param_groups[0]["lr"] == 0.01


def test_a_line_search_sees_one_function_and_the_iterate_before_it() -> None:
    texture = Tanh(grey())
    optimiser = torch.optim.LBFGS(texture.parameters(), max_iter=3, line_search_fn="strong_wolfe")
    steps = list(descend(texture, in_the_world(), optimiser, TRAIN, range(2)))
    first = in_the_world()(steps[0].image, TRAIN(0))
    assert torch.allclose(first.loss, steps[0].outcome.loss)
    assert float(in_the_world()(texture().detach(), TRAIN(1)).loss.mean()) < float(
        steps[1].outcome.loss.mean()
    )


@pytest.mark.parametrize("name", NORMS)
def test_steepest_descent_gains_the_dual_norm_for_its_length(name: str) -> None:
    norm, start = NORMS[name], grey(2).double()
    texture = Pixels(start)
    slope = torch.randn(start.shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)

    def closure() -> torch.Tensor:
        texture.texels.grad = slope.clone()
        return torch.zeros(2)

    SteepestDescent(texture.parameters(), norm, lr=0.001).step(closure)
    change = texture.texels.detach() - start
    assert torch.allclose(norm.measure(change), torch.full((2,), 0.001, dtype=torch.float64))
    dual = {
        "linf": slope.flatten(1).abs().sum(1),
        "l2": slope.flatten(1).norm(dim=1),
        "l1": slope.flatten(1).abs().amax(1),
    }[name]
    assert torch.allclose(-(slope * change).flatten(1).sum(1), 0.001 * dual)


def test_the_cosine_falls_from_one_to_a_twentieth() -> None:
    rates = [cosine(p / 10) for p in range(11)]
    assert rates[0] == 1.0 and rates[-1] == pytest.approx(0.05)
    assert all(a > b for a, b in pairwise(rates))
