# make demo and make test need nothing but Python 3.11 or newer: both set up their own environment first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
JOBS ?= auto

.PHONY: setup demo test lint bench lock clean

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $(STAMP)

demo: setup
	$(BIN)/leadscrub scrub data/sample/drops/brightleads-2026-11.csv -o build/demo --force \
	  --campaign data/sample/campaigns/demo.toml --vendor brightleads --as-of 2026-11-21
	@echo
	@echo "Why row 16 was rejected:"
	$(BIN)/leadscrub explain build/demo --row 16
	@echo
	@echo "Is the result whole?"
	$(BIN)/leadscrub verify build/demo

test: setup
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The second part generates a registry of 250 million numbers: 18 GB of disk while it runs.
bench: setup
	$(BIN)/python -m tests.bench.run --write docs/benchmark.md
	$(BIN)/python -m tests.bench.registry --clean --write docs/benchmark-registry.md

# Needs uv on the path. The lock holds for every supported Python, and has what the tests and the benchmark need.
lock:
	uv pip compile pyproject.toml --extra test --extra bench --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --no-emit-index-url --output-file requirements.lock

clean:
	rm -rf $(VENV) build
