# Cosinter's everyday commands. `make run` runs it, `make test` tests it; `make help` lists the rest.

SHELL := /bin/sh
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
CODE := manage.py platform samples measurements analysis_tasks
CHECKED := $(CODE) tests $(wildcard benchmarks)
PIP_INSTALL := $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --no-input --require-hashes

.PHONY: help run test lint bench lock backup restore install install-test

help:  ## lists these commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: install  ## runs the whole site; PORT=8000 picks the port, Ctrl-C stops it
	@exec $(BIN)/python manage.py up

test: install-test lint  ## runs lint, types, import contracts and every test; ARGS="-k word" picks tests
	$(BIN)/python manage.py makemigrations --check --dry-run --settings config.settings_test
	$(BIN)/python -m pytest -n auto --maxprocesses 4 $(ARGS)

lint: install-test  ## runs the linter, the formatter's check, the type checker and the import contracts
	$(BIN)/ruff check $(CHECKED)
	$(BIN)/ruff format --check $(CHECKED)
	$(BIN)/mypy
	PYTHONPATH=.:platform $(BIN)/lint-imports

bench: install  ## runs the benchmarks beside other programs and writes benchmarks/results.json; PARTS="cycles spectra" picks
	$(BIN)/python -m benchmarks $(PARTS)

lock: install-test  ## compiles requirements*.txt anew from pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 \
		pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 \
		--group test -c requirements.txt pyproject.toml -o requirements-test.txt

backup: install  ## writes one archive of database and files; TO=file.tar names it
	@exec $(BIN)/python manage.py backup $(if $(TO),--to "$(TO)")

restore: install  ## verifies and restores such an archive: FROM=file.tar; FORCE=1 replaces what is there
	@exec $(BIN)/python manage.py restore --from "$(FROM)" $(if $(filter 1,$(FORCE)),--force)

install: | $(BIN)/python
	@$(call install,requirements.txt)

install-test: | $(BIN)/python
	@$(call install,requirements-test.txt)

# A copy of the installed lock is the stamp: equal, and there is nothing to do.
define install
cmp -s $(1) $(VENV)/$(1) || { echo "installing $(1)"; $(PIP_INSTALL) -r $(1) && cp $(1) $(VENV)/$(1); }
endef

$(BIN)/python:
	@$(make_venv)

# Debian's Python comes without ensurepip, so `-m venv` may fail there; virtualenv and uv do without it.
define make_venv
set -e; \
for name in $(PYTHON) python3.13 python3.12 python3.11 python3.14 python3 python; do \
	if command -v $$name >/dev/null 2>&1 \
		&& $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$name; break; fi; \
done; \
if [ -z "$$found" ]; then \
	echo "Cosinter needs Python 3.11 or newer, and there is none on this machine; PYTHON=/path/to/python names one." >&2; \
	exit 1; \
fi; \
echo "making $(VENV) with $$(command -v $$found)"; \
$$found -m venv $(VENV) 2>/dev/null && exit 0; \
rm -rf $(VENV); \
$$found -m virtualenv -q $(VENV) 2>/dev/null && exit 0; \
virtualenv -q -p $$found $(VENV) 2>/dev/null && exit 0; \
uv venv -q --seed -p $$found $(VENV) 2>/dev/null && exit 0; \
rm -rf $(VENV); \
echo "$$found cannot make a virtual environment. On Debian and Ubuntu: apt install python3-venv" >&2; \
exit 1
endef
