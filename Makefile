# The only entry: every target sets up what it needs first.
.DEFAULT_GOAL := help
.PHONY: help setup demo test deep check build template artefact e2e bench docs sandbox lock generate clean
.DELETE_ON_ERROR:
.SECONDEXPANSION:

BIN := .venv/bin
PIP_INSTALL := -m pip install -qq --disable-pip-version-check
ARCHITECTURE ?= arm64
# The functions are run here as well, for which they are built for this machine.
HERE := $(if $(filter arm64 aarch64,$(shell uname -m)),arm64,x86_64)
# Folders too: that a file is gone shows only there.
SHIPPED = $(shell find template.yaml functions layers statemachines -name __pycache__ -prune -o -print)
# The build needs a python3.13 that runs: the environment's own comes first.
SAM := PATH="$(CURDIR)/.venv-sam/bin:$$PATH" SAM_CLI_TELEMETRY=0 .venv-sam/bin/sam
# A file's tests share what they set up, so they stay together.
SIDE_BY_SIDE := --numprocesses auto --dist loadfile
LOCKS := cli dev docs tools sam lambda ministack microburst checkov

help: ## Say what there is to make
	@sed -n 's/^\([a-z0-9]*\):.*## \(.*\)/make \1|\2/p' Makefile | awk -F'|' '{ printf "%-14s %s\n", $$1, $$2 }'

setup: .venv/.installed ## Make the environment (.venv) from the hash-locked requirements

demo: .venv/.installed ## Audit the offline demo organization; writes demo/report.html
	@$(BIN)/python -m sandbox.demo

test: .venv/.installed ## Run every test that needs no build
	@$(BIN)/pytest $(SIDE_BY_SIDE)

deep: .venv/.installed ## Try every repair with all that can go wrong, thousands of times
	@$(BIN)/python tools/deep.py

check: .venv/.installed ## Run all that CI runs: format, lint, types, imports, texts, spelling, template, every test
	$(BIN)/ruff format --check --quiet
	$(BIN)/ruff check --quiet
	$(BIN)/mypy
	$(BIN)/mypy --explicit-package-bases functions
	$(BIN)/lint-imports
	$(BIN)/python tools/generate.py --check
	$(BIN)/typos
	$(MAKE) --no-print-directory template
	$(BIN)/pytest $(SIDE_BY_SIDE) --cov --cov-report=term
	$(MAKE) --no-print-directory artefact e2e

build: .build/sam-$(ARCHITECTURE)/template.yaml ## Build the application into .build/sam; ARCHITECTURE=x86_64 for the other
	@ln -sfn sam-$(ARCHITECTURE) .build/sam

# samconfig.toml has sam lint; under an environment that it does not name sam only translates.
template: .venv/.installed .venv-sam/.installed .venv-checkov/.installed ## Check the template: as written, expanded, its policies, its security
	$(SAM) validate --lint --template template.yaml --region us-east-1
	$(SAM) validate --template template.yaml --region us-east-1 --config-env translate
	$(BIN)/python tools/template.py --check
	.venv-checkov/bin/checkov --file template.yaml organization/*.yaml --framework cloudformation --skip-download --quiet --compact

artefact: .venv/.installed ## Build for both architectures and test what was built
	$(BIN)/pytest tests/artefact

e2e: .venv/.installed .venv-sam/.installed .venv-ministack/.installed .venv-microburst/.installed ## Build for this machine, deploy to an offline AWS and test that
	$(BIN)/pytest tests/e2e

bench: .venv/.installed .venv-lambda/.installed .build/sam-$(HERE)/template.yaml ## Measure collecting, judging and cold starts
	@$(BIN)/python tools/bench.py

docs: .venv/.installed .venv-docs/.installed ## Build the documentation into site/
	@$(BIN)/python tools/generate.py
	@.venv-docs/bin/zensical build --clean --strict

sandbox: .venv/.installed ## Serve the offline AWS and print the endpoint to export
	@$(BIN)/python -m sandbox

generate: .venv/.installed ## Write the generated text again: check pages, README, CONTRIBUTING
	@$(BIN)/python tools/generate.py

lock: .venv-tools/.installed ## Lock the requirements again: newest versions, with hashes
	@for pair in $(foreach name,$(LOCKS),$(name):requirements/$(name).txt) \
		layer:layers/dependencies/requirements.txt; do \
		echo "locking requirements/$${pair%%:*}.in"; \
		.venv-tools/bin/uv pip compile --quiet --universal --python-version 3.13 --generate-hashes \
			--no-annotate --no-header --upgrade \
			requirements/$${pair%%:*}.in -o $${pair#*:} || exit 1; \
	done

clean: ## Remove the environments and everything that was built
	rm -rf .venv .venv-* .build .aws-sam site demo

.build/sam-%/template.yaml: $$(SHIPPED) | .venv-sam/.installed
	@mkdir -p .build && echo "building for $*"
	@ARCHITECTURE=$* $(SAM) build --template template.yaml --build-dir .build/sam-$* \
		--parameter-overrides Architecture=$* --no-cached >.build/sam-$*.log 2>&1 \
		|| { cat .build/sam-$*.log; exit 1; }
	@touch $@

# uv is ten times as fast as pip, but an index may be one that only pip is configured for.
define install
@echo "installing $< into $(@D)"
@.venv-tools/bin/uv pip install --quiet --system-certs $(1) --python $(@D)/bin/python --require-hashes -r $< \
	|| $(@D)/bin/python $(PIP_INSTALL) --require-hashes -r $<
endef

.venv/.installed: requirements/dev.txt pyproject.toml | .venv/.made .venv-tools/.installed
	$(install)
	@$(BIN)/python $(PIP_INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

.venv-tools/.installed: requirements/tools.txt | .venv-tools/.made
	@echo "installing $< into $(@D)"
	@$(@D)/bin/python $(PIP_INSTALL) --require-hashes -r $<
	@touch $@

# Compiled ahead, as in Lambda: it is run without leave to write.
.venv-lambda/.installed: requirements/lambda.txt | .venv-lambda/.made .venv-tools/.installed
	$(call install,--compile-bytecode)
	@touch $@

.venv-%/.installed: requirements/%.txt | .venv-%/.made .venv-tools/.installed
	$(install)
	@touch $@

.PRECIOUS: %/.made .build/sam-%/template.yaml

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
