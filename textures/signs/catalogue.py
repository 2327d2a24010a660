"""The signs that exist here: one list in stable order, from which the bundled classifier takes its classes.

A class stands for a face one can tell apart. The octagonal stop sign of the MUTCD (R1-1) is also the Vienna
B,2a, and the US yield sign serves for B,1: both conventions show the same thing, so each is one class.
Sizes are overall: what a tape measures across the finished plate.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

from renders.errors import InputError, nearest
from textures.signs import mutcd, vienna
from textures.signs.drawing import Drawing

Painter = Callable[[], Drawing]


@dataclass(frozen=True)
class SignSpec:
    """One sign: its id, what it says, where it comes from and its overall size."""

    id: str
    name: str
    convention: str
    code: str
    width_mm: float
    height_mm: float

    @property
    def square_mm(self) -> float:
        """The side of the square canvas that holds the sign."""
        return max(self.width_mm, self.height_mm)


_US_LIMITS = (15, 25, 35, 45, 55, 65)
_EU_LIMITS = (20, 30, 50, 60, 70, 80, 100, 120)

# id: (name, code of the standard, painter)
_SIGNS: dict[str, tuple[str, str, Painter]] = {
    "mutcd-r1-1-stop": ("stop (also Vienna B,2a)", "R1-1", mutcd.stop),
    "mutcd-r1-2-yield": ("yield (also Vienna B,1)", "R1-2", mutcd.yield_sign),
    **{
        f"mutcd-r2-1-speed-limit-{limit}": (
            f"speed limit {limit} mph",
            "R2-1",
            partial(mutcd.speed_limit, limit),
        )
        for limit in _US_LIMITS
    },
    "mutcd-r3-1-no-right-turn": ("no right turn", "R3-1", mutcd.no_right_turn),
    "mutcd-r3-2-no-left-turn": ("no left turn", "R3-2", mutcd.no_left_turn),
    "mutcd-r3-4-no-u-turn": ("no U-turn", "R3-4", mutcd.no_u_turn),
    "mutcd-r4-7-keep-right": ("keep right", "R4-7", mutcd.keep_right),
    "mutcd-r5-1-do-not-enter": ("do not enter", "R5-1", mutcd.do_not_enter),
    "mutcd-r6-1-one-way": ("one way to the right", "R6-1", mutcd.one_way),
    "mutcd-w1-1-turn": ("turn to the left", "W1-1", mutcd.turn),
    "mutcd-w1-2-curve": ("curve to the right", "W1-2", mutcd.curve),
    "mutcd-w2-1-cross-road": ("cross road", "W2-1", mutcd.cross_road),
    "mutcd-w2-2-side-road": ("side road on the right", "W2-2", mutcd.side_road),
    "mutcd-w3-1-stop-ahead": ("stop ahead", "W3-1", mutcd.stop_ahead),
    "mutcd-w3-3-signal-ahead": ("signal ahead", "W3-3", mutcd.signal_ahead),
    "mutcd-w4-1-merge": ("merge from the right", "W4-1", mutcd.merge),
    "mutcd-w8-5-slippery": ("slippery when wet", "W8-5", mutcd.slippery),
    "mutcd-w10-1-railroad": ("railroad advance warning", "W10-1", mutcd.railroad),
    "mutcd-w11-2-pedestrian": ("pedestrian", "W11-2", mutcd.pedestrian),
    "mutcd-w14-3-no-passing-zone": ("no passing zone", "W14-3", mutcd.no_passing_zone),
    "mutcd-w21-1-workers": ("workers", "W21-1", mutcd.workers),
    "mutcd-s1-1-school": ("school", "S1-1", mutcd.school),
    **{
        f"vienna-c14-speed-limit-{limit}": (
            f"speed limit {limit} km/h",
            "C,14",
            partial(vienna.speed_limit, limit),
        )
        for limit in _EU_LIMITS
    },
    "vienna-c1-no-entry": ("no entry", "C,1", vienna.no_entry),
    "vienna-c2-no-vehicles": ("closed to all vehicles", "C,2", vienna.no_vehicles),
    "vienna-c6-height-limit": ("height limit 3.5 m", "C,6", vienna.height_limit),
    "vienna-c13-no-overtaking": ("no overtaking", "C,13a", vienna.no_overtaking),
    "vienna-c17-end-of-limits": ("end of all limits", "C,17a", vienna.end_of_limits),
    "vienna-c18-no-parking": ("no parking", "C,18", vienna.no_parking),
    "vienna-c19-no-stopping": ("no stopping", "C,19", vienna.no_stopping),
    "vienna-b3-priority-road": ("priority road", "B,3", vienna.priority_road),
    "vienna-a1-double-bend": ("double bend, first to the left", "A,1c", vienna.double_bend),
    "vienna-a9-slippery": ("slippery road", "A,9", vienna.slippery),
    "vienna-a12-pedestrian-crossing": ("pedestrian crossing", "A,12", vienna.pedestrian_crossing),
    "vienna-a13-children": ("children", "A,13", vienna.children),
    "vienna-a14-cyclists": ("cyclists", "A,14", vienna.cyclists),
    "vienna-a16-road-works": ("road works", "A,16", vienna.road_works),
    "vienna-a17-traffic-lights": ("traffic lights", "A,17", vienna.traffic_lights),
    "vienna-a19-priority-at-crossroads": ("priority at crossroads", "A,19a", vienna.priority_at_crossroads),
    "vienna-d1-ahead-only": ("ahead only", "D,1a", vienna.ahead_only),
    "vienna-d1-turn-right": ("turn right ahead", "D,1a", vienna.turn_right),
    "vienna-d2-keep-right": ("keep right", "D,2", vienna.keep_right),
    "vienna-d3-roundabout": ("roundabout", "D,3", vienna.roundabout),
}


@cache
def drawing(sign_id: str) -> Drawing:
    """The drawing of a sign; an unknown id is an InputError that names the nearest."""
    if sign_id not in _SIGNS:
        raise InputError(f"unknown sign {sign_id!r}: {nearest(sign_id, _SIGNS)}")
    return _SIGNS[sign_id][2]()


def catalogue() -> dict[str, SignSpec]:
    """All signs by id, in the stable order that numbers the classes."""
    return {sign_id: _spec(sign_id) for sign_id in _SIGNS}


def find_sign(name: str) -> SignSpec:
    """The sign of that id, or the only one whose id contains the words; else an InputError with near ids."""
    if name in _SIGNS:
        return _spec(name)
    wanted = name.strip().lower().replace(" ", "-").replace("_", "-")
    hits = [sign_id for sign_id in _SIGNS if wanted and wanted in sign_id]
    hits = [h for h in hits if h.endswith(wanted)] or hits
    if len(hits) == 1:
        return _spec(hits[0])
    if hits:
        raise InputError(f"{name!r} fits {len(hits)} signs: {', '.join(hits[:6])}; give the whole id")
    raise InputError(f"unknown sign {name!r}: {nearest(wanted, _SIGNS)}")


@cache
def _spec(sign_id: str) -> SignSpec:
    name, code, _ = _SIGNS[sign_id]
    width_mm, height_mm = drawing(sign_id).size_mm
    return SignSpec(sign_id, name, sign_id.split("-")[0], code, round(width_mm, 2), round(height_mm, 2))
