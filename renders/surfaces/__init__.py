"""What the article is put on: a screen, a flat sign, a photograph."""
