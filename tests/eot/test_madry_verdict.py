"""What the table of Madry et al. says about masked gradients."""

import torch

from eot.studies.madry import verdict
from eot.studies.madry_rows import Row
from tests.eot.test_studies import seen


def test_a_black_box_row_that_beats_its_white_box_row_is_named() -> None:
    white, black = (Row("FGSM", "fgsm", source, 1, 1, None) for source in ("A", "B"))
    data, alive = seen(), torch.arange(30) < 20

    def said(*lost: int) -> str:
        withstood = alive.clone()
        withstood[list(lost)] = False
        return verdict({white: (data, alive), black: (data, withstood)})

    assert "no sign" in said() and "no sign" in said(0)  # one image more is chance
    assert "FGSM from B" in said(*range(10))
    assert "Of the 20 images" in said(*range(10)) and "10 outlast FGSM made on A" in said(*range(10))


def test_what_falls_to_transfer_is_looked_for_in_the_longest_white_box_row() -> None:
    """Three fall to the net B, of which the long row on A itself gets two; the short one is not asked."""
    data = seen(6)
    alive = torch.ones(6, dtype=torch.bool)

    def but(*lost: int) -> torch.Tensor:
        return alive.scatter(0, torch.tensor(lost), False)

    rows = {
        Row("FGSM", "fgsm", "A", 1, 1, None): (data, alive),
        Row("PGD-40", "pgd", "A", 40, 2, None): (data, but(0, 1, 5)),
        Row("FGSM", "fgsm", "B", 1, 1, None): (data, but(0, 2)),
        Row("PGD-40", "pgd", "B", 40, 2, None): (data, but(0, 1)),
    }
    assert "Of the 3 images" in verdict(rows) and "1 outlast PGD-40" in verdict(rows)
