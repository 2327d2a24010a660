"""A scene like any other, textures and conditions to photographs, whose pictures are path traced.

Pictures are kept in a folder under the hash of all that they depend on, so work that was cut off goes on.
"""

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from eot.field.film import decoded, photo
from eot.field.tracer import traced, tracer_name
from eot.field.world import Body, Lens, setting_of
from renders.conditions import QUANTITIES, Condition
from renders.meshes.mesh import Mesh
from textures.meshes.solid import solid_of
from textures.write import write_bytes

NAME_LETTERS = 24
# To be counted up with whatever is fixed in the code of this folder and seen in pictures: ground, tints,
# bounces, the pole, the order of what the film does. Pictures of an earlier world are then made anew.
WORLD = 1


@dataclass(frozen=True)
class FieldScene:
    """The article outdoors: what `Problem` calls with textures and conditions.

    Args:
        coverage: where there is an article at all.
        samples: paths of light for each pixel that the model gets.
        pictures: where finished pictures are kept; None keeps none.
        environment: a panorama in place of the plain sky.
        mesh: what the file of the body was made from, where the article is an object.
    """

    body: Body
    lens: Lens
    coverage: Float[Tensor, "1 u v"]
    samples: int = 64
    pictures: Path | None = None
    environment: str | None = None
    mesh: Mesh | None = None

    def __call__(self, texture: Float[Tensor, "t c u v"], condition: Condition) -> Float[Tensor, "t k 3 h w"]:
        """Photographs, sRGB in [0, 1], without gradient."""
        rows = [
            [self.picture(image, condition[k : k + 1]) for k in range(len(condition))]
            for image in texture.detach().cpu()
        ]
        levels = torch.from_numpy(np.stack([np.stack(row) for row in rows]))
        return (levels.permute(0, 1, 4, 2, 3).float() / 255).to(texture)

    def picture(self, image: Float[Tensor, "c u v"], view: Condition) -> np.ndarray:
        """One photograph in eight bits `[h w 3]`, from the folder if it is there."""
        path = None if self.pictures is None else self.pictures / f"{self.name(image, view)}.png"
        if path is not None and path.is_file():
            with Image.open(path) as stored:
                return np.asarray(stored.convert("RGB"))
        levels = self._photographed(image, view)
        if path is not None:
            out = io.BytesIO()
            Image.fromarray(levels).save(out, "PNG")
            write_bytes(path, out.getvalue())
        return levels

    def name(self, image: Float[Tensor, "c u v"], view: Condition) -> str:
        """The hash of everything that a picture depends on."""
        digest = hashlib.sha256(image.float().contiguous().numpy().tobytes())
        for field in QUANTITIES:
            digest.update(repr(getattr(view, field).tolist()).encode())
        digest.update(Path(self.body.obj).read_bytes() if self.body.obj else self.body.points.tobytes())
        digest.update(repr((self.body.below_m, self.lens, self.samples)).encode())
        digest.update(repr((WORLD, tracer_name())).encode())
        digest.update(self.coverage.detach().cpu().float().contiguous().numpy().tobytes())
        if self.environment is not None:
            # Another sky may come under the name of this one.
            digest.update(Path(self.environment).read_bytes())
        return digest.hexdigest()[:NAME_LETTERS]

    def _photographed(self, image: Tensor, view: Condition) -> np.ndarray:
        setting = setting_of(view, self.body, self.lens)
        own = image[3].double().numpy() if len(image) > 3 else 1.0
        coverage = self.coverage[0].detach().cpu().double().numpy() * own
        srgb = image[:3].double().permute(1, 2, 0).numpy()
        if self.mesh is not None:
            # As the exporters write it: the colours of the islands go on past their borders.
            srgb = solid_of(self.mesh, image[:3], "field").texels / 255.0
        linear = decoded(srgb)
        seed = int(view.noise_seed) % 2**31
        finer = max(1.0, setting.size_px[1] / self.lens.output_px[1])
        samples = max(1, round(self.samples / finer**2))
        light = traced(setting, self.body, linear, coverage, samples, seed, self.environment)
        return photo(light, view, setting.native, self.lens.output_px)
