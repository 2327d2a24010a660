"""Every kind of victim spec loads what it names, or says in one line why it cannot."""

import io
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
import torch
import torchvision
from rich.console import Console
from safetensors.torch import save_file

from eot.commands.victims import victims
from eot.victims import load_victim, load_victims
from eot.victims.sign_net import VARIANTS, build
from eot.victims.state_dict import read_state
from renders.errors import InputError

GOOD = """
import torch
from torch import nn
from neighbour import SCALE

def net():
    torch_net = nn.Sequential(nn.AvgPool2d(8), nn.Flatten(), nn.Linear(3, 4))
    with torch.no_grad():
        torch_net[2].weight.fill_(SCALE)
        torch_net[2].bias.copy_(torch.arange(4.0))
    return torch_net

def sized(): return net(), 8
def labelled(): return net(), (8, 8), ["a", "b", "c", "d"]
def wrongly_labelled(): return net(), 8, 8
def half(): return net(), 8.5
def number(): return 7
def raising(): raise ValueError("no weights today")
"""


@pytest.fixture
def python_file(tmp_path: Path) -> Path:
    (tmp_path / "neighbour.py").write_text("SCALE = 0.5")
    (tmp_path / "nets.py").write_text(GOOD)
    return tmp_path / "nets.py"


@pytest.fixture
def sign_file(tmp_path: Path) -> Path:
    net = build("sign-net", 5)
    metadata = {
        "arch": "sign-net",
        "name": "mine",
        "labels": '["a", "b", "c", "d", "e"]',
        "input_px": "[64, 64]",
        "mean": "[0.5, 0.5, 0.5]",
        "std": "[0.25, 0.25, 0.25]",
    }
    path = tmp_path / "mine.safetensors"
    save_file(
        {name: t.half() if t.is_floating_point() else t for name, t in net.state_dict().items()},
        path,
        metadata,
    )
    return path


def refused(spec: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        load_victim(spec)
    assert "\n" not in str(caught.value)


def test_unknown_kinds_name_the_nearest() -> None:
    refused("torchvison:resnet18", "did you mean 'torchvision'")
    refused("", "known: bundled, command, file")


def test_a_python_factory_gives_size_and_labels(python_file: Path) -> None:
    victim = load_victim(f"python:{python_file}:labelled")
    assert victim.info.labels == ("a", "b", "c", "d")
    assert victim.info.input_px == (8, 8)
    torch.testing.assert_close(victim(torch.ones(1, 3, 8, 8)), 1.5 + torch.arange(4.0)[None])
    assert load_victim(f"python:{python_file}:sized").info.input_px == (8, 8)


@pytest.mark.parametrize(
    ("factory", "message"),
    [
        ("raising", "raised ValueError: no weights today"),
        ("number", r"it returned \(int\)"),
        ("wrongly_labelled", "list of strings; got int"),
        ("half", "whole number"),
        ("siezd", "did you mean 'sized'"),
        ("net", r"must take images \[3, 3, 224, 224\]"),
    ],
)
def test_a_bad_python_factory_is_one_line(python_file: Path, factory: str, message: str) -> None:
    refused(f"python:{python_file}:{factory}", message)


def test_a_bad_python_file_is_one_line(tmp_path: Path) -> None:
    refused(f"python:{tmp_path / 'none.py'}:net", "does not exist")
    refused("python:net", "name the function")
    (tmp_path / "broken.py").write_text("import a_module_that_is_not_there")
    refused(f"python:{tmp_path / 'broken.py'}:net", "raised ModuleNotFoundError")
    (tmp_path / "syntax.py").write_text("def net(:")
    refused(f"python:{tmp_path / 'syntax.py'}:net", "raised SyntaxError")


def test_a_file_written_by_training_says_everything_itself(sign_file: Path) -> None:
    victim = load_victim(f"file:{sign_file}")
    assert victim.info.name == "mine"
    assert victim.info.labels == ("a", "b", "c", "d", "e")
    assert victim.info.mean == (0.5, 0.5, 0.5)
    assert victim(torch.rand(2, 3, 20, 30, generator=torch.Generator().manual_seed(0))).dtype == torch.float32


def test_options_override_what_the_file_says(sign_file: Path, tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("one\ntwo\nthree\nfour\nfive\n")
    options = f"mean=0,0,0&std=1,1,1&labels={tmp_path / 'names.txt'}"
    victim = load_victim(f"file:{sign_file}?{options}")
    assert victim.info.mean == (0.0, 0.0, 0.0)
    assert victim.info.labels[4] == "five"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("archs=sign-net", "did you mean 'arch'"),
        ("arch=sign-ned", "did you mean 'sign-net'"),
        ("arch=sign-res", "are missing and"),
        ("classes=6", r"is \[5, .* where the architecture has \[6, "),
        ("classes=many", "classes must be 1 number"),
        ("std=1,1", "std must be 3 number"),
        ("std=1,0,1", "three positive"),
        ("labels=none.txt", "cannot be read"),
    ],
)
def test_bad_options_of_a_file_are_one_line(sign_file: Path, options: str, message: str) -> None:
    refused(f"file:{sign_file}?{options}", message)


