"""Reading weights from a file without running anything that is in it."""

import json
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from renders.errors import InputError

UNREADABLE = (OSError, RuntimeError, EOFError, ValueError, KeyError, pickle.UnpicklingError, SafetensorError)
# Where training scripts put the weights inside a checkpoint.
INNER_NAMES = ("state_dict", "model_state_dict", "model", "weights")


@dataclass(frozen=True)
class StateFile:
    """Tensors by name, and the text metadata a safetensors file carries (empty for others)."""

    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str]

    def listed(self, name: str) -> tuple:
        """The JSON list stored under `name`, as a tuple; empty where there is none."""
        return tuple(json.loads(self.metadata.get(name, "[]")))


def read_state(path: Path) -> StateFile:
    """The weights in `path` (.safetensors, or a torch state dict), floats as float32.

    Raises:
        InputError: no such file, a damaged file, or a file that holds something else than tensors.
    """
    if not path.is_file():
        raise InputError(f"weights must be a file; {path} does not exist: check the path")
    try:
        state = _read_safetensors(path) if path.suffix == ".safetensors" else _read_torch(path)
    except UNREADABLE as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:120]
        raise InputError(
            f"{path} must be a .safetensors file or a torch state dict; it cannot be read ({reason}): "
            "save it again with torch.save(model.state_dict(), path)"
        ) from error
    if not state.tensors:
        raise InputError(f"{path} must hold weights; it holds none: save model.state_dict()")
    return state


def _float(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor


def _read_safetensors(path: Path) -> StateFile:
    with safe_open(path, "pt") as file:
        tensors = {name: _float(file.get_tensor(name)) for name in file.keys()}  # noqa: SIM118 - not a dict
        return StateFile(tensors, file.metadata() or {})


def _read_torch(path: Path) -> StateFile:
    content = torch.load(path, map_location="cpu", weights_only=True)
    for name in INNER_NAMES:
        if isinstance(content, Mapping) and isinstance(content.get(name), Mapping):
            content = content[name]
    if not isinstance(content, Mapping) or not all(isinstance(value, Tensor) for value in content.values()):
        raise ValueError(f"holds a {type(content).__name__}, not a state dict")
    # DataParallel and torch.compile wrap a model and leave their mark on every name.
    marks = ("module.", "_orig_mod.")
    tensors = {name.removeprefix(marks[0]).removeprefix(marks[1]): _float(t) for name, t in content.items()}
    return StateFile(tensors, {})


def fill(module: nn.Module, state: StateFile, name: str) -> nn.Module:
    """`module` with the weights of `state`, every one of them in its place.

    Raises:
        InputError: a name is missing, unexpected, or has another shape; the first is named.
    """
    own = module.state_dict()
    given = state.tensors
    # Old files lack the counters of batch norms, which do nothing in eval mode.
    missing = [n for n in own if n not in given and not n.endswith("num_batches_tracked")]
    unexpected = [n for n in given if n not in own]
    wrong = [n for n in own if n in given and own[n].shape != given[n].shape]
    if missing or unexpected:
        raise InputError(
            f"weights must fit {name}; {len(missing)} are missing and {len(unexpected)} unexpected (first: "
            f"{(missing + unexpected)[0]}): name the architecture they were trained with"
        )
    if wrong:
        raise InputError(
            f"weights must fit {name}; {wrong[0]} is {list(given[wrong[0]].shape)} where the "
            f"architecture has {list(own[wrong[0]].shape)} ({len(wrong)} such): check the "
            "architecture and the number of classes"
        )
    module.load_state_dict(dict(given), strict=False)
    return module
