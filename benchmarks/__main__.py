"""All benchmarks in turn: renderer, objects, sensor, steps, memory. What needs other files runs by itself.

python -m benchmarks
"""

import platform

import torch

from benchmarks import memory, objects, render, sensor, step


def main() -> None:
    """Prints every table."""
    print(f"torch {torch.__version__}, Python {platform.python_version()}, {platform.machine()}, one thread")
    for part in (render, objects, sensor, step, memory):
        part.main()


if __name__ == "__main__":
    main()
