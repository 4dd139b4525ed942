# Each target sets up what it needs: `make run`, `make test` and `make check` work on a fresh clone.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && break; done)
PIP = .venv/bin/python -m pip install --quiet --require-hashes

.PHONY: install run test check bench faults lock docs clean
.DELETE_ON_ERROR:

install: .venv/installed          ## .venv with the command momus
run: install                      ## serve on 127.0.0.1:8081, data in ./momus-data
	exec .venv/bin/momus serve
test: .venv/developing
	.venv/bin/python -m pytest
faults: .venv/developing          ## failures of nodes and brokers for an hour; make faults SECONDS=600
	MOMUS_TEST_ALL_SCENARIOS=1 .venv/bin/python -m pytest --quiet tests/scenarios tests/clients -k "three_nodes or OnKafka"
	MOMUS_TEST_FAULTS=$(or $(SECONDS),3600) MOMUS_TEST_PAUSES=100 .venv/bin/python -m pytest -s tests/faults
check: .venv/developing
	.venv/bin/ruff check . && .venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/python -m pytest --quiet tests/test_arrows.py
bench: .venv/developing
	.venv/bin/python -m bench
docs: .venv/developing            ## write the pages that are made from code and contract
	.venv/bin/python -m docs.build_reference
	.venv/bin/python -m docs.build_tables
	.venv/bin/python -m docs.build_api
	.venv/bin/python -m docs.build_rules
	.venv/bin/python -m docs.build_outputs
lock: .venv/developing            ## lock files anew, by Python 3.11; make lock LOCK=--upgrade for newer versions
	.venv/bin/pip-compile $(LOCK) --all-build-deps --only-build-deps -o requirements-build.txt pyproject.toml
	.venv/bin/pip-compile $(LOCK) -c requirements-build.txt -o requirements.txt pyproject.toml
	.venv/bin/pip-compile $(LOCK) -c requirements-build.txt -c requirements.txt --extra dev -o requirements-dev.txt pyproject.toml
	.venv/bin/pip-compile $(LOCK) -o tests/examples/faust.txt tests/examples/faust.in
clean:
	rm -rf .venv .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist

.venv/python:
	@test -n "$(PYTHON)" || { echo "Momus needs Python 3.11, 3.12 or 3.13 with venv on the PATH (or: make PYTHON=/path/to/python)." >&2; exit 1; }
	$(PYTHON) -m venv .venv && touch $@
.venv/installed: .venv/python requirements.txt requirements-build.txt pyproject.toml
	$(PIP) -r requirements.txt -r requirements-build.txt
	.venv/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable . && touch $@
.venv/developing: .venv/installed requirements-dev.txt
	$(PIP) -r requirements-dev.txt && touch $@
