# `make demo` and `make test` do all their own set-up on a machine with Python 3.11 and venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

LOCKED := --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --no-header --upgrade

.PHONY: demo test test-all lint types contracts docs format man lock clean

demo: $(READY)
	$(BIN)/translator demo

test: $(READY)
	$(BIN)/pytest -n auto

test-all: $(READY)
	$(BIN)/pytest -n auto -m ""

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

contracts: $(READY)
	$(BIN)/lint-imports

# The variable silences the theme's advertisement for its successor.
docs: $(READY)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict
	@echo "build/site/index.html"

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

man: $(READY)
	$(BIN)/python -m translator.cli.manpage > translator/share/man/man1/translator.1

lock: $(READY)
	$(BIN)/uv pip compile $(LOCKED) --group dev --output-file requirements.lock pyproject.toml
	$(BIN)/uv pip compile $(LOCKED) --output-file requirements.run.lock pyproject.toml

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "translator needs Python 3.11 or newer: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

clean:
	rm -rf $(VENV) dist build
