import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from eot.check.ledger import Ledger
from eot.check.plan import Plan
from eot.commands.check import Request, check, command_of
from renders.errors import InputError
from tests.conftest import ROOT, refused
from tests.eot.test_check import archive, check_junit

NET = f"python:{ROOT}/tests/tiny_net.py"
# As little of everything as goes through all the code.
PLAN = Plan(
    eps=(8 / 255, 32 / 255),
    steps=2,
    restarts=1,
    queries=3,
    minimal=2,
    rounds=1,
    inner=4,
    patched=2,
    articles=1,
    views=2,
)
N = 4
# NaN for bright images only: what looks at the first of them sees nothing.
BROKEN = """
import torch
from tests.tiny_net import LABELS, SIDE_PX, _net

class Broken(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.net = _net()

    def forward(self, images):
        bright = images.mean((1, 2, 3), keepdim=True)[:, :, 0, 0] > 0.9
        return torch.where(bright, torch.nan, self.net(images))

def net():
    return Broken(), SIDE_PX, LABELS
"""
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished check."""
    folder = tmp_path_factory.mktemp("check")
    for _ in check(request(archive(folder / "data.npz"), folder / "run"), torch.device("cpu")):
        pass
    return folder / "run"


def request(data: Path, out: Path, plan: Plan = PLAN, **more: object) -> Request:
    return Request(f"{NET}:net", f"npz:{data}?classes=4", plan, out, N, **more)  # type: ignore[arg-type]


def test_a_check_leaves_a_complete_card_in_three_forms(card: Path) -> None:
    record = json.loads((card / "card.json").read_text())
    names = [line["name"] for line in record["lines"]]
    assert record["complete"] and all(line["n"] for line in record["lines"])
    for name in (
        "clean",
        "noise@8/255",
        "fgsm@32/255",
        "pgd@32/255",
        "cw",
        "radius",
        "lbfgs",
        "patch@5%",
        "eot@64/255",
    ):
        assert name in names
    by_radius = [line["accuracy"]["value"] for line in record["lines"] if line["name"].startswith("pgd@")]
    assert by_radius == sorted(by_radius, reverse=True)
    check_junit((card / "junit.xml").read_bytes())
    page = (card / "card.html").read_text()
    assert "<svg" in page and "pgd@32/255" in page
    assert not re.search("(src|href)=.?https?:", page), "nothing is fetched"


def test_a_check_cut_off_by_its_budget_goes_on_to_the_same_card(card: Path, tmp_path: Path) -> None:
    data = archive(tmp_path / "data.npz")

    def work(**more: object) -> None:
        for _ in check(request(data, tmp_path / "run", **more), torch.device("cpu")):
            pass

    work(budget="40calls")
    cut = json.loads((tmp_path / "run" / "card.json").read_text())
    assert not cut["complete"] and cut["calls"] >= 40
    with (tmp_path / "run" / "results.jsonl").open("a") as file:
        file.write('{"step": 99, "part": "cl')  # a kill in the midst of a line
    work(resume=True)
    again, whole = (json.loads((folder / "card.json").read_text()) for folder in (tmp_path / "run", card))
    assert again == whole
    assert Ledger(tmp_path / "run" / "results.jsonl").calls == whole["calls"]


def test_gates_decide_the_exit_code(eot: Run, tmp_path: Path) -> None:
    data, net = f"npz:{archive(tmp_path / 'data.npz')}?classes=4", f"{NET}:net"
    words = ["check", net, data, "--effort", "quick", "--eps", "64/255", "--budget", "20calls", "--n", "4"]
    code, out, _ = eot(*words, "--out", str(tmp_path / "a"), "--gate", "clean<=1", "--json")
    assert code == 0 and json.loads(out)["gates"][0]["passed"]
    code, _, err = eot(*words, "--out", str(tmp_path / "b"), "--gate", "clean<=1", "--gate", "clean>=0.99")
    assert code == 1 and "gate failed: clean>=0.99" in err
    assert (tmp_path / "b" / "card.html").is_file(), "the card of a failed gate is what one wants to read"


def test_what_is_left_says_what_a_resume_needs(eot: Run, tmp_path: Path) -> None:
    data, net = f"npz:{archive(tmp_path / 'data.npz')}?classes=4", f"{NET}:net"
    words = [
        "check",
        net,
        data,
        "--effort",
        "quick",
        "--eps",
        "64/255",
        "--n",
        "4",
        "--out",
        str(tmp_path / "a"),
    ]
    for more in (["--budget", "0s"], ["--budget", "0s", "--resume"]):
        code, out, _ = eot(*words, *more)
        assert code == 0 and "--resume goes on, with a larger --budget" in " ".join(out.split())


def test_a_net_that_answers_nan_to_some_images_is_not_graded(eot: Run, tmp_path: Path) -> None:
    levels = np.full((8, 16, 16, 3), 60, np.uint8)
    levels[5:] = 250
    np.savez(tmp_path / "data.npz", images=levels, labels=np.zeros(8, np.int64))
    (tmp_path / "net.py").write_text(BROKEN)
    words = [
        "check",
        f"python:{tmp_path}/net.py:net",
        f"npz:{tmp_path}/data.npz?classes=4",
        "--effort",
        "quick",
    ]
    code, _, err = eot(*words, "--out", str(tmp_path / "out"))
    assert code == 3 and "must answer finite logits" in err and "Traceback" not in err


def test_the_command_of_a_card_names_the_very_radii() -> None:
    eps = (0.123456789, 0.2, 8 / 255, 1.0)
    words = command_of(request(Path("x"), Path("y"), replace(PLAN, eps=eps))).split()
    assert words[words.index("--eps") + 1] == "0.123456789,0.2,8/255,1"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((f"{NET}:softmax", "DATA"), "must answer logits"),
        ((f"{NET}:not_a_number", "DATA"), "must be finite"),
        ((f"{NET}:net", "npz:missing.npz"), "does not exist"),
        ((f"{NET}:net", "nothing:x"), "data must be FORMAT:PATH"),
        ((f"{NET}:net", "DATA", "--gate", "pgd@9/255>=0.1"), "no line 'pgd@9/255'"),
        ((f"{NET}:net", "DATA", "--gate", "fine"), "expected NAME>=NUMBER"),
        ((f"{NET}:net", "DATA", "--eps", "8"), "divide by 255"),
        ((f"{NET}:net", "DATA", "--budget", "soon"), "expected 600s"),
        ((f"{NET}:net", "DATA", "--baseline", "missing.json"), "card.json of an earlier check"),
    ],
)
def test_what_cannot_be_checked_is_said_in_one_line(
    eot: Run, tmp_path: Path, words: tuple[str, ...], says: str
) -> None:
    data = f"npz:{archive(tmp_path / 'data.npz')}?classes=4"
    filled = [data if word == "DATA" else word for word in words]
    refused(eot("check", *filled, "--n", "8", "--out", str(tmp_path / "out")), says)
    assert not (tmp_path / "out").exists()


def test_another_check_is_not_overwritten(card: Path, tmp_path: Path) -> None:
    data = card.parent / "data.npz"
    before = (card / "card.json").read_bytes()
    with pytest.raises(InputError, match="holds a check already"):
        next(check(request(data, card), torch.device("cpu")))
    other = request(data, card, replace(PLAN, seed=1), resume=True)
    with pytest.raises(InputError, match=r"another .*plan"):
        next(check(other, torch.device("cpu")))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("dear")
    with pytest.raises(InputError, match="not a check"):
        next(check(request(data, tmp_path / "full"), torch.device("cpu")))
    assert (card / "card.json").read_bytes() == before
