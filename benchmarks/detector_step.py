"""What a patch step on a real detector costs over its bare pass, beside ART's two patch attacks on detectors.

`python -m benchmarks.detector_step`: the scene of examples/hide_person.toml. Every row has the same detector,
the same four photographs and the same loss. The base is the module as it comes, parameters frozen, channels
first, as every tool pays for it; ours folds its batch norms. ART pastes one patch into a picture, ours puts
one on every person, once without a camera, as ART does, and once with light and sensor. RobustDPatch, as it
comes, asks the detector at every sample what it sees; a second row of it is told once. Without
adversarial-robustness-toolbox its rows are left out; T-SEA's stands there with `--t-sea CLONE` only.
"""

import argparse
import importlib
import importlib.util
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torchvision.ops import clip_boxes_to_image

from benchmarks.measure import Figure, cpu_s, show
from benchmarks.tsea_applier import tsea_step
from eot.attack import Attack
from eot.loop import gradient
from eot.runs.build import build, frame_of
from eot.runs.config import load_config
from eot.runs.masks import fixed_mask
from eot.victims.detections import Dense, Operating
from eot.victims.letterbox import fitted
from renders.conditions import QUANTITIES

EXAMPLE = Path(__file__).parents[1] / "examples" / "hide_person.toml"
sys.path.append(str(EXAMPLE.parent))
PERSON = 0
PATCH_PX = 64
TOLD = "ART RobustDPatch told what is there"
TSEA, FITTED = "T-SEA", "T-SEA with no more boxes than there are"
# What of the example's conditions is light and sensor; ART knows none of it.
SENSOR = (
    "exposure_stops",
    "warmth",
    "defocus_px",
    "shot_noise",
    "read_noise",
    "jpeg_quality",
)


class Hidden(nn.Module):
    """A detector as ART wants it: in train mode it answers its losses, of hiding as ours; else boxes."""

    def __init__(self, module: nn.Module, operating: Operating) -> None:
        super().__init__()
        self.module, self.operating = module.requires_grad_(False), operating

    def forward(self, images: Tensor, labels: object = None) -> Any:
        """The loss of a batch, or what is detected in each picture, as torchvision's detectors answer it."""
        if self.training:
            return {"loss_classifier": hiding(self.module, images)}
        boxes, scores = self.module(images)[:2]
        inside = clip_boxes_to_image(boxes, (images.shape[-2], images.shape[-1]))
        found = Dense(inside, scores, operating=self.operating).detections
        kept = found.scores >= self.operating.threshold
        return [
            {"boxes": boxes[those], "labels": labels[those], "scores": scores[those]}
            for boxes, labels, scores, those in zip(
                found.boxes, found.labels, found.scores, kept, strict=True
            )
        ]


def passed(module: nn.Module, pictures: Tensor) -> None:
    """Forward and backward through a module, or through the victim made of it."""
    hiding(module, pictures.clone().requires_grad_()).backward()


def hiding(module: nn.Module, canvas: Tensor) -> Tensor:
    """-log of the probability that no candidate fires as a person, mean over the pictures."""
    answer = module(canvas)
    score = (answer.scores if isinstance(answer, Dense) else answer[1])[..., PERSON]
    return -(1 - score).clamp_min(1e-6).log().sum(-1).mean()


def main(rounds: int, clone: Path | None) -> None:
    """Prints each detector's table."""
    for name, side_px in (("yolo_fastest", 320), ("yolox_nano", 416)):
        attack, still = ready(name, side_px), ready(name, side_px, SENSOR)
        condition = attack.train(0)
        with torch.no_grad():
            image = attack.texture().clone()
            photos = attack.problem.photograph(image, condition)[0]
        detector: Any = attack.problem.victims[0][0]
        canvas = fitted(photos, detector.info.input_px, detector.setting.fit).canvas.contiguous()
        raw = getattr(importlib.import_module("asset_detectors"), name)()[0].eval().requires_grad_(False)
        hidden = Hidden(raw, detector.setting.operating)
        calls: dict[str, Callable[[], object]] = {
            "bare": partial(passed, raw, canvas),
            "loaded": partial(passed, detector, photos),
            "placed": partial(gradient, image, still.problem, still.train(0)),
            "eot": partial(gradient, image, attack.problem, condition),
            **(art_calls(hidden, canvas) if has_art() else {}),
        }
        if clone is not None:
            boxes, loss = persons(hidden, canvas), partial(hiding, raw)
            calls[TSEA] = tsea_step(clone, canvas, boxes, loss)
            calls[FITTED] = tsea_step(clone, canvas, boxes, loss, max(map(len, boxes)))
        seconds = cpu_s(calls, rounds, settled=True)
        show(f"{name}, {len(photos)} views of {side_px} px, CPU time", figures(seconds, len(photos)))


