"""Objects to have made: meshes with their texture as files for printers, decals and paper nets."""
