# Two commands do everything: `make demo` and `make test`. Needs Python 3.11 or newer, and make.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.installed
DEV := $(VENV)/.installed-dev
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -q

.PHONY: demo test check format constraints clean help

help: ## Show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: $(RUN) ## Run the whole nightly job over the sample newsroom and show the events
	@$(BIN)/peninsula demo

test: $(DEV) check ## Set up and run every check and every test
	@$(BIN)/pytest -n auto

check: $(DEV) ## Format, lint, types and import contracts
	@$(BIN)/ruff format --check models pipeline tests
	@$(BIN)/ruff check models pipeline tests
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

format: $(DEV) ## Format the code
	@$(BIN)/ruff format models pipeline tests
	@$(BIN)/ruff check --fix models pipeline tests

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Peninsula needs Python 3.11 or newer: make PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

# The pip that comes with Python 3.11 does not resolve some extras: it is replaced before anything else.
$(RUN): pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "setting up $(VENV) (about a minute, once)" >&2
	@$(PIP) install -c constraints.txt --upgrade pip
	@$(PIP) install -c constraints.txt -e .
	@touch $@

$(DEV): $(RUN)
	@$(PIP) install -c constraints.txt -e '.[dev]'
	@touch $@

constraints: ## Write constraints.txt anew from the newest versions that pyproject.toml allows
	@rm -rf build/fresh && $(PYTHON) -m venv build/fresh && build/fresh/bin/python -m pip -q install --upgrade pip
	@build/fresh/bin/python -m pip -q install -e '.[dev]'
	@build/fresh/bin/python -m pip freeze --all --exclude-editable | grep -v '^setuptools==' > constraints.txt
	@rm -rf build/fresh

clean: ## Remove the environment and the demo's data
	@rm -rf $(VENV) build data/demo
