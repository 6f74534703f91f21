# The menu: every target with a comment behind two hashes is in it.
# The first of these that is new enough; or name one: make PYTHON=/opt/python/bin/python3.12
PYTHON ?= python3 python3.14 python3.13 python3.12 python3.11
FILES ?=
PYTEST ?=
# So many processes test at a time, each with servers and databases of its own; 0 for pytest itself.
WORKERS ?= 2
BIN := .venv/bin
INSTALLED := .venv/.installed
EQUIPPED := .venv/.equipped

.DEFAULT_GOAL := menu
.PHONY: menu demo up test test-ckan check format bench docs lock migration clean

menu: ## show this menu
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{printf "%-18s %s\n", $$1, $$2}'

demo: $(INSTALLED) ## archive a few files before your eyes (your own: FILES="a.fits b.csv")
	@$(BIN)/muniment demo $(FILES)

up: $(INSTALLED) ## run Muniment on this machine until Ctrl-C; data in var/
	@$(BIN)/muniment up

# Tests start more than a thousand processes: each would compile all modules again.
test: export PYTHONDONTWRITEBYTECODE :=
test: $(EQUIPPED) ## run every test, against real services (some of them: PYTEST="tests/unit -k name")
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadscope --no-loadscope-reorder $(PYTEST)

test-ckan: $(EQUIPPED) ## package 20,000 rows of a real CKAN (installs one into .venv-ckan, once)
	$(BIN)/python -m pytest tests/contract/ckan $(PYTEST)

check: $(EQUIPPED) ## formatting, linting, types, layers, spelling
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell

format: $(EQUIPPED) ## format, and mend what can be mended by itself
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

bench: $(EQUIPPED) ## measure events, ingest, records, packages, frames and statistics as ratios to a raw floor
	$(BIN)/muniment bench events
	$(BIN)/muniment bench ingest
	$(BIN)/muniment bench records
	$(BIN)/muniment bench package
	$(BIN)/muniment bench archive
	$(BIN)/muniment bench stats

docs: $(EQUIPPED) ## write the generated pages of docs/reference anew
	$(BIN)/python -m docs.generate

migration: $(EQUIPPED) ## draft the next migration from store/tables.py (NAME="what changes")
	$(BIN)/python -m store.migrations "$(NAME)"

lock: $(EQUIPPED) ## resolve the dependencies anew into the three lock files
	$(BIN)/uv pip compile pyproject.toml --group build --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --upgrade --custom-compile-command "make lock" \
	  --quiet --output-file requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra kafka --group build --constraint requirements.lock \
	  --universal --python-version 3.11 --generate-hashes --no-emit-index-url --upgrade \
	  --custom-compile-command "make lock" --quiet --output-file requirements-kafka.lock
	$(BIN)/uv pip compile --group dev --constraint requirements-kafka.lock \
	  --universal --python-version 3.11 --generate-hashes --no-emit-index-url --upgrade \
	  --custom-compile-command "make lock" --quiet --output-file requirements-dev.lock

clean: ## remove the virtual environment, caches and var/
	rm -rf .venv .venv-ckan var build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.venv/bin/pip:
	@for python in $(PYTHON); do \
	  $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
	  $$python -m venv .venv && exit 0; \
	  rm -rf .venv; \
	  echo "On Debian and Ubuntu: apt-get install $$(basename $$python)-venv" >&2; \
	  exit 1; \
	done; \
	echo "Muniment needs Python 3.11 or newer, and none of these is: $(PYTHON)" >&2; \
	echo "  Debian, Ubuntu: apt-get install python3 python3-venv    macOS: brew install python" >&2; \
	echo "  installed elsewhere: make PYTHON=/where/it/is/bin/python3 $(MAKECMDGOALS)" >&2; \
	exit 1

$(INSTALLED): requirements.lock pyproject.toml | .venv/bin/pip
	@echo "installing (once; about a minute) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(EQUIPPED): requirements-dev.lock $(INSTALLED)
	@echo "installing what development needs (once; about a minute) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
