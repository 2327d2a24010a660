"""Detectors for the examples that need real weights: COCO nets from the test material.

The files are described in `../shared/assets/README.md`. A factory for a detector of your own looks the same:
a module that answers boxes [n q 4] (xyxy px of its input) and scores [n q c], its input size, its labels; and
how pictures are put before it and its answers are read, as `setting` on the module.
"""

from pathlib import Path
from typing import Any

from asset_nets import ASSETS, _loader
from torch import nn

from eot.victims import Fit, Operating, Setting

DETECTORS: Path = ASSETS / "detectors"
Named = tuple[nn.Module, int, tuple[str, ...]]


def _named(module: Any, fit: Fit) -> Named:
    module.setting = Setting(fit, operating=Operating(threshold=0.3, overlap=0.5))
    return module, module.size, tuple(_loader("detectors").COCO)


def yolox_nano() -> Named:
    """YOLOX-nano for COCO, 416 px (Apache-2.0)."""
    return _named(
        _loader("detectors").YoloxNano(DETECTORS / "yolox_nano_coco.onnxgraph.safetensors"), Fit.CORNER
    )


def yolo_fastest() -> Named:
    """YOLO-Fastest 1.1 XL for COCO, 320 px."""
    name = str(DETECTORS / "yolo-fastest-1.1-xl")
    return _named(_loader("detectors").Darknet(f"{name}.cfg", f"{name}.weights"), Fit.CENTRE)
