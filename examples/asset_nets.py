"""Victims for the examples that need real weights: the test material beside the repository.

The files are described in `../shared/assets/README.md`; put models of your own here in the same way.
"""

import importlib
import json
import sys
from pathlib import Path

from torch import nn

ASSETS = Path(__file__).resolve().parents[2] / "shared" / "assets"
Named = tuple[nn.Module, int, tuple[str, ...]]


def _loader(name: str):  # type: ignore[no-untyped-def]
    folder = str(ASSETS / "loaders")
    if folder not in sys.path:
        sys.path.append(folder)
    return importlib.import_module(name)


def _imagenet() -> tuple[str, ...]:
    classes = json.loads((ASSETS / "classifiers" / "imagenet_classes.json").read_text(encoding="utf-8"))
    return tuple(entry["name"] for entry in classes)


def squeezenet() -> Named:
    """SqueezeNet 1.1 for ImageNet."""
    module, side_px, _ = _loader("classifiers").squeezenet1_1()
    return module, side_px, _imagenet()


def mobilenet_v2() -> Named:
    """MobileNetV2 for ImageNet."""
    module, side_px, _ = _loader("classifiers").mobilenet_v2()
    return module, side_px, _imagenet()


def mobilenet_v1() -> Named:
    """MobileNetV1 of width 0.75 for ImageNet, 192 px."""
    module, side_px, _ = _loader("classifiers").mobilenet_v1_075()
    return module, side_px, _imagenet()


def lisa_cnn() -> Named:
    """LISA-CNN of Eykholt et al. 2018."""
    loader = _loader("lisa_cnn")
    names = tuple(name or "nothing" for name in loader.CLASSES)
    return loader.load(ASSETS / "signs" / "lisa_cnn.safetensors"), 32, names
