# Everything below works on a machine with nothing but Python 3.11 or newer, pip and make.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PYTEST = OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n auto --dist loadfile
CHECKED := --jaxtyping-packages=eot,textures,renders,tests.checked
DONE := .venv/installed

.PHONY: venv demo demo3d test test-checked test-slow check bench clean

venv: $(DONE)

$(DONE): requirements.txt tests/requirements.txt
	@test -n "$(PYTHON)" || { echo "no python3 found: install Python 3.11 or newer" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "$(PYTHON) is older than 3.11: make venv PYTHON=/path/to/python3.11" >&2; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check --quiet $(^:%=-r %)
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --editable .
	touch $@

demo: venv
	$(BIN)/python cli.py demo

demo3d: venv
	$(BIN)/python cli.py demo3d

test: venv
	$(PYTEST)

# The same with the types and shapes of every call checked, which takes half as long again.
test-checked: venv
	$(PYTEST) $(CHECKED)

# Whole runs, kills and resumes, real architectures, every paper: a quarter of an hour and more.
test-slow: venv
	$(PYTEST) $(CHECKED) -m "slow and not gpu and not network"

check: venv
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy cli.py eot textures renders

bench: venv
	$(BIN)/python -m benchmarks

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis
