"""Programs, ONNX files, and what is refused of them, on real architectures with random weights."""

import warnings
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torchvision import models

from eot.streams import generator_for
from eot.victims import Detector, Victim, load_victim
from eot.victims.fold import largest_difference
from eot.victims.onnx_file import read_onnx
from renders.errors import InputError
from tests.tiny_detector import TinyDetector

onnx = pytest.importorskip("onnx", reason="onnx is optional")
SIDE_PX = 64


def noise(n: int, side: int = SIDE_PX) -> Tensor:
    return torch.rand(n, 3, side, side, generator=generator_for(0, "programs"))


def net(name: str) -> nn.Module:
    torch.random.default_generator.manual_seed(3)
    return models.get_model(name, weights=None, num_classes=7).eval()


def exported(module: nn.Module, path: Path, example: Tensor, free: bool = True) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter that needs no further package is called old
        torch.onnx.export(
            module,
            (example,),
            str(path),
            dynamo=False,
            opset_version=13,
            input_names=["x"],
            dynamic_axes={"x": {0: "n"}} if free else None,
        )
    return path


def scripted(module: nn.Module, path: Path, example: Tensor) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch calls TorchScript old
        torch.jit.save(torch.jit.trace(module, example), str(path))
    return path


@pytest.mark.slow
@pytest.mark.parametrize("name", ["squeezenet1_1", "mobilenet_v3_small", "shufflenet_v2_x0_5"])
def test_an_onnx_file_answers_as_the_module_it_was_made_of(name: str, tmp_path: Path) -> None:
    module = net(name)
    path = exported(module, tmp_path / "net.onnx", noise(1))
    victim = load_victim(f"onnx:{path}?input={SIDE_PX}")
    assert isinstance(victim, Victim) and victim.info.input_px == (SIDE_PX, SIDE_PX)
    picture = noise(3).requires_grad_()
    answer = victim(picture)
    assert largest_difference(module(picture.detach()), answer.detach()) < 1e-5
    (slope,) = torch.autograd.grad(answer[:, 0].sum(), picture)
    assert bool((slope != 0).any())


def test_a_file_for_one_image_is_asked_image_by_image(tmp_path: Path) -> None:
    module = TinyDetector()
    path = exported(module, tmp_path / "tiny.onnx", noise(1, 32), free=False)
    detector = load_victim(f"onnx:{path}")
    assert isinstance(detector, Detector)
    boxes, scores = module(noise(2, 32))
    dense = detector(noise(2, 32))
    assert torch.allclose(dense.boxes, boxes, atol=1e-4) and torch.allclose(dense.scores, scores, atol=1e-6)


def test_a_torchscript_program_is_a_victim_like_any_other(tmp_path: Path) -> None:
    module = net("mobilenet_v3_small")
    victim = load_victim(f"program:{scripted(module, tmp_path / 'net.pt', noise(2))}?input={SIDE_PX}")
    picture = noise(3).requires_grad_()
    answer = victim(picture)
    assert isinstance(victim, Victim)
    assert largest_difference(module(picture.detach()), answer.detach()) < 1e-4
    (slope,) = torch.autograd.grad(answer[:, 0].sum(), picture)
    assert bool((slope != 0).any()) and not any(p.requires_grad for p in victim.parameters())


@pytest.mark.slow
def test_an_exported_program_is_a_victim_like_any_other(tmp_path: Path) -> None:
    module, path = net("squeezenet1_1"), tmp_path / "net.pt2"
    program = torch.export.export(
        module, (noise(2),), dynamic_shapes=({0: torch.export.Dim("n", min=1, max=64)},)
    )
    torch.export.save(program, path)
    victim = load_victim(f"program:{path}?input={SIDE_PX}")
    picture = noise(3).requires_grad_()
    answer = victim(picture)
    assert largest_difference(module(picture.detach()), answer.detach()) < 1e-4
    assert bool((torch.autograd.grad(answer[:, 0].sum(), picture)[0] != 0).any())


