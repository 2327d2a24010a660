"""What the report shows to the eye: shots drawn blindly, colours that can be read, an object that turns."""

import base64
import dataclasses
import re

import numpy as np
import pytest

from eot.report.gallery import gallery
from eot.report.html import TEMPLATES
from eot.report.model import corner_uvs, corners, model_of, script_policy, viewer_script
from tests.eot.reports import Page, named, photographed, report
from tests.eot.test_evaluate import articles
from textures.objects import object_named


def test_shots_are_drawn_blindly_and_replay_what_was_measured() -> None:
    evaluation, shown = photographed()
    counted, reached = evaluation.counted(), evaluation.reached("attack")
    assert shown.successes.total == int((counted & reached).sum())
    assert shown.failures.total == int((counted & ~reached).sum())
    for draw, wanted in ((shown.successes, True), (shown.failures, False)):
        assert len({shot.place.view for shot in draw.shots}) == 8
        assert all(shot.reached == wanted and counted[shot.place.view] for shot in draw.shots)
    other = gallery(named("net"), articles(), evaluation, seed=6)
    assert [s.place for s in other.successes.shots] != [s.place for s in shown.successes.shots]
    assert [s.place for s in other.rows[0]] == [s.place for s in shown.rows[0]]
    distances = [shot.place.distance_m for shot in shown.rows[0]]
    assert distances == sorted(distances) and shown.articles == ("attack", "clean", "noise", "blank")


def test_no_failures_are_an_empty_draw() -> None:
    _, shown = photographed(near=True, views=30)
    assert (shown.failures.total, shown.failures.shots) == (0, ())
    assert (shown.successes.total, len(shown.successes.shots)) == (30, 8)


def luminance(colour: str) -> float:
    levels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in levels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_in_both_schemes(scheme: str) -> None:
    css = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    light, dark = css.split("prefers-color-scheme: dark")[:2]
    found = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", light if scheme == "light" else dark[:700]))
    # WCAG 2.2 asks for 4.5 to 1.
    for text, behind in (
        *(
            (text, page)
            for text in ("ink", "soft", "accent", "good", "warn", "bad")
            for page in ("paper", "card")
        ),
        *(("ink", cell) for cell in ("cold", "hot", "fresh")),
    ):
        assert contrast(found[text], found[behind]) >= 4.5, (text, behind)


def test_an_object_is_turned_by_one_script_that_the_policy_names() -> None:
    mesh = object_named("can")
    model = model_of(mesh, {"test article": mesh.texture[0], "original": mesh.texture[0]})
    page = Page(report(model=model)["report.html"])
    scripts = [attributes for tag, attributes in page.elements if tag == "script"]
    policy = next(a["content"] for t, a in page.elements if a.get("http-equiv"))
    assert scripts == [{}] and policy is not None and script_policy() in policy
    assert policy.startswith("default-src 'none'") and "unsafe-inline" not in policy.split("script-src")[1]
    assert f"<script>{viewer_script()}</script>" in report(model=model)["report.html"].decode()
    assert not re.search(r"https?://|import\(|fetch\(|XMLHttp", viewer_script())


def test_the_page_holds_the_corners_of_the_object() -> None:
    mesh = object_named("can")
    places = np.frombuffer(base64.b64decode(corners(mesh)), "<i2").reshape(-1, 3, 3)
    truth = mesh.vertices[mesh.faces].numpy()
    # Sixteen bits of the longest half side.
    assert np.abs(places / 32767 * np.abs(truth).max() - truth).max() < np.abs(truth).max() / 60_000
    assert len(base64.b64decode(corner_uvs(mesh))) == 4 * 3 * len(mesh.faces)
    many = (mesh.faces.repeat(200, 1), mesh.uvs.repeat(200, 1, 1), mesh.part.repeat(200))
    huge = dataclasses.replace(mesh, faces=many[0], uvs=many[1], part=many[2])
    assert model_of(huge, {}) is None
