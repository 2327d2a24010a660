"""Values made of tensors, lists, tables and numbers as the bytes of a safetensors file, and back."""

import json
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from renders.errors import RunError

# One key only: the order of several would differ from run to run.
SHAPE = "eot-1"
# The names of what JSON cannot tell apart.
TENSOR, TUPLE, TABLE = "tensor", "tuple", "table"


def pack(value: Any) -> bytes:
    """A tensor, number, text, None, or list, tuple or dict of these as bytes; equal values, equal bytes.

    Tensors come back on the CPU and contiguous, with their dtype and every bit.
    """
    tensors: dict[str, Tensor] = {}
    shape = _written(value, tensors)
    return save(tensors, {SHAPE: json.dumps(shape)})


def unpack(data: bytes, where: str) -> Any:
    """The value in the bytes of `pack`. Raises RunError that names `where` when they are no such bytes."""
    try:
        length = int.from_bytes(data[:8], "little")
        shape = json.loads(json.loads(data[8 : 8 + length])["__metadata__"][SHAPE])
        return _read(shape, load(data))
    except (SafetensorError, ValueError, KeyError, TypeError, IndexError) as error:
        raise damaged(where, error) from None


def damaged(where: str, error: Exception) -> RunError:
    """The error for a file that does not hold what this version writes there."""
    reason = " ".join(f"{type(error).__name__}: {error}".split())[:120]
    return RunError(f"{where}: expected a file of this version of eot; {reason}: start again with --force")


def _written(value: Any, tensors: dict[str, Tensor]) -> Any:
    """The value as JSON, with its tensors put aside under their numbers."""
    if isinstance(value, Tensor):
        name = f"{len(tensors):06d}"
        # A copy of its own: safetensors refuses tensors that share memory.
        tensors[name] = value.detach().cpu().contiguous().clone()
        return {TENSOR: name}
    if isinstance(value, dict):
        return {TABLE: [[_written(k, tensors), _written(v, tensors)] for k, v in value.items()]}
    if isinstance(value, tuple):
        return {TUPLE: [_written(item, tensors) for item in value]}
    if isinstance(value, list):
        return [_written(item, tensors) for item in value]
    assert value is None or isinstance(value, bool | int | float | str), type(value)
    return value


def _read(shape: Any, tensors: dict[str, Tensor]) -> Any:
    if isinstance(shape, list):
        return [_read(item, tensors) for item in shape]
    if not isinstance(shape, dict):
        return shape
    ((kind, inner),) = shape.items()
    if kind == TENSOR:
        return tensors[inner]
    if kind == TUPLE:
        return tuple(_read(item, tensors) for item in inner)
    return {_read(key, tensors): _read(value, tensors) for key, value in inner}
