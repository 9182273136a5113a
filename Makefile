# Ciclo. `make help` lists what there is.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CODE := schemas services deploy demo tests
PEERS := .ciclo/peers
UV_VERSION := 0.13.9
export PYTHONPATH := $(CURDIR)
# Hundreds of processes start in the tests; none shall compile all modules anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo load bench bench-full drill drill-quick drill-peers test test-unit test-integration test-browser screenshots lint format types imports servers lock schemas metrics clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk 'BEGIN {FS = ":.*## "} {printf "  make %-18s %s\n", $$1, $$2}'

setup: $(READY) ## Make the environment (.venv) from requirements.lock

$(READY): requirements.lock pyproject.toml schemas/pyproject.toml $(wildcard services/*/pyproject.toml)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Ciclo needs Python 3.11 or newer; '$(PYTHON)' is older. Try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@echo "Setting up $(VENV) (first time: about a minute)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) \
		|| { echo "python3 -m venv failed: install your system's venv package (Debian: python3-venv)"; exit 1; }
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e schemas $(patsubst %/pyproject.toml,-e %,$(wildcard services/*/pyproject.toml))
	@touch $(READY)

demo: setup ## Play customers' cases through the four services (KEEP=1 leaves it running)
	@$(BIN)/python -m demo

load: setup ## Push N cases through the whole cycle (N=50000)
	@$(BIN)/python -m tests.benchmarks.load --cases $(or $(N),50000)

bench: setup $(PEERS)/.ready ## Ciclo beside others, on two cores (ONLY=hot,relay,cycle,tracing; docs/benchmarks)
	@$(BIN)/python -m tests.benchmarks $(if $(ONLY),--only $(ONLY))

bench-full: setup ## How it grows: millions of stored cases, batches, partitions, replicas (half an hour, 40 GB)
	@$(BIN)/python -m tests.benchmarks --full $(if $(ONLY),--only $(ONLY))

drill: setup ## Every fault against the real services, under load (SEED=1, ONLY=kill,freeze; most of an hour)
	@$(BIN)/python -m tests.drills --seed $(or $(SEED),1) $(if $(ONLY),--only $(ONLY))

drill-quick: setup ## Four kinds of faults in a row, and one guarantee taken out (SEED=1; about a minute)
	@$(BIN)/python -m tests.drills --quick --seed $(or $(SEED),1)

drill-peers: setup $(PEERS)/.ready ## The same database faults side by side with three libraries (docs/drills/peers.md)
	@$(BIN)/python -m tests.drills.peers --python $(PEERS)/bin/python

$(PEERS)/.ready: tests/drills/peers/requirements.txt
	@$(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

test: setup lint types imports ## Everything CI checks: lint, types, import contract, all tests, a quick drill
	@$(BIN)/python -m pytest -n 3 --no-loadscope-reorder
	@$(BIN)/python -m tests.drills --quick

test-unit: setup ## The pure rules alone (no network)
	@$(BIN)/python -m pytest tests/unit

test-integration: setup ## The parts against real PostgreSQL and Kafka
	@$(BIN)/python -m pytest tests/integration tests/contract

test-browser: setup ## The customer's page in a real Chromium
	@$(BIN)/python -m pytest tests/browser

screenshots: setup ## The pictures of the documentation, taken anew (docs/images)
	@CICLO_SCREENSHOTS=docs/images $(BIN)/python -m pytest --quiet tests/browser/test_pictures.py tests/browser/test_traces.py

lint: setup ## Style and mistakes (ruff)
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/ruff format --check --quiet $(CODE) || { echo "not formatted: run make format"; exit 1; }

format: setup ## Format the code
	@$(BIN)/ruff check --fix-only --quiet $(CODE)
	@$(BIN)/ruff format $(CODE)

types: setup ## Types (mypy --strict)
	@$(BIN)/mypy $(CODE)

imports: setup ## Who may import whom (import-linter)
	@$(BIN)/lint-imports --no-logo

servers: setup ## Kafka and PostgreSQL alone, in the foreground
	@$(BIN)/python -m deploy.embedded

schemas: setup ## Regenerate schemas/published and docs/events
	@$(BIN)/python -m ciclo_schemas.publish

metrics: setup ## Regenerate docs/metrics.md
	@$(BIN)/python -m deploy.metrics_reference

lock: ## Refresh requirements.lock from the pyproject files
	@$(BIN)/uv lock --quiet --upgrade
	@$(BIN)/uv export --quiet --all-packages --all-groups --no-group peers --no-emit-workspace --no-header --output-file requirements.lock
	@cd tests/drills/peers && ../../../$(BIN)/uv pip compile --quiet --group ../../../pyproject.toml:peers \
		--generate-hashes --universal --python-version 3.11 --no-header --output-file requirements.txt

clean: ## Remove the environment, data, caches
	@rm -rf $(VENV) .ciclo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
