# Every target sets up what it needs first, in .venv, from a lock file with hashes: Python 3.11 or newer and make will do.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# One more than cores, since tests wait for processes and servers.
JOBS ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
PYTEST := $(BIN)/python -m pytest -n $(JOBS) --dist worksteal

# Tests start leadscrub hundreds of times: compiled once, not each time, whatever the environment says.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo quick test lint bench bench-quick lock clean

help: ## Print this list.
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 16

setup: $(VENV)/.run ## Install what running needs, and the command .venv/bin/leadscrub.

demo: setup ## Scrub the sample drop under rule packs; show what came out and why.
	$(BIN)/leadscrub scrub data/sample/drops/brightleads-2026-11.csv -o build/demo --force --to build/demo.csv \
	  --campaign data/sample/campaigns/demo.toml --vendor brightleads --as-of 2026-11-21
	@echo
	@echo "Why row 16 was rejected:"
	$(BIN)/leadscrub explain build/demo --row 16
	@echo
	@echo "Is the result whole?"
	$(BIN)/leadscrub verify build/demo
	@echo
	@echo "Take along: build/demo.csv, the clean rows, and build/demo/report.html, the report to forward."

quick: $(VENV)/.run $(VENV)/.test ## Run the quick tests: under a minute on two cores.
	$(PYTEST) -n auto -m "not slow" --hypothesis-profile=quick

test: $(VENV)/.run $(VENV)/.test ## Run all tests (JOBS=4 sets the number of processes).
	$(PYTEST)

lint: $(VENV)/.run $(VENV)/.lint ## Check format, lint, types and the direction of imports.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.run $(VENV)/.bench ## Measure speed and memory again: an hour, and 18 GB of disk while it runs.
	$(BIN)/python -m tests.bench.run --large 20000000 --write docs/benchmark.md
	$(BIN)/python -m tests.bench.registry --clean --write docs/benchmark-registry.md

bench-quick: $(VENV)/.run $(VENV)/.bench ## Measure a small drop once, in two minutes: the table and the stages on stdout.
	$(BIN)/python -m tests.bench.run --rows 200000 --xlsx-rows 20000 --usual-rows 10000 --repeat 1 \
	  --only polars,leadscrub,one,rules,wide,dirty,xlsx,duckdb

# The locks hold for every supported Python and platform, and agree with each other. A version stays while it satisfies
# pyproject.toml; UPGRADE=--upgrade takes the newest.
RESOLVE := uv pip compile --universal --python-version 3.11 --generate-hashes $(UPGRADE) --quiet --no-header \
  --no-annotate --no-emit-index-url
COMPILE := $(RESOLVE) pyproject.toml --group build
TESTED := --extra spark --extra s3 --extra sftp --extra https --extra postgres --extra delta --extra iceberg \
  --extra duckdb --extra age --extra timestamp --extra lineage --group test

lock: ## Resolve the lock files again after a change of pyproject.toml (needs uv).
	echo 'pip>=26' | $(RESOLVE) - --output-file requirements-pip.lock
	$(COMPILE) --output-file requirements.lock
	$(COMPILE) -c requirements.lock $(TESTED) --output-file requirements-test.lock
	$(COMPILE) -c requirements-test.lock --group bench --output-file requirements-bench.lock
	$(COMPILE) -c requirements-test.lock -c requirements-bench.lock $(TESTED) --group bench --group lint \
	  --output-file requirements-lint.lock

clean: ## Remove the environment and what the demo wrote.
	rm -rf $(VENV) build

# One environment, extended step by step: nobody who only runs leadscrub waits for a type checker.
# The locks are complete, so nothing is resolved (--no-deps), and Python compiles what it imports, not all of it now.
# A Python's own pip may be years old, and takes four times as long; where this one cannot be had, it will do.
$(VENV)/.made: requirements-pip.lock
	@$(PYTHON) -c 'import sys; sys.exit("leadscrub needs Python 3.11 or newer, and this is " \
	  + sys.version.split()[0] + ". Name another: make PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	-$(INSTALL) --require-hashes -r $<
	@touch $@

$(VENV)/.run: requirements.lock pyproject.toml $(VENV)/.made
	$(INSTALL) --no-compile --no-deps --require-hashes -r $<
	$(INSTALL) --no-build-isolation --no-deps -e .
	$(BIN)/python -m schemas.kernels.build
	$(BIN)/python -m compileall -q leadscrub pipeline suppression schemas
	@touch $@

# Only what running does not need: pip goes through all that it is given for a long time, and -j installs both at once.
BEYOND = awk 'NR == FNR {run[$$1]; next} /^[^ ]/ {beyond = !($$1 in run)} beyond' requirements.lock $< > $@.lock

$(VENV)/.test $(VENV)/.bench: $(VENV)/.%: requirements-%.lock requirements.lock $(VENV)/.made
	$(BEYOND)
	$(INSTALL) --no-compile --no-deps --require-hashes -r $@.lock
	@touch $@

# Types are checked of everything, so this lock has all of the others.
$(VENV)/.lint: requirements-lint.lock requirements-test.lock requirements-bench.lock requirements.lock $(VENV)/.made
	$(BEYOND)
	$(INSTALL) --no-compile --no-deps --require-hashes -r $@.lock
	@touch $(VENV)/.test $(VENV)/.bench $@
