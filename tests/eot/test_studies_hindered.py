"""Studies over what is in their way: old checkpoints, nets that learned nothing, another device."""

from pathlib import Path

import pytest
import torch

from eot.commands.study import STUDIES
from eot.data.data import Data, Stored, numbered
from eot.harden.train import Course
from eot.studies.lbfgs_transfer import smallest
from eot.studies.linearity import church_windows
from eot.studies.study import Setup, Wanted, network
from eot.victims import LinearVictim, Victim
from renders.errors import InputError
from tests.eot.test_studies import CPU, archive, result_of


def test_a_checkpoint_of_other_data_does_not_stop_a_study(tmp_path: Path) -> None:
    wanted = Wanted("tiny", "digit-linear", course=Course(2, 20, 1e-2, 0.0))
    for name, n in (("old.npz", 60), ("new.npz", 80)):
        archive(tmp_path / name, n)
    old, new = (Setup(tmp_path / name, tmp_path / "nets", CPU, "npz") for name in ("old.npz", "new.npz"))
    work = network(old, wanted)
    for _ in range(4):
        next(work)
    work.close()
    assert (tmp_path / "nets" / "tiny.checkpoint").is_file()
    ticks = list(network(new, wanted))
    assert (ticks[0].note, ticks[-1].done) == ("tiny.checkpoint does not fit: from the start", 8)
    assert [path.name for path in (tmp_path / "nets").iterdir()] == ["tiny.safetensors"]


def stubborn(bias: float) -> Victim:
    """Reads class 0 in every image, whatever is done to it, or class 1 where the bias is below 0."""
    return LinearVictim(torch.zeros(2, 3, 28, 28), torch.tensor([bias, 0.0]))


@pytest.fixture
def blank(monkeypatch: pytest.MonkeyPatch) -> Setup:
    """A setup whose test images are twenty black ones of class 0."""
    levels = torch.zeros(20, 1, 28, 28, dtype=torch.uint8)
    data = Data("blank", "test", Stored(levels), torch.zeros(20, dtype=torch.int64), numbered(2), "")
    monkeypatch.setattr(Setup, "test", lambda *_: data)
    return Setup(Path(), Path(), CPU, quick=True)


@pytest.mark.parametrize(
    ("bias", "says"), [(-9.0, "test images that it reads right"), (9.0, "changes that make it answer")]
)
def test_a_net_with_nothing_to_transfer_is_named(blank: Setup, bias: float, says: str) -> None:
    with pytest.raises(InputError, match=f"linear: expected {says}.*; got none of 20") as caught:
        smallest(stubborn(bias), blank)
    assert "\n" not in str(caught.value)


def test_a_net_that_reads_nothing_right_has_no_church_windows(blank: Setup) -> None:
    images, labels = blank.test(1, 1).take(torch.arange(20))
    with pytest.raises(InputError, match="expected test images that it reads right; got none of 20"):
        church_windows(stubborn(-9.0), images, labels, blank)


@pytest.mark.gpu
@pytest.mark.parametrize("name", sorted(STUDIES))
def test_every_study_runs_on_the_graphics_card(tmp_path: Path, name: str) -> None:
    archive(tmp_path / "set.npz", n=100)
    setup = Setup(tmp_path / "set.npz", tmp_path / "nets", torch.device("cuda"), "npz", quick=True)
    assert result_of(STUDIES[name](setup)).markdown().startswith("# ")
