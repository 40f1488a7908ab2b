# Everything a person types. Each target sets up what it needs; the first one takes a minute, the next none.
PYTHON ?= python3
PORT ?= 3000
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev
# HOME_DIR=folder chooses an installation; without it FEEDBACK_HOME or .env do, else feedback-home.
ifdef HOME_DIR
export FEEDBACK_HOME := $(abspath $(HOME_DIR))
endif

.DEFAULT_GOAL := help
.PHONY: help setup demo test slow check format ui console model bench lock clean

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# uv when it is there, else venv and pip; both install the same pins with the same hashes. pip is told not to
# resolve: the lock is complete, and older pips take the pin of a name for no pin of the name with an extra.
$(VENV)/bin/python:
	@if command -v uv >/dev/null 2>&1; then uv venv -q --allow-existing --python $(PYTHON) $(VENV); else $(PYTHON) -m venv $(VENV); fi

$(STAMP): $(BIN)/python requirements.lock requirements-run.lock pyproject.toml
	@echo "Setting up $(VENV) …"
	@if command -v uv >/dev/null 2>&1; then uv pip install -q --python $(BIN)/python --require-hashes -r requirements-run.lock && uv pip install -q --python $(BIN)/python --no-deps -e .; else $(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements-run.lock && $(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -e .; fi
	@touch $@

$(DEV_STAMP): $(STAMP) requirements.lock
	@if command -v uv >/dev/null 2>&1; then uv pip install -q --python $(BIN)/python --require-hashes -r requirements.lock; else $(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements.lock; fi
	@touch $@

setup: $(STAMP) ## set up the environment

demo: $(STAMP) ## land the bundled story, run the whole graph, score it
	@$(BIN)/feedback demo

test: $(DEV_STAMP) ## the quick tests
	@$(BIN)/python -m pytest

slow: $(DEV_STAMP) ## the tests marked slow
	@$(BIN)/python -m pytest -m slow

check: $(DEV_STAMP) ## format, lint, types, import rules
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/pyright
	@$(BIN)/lint-imports

format: $(DEV_STAMP) ## fix format and what lint can fix
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

# The instance is the one `feedback run` writes to: <home>/dagster, as the settings say.
ui: $(STAMP) ## Dagster's UI and daemon; HOME_DIR=feedback-demo/seed-7 shows the demo, PORT=3001 moves it
	@folder=$$($(BIN)/python -c 'from feedback_assets.config.settings import load; print(load().dagster_dir)') && \
	mkdir -p "$$folder" && { test -f "$$folder/dagster.yaml" || cp dagster.yaml "$$folder/"; } && \
	FEEDBACK_HOME="$${folder%/dagster}" DAGSTER_HOME="$$folder" $(BIN)/dg dev --target-path . --port $(PORT)

model: $(STAMP) ## train the model that comes with the program, after a change of prompts or training
	@$(BIN)/python -c 'from feedback_assets.classification.model.trained import ship; from feedback_assets.config.settings import load; print("model", ship(load(prompts="prompts")))'

bench: $(DEV_STAMP) ## what is measured, as ratios
	@$(BIN)/python -m pytest benchmarks -m "" --benchmark-only
	@$(BIN)/python -m benchmarks.run
	@$(BIN)/python -m benchmarks.history

lock: ## renew the pins
	@uv pip compile -q --universal --python-version 3.11 --generate-hashes --all-extras --no-emit-index-url --no-annotate --no-header pyproject.toml -o requirements.lock
	@uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header -c requirements.lock pyproject.toml -o requirements-run.lock

clean: ## remove what make made, but never your data
	@rm -rf $(VENV) build dist *.egg-info