def test_damaged_files_are_one_line(sign_file: Path, tmp_path: Path) -> None:
    whole = sign_file.read_bytes()
    for name, content in (
        ("truncated.safetensors", whole[: len(whole) // 2]),
        ("empty.safetensors", b""),
        ("garbage.safetensors", bytes(range(256)) * 40),
        ("garbage.pth", bytes(range(256)) * 40),
        ("empty.pth", b""),
    ):
        (tmp_path / name).write_bytes(content)
        refused(f"file:{tmp_path / name}?arch=sign-net&classes=5", "cannot be read")
    refused(f"file:{tmp_path / 'none.pth'}?arch=sign-net&classes=5", "does not exist")


def test_a_pickled_model_is_not_executed(tmp_path: Path) -> None:
    torch.save(build("sign-net", 5), tmp_path / "model.pth")
    refused(f"file:{tmp_path / 'model.pth'}?arch=sign-net&classes=5", "cannot be read")
    torch.save([1, 2], tmp_path / "list.pth")
    refused(f"file:{tmp_path / 'list.pth'}?arch=sign-net&classes=5", "holds a list")


def test_checkpoints_of_wrapped_models_are_unwrapped(tmp_path: Path) -> None:
    net = build("sign-vgg", 5)
    state = {f"module.{name}": tensor for name, tensor in net.state_dict().items()}
    torch.save({"state_dict": state, "epoch": 3}, tmp_path / "checkpoint.pt")
    read = read_state(tmp_path / "checkpoint.pt")
    assert set(read.tensors) == set(net.state_dict())
    victim = load_victim(f"file:{tmp_path / 'checkpoint.pt'}?arch=sign-vgg&classes=5")
    x = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(victim(x), net.eval()(x), rtol=1e-4, atol=1e-5)


def test_torchvision_takes_a_local_file(tmp_path: Path) -> None:
    net = torchvision.models.squeezenet1_1(weights=None)
    save_file(net.state_dict(), tmp_path / "s.safetensors")
    victim = load_victim(f"torchvision:squeezenet1_1@{tmp_path / 's.safetensors'}")
    assert victim.info.input_px == (224, 224)
    assert len(victim.info.labels) == 1000
    assert victim.info.mean == (0.485, 0.456, 0.406)
    refused(f"torchvision:mnasnet0_5@{tmp_path / 's.safetensors'}", "are missing and")
    refused("torchvision:squeezenet", "did you mean 'squeezenet1_")


def test_torchvision_offline_says_where_the_weights_go(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def offline(*_: object, **__: object) -> None:
        raise OSError("network is unreachable")

    monkeypatch.setattr(torch.hub, "download_url_to_file", offline)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    refused("torchvision:squeezenet1_1", r"put https://.*squeezenet1_1-.*\.pth at .*checkpoints")


def test_timm_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    refused("timm:resnet18", "pip install timm")


class FakeTimm(ModuleType):
    """As much of timm as loading asks for: one model, and no network."""

    data = SimpleNamespace(
        resolve_model_data_config=lambda _: {"input_size": (3, 8, 8), "mean": (0.5,) * 3, "std": (0.25,) * 3}
    )

    def is_model(self, name: str) -> bool:
        return name == "little"

    def list_models(self) -> list[str]:
        return ["little"]

    def create_model(self, name: str, pretrained: bool) -> torch.nn.Module:
        if pretrained:
            raise ConnectionError("no route to the hub\nsecond line")
        net = torch.nn.Sequential(torch.nn.AvgPool2d(8), torch.nn.Flatten(), torch.nn.Linear(3, 4))
        net.num_classes, net.pretrained_cfg = 4, {"license": "mit"}  # type: ignore[assignment]
        return net


def test_timm_models_bring_size_normalisation_and_licence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "timm", FakeTimm("timm"))
    monkeypatch.setitem(sys.modules, "timm.data", ModuleType("timm.data"))
    weights = FakeTimm("timm").create_model("little", False).state_dict()
    save_file(weights, tmp_path / "w.safetensors")
    victim = load_victim(f"timm:little@{tmp_path / 'w.safetensors'}")
    assert (victim.info.input_px, victim.info.mean, victim.info.licence) == ((8, 8), (0.5,) * 3, "mit")
    expected = (torch.full((1, 3), 2.0) @ weights["2.weight"].T) + weights["2.bias"]
    torch.testing.assert_close(victim(torch.ones(1, 3, 8, 8)), expected)
    refused("timm:litle", "did you mean 'little'")
    refused("timm:little", r"no route to the hub\): give your file as timm:little@FILE")


def test_unknown_bundled_variants_name_the_nearest() -> None:
    refused("bundled:sign-nets", "did you mean 'sign-net'")
    assert "sign-net" in VARIANTS


def test_a_variant_without_weights_says_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("eot.victims.bundled.WEIGHTS", tmp_path)
    monkeypatch.chdir(tmp_path)
    refused("bundled:sign-res", "eot train-signs --variant sign-res")


def test_shares_of_an_ensemble_sum_to_one(sign_file: Path, python_file: Path) -> None:
    spec = f"file:{sign_file}"
    ensemble = load_victims([spec, spec], [3.0, 1.0])
    assert [share for _, share in ensemble] == [0.75, 0.25]
    for specs, weights, message in (
        ([], None, "at least one"),
        ([spec], [1.0, 2.0], "1 victims and 2 weights"),
        ([spec], [0.0], "positive"),
        ([spec], [float("nan")], "positive"),
        ([spec, f"python:{python_file}:sized"], None, "same classes"),
    ):
        with pytest.raises(InputError, match=message):
            load_victims(specs, weights)


def test_a_victim_is_described_for_programs_and_people(sign_file: Path) -> None:
    description = victims([f"file:{sign_file}"])
    (record,) = description.record()
    assert (record["name"], record["classes"], record["input_px"]) == ("mine", 5, [64, 64])
    assert record["fingerprint"] == load_victim(f"file:{sign_file}").fingerprint() != record["weights_sha256"]
    printed = io.StringIO()
    Console(width=100, file=printed).print(description.table())
    assert "5: a, b, c, d, e" in printed.getvalue()
