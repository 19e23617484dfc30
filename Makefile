# Two commands: `make run` starts the demo hospital, `make test` runs everything. Each prepares what it needs.
SHELL := /bin/bash
.DEFAULT_GOAL := run
PYTHON ?= python3
BIN := .venv/bin
export PYTHONPATH := $(CURDIR)
export EMR_HOME ?= $(CURDIR)/var
# Dozens of processes start in a run: each compiled everything anew where a machine says that none may keep what it compiled.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: run training test lint lint-types lint-rest unit e2e fmt assets messages graph test-long test-security sbom matrix bench reset bootstrap bootstrap-test

run: bootstrap ## install, start and load the demo hospital; Ctrl-C stops everything
	@exec $(BIN)/python -m emr.local

training: export EMR_HOME := $(if $(filter $(CURDIR)/var,$(EMR_HOME)),$(CURDIR)/var/training,$(EMR_HOME))
training: export EMR_PORT ?= 8100
training: export EMR_MLLP_PORT ?= 8101
training: export EMR_WORKLIST_PORT ?= 8102
training: bootstrap ## a training copy: the demo hospital under a striped banner, deaf to every other system
	@EMR_SETTINGS=training exec $(BIN)/python -m emr.local

# What leans on PostgreSQL itself most (partitions, triggers, locks, plans, policies) runs on the newest one too; everything
# does in `make test-long`.
SQL_TESTS := tests/emr/audit tests/emr/outbox tests/emr/common/test_wall.py tests/patients/registry/test_search_plan.py \
	tests/encounters/visits/test_database.py

# One worker more than cores: each waits for PostgreSQL now and then. Browsers apart: Playwright keeps an event loop
# running in the process, in which pyHanko can't start its own.
test: bootstrap-test ## everything that .ci/run runs
	@$(MAKE) --no-print-directory lint
	$(BIN)/pytest -n 3 --dist loadgroup -m "not browser and not long"
	$(BIN)/pytest -n 2 --dist loadgroup -m "browser and not long"
	EMR_SERVICES=wheel $(BIN)/pytest -n 2 --dist loadgroup -q \
		-m "database and not browser and not peer and not long" $(SQL_TESTS)

lint: bootstrap-test ## style, types, layers, templates, migrations, translations, secrets, bandit
	@$(MAKE) --no-print-directory -j2 --output-sync lint-types lint-rest

# As long as all the others together.
lint-types:
	$(BIN)/mypy

lint-rest:
	$(BIN)/ruff check -q .
	$(BIN)/ruff format -q --check .
	$(BIN)/lint-imports --no-cache | tail -3
	git ls-files -z 'templates/*.html' | xargs -0 -r $(BIN)/djade --check --target-version 5.2
	EMR_SETTINGS=test $(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python -m tools.messages check
	$(BIN)/python -m tools.guards
	$(BIN)/bandit -q -c pyproject.toml -r emr patients encounters signatures integrations -x '*/migrations/*'

unit: bootstrap-test ## the suite without browsers and peer programs
	$(BIN)/pytest -n 2 --dist loadgroup -m "not browser and not peer and not long"

e2e: bootstrap-test ## browsers and peer programs alone
	$(BIN)/pytest -n 2 --dist loadgroup -m "peer and not browser and not long"
	$(BIN)/pytest -n 1 -m browser

fmt: bootstrap-test ## format code and templates
	$(BIN)/ruff check -q --fix .
	$(BIN)/ruff format -q .
	git ls-files -z 'templates/*.html' | xargs -0 -r $(BIN)/djade --target-version 5.2

assets: ## what the browser gets from npm
	@$(PYTHON) tools/bootstrap.py assets

messages: ## compile the Vietnamese catalogue and say what is missing
	@$(PYTHON) tools/bootstrap.py messages
	@$(BIN)/python -m tools.messages check

graph: bootstrap-test ## draw the houses and rooms into docs/graph.md
	$(BIN)/python -m tools.graph

test-long: bootstrap-test ## kill at every line, soak, the second PostgreSQL in full
	$(BIN)/pytest -n 2 --dist loadgroup -m "long and not browser" --timeout 3600
	$(BIN)/pytest -n 1 -m "long and browser" --timeout 3600
	EMR_SERVICES=wheel $(BIN)/pytest -n 2 --dist loadgroup -m "not long and not browser"
	EMR_SERVICES=wheel $(BIN)/pytest -n 1 -m "browser and not long"

test-security: bootstrap-test ## the tests that name a security requirement
	$(BIN)/pytest -n 2 --dist loadgroup -m security

sbom: bootstrap-test ## every package by version and hash, as CycloneDX, into var/sbom.json
	@$(BIN)/python -m tools.sbom

matrix: bootstrap-test ## write the table of every address and role anew, for review
	MATRIX=write $(BIN)/pytest -q tests/emr/accounts/test_matrix.py

bench: bootstrap ## how fast, as ratios to floors of the same run; writes docs/benchmarks.md (BENCH="--parts d" for some)
	@$(BIN)/python -m tools.bench $(BENCH)

reset: bootstrap ## throw the demo's data away
	@$(BIN)/python -m tools.reset

bootstrap:
	@$(PYTHON) tools/bootstrap.py run

bootstrap-test:
	@$(PYTHON) tools/bootstrap.py test
