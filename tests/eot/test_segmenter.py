"""Segmenters: their contract, what torchvision and transformers themselves answer, and the attack on them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from eot.segmentation_objective import Erase, beside, covered
from eot.streams import generator_for
from eot.victims import Claim, Fit, Maps, Segmenter, Setting, admit, load_victim
from eot.victims.torchvision_segmenters import Shorter
from renders.errors import InputError
from renders.places import Places
from tests.eot.test_families import fit_norms_, loud_, named
from tests.tiny_segmenter import LABELS, SIDE_PX, TinySegmenter

CLAIM = Claim("tiny", "test", "Apache-2.0", (SIDE_PX, SIDE_PX), LABELS)


def noise(*shape: int) -> Tensor:
    return torch.rand(shape, generator=generator_for(0, "segmenter"))


def tiny(fit: Fit = Fit.CENTRE) -> Segmenter:
    segmenter = admit(TinySegmenter(), replace(CLAIM, setting=Setting(fit)))
    assert isinstance(segmenter, Segmenter)
    return segmenter


@pytest.mark.parametrize("fit", list(Fit))
def test_maps_have_the_size_of_the_picture_and_each_is_answered_by_itself(fit: Fit) -> None:
    pictures, segmenter = noise(3, 3, 40, 30), tiny(fit)
    maps = segmenter(pictures)
    assert maps.logits.shape == (3, 4, 40, 30)
    assert torch.allclose(maps.logits[1], segmenter(pictures[1:2]).logits[0], atol=1e-5)
    leaf = pictures.clone().requires_grad_()
    segmenter(leaf).logits[:, 1].sum().backward()
    assert leaf.grad is not None and bool((leaf.grad != 0).any())
    assert not any(p.requires_grad for p in segmenter.parameters()) and not segmenter.train().training


@pytest.mark.parametrize("fit", list(Fit))
def test_a_thing_is_found_where_it_is_whatever_the_letterbox_added(fit: Fit) -> None:
    picture = torch.full((1, 3, 40, 24), 0.5)
    picture[:, :, 24:36, 4:16] = torch.tensor([1.0, 0, 0])[:, None, None]
    read = tiny(fit)(picture).logits.argmax(1)[0] == 1
    rows, columns = read.nonzero().float().mean(0).tolist()
    assert abs(rows - 29.5) < 1 and abs(columns - 9.5) < 1


def scene(maps: Tensor, things: list[list[float]], articles: list[list[float]]) -> Maps:
    places = Places(
        torch.tensor([things]), torch.tensor([articles]), torch.ones(1, len(things), dtype=torch.bool)
    )
    return Maps(maps[None, None], places)


def test_only_pixels_of_the_thing_beside_the_article_count() -> None:
    logits = torch.zeros(4, 8, 8)
    logits[1] = 1.0
    maps = scene(logits, [[0.0, 0, 4, 8]], [[0.0, 0, 4, 4]])
    assert beside(maps)[0, 0].sum() == 16 and bool(beside(maps)[0, 0, 4:, :4].all())
    assert float(covered(maps, 1)) == 1
    assert not bool(Erase(1).judge(maps)) and int(Erase(1).read(maps).label) == 1
    logits[2, 4:, :4] = 2.0  # now green, where it counts
    assert float(covered(maps, 1)) == 0
    assert bool(Erase(1).judge(maps)) and int(Erase(1).read(maps).label) == 2


def test_a_thing_that_the_article_covers_whole_proves_nothing() -> None:
    maps = scene(torch.zeros(2, 8, 8), [[0.0, 0, 4, 4]], [[0.0, 0, 4, 4]])
    assert not bool(Erase(1).judge(maps)) and float(Erase(1)(maps).loss) == 0


def test_the_loss_is_that_of_independent_pixels_and_falls_as_the_thing_disappears() -> None:
    logits = torch.zeros(2, 4, 4)
    logits[1] = 1.5
    losses = [
        float(Erase(1)(scene(s * logits, [[0.0, 0, 4, 4]], [[9.0, 9, 9, 9]])).loss) for s in (1.0, 0.0, -1.0)
    ]
    probability = torch.tensor([1.5, 0.0, -1.5]).sigmoid()
    assert losses == pytest.approx((-(1 - probability).log()).tolist(), rel=1e-5)


def test_the_gradient_of_the_loss_is_right() -> None:
    logits = noise(3, 5, 5).double().requires_grad_()

    def loss(maps: Tensor) -> Tensor:
        return Erase(1)(scene(maps, [[0.0, 0, 5, 4]], [[1.0, 1, 3, 3]])).loss

    assert torch.autograd.gradcheck(loss, (logits,))


def test_torchvision_segmenters_answer_as_their_own_pipeline_does() -> None:
    from torchvision import models
    from torchvision.transforms._presets import SemanticSegmentation

    torch.random.default_generator.manual_seed(0)
    model = models.segmentation.lraspp_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=5)
    loud_(model, 1.4)
    fit_norms_(model, noise(4, 3, 64, 64))
    own = SemanticSegmentation(resize_size=48)
    claim = Claim(
        "lraspp", "test", "BSD", (64, 64), (), tuple(own.mean), tuple(own.std), setting=Setting(Fit.OWN)
    )
    segmenter, picture = admit(Shorter(model, 48), claim), noise(1, 3, 90, 64)
    with torch.no_grad():
        theirs = model(own(picture))["out"]
    ours = segmenter.module((picture - segmenter.mean) / segmenter.std)
    assert ours.shape == theirs.shape
    assert torch.allclose(ours, theirs, atol=1e-3 * float(theirs.abs().max()))


@pytest.mark.slow
def test_a_segmenter_of_transformers_reads_every_pixel_as_the_library_does(tmp_path: Path) -> None:
    transformers: Any = pytest.importorskip("transformers", reason="transformers (optional) is not installed")
    config = transformers.SegformerConfig(
        hidden_sizes=[8, 8, 8, 8],
        depths=[1] * 4,
        num_attention_heads=[1, 1, 1, 1],
        decoder_hidden_size=16,
        **named(5),
    )
    model = transformers.SegformerForSemanticSegmentation(config)
    loud_(model, 2)
    fit_norms_(model, noise(4, 3, 64, 64))
    processor = transformers.SegformerImageProcessor(size={"height": 64, "width": 64})
    model.save_pretrained(tmp_path)
    processor.save_pretrained(tmp_path)
    segmenter, picture = load_victim(f"transformers:{tmp_path}"), noise(1, 3, 90, 120)
    assert isinstance(segmenter, Segmenter)
    with torch.no_grad():
        answer = model(**processor(picture, do_rescale=False, return_tensors="pt"))
    (theirs,) = processor.post_process_semantic_segmentation(answer, target_sizes=[(90, 120)])
    ours = segmenter(picture).logits.argmax(1)[0]
    assert len(theirs.unique()) > 1
    assert float((ours == theirs).float().mean()) > 0.999  # two classes may be equal up to rounding somewhere


def test_what_is_wanted_must_suit_the_model() -> None:
    from eot.runs.labels import objective_of
    from eot.runs.sections import ObjectiveTable

    victims = ((tiny(), 1.0),)
    assert objective_of(ObjectiveTable(kind="erase", label="red thing"), victims, None) == Erase(1)
    with pytest.raises(InputError, match="tiny is a segmenter: use erase"):
        objective_of(ObjectiveTable(kind="hide", label="red thing"), victims, None)
    with pytest.raises(InputError, match="no class 'red'"):
        objective_of(ObjectiveTable(kind="erase", label="red"), victims, None)
