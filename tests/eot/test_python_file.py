"""Victims from files of Python: each has neighbours of its own, and leaves nothing behind."""

import importlib
import sys
from pathlib import Path

import pytest
import torch

from eot.victims import load_victim
from renders.errors import InputError

NET = """
import torch
from torch import nn
from {folder}.scale import SCALE

class Net(nn.Module):
    def forward(self, images):
        return SCALE * images.mean((2, 3))
"""
TOP = "from net import Net\n\ndef make(): return Net(), 8\n"
LIBRARY = "import this\n\ndef make(): return this.Net(), 8\n"  # as one of the standard library is called
LAZY = "def make():\n    from net import Net\n    return Net(), 8\n"
INSERTED = "import os, sys\nsys.path.append(os.path.join(os.path.dirname(__file__), 'inner'))\n" + TOP


def refused(spec: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        load_victim(spec)
    assert "\n" not in str(caught.value)


def victim_folder(folder: Path, text: str, scale: float, inner: str = "") -> str:
    """The spec of a model whose answer is `scale` times the mean, which a package beside the file says."""
    package = folder / inner / "part"
    package.mkdir(parents=True)
    (package / "scale.py").write_text(f"SCALE = {scale}")
    for name in ("net.py", "this.py"):
        (folder / inner / name).write_text(NET.format(folder="part"))
    (folder / "model.py").write_text(text)
    return f"python:{folder / 'model.py'}:make"


@pytest.mark.parametrize(("text", "inner"), [(TOP, ""), (LAZY, ""), (LIBRARY, ""), (INSERTED, "inner")])
def test_every_python_file_has_neighbours_of_its_own(text: str, inner: str, tmp_path: Path) -> None:
    places = list(sys.path)
    specs = [victim_folder(tmp_path / name, text, scale, inner) for name, scale in (("a", 2.0), ("b", 3.0))]
    victims = [load_victim(spec) for spec in (*specs, specs[0])]
    ones = torch.ones(1, 3, 8, 8)
    assert [victim(ones)[0, 0].item() for victim in victims] == [2, 3, 2]
    assert not {"net", "this", "part", "part.scale", "model"} & sys.modules.keys() and sys.path == places


def test_a_neighbour_comes_before_a_module_from_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "session").mkdir()
    (tmp_path / "session" / "net.py").write_text("Net = None")
    sys.path.insert(0, str(tmp_path / "session"))
    try:
        session = importlib.import_module("net")
        victim = load_victim(victim_folder(tmp_path / "a", TOP, 2.0))
        assert victim(torch.ones(1, 3, 8, 8))[0, 0] == 2
        assert sys.modules["net"] is session
    finally:
        sys.path.remove(str(tmp_path / "session"))
        sys.modules.pop("net", None)


def test_a_neighbour_runs_once_and_never_replaces_what_all_share(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('not the library')")
    (tmp_path / "json.py").write_text("raise ImportError('not the library')")
    text = "import json, torch, count\nfrom torch import nn\n\ndef make():\n    count.RUNS.append(count)\n"
    (tmp_path / "model.py").write_text(
        text + "    return nn.Sequential(nn.AvgPool2d(8), nn.Flatten()), 8, [str(len(count.RUNS))] * 3\n"
    )
    (tmp_path / "count.py").write_text("RUNS = []")
    labels = [load_victim(f"python:{tmp_path / 'model.py'}:make").info.labels[0] for _ in range(2)]
    assert labels == ["1", "2"]


def test_a_python_file_may_hold_dataclasses_with_postponed_annotations(tmp_path: Path) -> None:
    fields = "@dataclass\nclass Size:\n    px: int = 8\n\n"
    head = "from __future__ import annotations\nfrom dataclasses import dataclass\nfrom torch import nn\n\n"
    make = "def make(): return nn.Sequential(nn.AvgPool2d(8), nn.Flatten()), Size().px\n"
    path = tmp_path / "sizes.py"
    path.write_text(head + fields + make)
    assert load_victim(f"python:{path}:make").info.input_px == (8, 8)
    path.write_text(head + fields + "raise ValueError('changed')")
    refused(f"python:{path}:make", "raised ValueError")
    assert not any(name.startswith("eot_victim_sizes") for name in sys.modules)


def test_a_forward_that_imports_a_neighbour_is_told_where_to(tmp_path: Path) -> None:
    spec = victim_folder(tmp_path, "", 1.0)
    (tmp_path / "model.py").write_text(
        "from torch import nn\nimport net\n\nclass Late(nn.Module):\n    def forward(self, images):\n"
        "        from net import SCALE\n        return images.mean((2, 3))\n\ndef make(): return Late(), 8\n"
    )
    refused(spec, "No module named 'net': import that at the top of the file")
