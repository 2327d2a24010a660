"""Depth estimators: their contract, what transformers itself answers, and the attack on them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from eot.depth_objective import CONTRAST, Recede, contrast
from eot.streams import generator_for
from eot.victims import Claim, DepthEstimator, Depths, Fit, Setting, admit, load_victim
from eot.victims.depth import LABELS, MELTS_IN, STANDS_OUT
from eot.victims.transformers_answers import NEAREST_M
from renders.errors import InputError
from renders.places import Places
from tests.eot.test_families import loud_
from tests.tiny_depth import SIDE_PX, TinyDepth

CLAIM = Claim("tiny", "test", "Apache-2.0", (SIDE_PX, SIDE_PX))
NOWHERE = [[99.0, 99, 99, 99]]


class Redness(nn.Module):
    """What is red is near, at half the resolution."""

    def forward(self, images: Tensor) -> Tensor:
        return avg_pool2d(images[:, 0] - images[:, 2], 2)


def noise(*shape: int) -> Tensor:
    return torch.rand(shape, generator=generator_for(0, "depth"))


def tiny(fit: Fit = Fit.CENTRE) -> DepthEstimator:
    estimator = admit(TinyDepth(), replace(CLAIM, setting=Setting(fit)))
    assert isinstance(estimator, DepthEstimator)
    return estimator


def seen(nearness: Tensor, things: list[list[float]], articles: list[list[float]] = NOWHERE) -> Depths:
    places = Places(
        torch.tensor([things]), torch.tensor([articles]), torch.ones(1, len(things), dtype=torch.bool)
    )
    return Depths(nearness[None, None], places)


@pytest.mark.parametrize("fit", list(Fit))
def test_depths_have_the_size_of_the_picture_and_each_is_answered_by_itself(fit: Fit) -> None:
    pictures, estimator = noise(3, 3, 40, 30), tiny(fit)
    depths = estimator(pictures)
    assert depths.nearness.shape == (3, 40, 30) and estimator.info.labels == LABELS
    assert torch.allclose(depths.nearness[1], estimator(pictures[1:2]).nearness[0], atol=1e-5)
    leaf = pictures.clone().requires_grad_()
    estimator(leaf).nearness.sum().backward()
    assert leaf.grad is not None and bool((leaf.grad != 0).any())
    assert not any(p.requires_grad for p in estimator.parameters()) and not estimator.train().training


@pytest.mark.parametrize("fit", list(Fit))
def test_what_is_near_is_found_where_it_is_whatever_the_letterbox_added(fit: Fit) -> None:
    picture = torch.full((1, 3, 40, 24), 0.5)
    picture[:, :, 8:20, 4:16] = torch.tensor([1.0, 0, 0])[:, None, None]
    estimator: Any = admit(Redness(), replace(CLAIM, setting=Setting(fit)))
    nearness = estimator(picture).nearness[0]
    rows, columns = (nearness > nearness.mean() + nearness.std()).nonzero().float().mean(0).tolist()
    assert abs(rows - 13.5) < 1.5 and abs(columns - 9.5) < 1.5


def test_contrast_is_what_was_drawn_over_the_spread_of_the_picture() -> None:
    nearness = torch.ones(8, 8)
    nearness[4:, 2:6] = 3.0  # the thing, on ground below which nothing is compared
    depths = seen(nearness, [[2.0, 4, 6, 8]])
    assert float(contrast(depths)) == pytest.approx(2.0 / float(nearness.std()))
    # The half of it under the article does not count.
    nearness[4:6, 2:6] = -50.0
    hidden = seen(nearness, [[2.0, 4, 6, 8]], [[2.0, 4, 6, 6]])
    assert float(contrast(hidden)) == pytest.approx(2.0 / float(nearness.std()))


def test_a_factor_and_an_offset_of_the_picture_change_nothing() -> None:
    nearness, thing = noise(9, 9), [[2.0, 3, 6, 8]]
    there = contrast(seen(nearness, thing))
    assert torch.allclose(contrast(seen(7 * nearness - 3, thing)), there, atol=1e-5)


def test_a_thing_that_stands_out_is_read_so_until_it_melts_in() -> None:
    goal, flat = Recede(), torch.zeros(8, 8)
    flat[0, 0] = 1.0  # a spread that is not the thing's
    step = CONTRAST * float(flat.std())
    for share, label in ((3.0, STANDS_OUT), (0.2, MELTS_IN), (-3.0, MELTS_IN)):
        nearness = flat.clone()
        nearness[4:, 2:6] += share * step
        depths = seen(nearness, [[2.0, 4, 6, 8]])
        assert int(goal.read(depths).label) == label and bool(goal.judge(depths)) == (label == MELTS_IN)
    two = torch.zeros(12, 12)
    two[4:6, 1:3] = 1.0
    pair = seen(two, [[1.0, 4, 3, 6], [8.0, 4, 10, 6]], [NOWHERE[0], NOWHERE[0]])
    assert not bool(goal.judge(pair))  # one still stands out
    assert goal.read(pair).label == MELTS_IN  # and one does not


def test_a_thing_that_the_article_covers_whole_proves_nothing() -> None:
    depths = seen(noise(8, 8), [[0.0, 2, 4, 6]], [[0.0, 2, 4, 6]])
    assert not bool(Recede().judge(depths)) and float(Recede()(depths).loss) == 0


def test_a_thing_that_fills_the_picture_stands_out_from_nothing() -> None:
    depths = seen(noise(8, 8) - 5, [[0.0, 0, 8, 8]])
    assert not bool(Recede().judge(depths)) and float(Recede()(depths).loss) == 0


def test_pictures_without_a_thing_are_no_success() -> None:
    places = Places(torch.zeros(1, 1, 4), torch.zeros(1, 1, 4), torch.zeros(1, 1, dtype=torch.bool))
    outcome = Recede()(Depths(noise(1, 1, 5, 5), places))
    assert not bool(outcome.success) and float(outcome.loss) == 0


def test_the_gradient_is_that_of_the_means_over_a_spread_held_still() -> None:
    nearness = noise(6, 6).double().requires_grad_()
    Recede()(seen(nearness, [[2.0, 2, 4, 6]])).loss.backward()
    spread = float(nearness.detach().std())
    expected = torch.zeros(6, 6, dtype=torch.float64)
    expected[0:6, 1:5] = -1 / (6 * 4 - 8)  # the box grown by half: one column each side, two rows above
    expected[2:6, 2:4] = 1 / 8
    assert nearness.grad is not None
    assert torch.allclose(nearness.grad, expected / spread)


class Constant(nn.Module):
    """A depth estimator without weights worth the name."""

    def forward(self, images: Tensor) -> Tensor:
        return images[:, 0] * 0


class Infinite(nn.Module):
    """Distances of 0."""

    def forward(self, images: Tensor) -> Tensor:
        return 1 / (images[:, 0] * 0)


@pytest.mark.parametrize(("module", "message"), [(Constant(), "constant"), (Infinite(), "clamp distances")])
def test_what_is_no_depth_is_refused(module: nn.Module, message: str) -> None:
    with pytest.raises(InputError, match=message):
        admit(module, CLAIM)


class Candidates(nn.Module):
    """A detector's raw output."""

    def forward(self, images: Tensor) -> Tensor:
        return images.flatten(1)[:, : 30 * 85].unflatten(1, (30, 85))


