"""A check from its plan to its card: radii, lines, gates, JUnit, baseline and budget."""

import json
import math
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import torch

from eot.check.baseline import compared
from eot.check.budget import Budget
from eot.check.card import card_of
from eot.check.gates import Gate, Verdict, gate_of, verdict
from eot.check.junit import junit
from eot.check.ledger import Batch, Ledger
from eot.check.parts import parts_of
from eot.check.plan import fraction, plan_of, written
from eot.evidence.quantiles import quantile
from eot.streams import generator_for
from renders.errors import InputError
from tests.eot.subjects import ledger, subject
from tests.renders.scenes import noise

# --- radii and plans -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "value"), [("8/255", 8 / 255), ("0.03", 0.03), (" 1/4 ", 0.25), ("0", 0.0)])
def test_a_fraction_is_read_as_it_is_written(text: str, value: float) -> None:
    assert fraction(text) == value


@pytest.mark.parametrize("text", ["0.5/255", "1.5/255", "8/255", "0.3", "0.0001", "0.123456"])
def test_a_radius_is_written_as_it_was_asked_for(text: str) -> None:
    assert written(fraction(text)) == text


@pytest.mark.parametrize("text", ["", "a", "1/0", "-1", "nan", "inf", "1/2/3"])
def test_other_fractions_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="expected a"):
        fraction(text)


def test_a_radius_is_written_in_levels_where_it_is_a_whole_number_of_them() -> None:
    assert [written(eps) for eps in (8 / 255, 0.3, 0.5, 1 / 255)] == ["8/255", "0.3", "0.5", "1/255"]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (("quick", "8/255,4/255", "linf", 0), "increasing"),
        (("quick", "8", "linf", 0), "divide by 255"),
        (("quick", "", "l2", 0), "name them"),
        (("quik", "", "linf", 0), "quick"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(settings: tuple[str, str, str, int], says: str) -> None:
    with pytest.raises(InputError, match=says):
        plan_of(*settings)


# --- the card --------------------------------------------------------------------------------------------


def made(tmp_path: Path, fooled: list[int]) -> dict:  # type: ignore[type-arg]
    plan = plan_of("quick", "8/255", "linf", 0)
    record = ledger(tmp_path, clean=[0, 0, 0, 0, 0, 1], noise_at_8_255=[0] * 6, pgd_at_8_255=fooled)
    record.add(Batch("cw", [0, 1, 2, 3, 4, 5], [1, 1, 1, 1, 0, 1], [1] * 6, [0.1, 0.2, 0.3, 0.4, None, 0.0]))
    card = card_of(subject(), plan, parts_of(subject(), plan), record, [])
    return json.loads(json.dumps(card, allow_nan=False))


def line(card: dict, name: str) -> dict:  # type: ignore[type-arg]
    return next(each for each in card["lines"] if each["name"] == name)


def test_a_line_holds_accuracy_interval_and_its_control_on_the_same_images(tmp_path: Path) -> None:
    pgd = line(made(tmp_path, [1, 1, 1, 1, 0, 1]), "pgd@8/255")
    assert pgd["accuracy"]["value"] == pytest.approx(1 / 6, abs=1e-6) and pgd["n"] == 6
    assert pgd["accuracy"]["low"] < 1 / 6 < pgd["accuracy"]["high"]
    assert pgd["beside"] == "noise@8/255" and pgd["control"]["value"] == 1.0
    assert pgd["behind_control"]["value"] == pytest.approx(-5 / 6)


def test_sizes_leave_out_what_is_misread_as_it_is_and_count_what_withstood(tmp_path: Path) -> None:
    cw = line(made(tmp_path, [0] * 6), "cw")
    assert cw["n"] == 5 and cw["found"] == 4
    assert cw["median"]["value"] == 0.3 and cw["lower"]["value"] == 0.2 and cw["upper"]["value"] == 0.4
    assert cw["median"]["high"] is None, "five values cannot bound a median from above"


def test_what_was_not_measured_is_null_and_the_card_says_so(tmp_path: Path) -> None:
    card = made(tmp_path, [0] * 6)
    patch = line(card, "patch@5%")
    assert patch["n"] == 0 and patch["accuracy"]["value"] is None and not card["complete"]


def test_the_quantile_interval_covers_at_its_level() -> None:
    # 400 samples of 25 from U(0, 1): the share that covers the true quartile, at least 95 % minus 3 sigma.
    draws = torch.rand(400, 25, generator=generator_for(0, "quantiles")).tolist()
    for q in (0.25, 0.5):
        covered = sum(low <= q <= high for _, low, high in (quantile(values, q) for values in draws))
        assert covered / 400 > 0.95 - 3 * (0.95 * 0.05 / 400) ** 0.5


def test_quantiles_of_few_or_infinite_values_stay_open() -> None:
    assert quantile([], 0.5) == (math.inf, 0.0, math.inf)
    assert quantile([2.0], 0.5) == (2.0, 0.0, math.inf)
    assert quantile([1.0] * 4 + [math.inf] * 6, 0.5)[0] == math.inf


# --- gates -----------------------------------------------------------------------------------------------


def test_a_gate_asks_for_the_end_of_the_interval_not_for_the_figure(tmp_path: Path) -> None:
    card = made(tmp_path, [0, 0, 0, 0, 0, 1])
    names = [each["name"] for each in card["lines"]]
    accuracy = line(card, "pgd@8/255")["accuracy"]

    def holds(text: str) -> bool:
        return verdict(gate_of(text, names), card).passed

    assert not holds(f"pgd@8/255>={accuracy['value']}") and holds(f"pgd@8/255 >= {accuracy['low']}")
    assert not holds(f"pgd@8/255<={accuracy['value']}") and holds(f"pgd@8/255<={accuracy['high']}")
    assert holds("cw>=0") and not holds("cw>=0.2")
    assert not holds("patch@5%>=0"), "what was not measured does not hold"


def test_the_trust_gate_asks_that_every_check_was_made(tmp_path: Path) -> None:
    card, gate = made(tmp_path, [0, 0, 0, 0, 0, 1]), gate_of("trust", [])
    card |= {"checks": [{"name": "noise", "level": "ok"}], "complete": True}
    assert verdict(gate, card).passed
    cut = verdict(gate, card | {"complete": False})
    assert not cut.passed and "budget ended" in cut.text
    failed = verdict(gate, card | {"checks": [{"name": "noise", "level": "fail"}]})
    assert not failed.passed and "noise" in failed.text


@pytest.mark.parametrize("text", ["pgd", "pgd@8/255>0.4", "pgd@8/255>=much", ">=0.4", "pgd@8/255==0.4"])
def test_a_gate_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="expected"):
        gate_of(text, ["pgd@8/255"])


