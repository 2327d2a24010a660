"""Grey levels of photographs and the light they stand for, as a table of 256 values."""

import numpy as np
import torch

from renders.colour import srgb_to_linear

# Linear light of every 8-bit sRGB level.
LINEAR = srgb_to_linear(torch.arange(256, dtype=torch.float64) / 255).numpy().astype(np.float32)
