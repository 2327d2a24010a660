"""A hash of everything a model holds, so that a run can prove its victim did not change."""

import hashlib
from collections.abc import Iterator
from itertools import chain

import torch
from torch import Tensor, nn

from renders.errors import RunError


def named_tensors(module: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Every parameter and buffer (persistent or not) of `module`, with its qualified name."""
    return chain(module.named_parameters(), module.named_buffers())


def fingerprint(module: nn.Module) -> str:
    """The sha256 (hex) of all parameters and buffers: names, dtypes, shapes and bytes.

    Independent of memory layout and device; two modules with equal values and names hash alike.
    """
    digest = hashlib.sha256()
    for name, tensor in sorted(named_tensors(module)):
        values = tensor.detach().cpu().contiguous().reshape(-1)
        digest.update(f"{name} {tensor.dtype} {list(tensor.shape)}\n".encode())
        digest.update(values.view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def assert_unchanged(module: nn.Module, before: str) -> None:
    """Checks that `module` still has the fingerprint `before`.

    Raises:
        RunError: a parameter or buffer changed, so the results of the run mean nothing.
    """
    after = fingerprint(module)
    if after != before:
        raise RunError(
            f"the victim must not change during a run; its fingerprint went from {before[:12]} "
            f"to {after[:12]}: look for batch norms in train mode or in-place operations in the model"
        )