def test_a_gate_on_a_line_that_will_not_be_there_names_the_nearest() -> None:
    with pytest.raises(InputError, match=r"no line 'pdg@8/255'.*pgd@8/255"):
        gate_of("pdg@8/255>=0.4", ["pgd@8/255", "clean"])


# --- JUnit -----------------------------------------------------------------------------------------------
# Jenkins' junit-10.xsd as far as it concerns us: which elements may stand in which, and what they must carry.
CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"testcase", "properties", "system-out", "system-err"},
    "testcase": {"skipped", "error", "failure", "system-out", "system-err"},
    "failure": set(),
    "skipped": set(),
    "system-out": set(),
}
REQUIRED = {"testsuite": {"name", "tests"}, "testcase": {"name", "classname"}}


def check_junit(content: bytes) -> ElementTree.Element:
    root = ElementTree.fromstring(content)
    assert root.tag == "testsuites"
    for element in root.iter():
        assert {child.tag for child in element} <= CHILDREN[element.tag], element.tag
        assert REQUIRED.get(element.tag, set()) <= element.attrib.keys()
        outcomes = [child for child in element if child.tag in ("skipped", "error", "failure")]
        assert element.tag != "testcase" or len(outcomes) <= 1
    for suite in (root, *root.iter("testsuite")):
        for name, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
            assert int(suite.attrib[name]) == len(list(suite.iter(tag)))
    return root


def test_junit_counts_gates_as_failures_and_what_is_missing_as_skipped(tmp_path: Path) -> None:
    card = made(tmp_path, [0] * 6)
    card["title"] = "a <b> & \x07 title"
    gates = [
        Verdict(Gate("pgd@8/255>=0.9", "pgd@8/255"), False, "why & not"),
        Verdict(Gate("x", "x"), True, "so"),
    ]
    root = check_junit(junit(card, gates))
    failed = [case for case in root.iter("testcase") if case.find("failure") is not None]
    assert [case.attrib["name"] for case in failed] == ["pgd@8/255>=0.9"]
    assert len(list(root.iter("skipped"))) == sum(not each["n"] for each in card["lines"])


# --- baseline and budget ---------------------------------------------------------------------------------


def test_a_baseline_on_the_same_images_is_compared_image_by_image(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir(), (tmp_path / "b").mkdir()
    before, now = made(tmp_path / "a", [1] * 6), made(tmp_path / "b", [0] * 6)
    (change,) = [each for each in compared(now, before) if each["name"] == "pgd@8/255"]
    assert change["change"] == 1.0 and change["low"] > 0 and change["clear"]
    now["data"]["sha256"] = "1" * 64
    (change,) = [each for each in compared(now, before) if each["name"] == "pgd@8/255"]
    assert change["low"] is None and change["clear"]
    assert not any(each["clear"] for each in compared(before, before))


def test_a_budget_is_seconds_or_calls() -> None:
    assert Budget.of("10m") == Budget(seconds=600) and Budget.of("5calls") == Budget(calls=5)
    assert Budget.of("") == Budget() and Budget.of("1.5h").seconds == 5400
    for text in ("10", "many", "-5s", "5 s"):
        with pytest.raises(InputError, match="600s"):
            Budget.of(text)


def test_the_ledger_reads_what_it_wrote(tmp_path: Path) -> None:
    first = ledger(tmp_path, clean=[0, 1], pgd_at_8_255=[1, 1])
    first.add(Batch("cw", [0, 1], [1, 0], [1, 1], [0.5, None], calls=7))
    again = Ledger(tmp_path / "results.jsonl")
    assert again.batches == first.batches and again.calls == 7
    assert again.has("cw", [0, 1]) and not again.has("cw", [0])
    assert again.known("clean", 3)[0].tolist() == [True, True, False]
    assert again.sizes("cw") == [0.5, math.inf]


def archive(path: Path, n: int = 8) -> Path:
    """Images that tests/tiny_net.py reads as their labels say, near enough."""
    levels = (noise(n, 3, 16, 16, seed=3) * 255).byte().numpy()
    np.savez(path, images=levels, labels=np.zeros(n, np.int64))
    return path
