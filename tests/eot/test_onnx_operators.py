"""Every ONNX operator answers as ONNX's own reference does, or is refused in one line."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from eot.streams import generator_for
from eot.victims.onnx_file import OnnxModule, _nodes, _run, _tensor, read_onnx
from eot.victims.onnx_operators import OPERATORS
from renders.errors import InputError

onnx = pytest.importorskip("onnx", reason="onnx is optional")
reference = pytest.importorskip("onnx.reference", reason="the reference comes with onnx")

FLOAT = onnx.TensorProto.FLOAT
IMAGES = torch.rand(2, 3, 8, 8, generator=generator_for(0, "onnx operators")).numpy()


def node(kind: str, takes: str = "x", makes: str = "y", **attributes: Any) -> Any:
    """A node; its inputs and outputs are separated by spaces, and - leaves one out."""
    names = ["" if name == "-" else name for name in takes.split()]
    return onnx.helper.make_node(kind, names, makes.split(), **attributes)


def graph(nodes: list[Any], opset: int, constants: dict[str, Any]) -> Any:
    ends = [
        onnx.helper.make_tensor_value_info(name, FLOAT, shape)
        for name, shape in (("x", ["n", 3, 8, 8]), ("y", None))
    ]
    known = [
        onnx.numpy_helper.from_array(np.array(v, np.float32 if isinstance(v[0], float) else np.int64), name)
        for name, v in constants.items()
    ]
    made = onnx.helper.make_graph(nodes, "one", ends[:1], ends[1:], known)
    return onnx.helper.make_model(made, opset_imports=[onnx.helper.make_opsetid("", opset)], ir_version=8)


def read(model: Any, folder: Path) -> OnnxModule:
    onnx.save(model, str(folder / "one.onnx"))
    return read_onnx(folder / "one.onnx")[0]


def resize(size: list[float], opset: int = 13, **attributes: Any) -> Any:
    return pytest.param(
        [node("Resize", "x - s", **attributes)],
        opset,
        {"s": [1.0, 1.0, *size]},
        id=f"Resize {size} {list(attributes.values())}",
    )


def case(nodes: list[Any], opset: int = 13, **constants: Any) -> Any:
    settings = [f"{a.name}" for each in nodes for a in each.attribute]
    return pytest.param(nodes, opset, constants, id=" ".join([nodes[0].op_type, str(opset), *settings]))


AGREE = [
    case([node("Constant", "", "c", value_float=2.5), node("Mul", "x c")]),
    case([node("Constant", "", "c", value_int=2), node("Cast", "c", "d", to=1), node("Mul", "x d")]),
    case([node("Constant", "", "c", value_ints=[2, 3, 64]), node("Reshape", "x c")]),
    case([node("Constant", "", "c", value_floats=[2.0] * 8), node("Mul", "x c")]),
    resize([4.0, 4.0], mode="nearest", coordinate_transformation_mode="asymmetric"),
    resize([4.0, 4.0], mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"),
    resize([2.0, 3.0], mode="nearest"),
    resize([1.7, 0.6], mode="nearest", nearest_mode="ceil"),
    resize([1.7, 0.6], mode="nearest", nearest_mode="round_prefer_ceil"),
    resize([1.3, 1.3], mode="linear"),
    resize([1.2, 1.2], mode="linear"),
    resize([0.5, 0.5], mode="linear"),
    resize([2.0, 2.5], mode="linear", coordinate_transformation_mode="align_corners"),
    resize([2.0, 1.4], mode="linear", coordinate_transformation_mode="asymmetric"),
    resize([2.0, 1.4], mode="linear", coordinate_transformation_mode="pytorch_half_pixel"),
    case([node("Resize", "x - - s", mode="linear")], s=[2, 3, 11, 5]),
    case([node("Resize", "x - s", mode="linear", axes=[2, 3])], 18, s=[1.4, 2.0]),
    case([node("Upsample", "x s", mode="nearest")], 9, s=[1.0, 1.0, 2.0, 3.0]),
    case([node("Shape", "x", "s", start=1, end=-1), node("Cast", "s", "y", to=1)], 15),
    case([node("MaxPool", kernel_shape=[2, 2], dilations=[2, 2])]),
    case([node("MaxPool", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)]),
    case([node("MaxPool", kernel_shape=[3, 3], strides=[3, 3], pads=[1, 1, 1, 1], ceil_mode=1)]),
    case([node("AveragePool", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)]),
    case([node("AveragePool", kernel_shape=[3, 3], strides=[2, 2], pads=[0, 0, 1, 1], ceil_mode=1)]),
    case([node("Gather", "x i", axis=3)], i=[[0, 1], [2, -3]]),
    case([node("Gather", "x i", axis=-2)], i=[-1]),
    case([node("Pad", "x p - a")], 18, p=[1, 2, 3, 4], a=[2, -1]),
    case([node("Pad", "x p")], p=[0, 1, 1, 2, 0, 0, 4, 3]),
    case([node("Unsqueeze", "x a")], a=[-1, -2]),
    case([node("Unsqueeze", "x a")], a=[-1, 0]),
    case([node("ReduceMean", "x", noop_with_empty_axes=1)], 18),
    case([node("ReduceMean", "x", keepdims=0)], 18),
    case([node("ReduceMean", "x a")], 18, a=[-1, 1]),
    case([node("Softmax", axis=1)]),
    case([node("LogSoftmax")]),
    case([node("Split", "x", "a b c y", axis=3)]),
    case([node("Split", "x", "a b y", axis=3, num_outputs=3)], 18),
    case([node("Clip")]),
    case([node("Flatten", axis=-1)]),
]


@pytest.mark.parametrize(("nodes", "opset", "constants"), AGREE)
def test_an_operator_answers_as_the_reference_does(
    nodes: list[Any], opset: int, constants: dict[str, Any], tmp_path: Path
) -> None:
    model = graph(nodes, opset, constants)
    (expected,) = reference.ReferenceEvaluator(model).run(None, {"x": IMAGES})
    answer = read(model, tmp_path)(torch.from_numpy(IMAGES))
    assert tuple(answer.shape) == expected.shape
    assert np.allclose(answer.numpy(), expected, atol=1e-6)  # a few roundings of numbers up to ten


@pytest.mark.parametrize("kind", ["Softmax", "LogSoftmax"])
@pytest.mark.parametrize("attributes", [{}, {"axis": 2}, {"axis": -2}])
def test_a_softmax_before_operator_set_13_is_shared_among_all_values_from_its_axis_on(
    kind: str, attributes: dict[str, int], tmp_path: Path
) -> None:
    # onnx's reference reads every softmax as one of operator set 13, so this is the text of set 11.
    images = torch.from_numpy(IMAGES)
    answer = read(graph([node(kind, **attributes)], 11, {}), tmp_path)(images)
    exponents = images.exp()
    total = exponents.sum(tuple(range(attributes.get("axis", 1) % 4, 4)), keepdim=True)
    expected = exponents / total if kind == "Softmax" else (exponents / total).log()
    assert torch.allclose(answer, expected, atol=1e-6)


@pytest.mark.parametrize(("kind", "opset"), [("Resize", 10), ("Upsample", 9)])
def test_a_linear_resize_before_operator_set_11_starts_at_the_first_pixel(
    kind: str, opset: int, tmp_path: Path
) -> None:
    # onnx's reference knows these sets not at all; they are what was later named asymmetric.
    scales = {"s": [1.0, 1.0, 2.0, 1.5]}
    old = read(graph([node(kind, "x s", mode="linear")], opset, scales), tmp_path)(torch.from_numpy(IMAGES))
    newer = node("Resize", "x - s", mode="linear", coordinate_transformation_mode="asymmetric")
    (expected,) = reference.ReferenceEvaluator(graph([newer], 13, scales)).run(None, {"x": IMAGES})
    assert np.allclose(old.numpy(), expected, atol=1e-6)


def test_a_resize_of_its_own_has_its_slope(tmp_path: Path) -> None:
    scales = {"s": [1.0, 1.0, 1.5, 1.25]}
    for mode in ("nearest", "linear"):
        module = read(graph([node("Resize", "x - s", mode=mode)], 13, scales), tmp_path).double()
        images = torch.rand(1, 3, 8, 8, dtype=torch.float64, generator=generator_for(1, mode))
        assert torch.autograd.gradcheck(module, images.requires_grad_())


REFUSED = [
    case([node("Relu", slope="steep")]),
    case([node("Relu", "x s")], s=[1.0]),
    case([node("AveragePool", kernel_shape=[2, 2], dilations=[2, 2])], 19),
    case([node("AveragePool", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 0, 1], ceil_mode=1)]),
    case([node("MaxPool", "x", "a y", kernel_shape=[2, 2])]),
    case([node("MaxPool", kernel_shape=[2, 2], storage_order=1)]),
    case([node("Resize", "x - s", mode="linear", antialias=1)], 18, s=[1.0, 1.0, 0.5, 0.5]),
    case([node("Resize", "x - s", mode="linear")], s=[1.0, 2.0, 1.0, 1.0]),
    case([node("Resize", "x s", mode="nearest")], 10, s=[1.0, 1.0, 0.4, 0.4]),
    case([node("Resize", "x - s", coordinate_transformation_mode="half_pixel_symmetric")], 19, s=[1.0] * 4),
    case([node("Cast", to=3)]),
    case([node("Dropout", "x - t")], t=[1]),
    case([node("Split", "x", "a b c d e f y", axis=1, num_outputs=7)], 18),
    case([node("Constant", "", "c", value_string="a"), node("Mul", "x c")]),
    case([node("Relu")], 6),
    case([node("Relu", domain="com.example")]),
]


@pytest.mark.parametrize(("nodes", "opset", "constants"), REFUSED)
def test_what_is_not_read_of_an_operator_is_refused_in_one_line(
    nodes: list[Any], opset: int, constants: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(InputError) as error:
        read(graph(nodes, opset, constants), tmp_path)(torch.from_numpy(IMAGES))
    assert "\n" not in str(error.value) and ": " in str(error.value)


def answered(model: Any, inputs: list[Any]) -> list[Tensor]:
    (only,), _ = _nodes(onnx, model, Path("case"))
    known = {each.name: _tensor(value) for each, value in zip(model.graph.input, inputs, strict=True)}
    made = _run(only, [known[name] if name else None for name in only.takes])
    return made if isinstance(made, list) else [made]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # onnx makes its cases of infinities and divisions by zero
def test_no_case_of_onnx_itself_is_answered_otherwise() -> None:
    cases = pytest.importorskip("onnx.backend.test.case.node", reason="onnx without its own tests")
    agreed = 0
    for each in cases.collect_testcases(None):
        first, *more = each.model.graph.node
        inputs, outputs = each.data_sets[0]
        arrays = [value for value in (*inputs, *outputs) if isinstance(value, np.ndarray | np.generic)]
        # no sequences, strings, bytes or packed numbers
        plain = len(arrays) == len(inputs) + len(outputs) and all(a.dtype.kind in "fib" for a in arrays)
        if more or first.op_type not in OPERATORS or not plain or first.op_type == "Cast":
            continue  # casts keep the precision of floats, on purpose
        try:
            answers = answered(each.model, inputs)
        except InputError:
            continue
        for answer, expected in zip(answers, arrays[len(inputs) :], strict=False):
            assert tuple(answer.shape) == expected.shape, each.name
            assert np.allclose(answer.numpy(), expected, rtol=1e-3, atol=1e-5, equal_nan=True), each.name
        agreed += 1
    assert agreed > 150
