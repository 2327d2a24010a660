"""What each command does: generators of ticks that return a value; printing is left to `cli.py`."""