def test_a_pickle_is_refused_and_the_safe_way_is_named(tmp_path: Path) -> None:
    path = tmp_path / "whole.pt"
    torch.save(net("squeezenet1_1"), path)
    with pytest.raises(InputError, match=r"pickle.*not opened.*safetensors"):
        load_victim(f"program:{path}")
    with pytest.raises(InputError, match="state_dict"):
        load_victim(f"file:{path}?arch=squeezenet1_1&classes=7")


class Postprocessed(nn.Module):
    """Ends in an operator without gradient."""

    def forward(self, images: Tensor) -> Tensor:
        return images.flatten(1).topk(5).indices.float()


class Odd(nn.Module):
    """Ends in an operator that few use."""

    def forward(self, images: Tensor) -> Tensor:
        return images.flatten(1).cumsum(1)


@pytest.mark.parametrize(
    ("kind", "attributes", "inputs", "says"),
    [
        ("Conv", {"auto_pad": "SAME_UPPER"}, ["x", "kernel"], "Conv with auto_pad = SAME_UPPER"),
        ("Resize", {"mode": "cubic"}, ["x", "", "scales"], "Resize with mode = cubic"),
        (
            "Resize",
            {"mode": "linear", "coordinate_transformation_mode": "tf_crop_and_resize"},
            ["x", "", "scales"],
            "Resize with coordinate_transformation_mode = tf_crop_and_resize",
        ),
        ("Relu", {"slope": "steep"}, ["x"], "Relu with slope = steep"),
        ("Relu", {}, ["x", "scales"], "Relu with 2 inputs"),
        ("Pad", {"mode": "reflect"}, ["x", "widths"], "Pad with mode = reflect"),
        ("Slice", {}, ["x", "end", "start", "axis", "step"], "Slice with a step below 1"),
    ],
)
def test_a_setting_that_is_not_understood_is_named_with_its_operator(
    kind: str, attributes: dict[str, str], inputs: list[str], says: str, tmp_path: Path
) -> None:
    floats = {"kernel": torch.ones(3, 3, 3, 3), "scales": torch.tensor([1.0, 1.0, 1.5, 1.5])}
    whole = {"widths": [0, 0, 1, 1, 0, 0, 1, 1], "start": [0], "end": [7], "axis": [3], "step": [-1]}
    known = {**floats, **{name: torch.tensor(values) for name, values in whole.items()}}
    constants = [onnx.numpy_helper.from_array(known[n].numpy(), n) for n in inputs if n in known]
    node = onnx.helper.make_node(kind, inputs, ["y"], **attributes)
    ends = [onnx.helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, None) for n in ("x", "y")]
    ends[0] = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["n", 3, 8, 8])
    graph = onnx.helper.make_graph([node], "odd", ends[:1], ends[1:], constants)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)])
    onnx.save(model, str(tmp_path / "odd.onnx"))
    with pytest.raises(InputError, match=says):
        load_victim(f"onnx:{tmp_path / 'odd.onnx'}")


@pytest.mark.parametrize(
    ("module", "says"),
    [(Postprocessed(), r"TopK .* has no gradient"), (Odd(), r"CumSum .* is not supported")],
)
def test_an_operator_that_cannot_be_followed_is_named(module: nn.Module, says: str, tmp_path: Path) -> None:
    path = exported(module, tmp_path / "odd.onnx", noise(1, 8))
    with pytest.raises(InputError, match=says):
        read_onnx(path)


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("onnx:nowhere.onnx", "does not exist"),
        ("onnx:damaged.onnx", "cannot be read"),
        ("onnx:damaged.onnx?inputs=4", "no option 'inputs'"),
        ("program:nowhere.pt", "does not exist"),
        ("program:damaged.onnx", "must be a TorchScript archive"),
        ("program:damaged.onnx?input=wide", "whole number of px"),
    ],
)
def test_a_file_that_is_none_is_refused(
    spec: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("damaged.onnx").write_bytes(b"not at all")
    with pytest.raises(InputError) as error:
        load_victim(spec)
    assert says in str(error.value) and "\n" not in str(error.value)
