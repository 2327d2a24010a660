"""Each trust check on a case that is fine and on the one it exists for."""

import dataclasses
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from eot.evidence import condition_checks, gradient_checks, rate_checks, victim_checks
from eot.evidence.evaluate import evaluate
from eot.evidence.findings import Finding, Grade
from eot.evidence.footprint import texels_per_px
from eot.evidence.statistics import wilson
from eot.objectives import Targeted
from eot.streams import Stream
from renders.backgrounds import Backgrounds
from renders.camera import Camera
from renders.conditions import Conditions, still
from renders.framing import Framing
from renders.scene import Scene
from renders.surfaces.flat import Flat
from tests.eot.parts import SMOOTH, grey, in_the_world, on_screen
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
    assert victim_checks.probabilities(net, PHOTOS, "net").level == Grade.OK
    assert victim_checks.probabilities(nn.Sequential(net, nn.Softmax(-1)), PHOTOS, "net").level == Grade.FAIL


def test_a_model_left_in_train_mode_is_found_with_its_part() -> None:
    net = nn.Sequential(nn.Flatten(), nn.Dropout()).eval()
    assert victim_checks.train_mode(net, "net").level == Grade.OK
    net[1].train()
    found = victim_checks.train_mode(net, "net")
    assert found.level == Grade.FAIL and "(1 and 0 more)" in found.text


def test_a_model_that_is_random_is_found() -> None:
    assert victim_checks.randomness(nn.Flatten(), PHOTOS, "net").level == Grade.OK
    assert victim_checks.randomness(Noisy(), PHOTOS, "net").level == Grade.FAIL


def test_a_victim_that_changed_is_found() -> None:
    assert victim_checks.victim_unchanged("net", "abc", "abc").level == Grade.OK
    assert victim_checks.victim_unchanged("net", "abc", "abd").level == Grade.FAIL


@pytest.mark.parametrize(("dead", "level"), [(0, Grade.OK), (2, Grade.WARN), (7, Grade.FAIL)])
def test_zero_gradients_are_counted_by_batch(dead: int, level: Grade) -> None:
    samples = torch.ones(8, 1, 3, 4, 4)
    samples[:dead] = 0
    assert gradient_checks.zero_gradients(samples).level == level


def test_only_texels_that_may_change_must_get_gradient() -> None:
    samples = torch.zeros(8, 1, 3, 4, 4)
    samples[3, 0, 1, :2] = 1  # the upper half is seen once
    upper = torch.zeros(4, 4, dtype=torch.bool)
    upper[:2] = True
    assert gradient_checks.unreached_texels(samples, upper).level == Grade.OK
    assert gradient_checks.unreached_texels(samples, ~upper).level == Grade.FAIL
    assert gradient_checks.unreached_texels(samples, torch.ones(4, 4).bool()).level == Grade.WARN


def test_the_cosine_of_a_batch_gradient_is_estimated_without_bias() -> None:
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(64, 1, 300, generator=generator)
    signal = torch.full((300,), 0.5)  # |signal|^2 = 75 against a variance of 300: cosine sqrt(.2)
    assert gradient_checks.gradient_noise(noise + signal).text.startswith(
        "the gradient of one batch points 0.4"
    )
    assert gradient_checks.gradient_noise(noise + signal).level == Grade.OK
    assert gradient_checks.gradient_noise(noise).level == Grade.WARN


def test_a_control_that_does_as_well_forbids_the_claim() -> None:
    fine = evaluate(problem(), articles(), NEAR, 64)
    assert [f.level for f in rate_checks.check_evaluation(fine)] == [Grade.OK] * 3
    same = evaluate(problem(), articles() | {"blank": colour(0, 0.9, 0)}, NEAR, 64)
    assert _by_name(rate_checks.check_evaluation(same))["blank control"].level == Grade.FAIL


