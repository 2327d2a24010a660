"""What the headline says it is a share of."""

import pytest

from eot.photos.measured import Measured
from eot.photos.outcome import _headline
from eot.photos.page import photos_page
from eot.photos.seen import Shot
from eot.photos.tables import verdict_record
from eot.photos.verdict import verdict_of

PLANNED = dict.fromkeys(("pitch_deg", "roll_deg"), (0.0, 0.0)) | {
    "distance_m": (3.0, 10.0),
    "yaw_deg": (-30.0, 30.0),
}


def photo(arm: str, pair: str, *, reached: bool, right: bool) -> Measured:
    name = f"{arm}-{pair}"
    shot = Shot(
        name, name, arm, "frame", "", (10, 10), None, "", (), (), (), 0.0, (), (1,), (0.9,), (reached,),
        (right,), 5.0, 0.0, pair, "",
    )  # fmt: skip
    return Measured(shot, None, None, 5.0, 0.0)


@pytest.mark.parametrize(
    ("right", "paired", "says", "shown"),
    [
        (True, True, "of spots with a clean photo that is right", "from which the clean article is right"),
        (False, True, "the clean article was read rightly from none of 10 spots", "from none of 10 spots"),
        (True, False, "no clean photo to pair with", "No clean photo pairs with them"),
    ],
)
def test_the_headline_tells_why_not_all_is_paired(right: bool, paired: bool, says: str, shown: str) -> None:
    attack = [photo("attack", f"p{i}", reached=True, right=False) for i in range(10)]
    clean = [photo("clean", f"{'p' if paired else 'q'}{i}", reached=False, right=right) for i in range(10)]
    record = verdict_record(verdict_of([*attack, *clean] if paired else attack, PLANNED, (4, 3), None))
    assert says in _headline(record)
    report = {
        "name": "x", "victims": ["v"], "article": "a", "cut": "crop", "sentences": [], "lenses": [],
        "skipped": [], "verdict": record,
    }  # fmt: skip
    page = " ".join(photos_page(report, attack, {}, {}).decode().split())
    assert shown in page
    assert page.count("rightly from none") + page.count("No clean photo pairs") == (not (right and paired))
