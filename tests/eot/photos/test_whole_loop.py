"""The whole loop at the size of the promise: attack, print, 66 photos of a second camera, verdict."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[3] / "examples" / "stop_sticker.toml"
SETTINGS = (
    "conditions.distance_m=[2,12]", "conditions.yaw_deg=[-60,60]", "camera.width_px=2016",
    "camera.height_px=1512", "optimiser.steps=300", "search.select_views=128", "evaluation.views=300",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_rehearsal_of_66_photos_over_2_to_12_metres_passes(
    eot: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    run = tmp_path / "run"
    chosen = [word for setting in SETTINGS for word in ("--set", setting)]
    assert eot("attack", EXAMPLE, "--out", run, *chosen)[0] == 0
    assert eot("print", run)[0] == 0
    code, out, err = eot("rehearse", run, "--photos", "66", "--json")
    assert code == 0, err
    record = json.loads(out)
    assert record["photos"] == 66 and record["clear"] >= 30
    assert record["found"] >= 0.95 * record["clear"], record
    assert record["distance_share"] <= 0.005 and record["angle_deg"] <= 0.5, record
    assert record["unflagged"] == 0, record
    # neither renderer fails or succeeds throughout, or agreement would mean nothing
    assert 0 < record["rendered"]["successes"] < record["rendered"]["n"], record
    assert record["agrees"] and record["passed"], record
