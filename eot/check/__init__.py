"""The robustness card of a model on labelled data: what is measured, how it is kept, and what it says."""
