"""Rasterisers: triangles in, the face each pixel sees out; one small file for each back end."""
