"""What a course writes, removes and goes on from: its own files, and no others."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from eot.commands.harden import Request, harden
from eot.commands.tick import Tick
from eot.harden.lessons import frozen
from eot.harden.stickers import AttackedSigns, StickerPlan
from eot.harden.train import Course, Training, learn
from renders.errors import InputError, RunError
from tests.conftest import Result, refused
from tests.eot.test_harden import reader_of, shapes
from tests.eot.test_harden_command import finish, request_

__all__ = ["request_"]  # a fixture
CPU = torch.device("cpu")
VICTIMS = Path("runs/victims")


@pytest.mark.parametrize("method", ["natural", "distil"])
def test_a_finished_course_leaves_the_checkpoints_of_others(request_: Request, method: str) -> None:
    others = {"tiny-big.checkpoint", "tiny-teacher.checkpoint", "tinyer.checkpoint", "tiny.old.checkpoint"}
    VICTIMS.mkdir(parents=True)
    for name in others:
        (VICTIMS / name).write_bytes(b"hours of another course")
    finish(replace(request_, method=method))
    assert {path.name for path in VICTIMS.iterdir()} == others | {"tiny.safetensors"}
    assert all((VICTIMS / name).read_bytes() == b"hours of another course" for name in others)


@pytest.mark.parametrize("name", ["sub/x", "../x", "/x", ".", "..", ".hidden", " ", "a b", "x\n", "n" * 101])
def test_a_name_that_is_no_file_name_is_refused_before_anything_is_trained(
    request_: Request, name: str
) -> None:
    with pytest.raises(InputError, match="--name: expected text that matches") as caught:
        next(harden(replace(request_, name=name), CPU))
    assert "\n" not in str(caught.value) and not VICTIMS.exists()


@pytest.mark.parametrize(
    ("course", "says"),
    [
        (Course(2, 10, -1.0, 0.0), "--learning-rate: expected 0 to 1e+38; got -1"),
        (Course(2, 10, float("nan"), 0.0), "--learning-rate: expected 0 to 1e+38; got nan"),
        (Course(2, 10, float("inf"), 0.0), "--learning-rate: expected 0 to 1e+38; got inf"),
        (Course(2, 10, 1e-2, -1.0), "--decay: expected 0 to 1e+38; got -1"),
        (Course(0, 10, 1e-2, 0.0), "--epochs: expected 1"),
        (Course(2, 0, 1e-2, 0.0), "--batch: expected 1"),
    ],
)
def test_the_numbers_of_a_course_are_checked(request_: Request, course: Course, says: str) -> None:
    with pytest.raises(InputError) as caught:
        next(harden(replace(request_, course=course), CPU))
    assert says in str(caught.value)


def test_wrong_numbers_and_names_get_one_line(eot: Callable[..., Result], request_: Request) -> None:
    words = ["harden", "digit-linear", "--data", "npz:shapes.npz", "--batch", "10"]
    refused(eot(*words, "--learning-rate", "nan"), says="--learning-rate: expected")
    refused(eot(*words, "--decay", "-1"), says="--decay: expected")
    refused(eot(*words, "--name", "sub/x"), says="--name: expected")


def ticks_of(request: Request) -> list[Tick]:
    return list(harden(request, CPU))


@pytest.mark.parametrize("damaged", [False, True])
def test_a_checkpoint_that_does_not_fit_is_passed_over_with_force(request_: Request, damaged: bool) -> None:
    other = replace(request_, seed=1)
    whole = finish(other)
    (VICTIMS / "tiny.safetensors").unlink()
    finish(request_, stop=6)
    if damaged:
        (VICTIMS / "tiny.checkpoint").write_bytes(b"torn")
    with pytest.raises(RunError):
        next(harden(replace(other, resume=True), CPU))
    first, *rest = ticks_of(replace(other, resume=True, force=True))
    assert (first.done, first.note) == (0, "tiny.checkpoint does not fit: from the start")
    assert [tick.done for tick in rest] == list(range(1, 9))
    assert (VICTIMS / "tiny.safetensors").read_bytes() == whole


def test_a_checkpoint_that_fits_is_gone_on_with_in_spite_of_force(request_: Request) -> None:
    finish(request_, stop=6)
    assert [tick.done for tick in ticks_of(replace(request_, resume=True, force=True))] == [7, 8]


def test_a_net_that_is_attacked_stays_on_its_device_wherever_the_images_are() -> None:
    """`meta` stands for a GPU: a net that is moved off it is an error of torch."""
    reader = reader_of().to("meta")
    with frozen(reader, torch.zeros(1, 1, 28, 28)) as victim:
        assert {tensor.device.type for tensor in victim.state_dict().values()} == {"meta"}
    assert {parameter.device.type for parameter in reader.parameters()} == {"meta"}


@pytest.mark.gpu
def test_stickers_are_made_and_learned_on_the_device_of_the_net() -> None:
    from tests.eot.test_harden_stickers import reader_of as sign_reader

    reader = sign_reader().to("cuda")
    signs = AttackedSigns(reader, StickerPlan(rounds=2, signs=2, views=2, steps=2, backgrounds=2), 5)
    images, classes = signs.take(torch.tensor([0]))
    assert images.is_cuda and classes.is_cuda
    assert all(parameter.is_cuda for parameter in reader.parameters())


@pytest.mark.gpu
def test_a_net_learns_on_a_gpu() -> None:
    from eot.harden.lessons import madry
    from eot.streams import generator_for

    training = Training(reader_of().to("cuda"), shapes(), madry(0.1, 0.05, 2), Course(1, 10, 1e-2, 0.0))
    assert len(list(learn(training, generator_for(0, "t")))) == 4
