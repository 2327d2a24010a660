"""Architectures of transformers and ultralytics with random weights find what the libraries find."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from eot.runs.kinds import _victim
from eot.streams import generator_for
from eot.victims import Detector, Victim, load_victim
from eot.victims.transformers_zoo import _taken
from renders.errors import InputError

SMALL = {"d_model": 32, "encoder_ffn_dim": 32, "decoder_ffn_dim": 32, "num_queries": 12, "encoder_layers": 1}
SIZES = [(64, 64), (90, 120), (40, 140)]


@pytest.fixture(scope="module")
def transformers() -> Any:
    return pytest.importorskip("transformers", reason="transformers (optional) is not installed")


@pytest.fixture(scope="module")
def ultralytics() -> Any:
    return pytest.importorskip("ultralytics", reason="ultralytics (optional, AGPL) is not installed")


def photo(height: int, width: int, n: int = 1) -> Tensor:
    return torch.rand(n, 3, height, width, generator=generator_for(0, "families"))


def named(count: int) -> dict[str, Any]:
    return {"id2label": {i: f"thing {i}" for i in range(count)}}


def loud_(model: nn.Module, gain: float) -> None:
    """Weights so large that an untrained model's answers differ from place to place."""
    generator = generator_for(2, "families")
    for parameter in model.parameters():
        if parameter.ndim > 1:
            fan_in = parameter[0].numel()
            nn.init.normal_(parameter, std=gain / fan_in**0.5, generator=generator)


def fit_norms_(model: nn.Module, images: Tensor) -> None:
    """Batch norms that have seen activations; with those of an untrained net all answers are alike."""
    for norm in (m for m in model.modules() if isinstance(m, nn.BatchNorm2d)):
        norm.momentum = None
    with torch.no_grad():
        model.train()(images)
    model.eval()


def detr(transformers: Any) -> tuple[Any, Any]:
    backbone = transformers.ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic", out_features=["stage2"]
    )
    config = transformers.DetrConfig(
        backbone_config=backbone, decoder_layers=1, encoder_attention_heads=2, **SMALL, **named(5)
    )
    model = transformers.DetrForObjectDetection(config)
    loud_(model, 4)
    return model, transformers.DetrImageProcessor(size={"shortest_edge": 64, "longest_edge": 100})


def rt_detr(transformers: Any) -> tuple[Any, Any]:
    stages = ["stage2", "stage3", "stage4"]
    backbone = transformers.RTDetrResNetConfig(
        embedding_size=8, hidden_sizes=[8, 8, 16, 16], depths=[1] * 4, layer_type="basic", out_features=stages
    )
    config = transformers.RTDetrConfig(
        backbone_config=backbone,
        encoder_in_channels=[8, 16, 16],
        encoder_hidden_dim=32,
        decoder_in_channels=[32, 32, 32],
        decoder_layers=1,
        decoder_n_points=2,
        encoder_attention_heads=2,
        **SMALL,
        **named(5),
    )
    model = transformers.RTDetrForObjectDetection(config)
    loud_(model, 1)
    return model, transformers.RTDetrImageProcessor(size={"height": 64, "width": 64})


@pytest.mark.slow
@pytest.mark.parametrize("make", [detr, rt_detr])
def test_detr_and_its_family_find_what_the_library_finds(
    make: Callable[[Any], tuple[Any, Any]], tmp_path: Path, transformers: Any
) -> None:
    torch.random.default_generator.manual_seed(0)
    model, processor = make(transformers)
    model.save_pretrained(tmp_path)
    processor.save_pretrained(tmp_path)
    detector = load_victim(f"transformers:{tmp_path}")
    assert isinstance(detector, Detector) and detector.info.labels[4] == "thing 4"
    for size in SIZES:
        picture = photo(*size)
        with torch.no_grad():
            answer = model.eval()(**processor(picture, do_rescale=False, return_tensors="pt"))
        (theirs,) = processor.post_process_object_detection(answer, threshold=0.2, target_sizes=[size])
        assert len(theirs["scores"].unique()) > 2
        ours = detector.detect(picture)
        # A softmax keeps the best class of a query only; ours lists every class above the floor.
        for score, label, box in zip(*(theirs[key] for key in ("scores", "labels", "boxes")), strict=True):
            near = ((ours.scores[0] - score).abs() < 1e-4) & (ours.labels[0] == label)
            assert bool(((ours.boxes[0] - box).abs().amax(-1)[near] < 0.05).any())
    check_laws(detector, photo(90, 120, 3))


