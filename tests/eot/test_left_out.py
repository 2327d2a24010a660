"""What a training step leaves out: the square, the models, and that a seed gives the same ones again."""

from dataclasses import replace

import pytest
import torch

from eot.left_out import GREY, CutOut, SomeModels
from eot.loop import gradient
from eot.problem import Problem
from eot.runs.sections import VictimsTable
from eot.streams import Stream
from renders.conditions import still
from renders.errors import InputError
from tests.eot.parts import POSES, grey, linear, on_screen

VIEWS = Stream(POSES, 0, "train", 2)
EVERYWHERE = torch.ones(1, 8, 8)


def test_the_slope_is_that_of_the_article_with_the_square_and_nothing_within_it() -> None:
    cut, image, problem, condition = CutOut(gradient, 0.5, EVERYWHERE), grey(), on_screen(), VIEWS(0)
    square = cut._square(condition).bool().expand_as(image[0])[None]
    assert int(square.sum()) == 3 * 4 * 4
    painted = torch.where(square, torch.full_like(image, GREY), image)
    slope, outcome = cut(image, problem, condition, None)
    whole, expected = gradient(painted, problem, condition)
    assert torch.equal(slope, torch.where(square, torch.zeros_like(whole), whole))
    assert torch.equal(outcome.loss, expected.loss) and float(slope.abs().max()) > 0


def test_the_square_moves_from_step_to_step_and_is_the_same_again_for_the_same_step() -> None:
    cut = CutOut(gradient, 0.25, EVERYWHERE)
    squares = torch.stack([cut._square(VIEWS(step)) for step in range(60)])
    assert torch.equal(squares[7], cut._square(VIEWS(7)))
    # Two texels of eight: seven places each way, so each corner comes about once in fifty.
    assert bool(squares.any(0).all()) and len({tuple(s.flatten().tolist()) for s in squares}) > 25


def test_only_what_is_painted_is_cut() -> None:
    mask = torch.zeros(1, 8, 8)
    mask[..., 2:6, 2:6] = 1
    squares = torch.stack([CutOut(gradient, 0.5, mask)._square(VIEWS(step)) for step in range(40)])
    assert float((squares * (1 - mask)).max()) == 0 and float(squares.max()) == 1


def three() -> Problem:
    """Three victims of unequal weight."""
    return replace(on_screen(), victims=tuple((linear(seed=i), w) for i, w in enumerate((0.6, 0.4, 0.0))))


def test_a_step_asks_so_many_models_as_are_wanted_in_proportion_to_their_weights() -> None:
    problem, image, some = three(), grey(), SomeModels(gradient, 1)
    alone = [replace(problem, victims=((v, 1.0),))(image, still(1)).loss for v, _ in problem.victims]
    asked = []
    for step in range(200):
        condition = replace(still(1), noise_seed=VIEWS(step).noise_seed[:1])
        _, outcome = some(image, problem, condition, None)
        asked.append(next(i for i, loss in enumerate(alone) if torch.equal(loss, outcome.loss)))
    assert asked.count(2) == 0
    assert 0.48 < asked.count(0) / 200 < 0.72  # 0.6 within 3.5 standard deviations


def test_several_models_of_a_step_are_distinct_and_count_alike() -> None:
    problem, image = three(), grey()
    both = replace(problem, victims=tuple((v, 0.5) for v, _ in problem.victims[:2]))
    slope, outcome = SomeModels(gradient, 2)(image, problem, still(1), None)
    expected, wanted = gradient(image, both, still(1))
    assert torch.allclose(slope, expected) and torch.allclose(outcome.loss, wanted.loss)


def test_a_step_asks_at_most_all_models() -> None:
    with pytest.raises(InputError, match="each_step: expected at most the 2 models; got 3"):
        VictimsTable(models=("bundled", "bundled"), each_step=3)
