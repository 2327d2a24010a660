"""Victims from ONNX files, converted to differentiable torch; `onnx`, which reads them, is optional."""

from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
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
LEAST_OPSET = 7  # before it, operators broadcast by an attribute of their own
OWN_DOMAINS = ("", "ai.onnx")
CONSTANTS = ("value", "value_float", "value_floats", "value_int", "value_ints")


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
        return OPERATORS[node.kind].run(inputs, node.attributes)
    except NotUnderstoodError as error:
        raise _not_understood(node, error) from error


def _not_understood(node: Node, error: NotUnderstoodError) -> InputError:
    return InputError(
        f"ONNX operator {node.kind} with {error} is not understood: export the model without it"
    )


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
    nodes, constants = _nodes(onnx, model, path)
    values |= constants
    inputs = [each for each in graph.input if each.name not in values]
    if len(inputs) != 1:
        raise InputError(f"{path} must take one input, the images; it takes {len(inputs)}: export it so")
    sides = [side.dim_value for side in inputs[0].type.tensor_type.shape.dim]
    if len(sides) != 4 or sides[1] not in (0, 3):
        raise InputError(f"{path} must take images [n 3 h w]; it takes {sides}: export it so")
    used = {name for node in nodes for name in node.takes} | {each.name for each in graph.output}
    _check_made(nodes, used, path)
    kept = {name: value for name, value in values.items() if name in used}
    module = OnnxModule(nodes, kept, inputs[0].name, tuple(each.name for each in graph.output))
    return module, (sides[2], sides[3]) if sides[2] and sides[3] else None, sides[0]


def _onnx() -> ModuleType:
    try:
        import onnx
        import onnx.numpy_helper
    except ImportError as error:
        raise InputError("onnx:PATH needs onnx, which is not installed: pip install onnx") from error
    return onnx


def _tensor(value: Any) -> Tensor:
    tensor = torch.tensor(np.asarray(value))
    if tensor.dtype == torch.bool:
        return tensor
    return tensor.float() if tensor.is_floating_point() else tensor.long()


def _nodes(onnx: ModuleType, model: Any, path: Path) -> tuple[tuple[Node, ...], dict[str, Tensor]]:
    """The graph's operations in its order, each of them checked, and its constants by name."""
    opset = next((each.version for each in model.opset_import if each.domain in OWN_DOMAINS), 0)
    if opset < LEAST_OPSET:
        raise InputError(
            f"{path} must be of ONNX operator set {LEAST_OPSET} or newer; it is of {opset}: export it again"
        )
    nodes, constants = [], {}
    for raw in model.graph.node:
        attributes = {each.name: _attribute(onnx, each) for each in raw.attribute}
        node = Node(raw.op_type, tuple(raw.input), tuple(raw.output), attributes)
        if raw.op_type == "Constant":
            constants[node.makes[0]] = _constant(node)
        else:
            _check(node, raw.domain, path)
            nodes.append(replace(node, attributes={**attributes, "outputs": len(raw.output), "opset": opset}))
    return tuple(nodes), constants


def _attribute(onnx: ModuleType, raw: Any) -> Any:
    value = onnx.helper.get_attribute_value(raw)
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, onnx.TensorProto):
        return onnx.numpy_helper.to_array(value)
    return list(value) if type(value).__name__.startswith("Repeated") else value


def _constant(node: Node) -> Tensor:
    name, value = next(iter(node.attributes.items()), ("no value", None))
    if name not in CONSTANTS:
        raise _not_understood(node, NotUnderstoodError(name))
    return _tensor(value)


def _check_made(nodes: tuple[Node, ...], used: set[str], path: Path) -> None:
    """Raises InputError where a second output is used of an operator that has only its first here."""
    for node in nodes:
        further = [name for name in node.makes[1:] if name in used and node.kind != "Split"]
        if further:
            raise InputError(
                f"{path}: output {further[0]} of operator {node.kind} is not understood: export the model "
                "without it"
            )


def _check(node: Node, domain: str, path: Path) -> None:
    if node.kind in WITHOUT_GRADIENT:
        raise InputError(
            f"{path}: operator {node.kind} (makes {node.makes[0]}) has no gradient: export the model without "
            "its postprocessing, or ask it as a black box (command:PROGRAM)"
        )
    if node.kind not in OPERATORS or domain not in OWN_DOMAINS:
        raise InputError(
            f"{path}: operator {node.kind} (makes {node.makes[0]}) is not supported: use TorchScript "
            "(program:PATH), or ask it as a black box (command:PROGRAM)"
        )
    try:
        OPERATORS[node.kind].check(node.attributes, node.takes)
    except NotUnderstoodError as error:
        raise _not_understood(node, error) from error
