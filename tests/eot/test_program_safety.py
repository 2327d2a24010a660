"""What a program file may not do: run code while it is read, and change by being read."""

import io
import json
import os
import pickle
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from eot.victims import load_victim
from eot.victims.admit import Claim, admit
from renders.errors import InputError

Records = dict[str, bytes]
WEIGHTS, CONSTANTS = "data/weights/model_weights_config.json", "data/constants/model_constants_config.json"
PROGRAM = "models/model.json"


class Small(nn.Module):
    """A classifier of 8 px with a weight, a buffer and a size that is worked out."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(192, 3)
        self.register_buffer("shift", torch.ones(3))

    def forward(self, images: Tensor) -> Tensor:
        return self.layer(images.flatten(1)) + self.shift / torch.tensor([1.0, 2.0, 3.0])


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.random.default_generator.manual_seed(1)
    path = tmp_path_factory.mktemp("package") / "good.pt2"
    free = ({0: torch.export.Dim("n", min=1, max=64)},)
    torch.export.save(
        torch.export.export(Small().eval(), (torch.rand(2, 3, 8, 8),), dynamic_shapes=free), path
    )
    return path


class Payload:
    """Makes a file where it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.mark}",)


def saved(value: Any) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def set_in(records: Records, name: str, change: Callable[[Any], None]) -> None:
    value = json.loads(records[name])
    change(value)
    records[name] = json.dumps(value).encode()


def in_sample_inputs(records: Records, mark: Path) -> None:
    records["data/sample_inputs/model.pt"] = saved(((Payload(mark),), {}))


def in_a_weight(records: Records, mark: Path) -> None:
    records["data/weights/weight_0"] = saved(Payload(mark))
    set_in(records, WEIGHTS, lambda c: c["config"]["layer.weight"].update(use_pickle=True, tensor_meta=None))


def constant(records: Records, path_name: str, content: bytes) -> None:
    records[f"data/constants/{path_name}"] = content
    entry = {"path_name": path_name, "is_param": False, "use_pickle": True, "tensor_meta": None}
    set_in(records, CONSTANTS, lambda config: config["config"].update({"lifted_tensor_0": entry}))


def in_a_constant(records: Records, mark: Path) -> None:
    constant(records, "tensor_0", saved(Payload(mark)))


def in_an_opaque_object(records: Records, mark: Path) -> None:
    constant(records, "opaque_obj_0", pickle.dumps(Payload(mark)))


def in_a_script_object(records: Records, mark: Path) -> None:
    constant(records, "custom_obj_0", pickle.dumps(Payload(mark)))


def in_old_weights(records: Records, mark: Path) -> None:
    records["data/weights/model.pt"] = saved({"layer.weight": Payload(mark)})


def in_old_constants(records: Records, mark: Path) -> None:
    records["data/constants/model.pt"] = saved({"lifted_tensor_0": Payload(mark)})


def in_a_library(records: Records, mark: Path) -> None:
    records["data/aotinductor/model/model.so"] = b"anything"


def code(mark: Path) -> str:
    return f"__import__('os').system('touch {mark}')"


def in_a_guard(records: Records, mark: Path) -> None:
    set_in(records, PROGRAM, lambda program: program.update(guards_code=[code(mark) + " == 0"]))


def in_a_size(records: Records, mark: Path) -> None:
    text = records[PROGRAM].decode()
    start = text.index('"expr_str"')
    hostile = json.dumps(code(mark))
    end = text.index('"', text.index('"', start + len('"expr_str"')) + 1) + 1
    assert "Symbol(" in text[start:end]
    records[PROGRAM] = f'{text[:start]}"expr_str": {hostile}{text[end:]}'.encode()


def in_an_operator(records: Records, mark: Path) -> None:
    def change(program: Any) -> None:
        node = program["graph_module"]["graph"]["nodes"][0]
        node["target"] = "torch.hub.os.system"
        node["inputs"] = [{"name": "command", "arg": {"as_string": f"touch {mark}"}, "kind": 1}]

    set_in(records, PROGRAM, change)


def in_the_name_of_an_input(records: Records, mark: Path) -> None:
    def change(program: Any) -> None:
        for entry in program["graph_module"]["module_call_graph"]:
            if entry["signature"]:
                entry["signature"]["forward_arg_names"] = [f"images={code(mark)}"]

    set_in(records, PROGRAM, change)


