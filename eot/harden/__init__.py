"""Training models that are harder to fool: the result is a victim like any other."""
