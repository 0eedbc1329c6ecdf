# keywitness: the two commands a newcomer needs are `make demo` and `make test`.
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help demo test lint types layers pytest bench docs lock clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/.run: requirements/run.txt pyproject.toml tools/setup.sh
	@sh tools/setup.sh run

$(VENV)/.dev: requirements/dev.txt pyproject.toml tools/setup.sh
	@sh tools/setup.sh dev

demo: $(VENV)/.run ## Set up, then investigate the built-in evidence and write a report
	@$(BIN)/keywitness demo --out demo

test: $(VENV)/.dev lint types layers pytest ## Set up, then check and test everything

lint: $(VENV)/.dev ## Style (ruff)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/.dev ## Types (mypy strict)
	@$(BIN)/mypy

layers: $(VENV)/.dev ## Who may import whom (import-linter)
	@PYTHONPATH=src $(BIN)/lint-imports --cache-dir .import_linter_cache

pytest: $(VENV)/.dev ## Tests, documentation tests included
	@sh tools/browser.sh
	@$(BIN)/pytest -n auto --dist loadfile

bench: $(VENV)/.dev ## Ratios against baselines of the same run (takes minutes)
	@$(BIN)/python -m benchmarks.run

docs: $(VENV)/.dev ## Rewrite the generated reference pages
	@$(BIN)/python docs/generate.py

lock: $(VENV)/.dev ## Lock the dependencies again, with hashes and without addresses
	@sh tools/lock.sh

clean: ## Remove what the other targets made
	rm -rf $(VENV) demo bench-data .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
