"""Objects with a surface in three dimensions: what they are, where they come from, what is wrong."""