def ready(name: str, side_px: int, without: tuple[str, ...] = ()) -> Attack:
    """The example's run on a detector, some conditions at their off value."""
    model = f"python:{EXAMPLE.parent / 'asset_detectors.py'}:{name}"
    off = (f"conditions.{condition}={QUANTITIES[condition].off:g}" for condition in without)
    config = load_config(EXAMPLE, (f'victims.models=["{model}"]', f"camera.output_px={side_px}", *off))
    frame = frame_of(config, torch.device("cpu"))
    mask = fixed_mask(config, frame.article)
    assert mask is not None
    return build(frame, mask).attack


def persons(hidden: Hidden, canvas: Tensor) -> list[Tensor]:
    """The boxes [k 4] of the persons detected in each picture."""
    with torch.no_grad():
        return [seen["boxes"][seen["labels"] == PERSON] for seen in hidden.eval()(canvas)]


def has_art() -> bool:
    """Whether adversarial-robustness-toolbox is installed."""
    return importlib.util.find_spec("art") is not None


def art_calls(hidden: Hidden, canvas: Tensor) -> dict[str, Callable[[], object]]:
    """One step of each of ART's attacks on the canvas, with one sample of its transformations."""
    from art.attacks.evasion import AdversarialPatchPyTorch, RobustDPatch
    from art.estimators.object_detection import PyTorchObjectDetector

    side_px, n = canvas.shape[-1], len(canvas)
    estimator = PyTorchObjectDetector(
        hidden,
        input_shape=(3, side_px, side_px),
        clip_values=(0.0, 1.0),
        channels_first=True,
        attack_losses=("loss_classifier",),
        device_type="cpu",
    )
    share = PATCH_PX / side_px
    pasted = AdversarialPatchPyTorch(
        estimator,
        scale_min=share * 0.8,
        scale_max=share * 1.2,
        learning_rate=0.05,
        batch_size=n,
        patch_shape=(3, PATCH_PX, PATCH_PX),
        patch_type="square",
        targeted=False,
        verbose=False,
    )
    robust, told = (
        RobustDPatch(
            estimator,
            patch_shape=(3, PATCH_PX, PATCH_PX),
            patch_location=(side_px // 3, side_px // 3),
            brightness_range=(0.8, 1.2),
            rotation_weights=(1, 0, 0, 0),
            learning_rate=0.05,
            max_iter=1,
            batch_size=n,
            targeted=targeted,
            verbose=False,
        )
        for targeted in (False, True)
    )
    labels = [{"boxes": torch.zeros(1, 4), "labels": torch.zeros(1).long()} for _ in canvas]
    arrays = canvas.numpy().astype(np.float32)
    seen = estimator.predict(arrays)
    assert all(PERSON in each["labels"] for each in seen), "the detector must see what RobustDPatch is told"
    return {
        "ART AdversarialPatchPyTorch": lambda: pasted._train_step(canvas, labels),
        "ART RobustDPatch": lambda: robust.generate(arrays),
        TOLD: lambda: told.generate(arrays, seen),
    }


def figures(seconds: dict[str, float], views: int) -> list[Figure]:
    """Everything over the bare pass, and ART over ours."""
    bare, ours, placed = seconds["bare"], seconds["eot"], seconds["placed"]
    table = [
        Figure("bare forward and backward pass", 1000 * bare / views, "ms"),
        Figure("the same as eot loads it, over bare", seconds["loaded"] / bare, "x"),
        Figure("our step without light and sensor, over bare", placed / bare, "x", 1.0),
        Figure("our step with light and sensor, over bare", ours / bare, "x", 1.0),
    ]
    targets = {
        "ART AdversarialPatchPyTorch": 1.4,
        "ART RobustDPatch": 1.4,
        TOLD: None,
        TSEA: 3.0,
        FITTED: None,
    }
    for name, target in targets.items():
        if name in seconds:
            table += [
                Figure(f"{name}, over bare", seconds[name] / bare, "x"),
                Figure(f"{name}, over ours without", seconds[name] / placed, "x", target, at_least=True),
                Figure(f"{name}, over ours", seconds[name] / ours, "x"),
            ]
    return table


if __name__ == "__main__":
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rounds", nargs="?", type=int, default=5)
    parser.add_argument("--t-sea", type=Path, help="a clone of github.com/VDIGPKU/T-SEA")
    given = parser.parse_args()
    main(given.rounds, given.t_sea)
