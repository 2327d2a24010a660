"""Real detectors from the test material, through the factories that the examples use."""

from pathlib import Path

import pytest
import torch

from eot.victims import Detector, load_victim
from renders.photos import read_photo

ROOT = Path(__file__).resolve().parents[2]
ASSETS = ROOT.parent / "shared" / "assets"
NETS = ROOT / "examples" / "asset_detectors.py"
pytestmark = [
    pytest.mark.skipif(not ASSETS.is_dir(), reason="the test material of shared/assets is not here"),
    # The reference code leaves its files open.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "corner"), [("yolox_nano", True), ("yolo_fastest", False)])
def test_real_detectors_find_what_the_reference_finds(
    name: str, corner: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ASSETS / "loaders"))
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    import asset_detectors  # type: ignore[import-not-found]
    import detectors as reference  # type: ignore[import-not-found]

    photo = read_photo(ASSETS / "photos" / "persons" / "person_005.jpg")
    detector = load_victim(f"python:{NETS}:{name}")
    assert isinstance(detector, Detector)
    theirs = reference.detect(getattr(asset_detectors, name)()[0].eval(), photo, topleft=corner)
    ours = detector.detect(photo[None])
    kept = int((ours.scores[0] > 0.3).sum())
    assert kept == len(theirs) > 0
    for i, (label, score, box) in enumerate(theirs):
        assert detector.info.labels[int(ours.labels[0, i])] == label
        # Theirs is rounded to a tenth of a pixel.
        assert torch.allclose(ours.boxes[0, i], torch.tensor(box), atol=0.3)
        assert abs(float(ours.scores[0, i]) - score) < 1e-3