def test_a_control_that_does_more_than_half_of_it_is_a_warning() -> None:
    # The attack reaches to 7.5 m, the noise article, less bright, to 6 m.
    alike = evaluate(problem(), articles() | {"noise": colour(0, 0.4, 0)}, VIEWS, 300)
    assert _by_name(rate_checks.check_evaluation(alike))["noise control"].level == Grade.WARN


def test_a_control_that_was_left_out_is_a_warning() -> None:
    alone = evaluate(problem(), {k: v for k, v in articles().items() if k != "blank"}, NEAR, 32)
    assert _by_name(rate_checks.check_evaluation(alone))["blank control"].level == Grade.WARN


def test_a_clean_article_that_is_seldom_read_is_said() -> None:
    assert rate_checks.clean_article(evaluate(problem(), articles(), VIEWS, 64)).level == Grade.WARN
    far = Stream(Conditions({"distance_m": (20.0, 25.0)}), 1, "report", 16)
    nothing = evaluate(problem(), articles(), far, 16)
    assert rate_checks.clean_article(nothing).level == Grade.FAIL
    assert rate_checks.control(nothing, "noise").level == Grade.FAIL


def test_a_rate_that_falls_on_fresh_views_is_the_winners_curse() -> None:
    assert rate_checks.winners_curse(wilson(90, 100), wilson(1780, 2000)).level == Grade.OK
    cursed = rate_checks.winners_curse(wilson(98, 100), wilson(1600, 2000))
    assert cursed.level == Grade.WARN and "more select views" in cursed.text
    assert rate_checks.winners_curse(wilson(50, 100), wilson(1600, 2000)).level == Grade.WARN
    assert rate_checks.winners_curse(wilson(0, 0), wilson(1600, 2000)).level == Grade.WARN


def curve(losses: list[float | None]) -> list[dict[str, Any]]:
    """Metrics of ten steps per selection; the first training loss is 4."""
    train: list[dict[str, Any]] = [
        {"step": i, "stream": "train", "loss": 4.0} for i in range(10 * len(losses))
    ]
    select = [{"step": 10 * i + 9, "stream": "select", "loss": loss} for i, loss in enumerate(losses)]
    return [*train, *select]


@pytest.mark.parametrize(
    ("losses", "level", "says"),
    [
        (
            [2, 1, 0.6, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5],
            Grade.OK,
            "from 4 to 0.5 on the select views, 0% of",
        ),
        ([3.7, 3.4, 3.1, 2.8, 2.5, 2.2, 1.9, 1.6, 1.3, 1.0], Grade.WARN, "20% of it in the last fifth"),
        ([5, 6, 5, 7, 4.5], Grade.WARN, "never fell below"),
        ([2, 1, 0.5, 0.5, None, 0.5, 0.9], Grade.OK, "0% of it in the last fifth"),
    ],
)
def test_a_curve_tells_whether_more_steps_help(losses: list[float | None], level: Grade, says: str) -> None:
    (found,) = rate_checks.check_training(curve(losses))
    assert found.level == level and says in found.text


def test_a_curve_of_few_selections_tells_nothing() -> None:
    assert rate_checks.check_training(curve([1, 0.5])) == ()
    assert rate_checks.check_training([]) == ()


class Rounding(torch.autograd.Function):
    """Answers what it is given; its gradient has the wrong sign, as a careless stand-in for rounding may."""

    @staticmethod
    def forward(_: object, x: Tensor) -> Tensor:
        return x.clone()

    @staticmethod
    def backward(_: object, slope: Tensor) -> Tensor:
        return -slope


class Blurred(torch.autograd.Function):
    """Answers what it is given; its gradient points almost anywhere."""

    @staticmethod
    def forward(_: object, x: Tensor) -> Tensor:
        return x.clone()

    @staticmethod
    def backward(_: object, slope: Tensor) -> Tensor:
        return slope * torch.tensor([1e-3, -1e-3, 1.0])[:, None, None]


