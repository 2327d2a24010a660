"""From where every photo was taken: the lens of each camera, then the pose of each article."""

from collections.abc import Sequence
from dataclasses import dataclass

from eot.photos.lens import Lens, lens_of
from eot.photos.pose import Pose, pose_of
from eot.photos.seen import Shot

# A sheet whose points lie farther than this from any flat pose is bent, or its size is not as printed.
BENT_PX = 1.0


@dataclass(frozen=True)
class Measured:
    """A shot and its place. `distance_m` and `yaw_deg` are the user's where given, else those of the pose."""

    shot: Shot
    pose: Pose | None
    lens: Lens | None
    distance_m: float | None
    yaw_deg: float | None

    @property
    def notes(self) -> tuple[str, ...]:
        """What makes this shot doubtful."""
        more = []
        if self.pose is not None and self.pose.ambiguous:
            more.append("two poses explain this photo: its angles may be mirrored")
        if self.pose is not None and self.pose.rms_px > BENT_PX:
            more.append(
                f"its points miss a flat sheet by {self.pose.rms_px:.1f} px: bent, or of another size"
            )
        return (*self.shot.notes, *more)


def measure(shots: Sequence[Shot], given_35mm: float | None = None) -> tuple[list[Measured], list[str]]:
    """The shots with their places, and what there is to say about the lenses.

    Photos of one size and one EXIF focal length come from one lens. Frames of a video tell no focal length.
    """
    groups: dict[tuple[tuple[int, int], float | None], list[Shot]] = {}
    for shot in shots:
        groups.setdefault((shot.size_px, shot.focal_35mm), []).append(shot)
    lenses, notes = {}, []
    for (size, focal), group in groups.items():
        sightings = [s.sighting for s in group if s.sighting is not None]
        lens = lens_of(size, sightings, focal, given_35mm)
        lenses[size, focal] = lens
        if sightings:
            notes.append(_said(lens, len(group)))
    return [_measured(shot, lenses[shot.size_px, shot.focal_35mm]) for shot in shots], notes


def _said(lens: Lens, photos: int) -> str:
    """One line about a lens."""
    camera = lens.camera
    source = {
        "given": "as given",
        "sheets": "measured from the sheets",
        "exif": "from EXIF",
        "none": "unknown",
    }
    focal = "" if lens.source == "none" else f" {camera.focal_px:.0f} px"
    bent = f", k1 {lens.k1:+.3f}" if lens.k1 else ""
    line = f"{photos} photos of {camera.width_px} x {camera.height_px} px: focal length {source[lens.source]}"
    return f"{line}{focal}{bent}" + (f"; {lens.note}" if lens.note else "")


def _measured(shot: Shot, lens: Lens) -> Measured:
    sighting = shot.sighting
    if sighting is None or lens.source == "none":
        return Measured(shot, None, None, shot.distance_m, shot.yaw_deg)
    pose = pose_of(sighting.article_m, sighting.image_px, lens.camera, lens.k1)
    distance = pose.distance_m if shot.distance_m is None else shot.distance_m
    yaw = pose.yaw_deg if shot.yaw_deg is None else shot.yaw_deg
    return Measured(shot, pose, lens, distance, yaw)
