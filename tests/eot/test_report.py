"""The report: one page that fetches nothing, escapes everything, and says the numbers of report.json."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eot.evidence.evaluate import evaluate
from eot.objectives import Targeted
from eot.report.contents import Origin
from eot.report.gallery import gallery
from eot.report.html import _prints
from eot.report.report import write_report
from eot.report.words import extent, interval, percent, plural, whole_percent
from eot.streams import Stream
from renders.conditions import Conditions
from tests.eot.reports import Page, photographed, report
from tests.eot.test_evaluate import GREEN, VIEWS, articles, problem

NASTY = '</pre></style><script>alert("x")</script><img src=http://evil.example/p.png onerror=alert(1)>&amp;'
RATE = {"rate", "low", "high", "n"}


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return report()


def test_the_page_is_well_formed(files: dict[str, bytes]) -> None:
    tags = [tag for tag, _ in Page(files["report.html"]).elements]
    assert tags[:2] == ["html", "head"] and tags.count("h1") == tags.count("main") == 1


def test_sheets_stand_before_their_parts_and_the_rest_is_counted() -> None:
    parts = (
        "article/chart.pdf",
        "article/outlines.dxf",
        "article/piece-1.png",
        "article/sheet.pdf",
        "article/z.obj",
    )
    assert _prints(parts) == {
        "files": ["article/sheet.pdf", "article/chart.pdf", "article/z.obj"],
        "more_files": 2,
    }
    assert _prints(("article/face.png",)) == {"files": ["article/face.png"], "more_files": 0}


def test_the_page_fetches_nothing_and_runs_nothing(files: dict[str, bytes]) -> None:
    page = Page(files["report.html"])
    assert not {"script", "link", "iframe", "object", "embed", "form", "base"} & {t for t, _ in page.elements}
    for tag, attributes in page.elements:
        assert not [key for key in attributes if key.startswith("on")], tag
        for key in ("src", "href", "xlink:href", "srcset", "data", "action"):
            assert (attributes.get(key) or "#").startswith(("data:image/", "#")), (tag, attributes)
    assert not re.search(rb"url\((?!#)|@import", files["report.html"])
    policy = next(a["content"] for t, a in page.elements if a.get("http-equiv"))
    assert policy is not None and policy.startswith("default-src 'none'")


def test_names_from_outside_are_text_and_never_markup(files: dict[str, bytes]) -> None:
    nasty = report(NASTY)
    page, plain = Page(nasty["report.html"]), Page(files["report.html"])
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in plain.elements]
    assert page.text.count("<script>alert") == len(re.findall(r"\bnet\b", plain.text))
    assert json.loads(nasty["report.json"])["victims"][0]["name"] == NASTY


def test_equal_evidence_gives_equal_bytes(files: dict[str, bytes]) -> None:
    assert report() == files


def test_the_page_says_the_numbers_of_the_json(files: dict[str, bytes]) -> None:
    record, text = json.loads(files["report.json"]), Page(files["report.html"]).text
    said = [record["success"], *(record["controls"][c] for c in ("clean", "noise", "blank"))]
    said += [record["controls"][c]["broken"] for c in ("noise", "blank")]
    for rate in said:
        assert f"{percent(rate['rate'])} {interval(rate)}, n = {rate['n']}" in text
    for cell in record["cells"]:
        bounds = f"{round(100 * cell['low'])} to {round(100 * cell['high'])} n {cell['n']}"
        few = f"of {cell['n']} too few"
        assert (f"{whole_percent(cell['rate'])} {bounds}" if cell["enough"] else few) in text
    assert all(check["text"] in text for check in record["checks"])
    assert all(limit in text for limit in record["limits"])
    assert "name = 'net'" in text and "eot attack net" in text


def is_rate(value: dict[str, Any]) -> bool:
    if value["n"] == 0:
        return (value["rate"], value["low"], value["high"]) == (None, 0, 1)
    return 0 <= value["low"] <= value["rate"] <= value["high"] <= 1


def test_the_json_has_what_is_promised(files: dict[str, bytes]) -> None:
    record = json.loads(files["report.json"], parse_constant=lambda name: pytest.fail(name))
    assert record["schema"] == 1 and record["seed"] == 5 and record["views"] == 200
    assert record["success"].keys() == RATE and is_rate(record["success"])
    assert list(record["controls"]) == ["clean", "noise", "blank"]
    for control in record["controls"].values():
        assert control.keys() > RATE and is_rate(control)
        assert all(is_rate(control[key]) for key in ("target", "all_views", "broken", "recognised"))
    for cell in record["cells"]:
        assert is_rate(cell) and len(cell["distance_m"]) == len(cell["yaw_deg"]) == 2
    assert sum(cell["n"] for cell in record["cells"]) == record["counted"] == record["success"]["n"]
    (victim,) = record["victims"]
    assert victim["name"] == "net" and re.fullmatch("[0-9a-f]{64}", victim["fingerprint"])
    assert {"distance_m", "yaw_deg"} <= record["conditions"].keys()


def test_a_clean_article_is_measured_by_being_recognised() -> None:
    clean = json.loads(report(metrics=())["report.json"])["controls"]["clean"]
    assert clean["measures"] == "recognised, all views" and clean["n"] == 200
    assert clean["rate"] == clean["recognised"]["rate"] and clean["target"]["rate"] == 0
    unknown = evaluate(problem(Targeted(GREEN)), articles(), VIEWS, 20)
    files = write_report(Path("one"), unknown, provenance=Origin("eot", 0))
    clean = json.loads(files["report.json"])["controls"]["clean"]
    assert clean["measures"] == "goal reached, all views" and (clean["rate"], clean["n"]) == (0, 20)


def test_a_report_of_evidence_alone_is_whole() -> None:
    evaluation, _ = photographed(views=20)
    text = Page(write_report(Path("one"), evaluation, provenance=Origin("eot", 0))["report.html"]).text
    assert "What this does not show" in text and "Training" not in text and "drawn at random" not in text


def test_no_counted_view_is_said_and_divides_nothing() -> None:
    far = Stream(Conditions({"distance_m": (20.0, 25.0)}), 1, "report", 16)
    evaluation = evaluate(problem(), articles(), far, 16)
    shown = gallery(problem(), articles(), evaluation, seed=0)
    files = write_report(Path("one"), evaluation, provenance=Origin("eot", 0), gallery=shown)
    text = Page(files["report.html"]).text
    assert "so there is no rate" in text and "No successes" in text and "no view counts" in text
    assert json.loads(files["report.json"])["success"] == {"rate": None, "low": 0, "high": 1, "n": 0}


def test_failed_checks_come_first_and_stand_above_the_fold(files: dict[str, bytes]) -> None:
    text = Page(files["report.html"]).text
    assert "1 trust check failed. Do not quote this number before reading why: wrong." in text
    assert text.index("fail wrong") < text.index("warn doubt") < text.index("ok fine")


def test_limits_are_made_from_the_evidence(files: dict[str, bytes]) -> None:
    record = json.loads(files["report.json"])
    text = " ".join(record["limits"])
    left_out = percent(1 - record["counted"] / record["views"])
    assert f"{left_out} of the views do not count" in text
    far = record["conditions"]["distance_m"]
    assert f"distance {extent(far['low'], far['high'], ' m')}, yaw" in text and "same background" in text


@settings(deadline=None)
@given(st.floats(-1000, 1000), st.floats(0.001, 1000))
def test_an_extent_is_within_a_hundredth_of_the_truth(low: float, width: float) -> None:
    ends = [float(end.replace("−", "-")) for end in extent(low, low + width).split(" to ")]
    # Four digits are all that is ever written.
    slack = width / 100 + 6e-4 * max(abs(low), abs(low + width))
    assert abs(ends[0] - low) <= slack and abs(ends[-1] - low - width) <= slack


def test_words_read_well() -> None:
    assert extent(3.0004, 24.997, " m") == "3 to 25 m" and extent(1.3, 1.3) == "1.3"
    assert extent(5e-06, 0.009998) == "0 to 0.01"
    assert [whole_percent(x)[:-2] for x in (0, 0.001, 0.5, 0.999, 1)] == ["0", "1", "50", "99", "100"]
    assert plural(1, "cell") == "1 cell" and plural(2000, "view") == "2\u202f000 views"
