"""A rehearsal of the photo test without printer or camera, by optics of its own."""