def test_a_gradient_that_leads_downhill_beats_blind_steps() -> None:
    start, everywhere = colour(0.3, 0.4, 0.3), torch.ones(2, 2).bool()
    here = problem(Targeted(GREEN, RED))
    assert gradient_checks.descent(here, start, NEAR(0), everywhere).level == Grade.OK
    uphill = dataclasses.replace(here, prints=Rounding.apply)
    found = gradient_checks.descent(uphill, start, NEAR(0), everywhere)
    assert found.level == Grade.FAIL and "does not lower" in found.text


def test_a_gradient_that_blind_steps_beat_is_masked() -> None:
    masked = dataclasses.replace(problem(Targeted(GREEN, RED)), prints=Blurred.apply)
    found = gradient_checks.descent(masked, colour(0.3, 0.4, 0.3), NEAR(0), torch.ones(2, 2).bool())
    assert found.level == Grade.FAIL


def test_more_than_eight_texels_per_pixel_is_waste() -> None:
    assert gradient_checks.texel_footprint(torch.tensor([1.0, 2.0, 9.0])).level == Grade.OK
    assert gradient_checks.texel_footprint(torch.tensor([1.0, 9.0, 9.0])).level == Grade.WARN


def test_texels_per_pixel_follow_from_lens_and_distance() -> None:
    # 100 texels on 1 m at 10 m through 500 px of focal length: 50 px across, two texels to each.
    scene = Scene(
        Flat(1.0, 1.0),
        Camera(500.0, 200, 200),
        Backgrounds(torch.zeros(1, 3, 4, 4)),
        (200, 200),
        Framing.FRAME,
    )
    found = texels_per_px(scene, (100, 100), still(2))
    assert len(found) == 2 * 50 * 50
    torch.testing.assert_close(found, torch.full_like(found, 2.0), rtol=1e-4, atol=0)


def test_gradients_of_a_problem_are_checked_through_the_loop() -> None:
    found = _by_name(
        gradient_checks.check_gradients(problem(Targeted(GREEN, RED)), colour(0.3, 0.3, 0.3), NEAR)
    )
    assert [f.level for f in found.values()] == [Grade.OK] * 4
    assert set(found) == {"gradients", "descent", "texels", "gradient noise"}


def test_victims_of_a_problem_are_checked_on_its_photographs() -> None:
    found = victim_checks.check_victims(problem(), colour(1, 0, 0), NEAR(0))
    assert [f.level for f in found] == [Grade.OK] * 3


def test_every_bad_finding_ends_in_advice() -> None:
    bad = [
        rate_checks.control(evaluate(problem(), articles(), VIEWS, 8), "nothing"),
        victim_checks.train_mode(nn.Flatten(), "net"),
    ]
    assert all(":" in f.text and f.text.endswith(".") for f in bad)


def _by_name(found: tuple[Finding, ...]) -> dict[str, Finding]:
    return {f.name: f for f in found}


def test_a_condition_that_no_photograph_shows_is_found() -> None:
    views = Stream(SMOOTH, 0, "checks", 4)
    # A picture this small has several native pixels in each of its own: no mosaic is left.
    names = SMOOTH.ranges.keys() - {"mosaic"}
    seen = condition_checks.unseen_conditions(in_the_world(), grey(), views, names)
    assert seen.level is Grade.OK
    silent = condition_checks.unseen_conditions(on_screen(), grey(), views, ["distance_m", "yaw_deg"])
    assert silent.level is Grade.WARN and silent.text.startswith("distance_m, yaw_deg vary, but none of 64")


def test_a_condition_that_shows_in_a_few_far_views_is_looked_for() -> None:
    """Views of the first batches have no light to change: only the sixth shows the exposure."""
    lit, dull = Stream(SMOOTH, 0, "checks", 4), still(4)
    found = condition_checks.unseen_conditions(
        in_the_world(), grey(), lambda i: lit(i) if i == 5 else dull, ["exposure_stops"]
    )
    assert found.level is Grade.OK
