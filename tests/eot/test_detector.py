"""The detector contract: what it takes and answers, what it never does, and what is refused."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torchvision.models import detection
from torchvision.models.detection.backbone_utils import resnet_fpn_backbone
from torchvision.ops import nms

from eot.streams import generator_for
from eot.victims import Claim, Dense, Detector, Fit, Operating, Setting, admit, load_victim
from eot.victims.letterbox import GREY, fitted
from eot.victims.torchvision_detectors import admit_torchvision
from renders.errors import InputError
from tests.tiny_detector import LABELS, SIDE_PX, TinyDetector

CLAIM = Claim("tiny", "test", "Apache-2.0", (SIDE_PX, SIDE_PX), LABELS)


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(shape, generator=generator_for(seed, "detector"))


def tiny(fit: Fit = Fit.CENTRE) -> Detector:
    detector = admit(TinyDetector(), replace(CLAIM, setting=Setting(fit)))
    assert isinstance(detector, Detector)
    return detector


def test_a_module_that_answers_boxes_and_scores_becomes_a_frozen_detector() -> None:
    detector = tiny()
    assert not any(p.requires_grad for p in detector.parameters())
    assert not detector.train().training
    before = detector.fingerprint()
    detector(noise(2, 3, 40, 30))
    assert detector.fingerprint() == before


def test_the_gradient_reaches_the_picture_through_the_letterbox() -> None:
    picture = noise(1, 3, 40, 30).requires_grad_()
    tiny()(picture).scores.sum().backward()
    assert picture.grad is not None and bool((picture.grad != 0).any())


def test_a_batch_is_answered_as_its_pictures_are_one_by_one() -> None:
    pictures, detector = noise(3, 3, 40, 30), tiny()
    together = detector(pictures)
    for i in range(3):
        alone = detector(pictures[i : i + 1])
        assert torch.allclose(together.boxes[i], alone.boxes[0], atol=1e-4)
        assert torch.allclose(together.scores[i], alone.scores[0], atol=1e-6)


@given(height=st.integers(5, 90), width=st.integers(5, 90), fit=st.sampled_from(list(Fit)[:3]))
def test_boxes_return_from_the_canvas_to_the_picture(height: int, width: int, fit: Fit) -> None:
    put = fitted(noise(1, 3, height, width), (32, 48), fit)
    assert put.canvas.shape == (1, 3, 32, 48)
    whole = torch.tensor([0.0, 0, width, height])
    on_canvas = whole * torch.tensor(put.scale * 2) + torch.tensor(put.offset * 2)
    assert float(on_canvas.min()) >= 0 and bool((on_canvas[2:] <= torch.tensor([48.001, 32.001])).all())
    assert torch.allclose(put.in_pictures(on_canvas[None, None])[0, 0], whole, atol=1e-3)


def test_a_picture_of_the_canvas_size_comes_through_bit_for_bit() -> None:
    picture = noise(1, 3, 32, 32)
    for fit in Fit:
        assert torch.equal(fitted(picture, (32, 32), fit).canvas, picture)


def test_what_the_letterbox_adds_is_the_grey_of_yolo() -> None:
    canvas = fitted(noise(1, 3, 16, 32), (32, 32), Fit.CENTRE).canvas
    assert bool((canvas[:, :, :8] == GREY).all()) and bool((canvas[:, :, 24:] == GREY).all())
    corner = fitted(noise(1, 3, 16, 32), (32, 32), Fit.CORNER).canvas
    assert bool((corner[:, :, 16:] == GREY).all())


def test_detections_are_what_torchvision_keeps_of_each_class_best_first() -> None:
    boxes = torch.cat([noise(1, 60, 2) * 50, noise(1, 60, 2, seed=1) * 50 + 50], -1)
    scores = noise(1, 60, 3, seed=2)
    found = Dense(boxes, scores, operating=Operating(floor=0.2, overlap=0.4)).detections
    best, labels = scores[0].max(-1)
    kept = []
    for label in range(3):
        rows = ((labels == label) & (best > 0.2)).nonzero()[:, 0]
        kept += rows[nms(boxes[0, rows], best[rows], 0.4)].tolist()
    kept.sort(key=lambda row: -float(best[row]))
    n = len(kept)
    assert torch.equal(found.boxes[0, :n], boxes[0, kept]) and torch.equal(found.labels[0, :n], labels[kept])
    assert bool((found.labels[0, n:] == -1).all()) and bool((found.scores[0, n:] == 0).all())


def test_a_candidate_may_be_of_several_classes_where_the_family_wants_it() -> None:
    dense = Dense(torch.tensor([[[0.0, 0, 9, 9]]]), torch.tensor([[[0.9, 0.8]]]))
    assert (dense.detections.labels[0] >= 0).sum() == 1
    both = replace(dense, operating=Operating(every_class=True)).detections
    assert both.labels[0, :2].tolist() == [0, 1]


class Answers(nn.Module):
    """A module that answers what it is told, whatever it is shown."""

    def __init__(self, answer: Callable[[int], object]) -> None:
        super().__init__()
        self.answer = answer

    def forward(self, images: Tensor) -> object:
        return self.answer(len(images))


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda n: (torch.zeros(n, 5, 4), torch.zeros(n, 6, 4)), "boxes [n q 4] and scores [n q c]"),
        (lambda n: (torch.zeros(n, 5, 4), torch.full((n, 5, 4), 3.0)), "scores in [0, 1]; got 3 to 3"),
        (lambda n: (torch.full((n, 5, 4), torch.nan), torch.zeros(n, 5, 4)), "finite boxes and scores"),
        (lambda n: (torch.zeros(n, 5, 4), torch.zeros(n, 5, 7)), "7 classes and 4 labels"),
        (lambda n: {"boxes": torch.zeros(n, 5, 4)}, "got a dict"),
        (lambda n: torch.zeros(n, 5, 85), "a tensor [3, 5, 85]"),
    ],
)
def test_an_answer_that_is_no_detectors_is_refused_in_one_line(
    answer: Callable[[int], object], says: str
) -> None:
    with pytest.raises(InputError, match=r"got|finite|classes") as error:
        admit(Answers(answer), CLAIM)
    assert says in str(error.value) and "\n" not in str(error.value)


def torchvision_model(family: str) -> nn.Module:
    """A small random model of a family of torchvision's, all of whose candidates count."""
    torch.random.default_generator.manual_seed(4)
    size = {"min_size": 64, "max_size": 96}
    if family == "ssdlite":
        build = detection.ssdlite320_mobilenet_v3_large
        made = build(weights=None, num_classes=4, weights_backbone=None, score_thresh=0.3)
        # Statistics of real activations: with those of an untrained net all answers are alike.
        for norm in (m for m in made.modules() if isinstance(m, nn.BatchNorm2d)):
            norm.momentum = None
        with torch.no_grad():
            made.head(list(made.backbone.train()(noise(8, 3, 320, 320, seed=9)).values()))
        return made
    if family == "ssd":
        made = detection.ssd300_vgg16(weights=None, num_classes=4, weights_backbone=None, score_thresh=0.5)
        with torch.no_grad():
            images, _ = made.transform(list(noise(2, 3, 100, 130, seed=9)))
            features = list(made.backbone(images.tensors).values())
            for layer, feature in zip(made.head.classification_head.module_list, features, strict=True):
                layer.weight *= 2 / layer(feature).std()  # some candidates are sure, none entirely
        return made
    backbone = resnet_fpn_backbone(backbone_name="resnet18", weights=None, trainable_layers=5)
    if family == "faster_rcnn":
        return detection.FasterRCNN(backbone, 4, box_score_thresh=0.1, **size)
    one_stage = {"retinanet": detection.RetinaNet, "fcos": detection.FCOS}[family]
    made = one_stage(backbone, 4, score_thresh=0.05, topk_candidates=100_000, **size)
    nn.init.zeros_(made.head.classification_head.cls_logits.bias)  # from 1 % to 50 % a candidate
    return made


