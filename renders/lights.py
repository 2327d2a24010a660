"""Light on the article: sky, sun, the edge of a cast shadow and the sheen of the sun.

Convention: view space (+X left, +Y up, +Z forward), linear light. Everything off (sky 1, sun, shadow and
sheen 0) gives an irradiance of exactly 1 and a sheen of exactly 0.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from renders.conditions import Condition
from renders.environment import Environments
from renders.fragments import Hits, picked

PENUMBRA = 0.05  # half the width of the shadow's soft edge, in half-extents of the article


def sun_direction(condition: Condition) -> Float[Tensor, "k 3"]:
    """Unit vector to the sun in view space: azimuth 0, elevation 0 is straight behind the camera.

    Positive azimuth is to the viewer's right (-X), positive elevation up.
    """
    azimuth, elevation = torch.deg2rad(condition.sun_azimuth_deg), torch.deg2rad(condition.sun_elevation_deg)
    level = elevation.cos()
    return torch.stack([-level * azimuth.sin(), elevation.sin(), -level * azimuth.cos()], -1)


def irradiance(
    hits: Hits,
    condition: Condition,
    environments: Environments | None = None,
    sun_left: Float[Tensor, " p"] | None = None,
    whole: bool = False,
) -> Float[Tensor, " p"] | Float[Tensor, "3 p"]:
    """Light that falls on each point: (sky + sun max(0, n.l)) times what the shadow lets through.

    With environment maps the sky has directions and colours: sky E(n), of mean 1 over all directions.
    `sun_left` is the share of the sun that reaches each point past the article itself; see `sunlit` for
    `whole`.
    """
    on_face = sky_and_sun(hits.face_normal, hits.face_view, condition)
    if environments is not None:
        around = environments.irradiance(hits.face_normal, hits.face_view, condition)
        on_face = on_face + condition.sky.index_select(0, hits.face_view) * (around - 1)
    light = on_face.index_select(-1, hits.face)
    if sun_left is not None:
        direct = sunshine(hits.face_normal, hits.face_view, condition)
        light = light - (1 - sun_left) * direct.index_select(0, hits.face)
    if not bool(condition.shadow.any()):
        return light
    return light * sunlit(hits, condition, whole)


def sky_and_sun(
    normal: Float[Tensor, "n 3"], view: Int[Tensor, " n"], condition: Condition
) -> Float[Tensor, " n"]:
    """Light on surfaces of the given normals in the given views: sky + sun max(0, n.l) (Lambert)."""
    return condition.sky.index_select(0, view) + sunshine(normal, view, condition)


def sunshine(
    normal: Float[Tensor, "n 3"], view: Int[Tensor, " n"], condition: Condition
) -> Float[Tensor, " n"]:
    """The sun's part of it."""
    toward = (sun_direction(condition).index_select(0, view) * normal).sum(-1).clamp_min(0)
    return condition.sun.index_select(0, view) * toward


def sunlit(hits: Hits, condition: Condition, whole: bool = False) -> Float[Tensor, " p"]:
    """Share of the light left by a cast shadow with a soft straight edge across the article.

    The dark side is where x cos(a) + y sin(a) > offset, with x = 2u - 1 and y = 2v - 1 the place on the
    article in half-extents; a = shadow_angle_deg, counter-clockwise from the article's right. The texture of
    a `whole` object has islands in any order: there x and y are the place in its outline as it is seen.
    """
    u, v = _in_outline(hits, len(condition)) if whole else hits.uv.unbind(-1)
    angle = torch.deg2rad(condition.shadow_angle_deg)
    # The edge's plane over (u, v) of each view, scaled so that the penumbra spans 0 to 1.
    wide = 2 * PENUMBRA
    by_u, by_v = 2 * angle.cos() / wide, 2 * angle.sin() / wide
    start = 0.5 - (angle.cos() + angle.sin() + condition.shadow_offset) / wide
    by_u, by_v, start, depth = picked(torch.stack([by_u, by_v, start, condition.shadow]), hits.view)
    across = (start + by_u * u + by_v * v).clamp(0, 1)
    return 1 - depth * (across * across * (3 - 2 * across))


def _in_outline(hits: Hits, k: int) -> tuple[Float[Tensor, " p"], Float[Tensor, " p"]]:
    """Where each pixel lies in the box around what its view shows of the article: 0 to 1, right and up."""
    places = torch.stack(hits.slopes).neg().mul(hits.depth.new_tensor([[1.0], [-1.0]]))
    view = hits.view.expand_as(places)
    empty = places.new_zeros(2, k)
    low = empty.scatter_reduce(1, view, places, "amin", include_self=False)
    high = empty.scatter_reduce(1, view, places, "amax", include_self=False)
    right, up = (places - picked(low, hits.view)) / picked((high - low).clamp_min(1e-9), hits.view)
    return right, up


def highlight(
    hits: Hits,
    condition: Condition,
    sun_left: Float[Tensor, " p"] | None = None,
    whole: bool = False,
) -> Float[Tensor, " p"]:
    """Light mirrored to the camera, to be added to any colour: sheen sun (n.h)^gloss max(0, n.l).

    h is halfway between the directions to the sun and to the camera (Blinn 1977); shadows take their share
    of it too.
    """
    sun = sun_direction(condition).index_select(0, hits.face_view)
    lit = (hits.face_normal * sun).sum(-1)
    strength = (condition.sheen * condition.sun).index_select(0, hits.face_view) * lit.clamp_min(0)
    # Everything that is one number for a face goes to its pixels in one copy.
    gloss = condition.gloss.index_select(0, hits.face_view)
    per_face = torch.cat([hits.face_normal.T, sun.T, lit[None], strength[None], gloss[None]])
    normal_x, normal_y, normal_z, sun_x, sun_y, sun_z, lit, strength, gloss = picked(per_face, hits.face)
    x, y = hits.slopes
    length = (x * x + y * y + 1).sqrt()
    # The direction to the camera is -(x, y, 1) / length.
    facing = (normal_x * x + normal_y * y + normal_z) / -length
    towards_sun = (sun_x * x + sun_y * y + sun_z) / -length
    # |sun + camera|² = 2 + 2 sun.camera: nothing is mirrored where they are opposite.
    halfway = (lit + facing) * (2 + 2 * towards_sun).clamp_min(1e-6).rsqrt()
    mirrored = strength * halfway.clamp_min(0) ** gloss
    if sun_left is not None:
        mirrored = mirrored * sun_left
    return mirrored * sunlit(hits, condition, whole) if bool(condition.shadow.any()) else mirrored
