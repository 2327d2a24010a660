"""Evaluation with known answers: the article fades with distance, the victim reads colours."""

import dataclasses

import pytest
import torch
from torch import Tensor

from eot.evidence.evaluate import collect, evaluate, evaluate_steps
from eot.evidence.evaluation import Evaluation
from eot.objectives import Evade, Targeted
from eot.problem import Problem
from eot.streams import Frozen, Stream
from eot.victims.linear import LinearVictim
from eot.victims.victim import Victim
from renders.conditions import Condition, Conditions
from renders.errors import InputError, RunError

RED, GREEN, BLUE, NOTHING = range(4)
VIEWS = Stream(Conditions({"distance_m": (3, 25), "yaw_deg": (-45, 45)}), seed=1, name="report", k=64)


def fading(texture: Tensor, condition: Condition) -> Tensor:
    """Photographs 2 x 2 px: the texture's brightness falls with distance."""
    return texture[:, None] * (3 / condition.distance_m.to(texture)).reshape(1, -1, 1, 1, 1)


def colour_victim(threshold: float = 0.2) -> Victim:
    """Reads the strongest channel, and nothing when the picture is darker than the threshold."""
    weight = torch.zeros(4, 3, 2, 2)
    weight[range(3), range(3)] = 10 / 4
    return LinearVictim(weight, torch.tensor([0, 0, 0, 10 * threshold]))


def colour(red: float, green: float, blue: float, faces: int = 1) -> Tensor:
    return torch.tensor([red, green, blue]).float().reshape(1, 3, 1, 1).expand(faces, 3, 2, 2).clone()


def articles(faces: int = 1) -> dict[str, Tensor]:
    return {
        "attack": colour(0, 0.5, 0, faces),
        "clean": colour(1, 0, 0, faces),
        "noise": colour(0.6, 0.5, 0, faces),
        "blank": colour(0, 0, 1, faces),
    }


def problem(objective: Targeted | Evade | None = None, *victims: Victim) -> Problem:
    goal = objective or Targeted(GREEN, RED)
    return Problem(fading, tuple((v, 1.0) for v in victims or (colour_victim(),)), goal)


def test_only_views_that_show_the_clean_article_count() -> None:
    evaluation = evaluate(problem(), articles(), VIEWS, 300)
    distance = evaluation.seen.condition.distance_m
    # clean is read while 3 / d > 0.2; the attack, half as bright, while 1.5 / d > 0.2.
    assert torch.equal(evaluation.counted(), distance < 15)
    rates = evaluation.rates("attack")
    assert (rates.target.successes, rates.target.n) == (
        int((distance < 7.5).sum()),
        int((distance < 15).sum()),
    )
    assert (rates.raw.successes, rates.raw.n) == (rates.target.successes, 300)
    assert rates.broken.successes == rates.broken.n == rates.target.n
    assert rates.recognised.successes == 0


def test_controls_are_judged_on_the_same_views() -> None:
    evaluation = evaluate(problem(), articles(), VIEWS, 100)
    clean, blank = evaluation.rates("clean"), evaluation.rates("blank")
    assert (clean.target.successes, clean.broken.successes) == (0, 0)
    assert clean.recognised.successes == clean.target.n == blank.target.n
    assert (blank.target.successes, blank.broken.successes) == (0, blank.broken.n)
    noise = evaluation.rates("noise")
    assert 0 < noise.broken.successes < noise.broken.n  # grows dark before the clean one does


def test_an_article_that_was_not_photographed_has_no_rate() -> None:
    evaluation = evaluate(problem(), {k: v for k, v in articles().items() if k != "noise"}, VIEWS, 20)
    assert evaluation.rates("noise").target.rate is None


@pytest.mark.parametrize("batch", [1, 7, 64, 1000])
def test_batches_do_not_change_the_evidence(batch: int) -> None:
    whole, parts = (
        evaluate(problem(), articles(), VIEWS, 130),
        evaluate(problem(), articles(), VIEWS, 130, batch=batch),
    )
    assert _equal(whole, parts)


def test_steps_yield_every_view_once_and_collect_to_the_same() -> None:
    steps = list(evaluate_steps(problem(), articles(), VIEWS, 150, batch=16))
    assert [len(s) for s in steps] == [16, 16, 16, 16] * 2 + [16, 6]
    assert _equal(collect(problem(), steps), evaluate(problem(), articles(), VIEWS, 150))


def test_faces_multiply_the_views_and_keep_their_own_record() -> None:
    several = articles(faces=3)
    several["attack"][1] = colour(1, 0, 0)[0]  # the sticker fails on the second face
    evaluation = evaluate(problem(), several, VIEWS, 40, batch=16)
    reached, face = evaluation.reached("attack"), evaluation.seen.face
    assert len(evaluation.seen) == 120 and face.bincount().tolist() == [40, 40, 40]
    assert not reached[face == 1].any() and torch.equal(reached[face == 0], reached[face == 2])
    distance = evaluation.seen.condition.distance_m
    assert torch.equal(reached, (distance < 7.5) & (face != 1))


