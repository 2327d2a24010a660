"""What people put before a model against patches, and what it is worth against an attack that knows it."""
