"""From a configuration to objects, and the directory in which a run leaves everything."""