def test_faces_that_disagree_widen_the_interval_over_scenes() -> None:
    several = articles(faces=4)
    several["attack"][1] = colour(1, 0, 0)[0]
    near = Stream(Conditions({"distance_m": (3, 7)}), 1, "report", 64)
    scenes = evaluate(problem(), several, near, 64).by_scene()
    assert scenes is not None and scenes[1] == 4
    assert scenes[0].rate == 0.75 and scenes[0].low < 0.4


def test_a_class_per_face_is_judged_per_face() -> None:
    several = {k: torch.cat([v, v]) for k, v in articles().items()}
    several["clean"][1] = colour(0, 0, 1)[0]
    objective = Targeted(GREEN, label=torch.tensor([RED, BLUE]))
    evaluation = evaluate(problem(objective), several, VIEWS, 30)
    assert evaluation.seen.label.bincount().tolist() == [30, 0, 30]
    assert torch.equal(evaluation.counted(), evaluation.seen.condition.distance_m < 15)
    assert (evaluation.goal.target, evaluation.goal.label) == (GREEN, None)


def test_several_victims_count_only_together_and_are_told_apart() -> None:
    weak, strict = colour_victim(0.2), colour_victim(0.3)
    evaluation = evaluate(problem(None, weak, strict), articles(), VIEWS, 200)
    distance = evaluation.seen.condition.distance_m
    assert torch.equal(evaluation.counted(), distance < 10)
    assert torch.equal(evaluation.reached("attack"), distance < 5)
    assert torch.equal(evaluation.reached("attack", victim=0), distance < 7.5)
    assert evaluation.rates("attack", victim=0).target.n == int((distance < 15).sum())


def test_evading_is_not_being_read_as_the_label() -> None:
    rates = evaluate(problem(Evade(RED)), articles(), VIEWS, 100).rates("attack")
    assert rates.target == rates.broken and rates.target.rate == 1.0


def test_without_a_true_class_views_already_won_do_not_count() -> None:
    evaluation = evaluate(problem(Targeted(RED)), articles(), VIEWS, 100)
    distance = evaluation.seen.condition.distance_m
    assert torch.equal(evaluation.counted(), distance >= 15)  # nearer, the clean article reads red by itself
    assert evaluation.rates("clean").recognised.rate is None
    assert "does not reach" in evaluation.denominator


def test_a_bare_scene_stands_for_the_clean_article() -> None:
    def red_world(texture: Tensor, condition: Condition) -> Tensor:
        return fading(colour(1, 0, 0), condition).expand(len(texture), -1, -1, -1, -1)

    patch = {k: v for k, v in articles().items() if k != "clean"}
    bare = dataclasses.replace(problem(), scene=red_world)
    evaluation = evaluate(problem(), patch, VIEWS, 100, bare=bare)
    plain = evaluate(problem(), articles(), VIEWS, 100)
    for name in ("attack", "clean", "noise", "blank"):
        assert evaluation.rates(name) == plain.rates(name)
    with pytest.raises(InputError, match="got both"):
        evaluate(problem(), articles(), VIEWS, 4, bare=bare)


def test_no_view_that_counts_gives_no_rate() -> None:
    far = Stream(Conditions({"distance_m": (20, 25)}), 1, "report", 16)
    rates = evaluate(problem(), articles(), far, 16).rates("attack")
    assert (rates.target.rate, rates.target.n, rates.raw.n) == (None, 0, 16)


def test_no_gradient_is_recorded_and_the_articles_may_want_one() -> None:
    wanting = {k: v.requires_grad_() for k, v in articles().items()}
    assert not evaluate(problem(), wanting, VIEWS, 4).seen.confidence.requires_grad


def test_confidence_is_the_softmax_of_the_class_that_is_read() -> None:
    here = dataclasses.replace(VIEWS, k=1)(0)
    here.distance_m.fill_(3.0)
    seen = evaluate(problem(), articles(), Frozen(here), 1).seen
    logits = torch.tensor([10.0, 0, 0, 2])
    assert seen.predicted[0, 1].item() == RED
    assert seen.confidence[0, 1].item() == pytest.approx(logits.softmax(0).max().item(), rel=1e-6)


def test_a_missing_or_misshapen_article_is_refused_in_one_line() -> None:
    with pytest.raises(InputError, match=r"'clean'.*add it"):
        evaluate(problem(), {"attack": colour(0, 1, 0)}, VIEWS, 4)
    with pytest.raises(InputError, match="one shape"):
        evaluate(problem(), articles() | {"noise": torch.zeros(1, 3, 4, 4)}, VIEWS, 4)


def test_a_victim_that_answers_nan_ends_the_run() -> None:
    broken = LinearVictim(torch.full((4, 3, 2, 2), torch.nan))
    with pytest.raises(RunError, match="finite"):
        evaluate(problem(None, broken), articles(), VIEWS, 4)


def _equal(first: Evaluation, second: Evaluation) -> bool:
    names = ("face", "label", "predicted", "confidence", "success")
    return all(torch.equal(getattr(first.seen, n), getattr(second.seen, n)) for n in names) and torch.equal(
        first.seen.condition.noise_seed, second.seen.condition.noise_seed
    )
