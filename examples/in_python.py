"""The same attack as stop_sticker.toml, shorter, from Python: every part is a value that can be swapped."""

import torch

from eot.attack import run
from eot.objectives import Targeted
from eot.recipes import expectation_over_transformation
from eot.victims import load_victim
from renders.backgrounds import Backgrounds
from renders.camera import Camera
from renders.conditions import Conditions
from renders.scene import Scene
from renders.surfaces.flat import Flat
from textures.masks import rectangles
from textures.parameters import Pixels, Sticker
from textures.signs import face

victim = load_victim("bundled")
stop = face("mutcd-r1-1-stop", 256, square=True)
mask = rectangles([(0.13, 0.16, 0.74, 0.11), (0.13, 0.73, 0.74, 0.11)], stop.coverage.shape[1:])
texture = Sticker(stop.srgb[None], mask, Pixels(torch.full_like(stop.srgb[None], 0.5)))
backgrounds = Backgrounds.procedural(torch.Generator().manual_seed(0), 8, 128)
scene = Scene(Flat(0.75, 0.75, stop.coverage), Camera.from_35mm(26, 4032, 3024), backgrounds, (64, 64))
conditions = Conditions({"distance_m": (3, 25), "yaw_deg": (-45, 45), "jpeg_quality": (40, 98)})
goal = Targeted(target=victim.info.labels.index("mutcd-r5-1-do-not-enter"))
attack = expectation_over_transformation(texture, scene, ((victim, 1.0),), goal, conditions, seed=0, steps=50)
for progress in run(attack):
    print(progress.index, progress.loss, progress.success)