def test_a_detectors_raw_output_is_not_taken_for_depth() -> None:
    with pytest.raises(InputError, match=r"got a tensor \[3, 30, 85\]"):
        admit(Candidates(), CLAIM)


def test_what_is_wanted_must_suit_the_model() -> None:
    from eot.runs.labels import objective_of
    from eot.runs.sections import ObjectiveTable

    victims = ((tiny(), 1.0),)
    assert objective_of(ObjectiveTable(kind="recede"), victims, None) == Recede()
    with pytest.raises(InputError, match="tiny is a depth estimator: use recede"):
        objective_of(ObjectiveTable(kind="evade", label=0), victims, None)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["relative", "metric"])
def test_a_depth_estimator_of_transformers_answers_as_the_library_does(kind: str, tmp_path: Path) -> None:
    transformers: Any = pytest.importorskip("transformers", reason="transformers (optional) is not installed")
    backbone = transformers.Dinov2Config(
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=56,
        patch_size=14,
        out_features=["stage1", "stage2"],
        reshape_hidden_states=False,
        apply_layernorm=True,
    )
    config = transformers.DepthAnythingConfig(
        backbone_config=backbone,
        reassemble_hidden_size=16,
        reassemble_factors=[2, 1],
        neck_hidden_sizes=[8, 8],
        fusion_hidden_size=8,
        head_hidden_size=4,
        depth_estimation_type=kind,
        max_depth=20 if kind == "metric" else 1,
    )
    model = transformers.DepthAnythingForDepthEstimation(config)
    loud_(model, 1.5)
    processor = transformers.DPTImageProcessor(size={"height": 56, "width": 56}, resample=2)
    model.save_pretrained(tmp_path)
    processor.save_pretrained(tmp_path)
    estimator, picture = load_victim(f"transformers:{tmp_path}"), noise(1, 3, 56, 56)
    assert isinstance(estimator, DepthEstimator) and estimator.info.labels == LABELS
    with torch.no_grad():
        theirs = model(**processor(picture, do_rescale=False, return_tensors="pt")).predicted_depth
    expected = theirs if kind == "relative" else 1 / theirs.clamp_min(NEAREST_M)
    assert torch.allclose(estimator(picture).nearness, expected, rtol=1e-3, atol=1e-4)
