"""Each trust check on a case that is fine and on the one it exists for."""

import pytest
import torch
from torch import Tensor, nn

from eot.evidence import checks
from eot.evidence.checks import Finding, Grade
from eot.evidence.evaluate import evaluate
from eot.evidence.statistics import wilson
from eot.objectives import Targeted
from eot.streams import Stream
from renders.conditions import Conditions
from tests.eot.test_evaluate import GREEN, RED, VIEWS, articles, colour, problem

PHOTOS = torch.linspace(0, 1, 48).reshape(4, 3, 2, 2)
NEAR = Stream(Conditions({"distance_m": (3.0, 7.0)}), 1, "report", 64)


class Noisy(nn.Module):
    """Answers logits with fresh noise every time, as a defence by randomness does."""

    def __init__(self) -> None:
        super().__init__()
        self.generator = torch.Generator().manual_seed(0)

    def forward(self, photos: Tensor) -> Tensor:
        return photos.flatten(1) + torch.rand(len(photos), 12, generator=self.generator)


def test_softmax_given_for_logits_is_found() -> None:
    net = nn.Flatten()
    assert checks.probabilities(net, PHOTOS, "net").level == Grade.OK
    assert checks.probabilities(nn.Sequential(net, nn.Softmax(-1)), PHOTOS, "net").level == Grade.FAIL


def test_a_model_left_in_train_mode_is_found_with_its_part() -> None:
    net = nn.Sequential(nn.Flatten(), nn.Dropout()).eval()
    assert checks.train_mode(net, "net").level == Grade.OK
    net[1].train()
    found = checks.train_mode(net, "net")
    assert found.level == Grade.FAIL and "(1 and 0 more)" in found.text


def test_a_model_that_is_random_is_found() -> None:
    assert checks.randomness(nn.Flatten(), PHOTOS, "net").level == Grade.OK
    assert checks.randomness(Noisy(), PHOTOS, "net").level == Grade.FAIL


def test_a_victim_that_changed_is_found() -> None:
    assert checks.victim_unchanged("net", "abc", "abc").level == Grade.OK
    assert checks.victim_unchanged("net", "abc", "abd").level == Grade.FAIL


@pytest.mark.parametrize(("dead", "level"), [(0, Grade.OK), (2, Grade.WARN), (7, Grade.FAIL)])
def test_zero_gradients_are_counted_by_batch(dead: int, level: Grade) -> None:
    samples = torch.ones(8, 1, 3, 4, 4)
    samples[:dead] = 0
    assert checks.zero_gradients(samples).level == level


def test_only_texels_that_may_change_must_get_gradient() -> None:
    samples = torch.zeros(8, 1, 3, 4, 4)
    samples[3, 0, 1, :2] = 1  # the upper half is seen once
    upper = torch.zeros(4, 4, dtype=torch.bool)
    upper[:2] = True
    assert checks.unreached_texels(samples, upper).level == Grade.OK
    assert checks.unreached_texels(samples, ~upper).level == Grade.FAIL
    assert checks.unreached_texels(samples, torch.ones(4, 4).bool()).level == Grade.WARN


def test_the_cosine_of_a_batch_gradient_is_estimated_without_bias() -> None:
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(64, 1, 300, generator=generator)
    signal = torch.full((300,), 0.5)  # |signal|^2 = 75 against a variance of 300: cosine sqrt(.2)
    assert checks.gradient_noise(noise + signal).text.startswith("the gradient of one batch points 0.4")
    assert checks.gradient_noise(noise + signal).level == Grade.OK
    assert checks.gradient_noise(noise).level == Grade.WARN


def test_a_control_that_does_as_well_forbids_the_claim() -> None:
    fine = evaluate(problem(), articles(), NEAR, 64)
    assert [f.level for f in checks.check_evaluation(fine)] == [Grade.OK] * 3
    same = evaluate(problem(), articles() | {"blank": colour(0, 0.9, 0)}, NEAR, 64)
    assert _by_name(checks.check_evaluation(same))["blank control"].level == Grade.FAIL


def test_a_control_that_does_more_than_half_of_it_is_a_warning() -> None:
    # The attack reaches to 7.5 m, the noise article, less bright, to 6 m.
    alike = evaluate(problem(), articles() | {"noise": colour(0, 0.4, 0)}, VIEWS, 300)
    assert _by_name(checks.check_evaluation(alike))["noise control"].level == Grade.WARN


def test_a_control_that_was_left_out_is_a_warning() -> None:
    alone = evaluate(problem(), {k: v for k, v in articles().items() if k != "blank"}, NEAR, 32)
    assert _by_name(checks.check_evaluation(alone))["blank control"].level == Grade.WARN


def test_a_clean_article_that_is_seldom_read_is_said() -> None:
    assert checks.clean_article(evaluate(problem(), articles(), VIEWS, 64)).level == Grade.WARN
    far = Stream(Conditions({"distance_m": (20.0, 25.0)}), 1, "report", 16)
    nothing = evaluate(problem(), articles(), far, 16)
    assert checks.clean_article(nothing).level == Grade.FAIL
    assert checks.control(nothing, "noise").level == Grade.FAIL


def test_a_rate_that_falls_on_fresh_views_is_the_winners_curse() -> None:
    assert checks.winners_curse(wilson(90, 100), wilson(1780, 2000)).level == Grade.OK
    cursed = checks.winners_curse(wilson(98, 100), wilson(1600, 2000))
    assert cursed.level == Grade.WARN and "more select views" in cursed.text
    assert checks.winners_curse(wilson(50, 100), wilson(1600, 2000)).level == Grade.WARN
    assert checks.winners_curse(wilson(0, 0), wilson(1600, 2000)).level == Grade.WARN


def test_more_than_four_texels_per_pixel_is_waste() -> None:
    assert checks.texel_footprint(torch.tensor([1.0, 2.0, 9.0])).level == Grade.OK
    assert checks.texel_footprint(torch.tensor([1.0, 5.0, 9.0])).level == Grade.WARN


def test_gradients_of_a_problem_are_checked_through_the_loop() -> None:
    found = _by_name(checks.check_gradients(problem(Targeted(GREEN, RED)), colour(0.3, 0.3, 0.3), NEAR))
    assert [f.level for f in found.values()] == [Grade.OK] * 3
    assert set(found) == {"gradients", "texels", "gradient noise"}


def test_victims_of_a_problem_are_checked_on_its_photographs() -> None:
    found = checks.check_victims(problem(), colour(1, 0, 0), NEAR(0))
    assert [f.level for f in found] == [Grade.OK] * 3


def test_every_bad_finding_ends_in_advice() -> None:
    bad = [
        checks.control(evaluate(problem(), articles(), VIEWS, 8), "nothing"),
        checks.train_mode(nn.Flatten(), "net"),
    ]
    assert all(":" in f.text and f.text.endswith(".") for f in bad)


def _by_name(found: tuple[Finding, ...]) -> dict[str, Finding]:
    return {f.name: f for f in found}
