"""Real weights from the test material, through the factories that the examples use."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
import torch
from PIL import Image
from torchvision.transforms import functional

from eot.victims import Victim, fingerprint, load_victim
from eot.victims.fold import has_batch_norms, largest_difference

ROOT = Path(__file__).resolve().parents[2]
ASSETS = ROOT.parent / "shared" / "assets"
NETS = ROOT / "examples" / "asset_nets.py"
pytestmark = pytest.mark.skipif(not ASSETS.is_dir(), reason="the test material of shared/assets is not here")


def asset_nets() -> ModuleType:
    """The example module itself, to compare a victim with what its factory made."""
    spec = importlib.util.spec_from_file_location("asset_nets", NETS)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def image(photo: Path) -> torch.Tensor:
    with Image.open(photo) as opened:
        return functional.to_tensor(opened.convert("RGB"))


@pytest.mark.parametrize("name", ["squeezenet", "mobilenet_v2", "lisa_cnn"])
def test_real_nets_answer_the_same_folded_and_frozen(name: str) -> None:
    victim = load_victim(f"python:{NETS}:{name}")
    plain, side_px, labels = getattr(asset_nets(), name)()
    x = torch.rand(4, 3, side_px, side_px, generator=torch.Generator().manual_seed(1))
    assert largest_difference(plain.eval()(x), victim(x)) < 1e-5
    assert not has_batch_norms(victim) and not any(p.requires_grad for p in victim.parameters())
    assert victim.info.labels == tuple(labels) and victim.info.weights_sha256 == fingerprint(plain)


def test_squeezenet_reads_real_photos_as_its_readme_says() -> None:
    victim = load_victim(f"python:{NETS}:squeezenet")
    photos = sorted((ASSETS / "photos" / "imagenet").iterdir())[::8]
    hits = [is_right(victim, photo) for photo in photos]
    assert sum(hits) / len(hits) > 0.4  # .605 on all 200; 25 photos, 2 standard errors


def is_right(victim: Victim, photo: Path) -> bool:
    whole = image(photo)[None]
    label = int("".join(c for c in photo.stem.split("_")[0] if c.isdigit()))
    side_px = min(whole.shape[-2:])
    return int(victim(functional.center_crop(whole, [side_px, side_px])).argmax()) == label


def test_lisa_cnn_reads_its_forty_photos_as_stop() -> None:
    victim = load_victim(f"python:{NETS}:lisa_cnn")
    photos = sorted((ASSETS / "signs" / "lisa_victims_32").glob("*.png"))
    read = victim(torch.stack([image(photo) for photo in photos])).argmax(1)
    assert len(photos) == 40 and {victim.info.labels[int(c)] for c in read} == {"stop"}
