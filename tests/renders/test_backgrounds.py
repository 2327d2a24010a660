"""Backgrounds: the same bytes for a seed, light in range, the part that a condition asks for."""

import dataclasses
import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from renders.backgrounds import Backgrounds
from renders.colour import linear_to_srgb, srgb_to_linear
from renders.conditions import Condition, join, still
from renders.errors import InputError


def painted(seed: int = 0, n: int = 2, size_px: int = 48) -> Backgrounds:
    return Backgrounds.procedural(torch.Generator().manual_seed(seed), n, size_px)


def noise(n: int, size_px: int) -> Backgrounds:
    return Backgrounds(torch.rand(n, 3, size_px, size_px, generator=torch.Generator().manual_seed(0)))


def seeing(**fields: float) -> Condition:
    values = {name: torch.tensor([value]).to(getattr(still(1), name)) for name, value in fields.items()}
    return dataclasses.replace(still(1), **values)


# Painted


def test_the_same_seed_paints_the_same_bytes() -> None:
    first, second = painted(5).linear, painted(5).linear
    digests = {hashlib.sha256(x.numpy().tobytes()).hexdigest() for x in (first, second)}
    assert len(digests) == 1
    assert not torch.equal(first, painted(6).linear)


def test_more_scenes_begin_with_the_same_ones() -> None:
    assert torch.equal(painted(5, 1).linear, painted(5, 2).linear[:1])


def test_scenes_are_light_in_range_and_full_of_detail() -> None:
    linear = painted(n=4, size_px=64).linear
    assert linear.shape == (4, 3, 64, 64) and linear.dtype == torch.float32
    assert float(linear.min()) >= 0 and float(linear.max()) <= 1
    encoded = linear_to_srgb(linear)
    assert (encoded.std((1, 2, 3)) > 0.05).all()
    means = encoded.mean((2, 3))
    assert float(torch.cdist(means, means).fill_diagonal_(9).min()) > 1e-3


# Photographs


def test_a_folder_is_read_in_the_order_of_names_and_cut_to_the_middle(tmp_path: Path) -> None:
    for name, grey in (("b.png", 100), ("a.jpg", 50), ("c.WEBP", 150)):
        Image.new("RGB", (40, 20), (grey, grey, grey)).save(tmp_path / name)
    (tmp_path / "readme.txt").write_text("not a photo")
    (tmp_path / "d.png").mkdir()
    found = Backgrounds.folder(tmp_path, 16)
    assert found.linear.shape == (3, 3, 16, 16)
    greys = (linear_to_srgb(found.linear)[:, 0, 8, 8] * 255).round().tolist()
    assert greys == pytest.approx([50, 100, 150], abs=2)


def test_only_the_first_photographs_are_taken_when_a_count_is_given(tmp_path: Path) -> None:
    for name in "abc":
        Image.new("RGB", (8, 8), (10, 10, 10)).save(tmp_path / f"{name}.png")
    assert [len(Backgrounds.folder(tmp_path, 8, count)) for count in (1, 2, 9, None)] == [1, 2, 3, 3]


def test_a_photograph_of_the_right_size_comes_through_exactly(tmp_path: Path) -> None:
    levels = np.arange(16 * 16 * 3, dtype=np.uint8).reshape(16, 16, 3)
    Image.fromarray(levels).save(tmp_path / "a.png")
    expected = srgb_to_linear(torch.from_numpy(levels).permute(2, 0, 1).float() / 255)
    assert torch.equal(Backgrounds.folder(tmp_path, 16).linear[0], expected)


def test_folders_without_photographs_are_refused(tmp_path: Path) -> None:
    for path, said in ((tmp_path / "none", "folder of photographs"), (tmp_path, "jpg, png or webp")):
        with pytest.raises(InputError, match=said):
            Backgrounds.folder(path, 16)
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    with pytest.raises(InputError, match="at least 1"):
        Backgrounds.folder(tmp_path, 16, count=0)
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(InputError, match=r"a\.png"):
        Backgrounds.folder(tmp_path, 16)


# Views


def test_the_whole_picture_at_its_own_size_is_the_picture() -> None:
    behind = noise(2, 24)
    assert torch.equal(behind.view(seeing(background=1), (24, 24))[0], behind.linear[1])


def test_the_index_counts_round() -> None:
    behind = noise(3, 16)
    assert torch.equal(behind.view(seeing(background=7), (16, 16))[0], behind.linear[1])


@pytest.mark.parametrize(
    ("x", "y", "rows", "columns"),
    [
        (0, 0, slice(0, 8), slice(0, 8)),
        (1, 0, slice(0, 8), slice(8, 16)),
        (0.5, 1, slice(8, 16), slice(4, 12)),
    ],
)
def test_zoom_and_place_choose_the_part(x: float, y: float, rows: slice, columns: slice) -> None:
    behind = noise(1, 16)
    condition = seeing(background_zoom=2, background_x=x, background_y=y)
    assert torch.equal(behind.view(condition, (8, 8))[0], behind.linear[0, :, rows, columns])


def test_an_oblong_view_keeps_pixels_square() -> None:
    place = torch.arange(32) / 32
    ramp = torch.stack([place.expand(32, 32), place[:, None].expand(32, 32), torch.zeros(32, 32)])
    seen = Backgrounds(ramp[None]).view(still(1), (8, 16))[0]
    assert float((seen[0].diff(dim=1) - 2 / 32).abs().max()) < 1e-5
    assert float((seen[1].diff(dim=0) - 2 / 32).abs().max()) < 1e-5


def test_a_batch_equals_its_views_one_by_one() -> None:
    behind = noise(3, 40)
    parts = [
        seeing(background=b, background_x=x, background_y=1 - x, background_zoom=z)
        for b, x, z in ((0, 0.1, 1.0), (2, 0.7, 1.7), (1, 0.4, 3.0))
    ]
    for size in ((16, 24), (64, 48)):
        together = behind.view(join(parts), size)
        alone = torch.cat([behind.view(part, size) for part in parts])
        assert torch.equal(together, alone)


def brightness(image: Tensor) -> float:
    return float(image.mean())


def test_what_a_view_shows_is_as_bright_as_its_part() -> None:
    behind = painted()
    assert brightness(behind.view(still(1), (20, 20))) == pytest.approx(
        brightness(behind.linear[0]), rel=1e-4
    )