def check_laws(detector: Detector, pictures: Tensor) -> None:
    """A batch is answered as its pictures one by one, and the gradient reaches them."""
    together, alone = detector(pictures), detector(pictures[1:2])
    assert torch.allclose(together.scores[1], alone.scores[0], atol=1e-3)
    assert torch.allclose(together.boxes[1], alone.boxes[0], atol=0.05)
    leaf = pictures.clone().requires_grad_()
    detector(leaf).scores.mean().backward()
    assert leaf.grad is not None and bool((leaf.grad != 0).any())


def test_a_classifier_of_transformers_answers_as_the_library_does(tmp_path: Path, transformers: Any) -> None:
    config = transformers.MobileViTConfig(
        image_size=32,
        hidden_sizes=[8, 8, 8],
        neck_hidden_sizes=[4, 4, 8, 8, 8, 8, 8],
        num_attention_heads=2,
        **named(5),
    )
    model = transformers.MobileViTForImageClassification(config).eval()
    loud_(model, 1)
    fit_norms_(model, photo(32, 32, 8))
    size = {"height": 32, "width": 32}  # and BGR, as MobileViT was trained
    processor = transformers.MobileViTImageProcessor(size={"shortest_edge": 32}, crop_size=size)
    model.save_pretrained(tmp_path)
    processor.save_pretrained(tmp_path)
    victim, picture = load_victim(f"transformers:{tmp_path}"), photo(32, 32)
    assert isinstance(victim, Victim)
    assert any("its own processor cuts out the middle" in note for note in victim.info.notes)
    with torch.no_grad():
        theirs = model(**processor(picture, do_rescale=False, return_tensors="pt")).logits
    assert torch.allclose(victim(picture), theirs, atol=1e-5)
    assert not torch.allclose(victim(picture.flip(1)), theirs, atol=1e-4)


