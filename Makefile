# Everything a developer or a build server runs. Needs only make, Python >= 3.11 and its venv module.

PYTHON ?= python3
VENV ?= .venv
WORKERS ?= 2
DATA ?= benchmarks/work/forgeries

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --no-input --disable-pip-version-check
CORE := $(VENV)/.installed-core
DEV := $(VENV)/.installed-dev
SERVE := $(VENV)/.installed-serve
SOURCES := src tests benchmarks scripts docs

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo serve test env lint format types contracts docs package unit benchmark clean distclean

help:  ## list the targets
	@grep -hE '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(CORE)  ## install the package into .venv and inspect a forged scene that comes with it
	$(BIN)/geotamper demo

serve: $(SERVE)  ## install the service into .venv and run it: make serve ARGS="--port 9000"
	$(BIN)/geotamper serve $(ARGS)

test: env lint types contracts docs package unit  ## install what is needed, then run every check

env: $(DEV)  ## install the package with the tools of the checks and the documentation

lint: $(DEV)  ## style and format
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)

format: $(DEV)  ## apply the format and the fixes that are safe
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

types: $(DEV)  ## strict types
	$(BIN)/mypy

contracts: $(DEV)  ## imports go one way
	$(BIN)/lint-imports

docs: $(DEV)  ## build the documentation; a warning is an error
	$(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build/html
	@echo "documentation: docs/_build/html/index.html"

package: $(DEV)  ## build the wheel and see that nothing is missing from it
	$(BIN)/python scripts/check_wheel.py

unit: $(DEV)  ## the tests
	$(BIN)/python -m pytest -n $(WORKERS)

benchmark: $(DEV)  ## measure the inspector on a set of forgeries: make benchmark DATA=folder
	$(BIN)/python benchmarks/evaluate_inspector.py $(DATA) --baseline sift

clean:  ## remove what the checks and builds leave behind
	rm -rf build dist docs/_build .mypy_cache .ruff_cache .import_linter_cache .pytest_cache .hypothesis
	find src tests benchmarks scripts docs -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean  ## remove the environment too
	rm -rf $(VENV)

$(BIN)/python:
	@$(PYTHON) scripts/check_python.py
	$(PYTHON) -m venv $(VENV)

# The stamps are made when an installation has ended well; only a change of the requirements repeats it.
$(CORE): pyproject.toml src/geotamper/_version.py | $(BIN)/python
	@echo "installing geotamper into $(VENV)"
	$(PIP) install --quiet --editable .
	@touch $@

$(SERVE): pyproject.toml src/geotamper/_version.py | $(BIN)/python
	@echo "installing geotamper and its service into $(VENV)"
	$(PIP) install --quiet --editable '.[serve]'
	@touch $(CORE) $@

$(DEV): pyproject.toml src/geotamper/_version.py | $(BIN)/python
	@echo "installing geotamper and the tools of the checks into $(VENV)"
	$(PIP) install --quiet --editable '.[dev,docs]'
	@touch $(CORE) $(SERVE) $@
