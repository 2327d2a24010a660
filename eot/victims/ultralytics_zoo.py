"""YOLO detectors (v3 to the newest) of ultralytics, an optional dependency under AGPL-3.0."""

import json
import re
from pathlib import Path
from typing import Any

from jaxtyping import Float
from torch import Tensor, nn
from torchvision.ops import box_convert

from eot.victims.admit import Claim, admit
from eot.victims.any_victim import AnyVictim
from eot.victims.detections import Operating
from eot.victims.detector import Setting
from eot.victims.state_dict import StateFile, fill, read_state
from renders.errors import InputError, nearest

LICENCE = "AGPL-3.0 (architecture and published weights by ultralytics)"
INPUT_PX = "[640, 640]"
# The head's last convolution on the finest map has a bias for each class.
CLASSES = re.compile(r"model\.\d+\.cv3\.0\.2\.bias")
# Of its architectures those that answer boxes, and nothing else.
DETECTS = re.compile(r"yolov?\d+[a-z]?(-(tiny|spp|ghost|p\d))*")
# What its own predictor does when nothing else is asked for.
OPERATING = Operating(threshold=0.25, floor=0.01, overlap=0.7, limit=300)
SAVE = (
    "from ultralytics import YOLO; from safetensors.torch import save_file; "
    "save_file(YOLO('NAME.pt').model.state_dict(), 'NAME.safetensors')"
)


class Candidates(nn.Module):
    """Every anchor of a YOLO's one-to-many head, before suppression."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, canvas: Float[Tensor, "n 3 h w"]) -> tuple[Tensor, Tensor]:
        """Boxes in pixels of the canvas, and scores."""
        answer = self.model(canvas)[0].transpose(1, 2)
        return box_convert(answer[..., :4], "cxcywh", "xyxy"), answer[..., 4:]


def load_ultralytics(rest: str) -> AnyVictim:
    """The detector `NAME@FILE`: an architecture such as yolov8n or yolo11s, and its weights in a state dict.

    Weights as ultralytics publishes them are pickles of whole models, which run code when they are read;
    they are refused, and the error says how to save them once. A safetensors file may carry `labels` and
    `input_px` as JSON in its metadata; 80 classes are taken for those of COCO.

    Raises:
        InputError: ultralytics is not installed or does not know the name, or a file that does not fit.
    """
    name, _, file = rest.partition("@")
    build = _builder()
    names = _architectures()
    if not file or file.endswith(".pt"):
        raise InputError(
            f"ultralytics:NAME@FILE needs the weights as a state dict, as .pt files run code when read; got "
            f'{rest!r}: save them once where you trust them: python -c "{SAVE}"'
        )
    if not _known(name, names):
        raise InputError(f"ultralytics has no detector {name!r}: {nearest(name, names)}")
    state = read_state(Path(file))
    counts = [len(tensor) for key, tensor in state.tensors.items() if CLASSES.fullmatch(key)]
    if not counts:
        raise InputError(f"{file} must hold the weights of a YOLO detector; no classes found in it: check it")
    module = fill(build(f"{name}.yaml", nc=counts[0], verbose=False), state, name)
    height, width = json.loads(state.metadata.get("input_px", INPUT_PX))
    labels = _labels(state, counts[0])
    setting = Setting(operating=OPERATING)
    claim = Claim(f"ultralytics:{name}", file, LICENCE, (height, width), labels, setting=setting)
    return admit(Candidates(module), claim)


def _builder() -> Any:
    try:
        from ultralytics.nn.tasks import DetectionModel
    except ImportError as error:
        raise InputError(
            "ultralytics:NAME@FILE needs ultralytics (AGPL-3.0), not installed here: pip install ultralytics"
        ) from error
    return DetectionModel


def _architectures() -> tuple[str, ...]:
    """The detection architectures by name, most of them without the letter of their size."""
    from ultralytics.utils import ROOT

    stems = (file.stem for file in (ROOT / "cfg" / "models").rglob("yolo*.yaml"))
    return tuple(sorted(stem for stem in stems if DETECTS.fullmatch(stem)))


def _known(name: str, names: tuple[str, ...]) -> bool:
    return name in names or re.sub(r"(\d)[nsmblx](?=-|$)", r"\1", name) in names


def _labels(state: StateFile, classes: int) -> tuple[str, ...]:
    if classes != 80 or "labels" in state.metadata:
        return state.listed("labels")
    from ultralytics.utils import ROOT, YAML

    return tuple(YAML.load(ROOT / "cfg" / "datasets" / "coco.yaml")["names"].values())
