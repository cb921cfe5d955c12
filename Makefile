# natron: two commands matter. `make demo` shows it, `make test` proves it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

.PHONY: demo test proofs exhaustive check docs bench lock clean

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

# the documentation, into docs/_build/html: strict, and without a network when its packages are there
docs: $(VENV)/.docs
	$(BIN)/python -m sphinx -W --keep-going -n -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

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

# not in the locks: whoever runs or tests natron does not need them
$(VENV)/.docs: pyproject.toml $(VENV)/.dev
	$(PIP) install --only-binary :all: --constraint requirements-dev.lock $(DOCS_NEED)
	touch $@
DOCS_NEED = $$($(BIN)/python -c 'import tomllib; \
  print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["docs"])')

# the two locks: exact versions with hashes for every Python that natron supports
LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
  --no-annotate --no-emit-index-url --no-emit-find-links pyproject.toml
lock: $(VENV)/.dev
	$(PIP) install uv
	$(LOCK) --upgrade --extra plot --group build --output-file requirements.lock
	$(LOCK) --constraint requirements.lock --extra plot --extra biologic --extra neware --extra arbin --extra simulate \
	  --extra cluster --extra web --group build --group dev --output-file requirements-dev.lock

clean:
	rm -rf $(VENV) build dist docs/_build docs/_made docs/examples docs/api/rooms .pytest_cache .mypy_cache .ruff_cache .hypothesis lowack2025.html
