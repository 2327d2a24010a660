"""The test range: photographs of the printed article, from finding it to a verdict."""
