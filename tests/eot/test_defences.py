"""Defences: they do what they say, an attack goes through them, and the certificate holds by brute force."""

import io
import itertools

import pytest
import torch
from PIL import Image
from torch import Tensor
from torchvision.transforms.functional import pil_to_tensor

from eot.defences.cleaning import METHODS, cleaning, median, smoothed, with_bits
from eot.defences.defended import defended
from eot.defences.patch_cleanser import certified, cleansed, labels_under, masks_for
from eot.streams import generator_for
from eot.victims import LinearVictim
from renders.errors import InputError


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(shape, generator=generator_for(seed, "defences"))


@pytest.mark.parametrize("name", METHODS)
def test_an_attack_goes_through_every_defence(name: str) -> None:
    picture = (0.2 + 0.6 * noise(2, 3, 24, 24)).requires_grad_()
    layer = cleaning(name)
    cleaned = layer(picture)
    (slope,) = torch.autograd.grad((cleaned * noise(2, 3, 24, 24, seed=1)).sum(), picture)
    assert cleaned.shape == picture.shape and not torch.equal(cleaned, picture)
    assert (slope != 0).float().mean() > 0.3


@pytest.mark.parametrize("name", ["blur", "lgs"])
def test_smooth_defences_have_their_true_gradient(name: str) -> None:
    picture = (0.2 + 0.6 * noise(1, 3, 6, 6)).double().requires_grad_()
    assert torch.autograd.gradcheck(cleaning(name), picture)


def test_jpeg_is_what_pillow_saves() -> None:
    picture = (noise(1, 3, 32, 32) * 255).round() / 255
    stream = io.BytesIO()
    Image.fromarray((picture[0] * 255).byte().permute(1, 2, 0).numpy()).save(stream, "JPEG", quality=50)
    theirs = pil_to_tensor(Image.open(stream)).float() / 255
    assert torch.allclose(cleaning("jpeg:50")(picture)[0], theirs, atol=2.5 / 255)


def test_bits_leave_so_many_levels_and_the_median_is_the_median() -> None:
    assert len(with_bits(noise(1, 3, 40, 40), 2).unique()) == 4
    picture = noise(1, 3, 9, 9)
    window = picture[0, 1, 3:6, 4:7].flatten()
    assert float(median(picture, 3)[0, 1, 4, 5]) == float(window.median())


def test_gradient_smoothing_darkens_a_noisy_patch_and_leaves_a_plain_wall() -> None:
    picture = torch.full((1, 3, 60, 60), 0.6)
    picture[..., 20:40, 20:40] = noise(3, 20, 20)
    cleaned = smoothed(picture, 2.3)
    assert torch.allclose(cleaned[..., :10, :10], picture[..., :10, :10], atol=1e-3)
    assert float(cleaned[..., 22:38, 22:38].mean()) < 0.6 * float(picture[..., 22:38, 22:38].mean())


@pytest.mark.parametrize("corner", [(0, 0), (13, 31), (44, 44)])
def test_gradient_smoothing_reaches_a_patch_wherever_it_lies(corner: tuple[int, int]) -> None:
    picture = torch.full((1, 3, 64, 64), 0.6)
    rows, columns = (slice(first, first + 20) for first in corner)
    picture[..., rows, columns] = noise(3, 20, 20)
    changed = (smoothed(picture, 2.3) != picture).any(1)[0, rows, columns]
    assert float(changed.float().mean()) > 0.97


def test_a_defended_victim_is_the_victim_on_cleaned_pictures_and_says_so() -> None:
    victim = LinearVictim(noise(3, 3, 8, 8))
    guarded = defended(victim, "blur:1")
    picture = noise(2, 3, 8, 8, seed=2)
    assert torch.allclose(guarded(picture), victim(cleaning("blur:1")(picture)))
    assert guarded.info.name == "linear behind blur:1" and victim.info.name == "linear"
    assert guarded.fingerprint() == victim.fingerprint()


@pytest.mark.parametrize("text", ["jpg:50", "jpeg:0", "median:4", "bits:x", "bits:2.5", "blur:900"])
def test_a_defence_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="defence"):
        cleaning(text)


@pytest.mark.parametrize("bits", range(1, 9))
def test_white_stays_white_at_every_number_of_bits(bits: int) -> None:
    assert torch.equal(cleaning(f"bits:{bits}")(torch.ones(1, 3, 4, 4)), torch.ones(1, 3, 4, 4))


@pytest.mark.parametrize(("side", "patch", "along"), [(8, 2, 3), (9, 3, 2), (16, 5, 6), (7, 7, 2)])
def test_every_patch_is_covered_by_a_mask(side: int, patch: int, along: int) -> None:
    keep = masks_for((side, side), patch, along).keep
    for top, left in itertools.product(range(side - patch + 1), repeat=2):
        under = keep[:, top : top + patch, left : left + patch]
        assert bool((~under).flatten(1).all(1).any()), (top, left)


def test_no_patch_at_any_place_breaks_a_certified_image() -> None:
    # A linear net over 8 x 8 px whose evidence is spread out, so that some images can be certified.
    weight = torch.stack([torch.ones(3, 8, 8), -torch.ones(3, 8, 8)]) / 64 + 0.02 * (noise(2, 3, 8, 8) - 0.5)
    bias = torch.tensor([-1.5, 1.5])
    victim = LinearVictim(weight, bias)
    images = 0.2 * noise(12, 3, 8, 8) + torch.linspace(0.3, 0.52, 12)[:, None, None, None]
    truth = victim(images).argmax(-1)
    masks = masks_for((8, 8), 2, along=3)
    safe = certified(labels_under(victim, images, masks), truth)
    assert 2 <= int(safe.sum()) < len(images)
    generator = generator_for(1, "patches")
    worst = (weight[1] - weight[0]).sign().clamp_min(0)
    broken = 0
    for image, label, sure in zip(images, truth.tolist(), safe.tolist(), strict=True):
        attacked = []
        for top, left in itertools.product(range(7), repeat=2):
            there = (..., slice(top, top + 2), slice(left, left + 2))
            for content in (worst[there], 1 - worst[there], *torch.rand(6, 3, 2, 2, generator=generator)):
                patched = image.clone()
                patched[there] = content
                attacked.append(patched)
        answers = cleansed(labels_under(victim, torch.stack(attacked), masks))
        if sure:
            assert bool((answers == label).all())
        broken += int((answers != label).any())
    assert broken > 0  # uncertified images do break, so the attack is one
