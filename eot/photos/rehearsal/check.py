"""A rehearsal against its truth: were the articles found, where, and was the victim fooled as often?"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from eot.evidence.statistics import Pairs, Rate, mcnemar_mid_p, wilson
from eot.photos.measured import Measured
from eot.photos.rehearsal.camera import Stand
from eot.photos.tables import rate_record

CLEAR_PX = 20.0
# A pose whose angles are farther off than this is the wrong one of the two.
WRONG_DEG = 5.0
WANTED_FOUND, WANTED_DISTANCE, WANTED_DEG = 0.95, 0.005, 0.5


@dataclass(frozen=True)
class Check:
    """What a rehearsal found out.

    Args:
        clear: photos whose markers have 20 px and more by their true pose; `found` of them were found.
        distance_share, angle_deg: median errors in these photos.
        wrong: photos, clear or not, with the wrong branch; `unflagged` of them were not called ambiguous.
        photographed, rendered: success of the attack in the photos that show where it is, and in the
            training renderer from the spots of these photos.
    """

    photos: int
    clear: int
    found: int
    distance_share: float
    angle_deg: float
    wrong: int
    unflagged: int
    photographed: Rate
    rendered: Rate
    mcnemar_p: float

    @property
    def passed(self) -> bool:
        """Whether everything is as good as it should be."""
        return bool(
            self.found >= WANTED_FOUND * self.clear
            and self.distance_share <= WANTED_DISTANCE
            and self.angle_deg <= WANTED_DEG
            and self.unflagged == 0
            and self.agrees
        )

    @property
    def agrees(self) -> bool:
        """Whether the photographed rate lies in the interval of the rendered one."""
        rate = self.photographed.rate
        return rate is not None and self.rendered.low <= rate <= self.rendered.high

    def record(self) -> dict[str, Any]:
        """As plain JSON values."""
        plain = asdict(self)
        plain |= {"photographed": rate_record(self.photographed), "rendered": rate_record(self.rendered)}
        return {**plain, "agrees": self.agrees, "passed": self.passed}


def check(
    photos: Sequence[Measured],
    truth: Mapping[str, Stand],
    marker_px: Mapping[str, float],
    rendered: Mapping[str, bool],
    level: float,
) -> Check:
    """Compares photos with their truth by name; `rendered`: the attack's success in the training renderer."""
    placed = {m.shot.name: m for m in photos if m.pose is not None}
    clear = [name for name, px in marker_px.items() if px >= CLEAR_PX]
    both = [name for name in clear if name in placed]
    far = [abs(_pose(placed[n])[0] / truth[n].distance_m - 1) for n in both]
    turned = [_angle_error(placed[n], truth[n]) for n in both]
    wrong = [m for name, m in placed.items() if _angle_error(m, truth[name]) > WRONG_DEG]
    seen = {m.shot.name: m.shot.reached for m in photos if m.shot.name in rendered}
    pairs = [(seen[name], rendered[name]) for name in seen]
    counts = Pairs(
        pairs.count((True, True)),
        pairs.count((True, False)),
        pairs.count((False, True)),
        pairs.count((False, False)),
    )
    return Check(
        photos=len(truth),
        clear=len(clear),
        found=len(both),
        distance_share=float(np.median(far)) if far else float("inf"),
        angle_deg=float(np.median(turned)) if turned else float("inf"),
        wrong=len(wrong),
        unflagged=sum(not (m.pose is not None and m.pose.ambiguous) for m in wrong),
        photographed=wilson(sum(seen.values()), len(seen), level),
        rendered=wilson(sum(rendered[name] for name in seen), len(seen), level),
        mcnemar_p=mcnemar_mid_p(counts),
    )


def _pose(m: Measured) -> tuple[float, float, float, float]:
    assert m.pose is not None
    return m.pose.distance_m, m.pose.yaw_deg, m.pose.pitch_deg, m.pose.roll_deg


def _angle_error(m: Measured, stand: Stand) -> float:
    """The largest error of yaw, pitch and roll, in degrees."""
    _, *angles = _pose(m)
    true = (stand.yaw_deg, stand.pitch_deg, stand.roll_deg)
    return max(abs((a - b + 180) % 360 - 180) for a, b in zip(angles, true, strict=True))
