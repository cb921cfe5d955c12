# natron: two commands matter. `make demo` shows it, `make test` proves it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

.PHONY: demo test proofs exhaustive check bench lock clean

demo: $(VENV)/.run
	$(BIN)/natron reproduce lowack2025

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n auto --dist loadfile -m "not long and not exhaustive"

# proofs that take longer than a default test should
proofs: $(VENV)/.dev
	$(BIN)/python -m pytest -m long

# proofs that take many minutes each
exhaustive: $(VENV)/.dev
	$(BIN)/python -m pytest -m exhaustive

# style, types, and imports that point down
check: $(VENV)/.dev
	$(BIN)/ruff format --check src tests benchmarks docs
	$(BIN)/ruff check src tests benchmarks docs
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev
	for script in benchmarks/*.py; do $(BIN)/python $$script || exit 1; done

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "natron needs Python 3.11 or newer; name one with: make PYTHON=python3.12 demo" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(PIP) install --require-hashes --only-binary :all: -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	$(PIP) install --require-hashes --only-binary :all: -r requirements-dev.lock
	touch $@

# the two locks: exact versions with hashes for every Python that natron supports
LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
  --no-annotate --no-emit-index-url --no-emit-find-links pyproject.toml
lock: $(VENV)/.dev
	$(PIP) install uv
	$(LOCK) --upgrade --extra plot --group build --output-file requirements.lock
	$(LOCK) --constraint requirements.lock --extra plot --extra biologic --extra neware --extra arbin --extra simulate \
	  --extra cluster --extra web --group build --group dev --output-file requirements-dev.lock

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis lowack2025.html
