"""What a gate makes of names, of lines that were cut off, and of sizes that nothing was found for."""

from typing import Any

import pytest

from eot.check.gates import Verdict, gate_of, verdict
from eot.check.plan import Plan
from renders.errors import InputError

NAMES = ("clean", "pgd@0.2", "pgd@8/255", "patch@5%", "radius", "cw", "transfer:net@ours@0.2")


def rated(name: str, complete: bool = True) -> dict[str, Any]:
    figure = {"value": 1.0, "low": 0.94, "high": 1.0, "n": 64}
    return {"name": name, "kind": "accuracy", "n": 64, "complete": complete, "accuracy": figure}


def sized(name: str, tried: float | None, n: int = 24) -> dict[str, Any]:
    nothing = {"value": None, "low": None, "high": None}
    return {"name": name, "kind": "size", "n": n, "complete": True, "median": nothing, "tried": tried}


def judged(text: str, *lines: dict[str, Any]) -> Verdict:
    return verdict(gate_of(text, NAMES), {"lines": lines, "level": 0.95, "complete": True, "checks": []})


@pytest.mark.parametrize(
    ("written", "line"),
    [
        ("pgd@51/255", "pgd@0.2"),
        ("pgd@0.0313725490196", "pgd@8/255"),
        ("transfer:net@ours@51/255", "transfer:net@ours@0.2"),
        ("patch@5%", "patch@5%"),
    ],
)
def test_a_gate_finds_its_line_by_the_value_of_the_radius(written: str, line: str) -> None:
    gate = gate_of(f"{written}>=0.4", NAMES)
    assert gate.name == line and gate.text == f"{written}>=0.4"


@pytest.mark.parametrize("name", ["fgsm@0.2", "pgd@9/255", "patch@0.05", "0.2", "@0.2"])
def test_other_kinds_and_other_radii_are_no_line(name: str) -> None:
    with pytest.raises(InputError, match="no line"):
        gate_of(f"{name}>=0.4", NAMES)


def test_a_line_that_the_budget_cut_off_holds_no_gate() -> None:
    assert judged("pgd@8/255>=0.4", rated("pgd@8/255")).passed
    for text in ("pgd@8/255>=0.4", "pgd@8/255<=1"):
        cut = judged(text, rated("pgd@8/255", complete=False))
        assert not cut.passed and "the budget ended within pgd@8/255, after n = 64" in cut.text


def test_a_size_that_was_never_found_is_larger_than_what_was_tried() -> None:
    tried = Plan(eps=(0.1, 0.3)).reach
    assert tried == pytest.approx(1.2)
    robust = sized("radius", tried)
    assert judged("radius>=0.01", robust).passed and judged("radius>=1.2", robust).passed
    assert "more than was tried" in judged("radius>=0.01", robust).text and "-1" not in robust
    beyond = judged("radius>=1.3", robust)
    assert not beyond.passed and "nothing above 1.2 was tried, use a larger --eps" in beyond.text
    assert not judged("radius<=1.3", robust).passed
    assert judged("cw>=5", sized("cw", None)).passed and not judged("cw<=5", sized("cw", None)).passed


def test_a_size_without_an_image_that_is_read_right_says_so() -> None:
    none = judged("cw>=0.1", sized("cw", None, n=0))
    assert not none.passed and "no image that is read right as it is" in none.text
