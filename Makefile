# The only entry: every target sets up what it needs first.
.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench docs sandbox lock generate clean
.DELETE_ON_ERROR:

BIN := .venv/bin
PIP_INSTALL := -m pip install -qq --disable-pip-version-check

help: ## Say what there is to make
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1|\2/p' Makefile | awk -F'|' '{ printf "%-14s %s\n", $$1, $$2 }'

setup: .venv/.installed ## Make the environment (.venv) from the hash-locked requirements

demo: .venv/.installed ## Audit the offline demo organization; writes demo/report.html
	@$(BIN)/python -m sandbox.demo

test: .venv/.installed ## Run every test
	@$(BIN)/pytest

check: .venv/.installed ## Run all that CI runs: format, lint, types, imports, generated text, spelling, tests
	$(BIN)/ruff format --check --quiet
	$(BIN)/ruff check --quiet
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/generate.py --check
	$(BIN)/typos
	$(BIN)/pytest --cov --cov-report=term

bench: .venv/.installed ## Measure collecting and judging
	@$(BIN)/python tools/bench.py

docs: .venv/.installed .venv-docs/.installed ## Build the documentation into site/
	@$(BIN)/python tools/generate.py
	@.venv-docs/bin/zensical build --clean --strict

sandbox: .venv/.installed ## Serve the offline AWS and print the endpoint to export
	@$(BIN)/python -m sandbox

generate: .venv/.installed ## Write the generated text again: check pages, README, CONTRIBUTING
	@$(BIN)/python tools/generate.py

lock: .venv-tools/.installed ## Lock the requirements again: newest versions, with hashes
	@for name in cli dev docs; do \
		echo "locking requirements/$$name.in"; \
		.venv-tools/bin/uv pip compile --quiet --universal --python-version 3.13 --generate-hashes \
			--no-annotate --no-header --upgrade \
			requirements/$$name.in -o requirements/$$name.txt || exit 1; \
	done

clean: ## Remove the environments and everything that was built
	rm -rf .venv .venv-docs .venv-tools .build site demo

.venv/.installed: requirements/dev.txt pyproject.toml | .venv/.made
	@echo "installing requirements/dev.txt into .venv (a minute or two the first time)"
	@$(BIN)/python $(PIP_INSTALL) --require-hashes -r requirements/dev.txt
	@$(BIN)/python $(PIP_INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

.venv-docs/.installed: requirements/docs.txt | .venv-docs/.made
	@echo "installing requirements/docs.txt into .venv-docs"
	@.venv-docs/bin/python $(PIP_INSTALL) --require-hashes -r requirements/docs.txt
	@touch $@

.venv-tools/.installed: | .venv-tools/.made
	@echo "installing uv into .venv-tools"
	@.venv-tools/bin/python $(PIP_INSTALL) uv
	@touch $@

# A python3.13 on the path may be a shim that runs nothing, or lack venv: only one that works counts.
maker = $(shell for python in python3.13 python3 python; do \
	if $$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info[:2] != (3, 13))' \
		>/dev/null 2>&1; then echo "$$python -m venv"; exit; fi; done; \
	uv --version >/dev/null 2>&1 && echo "uv venv --quiet --clear --seed --python 3.13")

%/.made:
	$(eval how := $(maker))
	$(if $(how),,$(error Python 3.13 is needed: install python3.13 with its venv module, or uv, and run make again))
	@echo "making $* with $(firstword $(how))"
	@$(how) $*
	@touch $@
