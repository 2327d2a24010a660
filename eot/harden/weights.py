"""A trained network as a file that `file:PATH` loads: its weights and all that is needed to use them."""

import json
from collections.abc import Mapping

from safetensors.torch import save
from torch import Tensor, nn

from eot.victims.architectures import architecture

LENGTH_BYTES = 8


def weights_file(net: nn.Module, arch: str, labels: tuple[str, ...], about: Mapping[str, str]) -> bytes:
    """The network as safetensors with its architecture, labels, input and whatever else is told about it.

    Equal arguments give equal bytes.
    """
    known = architecture(arch)
    metadata = {
        "arch": arch,
        "labels": json.dumps(labels),
        "input_px": json.dumps(known.input_px),
        "mean": json.dumps(known.mean),
        "std": json.dumps(known.std),
        **about,
    }
    tensors: dict[str, Tensor] = {
        name: value.detach().cpu().contiguous().clone() for name, value in net.state_dict().items()
    }
    return _sorted_header(save(tensors, metadata))


def _sorted_header(data: bytes) -> bytes:
    """The same file with its header in the order of the keys: the library writes metadata in any order."""
    length = int.from_bytes(data[:LENGTH_BYTES], "little")
    start = LENGTH_BYTES + length
    header = json.dumps(json.loads(data[LENGTH_BYTES:start]), sort_keys=True, separators=(",", ":")).encode()
    # The format wants the data to begin at a multiple of eight bytes.
    header += b" " * (-len(header) % LENGTH_BYTES)
    return len(header).to_bytes(LENGTH_BYTES, "little") + header + data[start:]
