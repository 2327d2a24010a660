"""The smallest feature: how large it must be, and that nothing finer can exist."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from renders.errors import InputError
from textures.features import Coarse, coarse_size, feature_px, required_mm, resolvable_mm
from textures.parameters import Palette, Pixels


def runs(row: torch.Tensor) -> list[int]:
    """Lengths of the stretches of equal values."""
    return torch.unique_consecutive(row, return_counts=True)[1].tolist()


def test_a_camera_resolves_two_of_its_pixels() -> None:
    # A 3000 px lens sees 1 mm per pixel at 3 m.
    assert resolvable_mm(3.0, 3000.0) == pytest.approx(2.0)
    assert required_mm(0.5, 3.0, 3000.0) == pytest.approx(2.0)
    assert required_mm(0.5, 0.3, 3000.0) == pytest.approx(0.5)
    assert feature_px(2.0, 750.0, 1500) == pytest.approx(4.0)


@settings(max_examples=60, deadline=None)
@given(u=st.integers(1, 60), v=st.integers(1, 60), feature=st.floats(0, 20))
def test_no_cell_is_smaller_than_the_smallest_feature(u: int, v: int, feature: float) -> None:
    if feature > min(u, v):
        with pytest.raises(InputError):
            coarse_size((u, v), feature)
        return
    cells = coarse_size((u, v), feature)
    ramp = torch.linspace(0, 1, cells[0] * cells[1]).reshape(1, 1, *cells).expand(1, 3, -1, -1)
    shown = Coarse(Pixels(ramp), (u, v))()
    widths = [*runs(shown[0, 0, 0]), *runs(shown[0, 0, :, 0])]
    if cells[0] > 1 and cells[1] > 1:
        assert sum(widths) == u + v
        assert min(widths) >= feature - 1e-6
    assert max(runs(shown[0, 0, 0])) - min(runs(shown[0, 0, 0])) <= 1 or cells[1] == 1


def test_blocks_are_exact_when_cells_divide_the_texels() -> None:
    cells = torch.rand(2, 3, 2, 3, generator=torch.Generator().manual_seed(0))
    expected = cells.repeat_interleave(4, -2).repeat_interleave(5, -1)
    assert torch.equal(Coarse(Pixels(cells), (8, 15))(), expected)


def test_a_coarse_palette_still_shows_only_its_colours() -> None:
    colours = torch.tensor([[0.0, 0.1, 0.2], [0.9, 0.8, 0.7]])
    shown = Coarse(Palette(colours, (1, 3, 3), torch.Generator().manual_seed(0)), (10, 11))()
    assert bool((shown.permute(0, 2, 3, 1).reshape(-1, 1, 3) == colours).all(-1).any(-1).all())


def test_noise_has_the_same_smallest_feature() -> None:
    noise = Coarse(Pixels(torch.full((1, 3, 4, 4), 0.5)), (12, 12)).noise(torch.Generator().manual_seed(0))
    assert runs(noise[0, 0, 0]) == [3, 3, 3, 3]


def test_impossible_features_are_refused() -> None:
    for wrong in (lambda: resolvable_mm(0.0, 10.0), lambda: feature_px(-1.0, 10.0, 5)):
        with pytest.raises(InputError):
            wrong()
    with pytest.raises(InputError):
        Coarse(Pixels(torch.full((1, 3, 8, 8), 0.5)), (4, 4))
