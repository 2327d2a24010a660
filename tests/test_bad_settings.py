"""Every wrong value of a configuration key ends in one clear line and exit code 2."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import refused

ROOT = Path(__file__).parents[1]
NETS = f"python:{ROOT}/tests/tiny_net.py"
Eot = Callable[..., tuple[int, str, str]]

# A key that is set (to a TOML value), and what the line says. None of them needs a file.
SETTINGS = [
    ("optimiser.ratte=1", "optimiser.ratte is not a key: did you mean 'rate'"),
    ("optimizer.rate=1", "optimizer is not a key: did you mean 'optimiser'"),
    ("conditions.distnace_m=3", "did you mean 'distance_m'"),
    ("conditions.distance_m=[20, 3]", "conditions.distance_m: expected low <= high"),
    ("conditions.distance_m=[-1, 3]", "conditions.distance_m: expected values in"),
    ("conditions.yaw_deg=[0, nan]", "conditions.yaw_deg: expected a finite number"),
    ("conditions.yaw_deg='left'", "conditions.yaw_deg: expected a number or [low, high]"),
    ("conditions.background=3", "backgrounds.count"),
    ("seed=-1", "seed: expected"),
    ("seed=1.5", "seed: expected a valid integer"),
    ("name='../up'", "name: expected text that matches"),
    ("article.width_mm=-750", "article.width_mm: expected greater than 0"),
    ("article.texels=0", "article.texels: expected greater than or equal to 8"),
    ("article.kind='cube'", "article.kind: expected 'sign', 'image', 'patch'"),
    ("article.sign='stoop'", "mutcd-r1-1-stop"),
    ("article=3", "article: expected a table"),
    ("camera.width_px=0", "camera.width_px: expected greater than or equal to 1"),
    ("camera.focal_mm=4", "expected one focal length"),
    ("camera.exif='missing.jpg'", "expected one focal length"),
    ("sticker.area=1.5", "sticker.area: expected less than or equal to 1"),
    ("sticker.boxes=[[0.1, 0.1, 0.2]]", "sticker.boxes"),
    ("sticker.boxes=[]", "sticker.boxes"),
    ("sticker.boxes=[[0.0, 0.0, 1.0, 1.0]]", "sticker.area"),
    ("sticker.mask='missing.png'", "missing.png"),
    ("texture.norm='linf'", "texture.eps: expected a value"),
    ("texture.kind='palette'", "texture.palette: expected a value"),
    ("texture.palette=['red']", "texture.palette: expected text that matches"),
    ("texture.min_feature_mm=2000", "smallest feature"),
    ("objective.target='yeild'", "objective.target: the victim knows no class 'yeild': did you mean 'yield'"),
    ("objective.target=9", "objective.target: expected a class from 0 to 3"),
    ("objective.target='stop'", "objective.target: stop is what the article is already"),
    ("objective.loss='hinge'", "objective.loss: expected 'ce', 'margin' or 'dlr'"),
    ("optimiser.steps=0", "optimiser.steps: expected greater than or equal to 1"),
    ("optimiser.steps=true", "optimiser.steps: expected a valid integer"),
    ("print.profile='inkjett'", "inkjett"),
    ("backgrounds.folder='nowhere'", "nowhere"),
    ("victims.models=[]", "victims.models: expected at least one value"),
    ("victims.models=['bundeld']", "did you mean 'bundled'"),
    ("victims.models=['torchvision:resnet81']", "resnet"),
    ("victims.models=['python:missing.py:net']", "missing.py"),
    (f"victims.models=['{NETS}:nett']", "did you mean 'net'"),
    (f"victims.models=['{NETS}:raises']", "no weights today"),
    (f"victims.models=['{NETS}:not_a_number']", "finite"),
    (f"victims.models=['{NETS}:untraceable']", "cuts it off between the picture and its answer"),
    (f"victims.models=['{NETS}:softmax']", "softmax"),
    (f"victims.models=['{NETS}:wrong_labels']", "labels"),
    (f"victims.models=['{NETS}:one_class']", "class"),
    (f"victims.models=['{NETS}:net', '{NETS}:seven']", "same classes"),
    ("victims.models=['file:weights.st?arch=sign-net&classes=4']", "weights.st"),
    ("victims.weights=[1, 2]", "victims.weights: expected one for each"),
    ("surface.kind='photograph'", "surface.photos: expected a value"),
    ("evaluation.level=1", "evaluation.level: expected less than 1"),
    ("nonsense", "expected key=value"),
    ("=3", "expected key=value"),
]


@pytest.mark.parametrize(("setting", "says"), SETTINGS, ids=[setting for setting, _ in SETTINGS])
def test_a_wrong_setting_is_one_line(eot: Eot, tiny: Path, earlier: Path, setting: str, says: str) -> None:
    refused(eot("attack", tiny, "--out", earlier, "--force", "--set", setting), says)


def test_an_article_that_would_reach_behind_the_camera_is_refused(
    eot: Eot, tiny: Path, earlier: Path
) -> None:
    turned = ("--set", "conditions.distance_m=0.06", "--set", "conditions.yaw_deg=[0, 60]")
    refused(
        eot("attack", tiny, "--out", earlier, "--force", *turned),
        "expected every corner of the article before",
    )


def test_an_unknown_rasteriser_is_refused_and_a_known_one_is_set(tiny: Path, eot: Eot) -> None:
    refused(eot("attack", tiny, "--rasteriser", "wrap"), "warp")
    code, out, _ = eot("attack", tiny, "--rasteriser", "spans", "--dry-run")
    assert code == 0 and 'rasteriser = "spans"' in out
