"""Expectation over Transformation: optimise an article, and measure how often it works."""
