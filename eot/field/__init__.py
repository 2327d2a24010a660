"""A second opinion: the article in a path tracer that shares nothing with the renderer it was made in."""