ROUTES = [
    (in_sample_inputs, "a pickle can run anything"),
    (in_a_weight, "a pickle for 'layer.weight'"),
    (in_a_constant, "a pickle for 'lifted_tensor_0'"),
    (in_an_opaque_object, "data/constants/opaque_obj_0"),
    (in_a_script_object, "data/constants/custom_obj_0"),
    (in_old_weights, "data/weights/model.pt"),
    (in_old_constants, "data/constants/model.pt"),
    (in_a_library, "data/aotinductor/model/model.so"),
    (in_a_guard, "guards_code"),
    (in_a_size, "expr_str"),
    (in_an_operator, "target 'torch.hub.os.system'"),
    (in_the_name_of_an_input, "forward_arg_names"),
]


@pytest.mark.parametrize(("hide", "says"), ROUTES, ids=[hide.__name__ for hide, _ in ROUTES])
def test_a_package_that_would_run_code_is_refused_and_does_not_run_it(
    hide: Callable[[Records, Path], None], says: str, package: Path, tmp_path: Path
) -> None:
    mark, path = tmp_path / "ran", tmp_path / "hostile.pt2"
    with zipfile.ZipFile(package) as archive:
        root = archive.namelist()[0].split("/")[0]
        records = {name.removeprefix(f"{root}/"): archive.read(name) for name in archive.namelist()}
    hide(records, mark)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in records.items():
            archive.writestr(f"{root}/{name}", content)
    with pytest.raises(InputError) as error:
        load_victim(f"program:{path}?input=8")
    assert says in str(error.value) and "safetensors" in str(error.value) and "\n" not in str(error.value)
    assert not mark.exists()


def test_a_package_of_the_old_format_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "old.pt2", "w") as archive:
        archive.writestr("version", "8.8")
    with pytest.raises(InputError, match=r"before torch 2\.8"):
        load_victim(f"program:{tmp_path / 'old.pt2'}")


@pytest.mark.parametrize("before", [None, "0"])
def test_a_good_package_is_read_and_the_environment_left_as_it_was(
    before: str | None, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TORCH_FORCE_WEIGHTS_ONLY_LOAD", raising=False)
    if before is not None:
        monkeypatch.setenv("TORCH_FORCE_WEIGHTS_ONLY_LOAD", before)
    images = torch.full((3, 3, 8, 8), 0.25)
    torch.random.default_generator.manual_seed(1)
    assert torch.allclose(load_victim(f"program:{package}?input=8")(images), Small()(images), atol=1e-6)
    assert os.environ.get("TORCH_FORCE_WEIGHTS_ONLY_LOAD") == before


def test_sizes_that_are_worked_out_and_regions_without_gradient_are_read(tmp_path: Path) -> None:
    class Worked(nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            with torch.no_grad():
                share = images.mean()
            larger = nn.functional.interpolate(images, scale_factor=2.0, mode="bilinear")
            return larger.mean((2, 3)) * images.shape[2] + 0 * share

    axes = {axis: torch.export.Dim(name, min=1, max=64) for axis, name in enumerate("nchw") if name != "c"}
    program = torch.export.export(Worked(), (torch.rand(2, 3, 8, 6),), dynamic_shapes=(axes,))
    torch.export.save(program, tmp_path / "worked.pt2")
    load_victim(f"program:{tmp_path / 'worked.pt2'}?input=8")


def test_a_program_saved_in_train_mode_is_read_as_its_eval_form(tmp_path: Path) -> None:
    torch.random.default_generator.manual_seed(2)
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(144, 3))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch calls TorchScript old
        for name, mode in (("train", True), ("eval", False)):
            torch.jit.save(torch.jit.script(module.train(mode)), str(tmp_path / f"{name}.pt"))
    victims = [load_victim(f"program:{tmp_path / name}.pt?input=8") for name in ("train", "eval")]
    held = admit(module.eval(), Claim("held", "here", "none", (8, 8)))
    images = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(3))
    assert torch.equal(victims[0](images), victims[1](images))
    assert torch.allclose(victims[0](images), held(images), atol=1e-5)
    assert victims[0].info.weights_sha256 == victims[1].info.weights_sha256 == held.info.weights_sha256
