"""What the camera does to light: optics, exposure, noise, mosaic, tone, compression, in that order."""
