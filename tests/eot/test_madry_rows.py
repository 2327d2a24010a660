"""What counts as lost in a white-box row: what the target itself misreads, at any iterate."""

import torch

from eot.loop import Step
from eot.objectives import Outcome
from eot.studies.madry_rows import Fallen
from eot.victims import LinearVictim


def test_an_image_is_lost_where_the_target_misreads_it_and_not_where_a_rough_copy_does() -> None:
    # Class 1 is read where the picture is brighter than a half.
    victim = LinearVictim(torch.stack([torch.full((3, 2, 2), 0.5 / 6), torch.full((3, 2, 2), 1 / 6)]) * 0.5)
    bright, dark = torch.full((1, 1, 2, 2), 0.9), torch.full((1, 1, 2, 2), -0.9)
    fallen = Fallen(victim, torch.tensor([1, 1, 1]))

    def step(images: torch.Tensor, misread: list[bool]) -> Step:
        success = torch.tensor(misread)[:, None]
        return Step(0, images, Outcome(torch.zeros(len(misread), 1), success))

    # The copy says that two are lost, the target agrees about the second.
    first = fallen(step(torch.cat([bright, dark, dark]), [True, True, False]), torch.tensor([0, 1, 2]))
    assert first.tolist() == [False, True, False]
    # Rows 0 and 2 go on; what was lost stays lost.
    second = fallen(step(torch.cat([bright, dark]), [True, True]), torch.tensor([0, 2]))
    assert second.tolist() == [False, True] and fallen.lost.tolist() == [False, True, True]
