import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from eot.commands.harden import Request, harden
from eot.harden.methods import METHODS, STICKERS, Settings
from eot.harden.train import Course
from eot.victims import load_victim
from renders.errors import InputError, RunError
from tests.conftest import Result, refused
from tests.eot.test_harden import shapes

CPU = torch.device("cpu")
FEW = Settings(eps=0.1, steps=2)


@pytest.fixture
def request_(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Request:
    """Two epochs of four steps on forty images."""
    monkeypatch.chdir(tmp_path)
    data = shapes()
    images, labels = data.take(torch.arange(len(data)))
    np.savez("shapes.npz", images=images.numpy(), labels=labels.numpy())
    return Request("digit-linear", "npz:shapes.npz", "madry", "tiny", FEW, Course(2, 10, 1e-2, 0.0))


def finish(request: Request, stop: int | None = None) -> bytes:
    """The file a request ends in, or nothing where it is cut off after `stop` steps."""
    for count, _ in enumerate(harden(request, CPU), start=1):
        if count == stop:
            return b""
    return Path(f"runs/victims/{request.name}.safetensors").read_bytes()


@pytest.mark.parametrize("method", sorted(METHODS.keys() - {STICKERS}))
def test_every_method_makes_a_victim_that_reads_its_data(request_: Request, method: str) -> None:
    finish(replace(request_, method=method))
    victim = load_victim("file:runs/victims/tiny.safetensors")
    images, labels = shapes().take(torch.arange(40))
    assert victim.info.input_px == (28, 28) and victim.info.labels == ("class 0", "class 1")
    assert float((victim(images.expand(-1, 3, -1, -1)).argmax(1) == labels).float().mean()) > 0.9
    assert [path.name for path in Path("runs/victims").iterdir()] == ["tiny.safetensors"]


@pytest.mark.parametrize("method", ["madry", "distil"])
def test_a_course_cut_off_after_an_epoch_ends_in_the_same_file(request_: Request, method: str) -> None:
    request = replace(request_, method=method)
    whole = finish(request)
    Path("runs/victims/tiny.safetensors").unlink()
    finish(request, stop=6)
    assert finish(replace(request, resume=True)) == whole


def test_a_checkpoint_of_another_course_is_refused(request_: Request) -> None:
    finish(request_, stop=6)
    with pytest.raises(RunError, match="is of another course"):
        finish(replace(request_, resume=True, seed=1))


def test_a_loss_that_runs_away_is_an_error_and_writes_nothing(request_: Request) -> None:
    with pytest.raises(RunError, match="training diverged"):
        finish(replace(request_, course=Course(2, 10, 1e38, 0.0)))
    assert not Path("runs/victims/tiny.safetensors").exists()


def test_the_file_tells_how_it_was_made(request_: Request) -> None:
    data = finish(request_)
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]
    assert json.loads(header["training"])["settings"]["eps"] == 0.1
    with pytest.raises(InputError, match="is there already"):
        finish(request_)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"method": "mardy"}, "did you mean 'madry'"),
        ({"arch": "digit-con"}, "did you mean 'digit-conv'"),
        ({"arch": "colour-res"}, "takes 32 x 32 px; shapes test has"),
        ({"settings": Settings(eps=-1)}, "--eps: expected 0"),
        ({"settings": Settings(norm="l3")}, "expected the name of a norm"),
        ({"course": Course(1, 50, 1e-2, 0.0)}, "--batch 50: shapes has 40 images only"),
    ],
)
def test_wrong_requests_get_one_clear_line(request_: Request, change: dict, says: str) -> None:
    with pytest.raises(InputError, match=says.replace("shapes test", "shapes")):
        finish(replace(request_, **change))


def test_the_command_hardens_and_names_the_victim(eot: Callable[..., Result], request_: Request) -> None:
    words = ["digit-linear", "--data", "npz:shapes.npz", "--epochs", "1", "--batch", "10", "--steps", "2"]
    code, out, _ = eot("harden", *words, "--json", "--threads", "1")
    (row,) = json.loads(out)
    assert code == 0 and row["victim"] == "file:runs/victims/digit-linear-madry.safetensors"
    assert load_victim(row["victim"]).info.weights_sha256 == row["weights_sha256"]
    refused(eot("harden", *words), says="is there already")
