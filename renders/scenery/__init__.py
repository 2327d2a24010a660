"""Procedural pictures of streets and rooms to put behind an article when no photographs are at hand."""
