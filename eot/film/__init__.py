"""Films of an article: a camera that comes nearer, and what the model reads in every frame."""