@pytest.mark.slow
@pytest.mark.parametrize("family", ["fcos", "retinanet", "ssd", "ssdlite", "faster_rcnn"])
def test_torchvision_detectors_find_what_their_own_pipeline_finds(family: str) -> None:
    model = torchvision_model(family).eval()
    claim = Claim(family, "test", "BSD-3-Clause", (64, 80), ("nothing", "a", "b", "c"))
    detector = admit_torchvision(model, claim)
    picture = noise(1, 3, 100, 130, seed=3)
    with torch.no_grad():
        theirs = model([picture[0]])[0]
    assert isinstance(detector, Detector)
    ours = detector.detect(picture)
    n = len(theirs["scores"])
    # Folded batch norms and another memory layout move scores and boxes by rounding alone.
    assert n > 3 and torch.allclose(ours.scores[0, :n], theirs["scores"], atol=1e-4)
    same = ours.labels[0, :n] == theirs["labels"]
    near = (ours.boxes[0, :n] - theirs["boxes"]).abs().amax(-1) < 0.05
    assert (same & near).float().mean() > 0.9  # candidates with nearly equal scores may change places
    leaf = picture.clone().requires_grad_()
    detector(leaf).scores.amax().backward()
    assert leaf.grad is not None and bool((leaf.grad != 0).any())


def test_an_unknown_detector_of_torchvision_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match="fcos_resnet50_fpn"):
        load_victim("torchvision:fcos_resnet50")
