"""Studies: each repeats a founding result of the field from one command and leaves a page that shows it."""
