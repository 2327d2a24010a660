"""Labelled images under test: one value, one loader per format, one string to name them all."""

from eot.data.data import Data, Images, Stored
from eot.data.load import FORMATS, load_data

__all__ = ["FORMATS", "Data", "Images", "Stored", "load_data"]
