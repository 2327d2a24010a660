"""How the article is seen: light, geometry, cameras and sensors (code; pictures go to `runs/`)."""