@pytest.mark.parametrize(
    ("kind", "options", "says"),
    [
        ("ViT", {"size": {"height": 32, "width": 32}}, None),
        (
            "DeiT",
            {"size": {"height": 36, "width": 36}, "crop_size": {"height": 32, "width": 32}},
            "the middle",
        ),
        ("DeiT", {"size": {"height": 32, "width": 32}, "crop_size": {"height": 32, "width": 32}}, None),
        ("CLIP", {"size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}}, "the middle"),
        ("ConvNext", {"size": {"shortest_edge": 32}}, "the middle"),
        ("ConvNext", {"size": {"shortest_edge": 384}}, None),
        ("TextNet", {"size": {"shortest_edge": 32}, "do_center_crop": False}, "keeps the proportions"),
        ("Detr", {"size": {"shortest_edge": 32, "longest_edge": 64}}, None),
    ],
)
def test_a_note_says_where_the_processor_would_not_take_the_whole_picture(
    kind: str, options: dict[str, Any], says: str | None, transformers: Any
) -> None:
    processor = getattr(transformers, f"{kind}ImageProcessor")(resample=2, **options)
    notes = _taken("a model", processor).notes
    assert len(notes) == (says is not None) and all(says in note for note in notes if says)


def yolo_file(name: str, folder: Path) -> tuple[Path, Any]:
    """An untrained YOLO that fires, its batch norms fitted to noise, as a file of weights."""
    from ultralytics import YOLO

    torch.random.default_generator.manual_seed(0)
    library = YOLO(f"{name}.yaml", verbose=False)
    model: Any = library.model
    for head in model.model[-1].cv3:
        nn.init.normal_(head[-1].weight, std=0.05, generator=generator_for(3, "families"))
        nn.init.constant_(head[-1].bias, -2.0)
    fit_norms_(model, photo(96, 96, 4))
    file = folder / "weights.safetensors"
    save_file(model.state_dict(), file, {"input_px": json.dumps([64, 96])})
    return file, library


@pytest.mark.parametrize("name", ["yolov8n", "yolo11n", pytest.param("yolo26n", marks=pytest.mark.slow)])
def test_yolos_find_what_ultralytics_finds(name: str, tmp_path: Path, ultralytics: Any) -> None:
    file, library = yolo_file(name, tmp_path)
    detector, picture = load_victim(f"ultralytics:{name}@{file}"), photo(64, 96)
    assert isinstance(detector, Detector) and detector.info.labels[11] == "stop sign"
    (result,) = library.predict(picture, conf=0.25, verbose=False, device="cpu")
    theirs, ours = result.boxes, detector.detect(picture)
    n = len(theirs)
    assert n > 3 and torch.allclose(ours.scores[0, :n], theirs.conf, atol=1e-4)
    assert torch.equal(ours.labels[0, :n], theirs.cls.long())
    # Its boxes are cut off at the edge of the picture.
    inside = ours.boxes[0, :n].clamp_min(0).minimum(torch.tensor([96.0, 64, 96, 64]))
    assert torch.allclose(inside, theirs.xyxy, atol=0.05)
    check_laws(detector, photo(64, 96, 3))


def refused(spec: str, *says: str) -> None:
    with pytest.raises(InputError) as error:
        load_victim(spec)
    assert all(word in str(error.value) for word in says) and "\n" not in str(error.value)


def test_a_missing_extra_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    refused("transformers:facebook/detr-resnet-50", "pip install transformers")
    monkeypatch.setitem(sys.modules, "ultralytics.nn.tasks", None)
    refused("ultralytics:yolo11n@weights.safetensors", "pip install ultralytics", "AGPL-3.0")


def test_pickled_weights_of_ultralytics_are_refused_with_the_safe_way(ultralytics: Any) -> None:
    refused("ultralytics:yolo11n", "run code", "save_file(YOLO('NAME.pt').model.state_dict()")
    refused("ultralytics:yolo11n@mine.pt", "run code")
    refused("ultralytics:yolo11q@w.safetensors", "no detector 'yolo11q'", "yolo11")
    refused("ultralytics:yolo11n-seg@w.safetensors", "no detector")


def test_models_of_transformers_that_cannot_be_attacked_are_refused(
    tmp_path: Path, transformers: Any
) -> None:
    refused(f"transformers:{tmp_path}", "save_pretrained")
    body = tmp_path / "body"
    transformers.BertConfig(architectures=["BertForMaskedLM"]).save_pretrained(body)
    refused(f"transformers:{body}", "...ForObjectDetection", "BertForMaskedLM")
    foreign = tmp_path / "foreign"
    transformers.ViTConfig(architectures=["MyForImageClassification"]).save_pretrained(foreign)
    refused(f"transformers:{foreign}", "code of its own", "python:FILE.py:FACTORY")
    pickled = tmp_path / "pickled"
    transformers.ViTConfig(architectures=["ViTForImageClassification"]).save_pretrained(pickled)
    torch.save({}, pickled / "pytorch_model.bin")
    refused(f"transformers:{pickled}", "safetensors")


def test_a_folder_of_transformers_is_found_from_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "detr").mkdir()
    assert _victim("transformers:detr", tmp_path) == f"transformers:{tmp_path / 'detr'}"
    assert _victim("transformers:facebook/detr-resnet-50", tmp_path) == "transformers:facebook/detr-resnet-50"
