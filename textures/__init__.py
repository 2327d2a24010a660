"""What is made: textures, masks, sign faces, sheets (code; artefacts go to `runs/`)."""
