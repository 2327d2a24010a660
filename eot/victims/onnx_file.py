"""Victims from ONNX files, converted to differentiable torch; `onnx`, which reads them, is optional."""

from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qsl

import torch
from jaxtyping import Float
from torch import Tensor, nn

from eot.label_file import read_labels
from eot.victims.admit import Claim, admit
from eot.victims.any_victim import AnyVictim
from eot.victims.onnx_operators import OPERATORS, WITHOUT_GRADIENT, Attributes, NotUnderstoodError
from eot.victims.program_file import OneByOne
from renders.errors import InputError, nearest

OPTIONS = ("labels", "input")


@dataclass(frozen=True)
class Node:
    """One operation: names of what it takes and makes."""

    kind: str
    takes: tuple[str, ...]
    makes: tuple[str, ...]
    attributes: Attributes


class OnnxModule(nn.Module):
    """A graph of ONNX operators, run in its own order; weights are buffers."""

    def __init__(
        self, nodes: tuple[Node, ...], values: dict[str, Tensor], takes: str, makes: tuple[str, ...]
    ) -> None:
        super().__init__()
        self.nodes, self.takes, self.makes = nodes, takes, makes
        self.names = {name: f"value_{number}" for number, name in enumerate(values)}
        for name, value in values.items():
            self.register_buffer(self.names[name], value)

    def forward(self, images: Float[Tensor, "n 3 h w"]) -> Any:
        """The graph's output, or a tuple where it has several."""
        known: dict[str, Any] = {name: getattr(self, own) for name, own in self.names.items()}
        known |= {self.takes: images, "": None}
        for node in self.nodes:
            made = _run(node, [known[name] for name in node.takes])
            parts = made if isinstance(made, list) else [made]
            known |= dict(zip(node.makes, parts, strict=False))
        outputs = tuple(known[name] for name in self.makes)
        return outputs[0] if len(outputs) == 1 else outputs


def _run(node: Node, inputs: list[Any]) -> Any:
    try:
        return OPERATORS[node.kind](inputs, node.attributes)
    except NotUnderstoodError as error:
        raise InputError(
            f"ONNX operator {node.kind} with {error} is not understood: export the model without it"
        ) from error


def load_onnx(rest: str) -> AnyVictim:
    """The victim in `PATH?input=PX&labels=FILE`, an ONNX file of one image input.

    It takes sRGB images in [0, 1] and answers logits, or boxes and scores. The input size is read from the
    file where it is fixed there.

    Raises:
        InputError: no onnx package, no such file, an operator that is not understood or has no gradient.
    """
    file, _, query = rest.partition("?")
    path, wish = Path(file), dict(parse_qsl(query))
    for key in wish:
        if key not in OPTIONS:
            raise InputError(f"onnx:{rest}: no option {key!r}: {nearest(key, OPTIONS)}")
    if not path.is_file():
        raise InputError(f"onnx must be a file; {path} does not exist: check the path")
    module, size_px, batch = read_onnx(path)
    if wish.get("input", "").isdigit():
        size_px = (int(wish["input"]), int(wish["input"]))
    labels = read_labels(wish["labels"]) if "labels" in wish else ()
    whole = OneByOne(module) if batch == 1 else module
    return admit(whole, Claim(path.stem, str(path), "not stated", size_px or (224, 224), labels))


def read_onnx(path: Path) -> tuple[OnnxModule, tuple[int, int] | None, int]:
    """The module in a file, its input size (None where that is free), and its batch (0 = any)."""
    onnx = _onnx()
    try:
        model = onnx.load(str(path))
    except Exception as error:  # protobuf and the file system raise their own
        raise InputError(f"{path} must be an ONNX file; it cannot be read: export it again") from error
    graph = model.graph
    values = {w.name: _tensor(onnx.numpy_helper.to_array(w)) for w in graph.initializer}
    nodes = []
    for raw in graph.node:
        node = _node(onnx, raw)
        if node.kind == "Constant":
            values[node.makes[0]] = _tensor(next(iter(node.attributes.values())))
            continue
        _check(node, path)
        nodes.append(node)
    inputs = [each for each in graph.input if each.name not in values]
    if len(inputs) != 1:
        raise InputError(f"{path} must take one input, the images; it takes {len(inputs)}: export it so")
    sides = [side.dim_value for side in inputs[0].type.tensor_type.shape.dim]
    if len(sides) != 4 or sides[1] not in (0, 3):
        raise InputError(f"{path} must take images [n 3 h w]; it takes {sides}: export it so")
    used = {name for node in nodes for name in node.takes} | {each.name for each in graph.output}
    kept = {name: value for name, value in values.items() if name in used}
    module = OnnxModule(tuple(nodes), kept, inputs[0].name, tuple(each.name for each in graph.output))
    return module, (sides[2], sides[3]) if sides[2] and sides[3] else None, sides[0]


def _onnx() -> ModuleType:
    try:
        import onnx
        import onnx.numpy_helper
    except ImportError as error:
        raise InputError("onnx:PATH needs onnx, which is not installed: pip install onnx") from error
    return onnx


def _tensor(value: Any) -> Tensor:
    tensor = torch.tensor(value.copy())
    return tensor.float() if tensor.is_floating_point() else tensor.long()


def _node(onnx: ModuleType, raw: Any) -> Node:
    attributes: Attributes = {}
    for each in raw.attribute:
        value = onnx.helper.get_attribute_value(each)
        if isinstance(value, bytes):
            value = value.decode()
        if isinstance(value, onnx.TensorProto):
            value = onnx.numpy_helper.to_array(value)
        attributes[each.name] = list(value) if type(value).__name__.startswith("Repeated") else value
    attributes["outputs"] = len(raw.output)
    if raw.op_type == "Constant":
        del attributes["outputs"]
    return Node(raw.op_type, tuple(raw.input), tuple(raw.output), attributes)


def _check(node: Node, path: Path) -> None:
    if node.kind in WITHOUT_GRADIENT:
        raise InputError(
            f"{path}: operator {node.kind} (makes {node.makes[0]}) has no gradient: export the model without "
            "its postprocessing, or ask it as a black box (command:PROGRAM)"
        )
    if node.kind not in OPERATORS:
        raise InputError(
            f"{path}: operator {node.kind} (makes {node.makes[0]}) is not supported: use TorchScript "
            "(program:PATH), or ask it as a black box (command:PROGRAM)"
        )
