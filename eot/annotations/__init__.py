"""Boxes around things in photos, as the common formats of data sets have them."""
