# Everyday commands: `make` alone lists them.
# The file works with GNU make 3.81 and the BSD tools of macOS, and on Debian.

PYTHON ?= python3
SHELL := bash

# User text must reach the commands unchanged: make expands no `$` in it, and the shell no quote.
override SAY := $(value SAY)
override SPEC := $(value SPEC)
override MEMBER := $(value MEMBER)
export SAY SPEC MEMBER

# Compiled modules stay: without them, each of the many processes that tests start compiles the project again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test clients faults fuzz check audit conformance clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

demo: .venv/demo.ready ## chat with the bot in a browser; MEMBER=teacher: as the teacher; SAY='/verse seed: to be': one line
	@.venv/bin/python -m sandbox $${MEMBER:+--as "$$MEMBER"} $${SAY:+--say "$$SAY"}

test: .venv/dev.ready ## run all tests but those of `make faults`, in three processes
	.venv/bin/python -m pytest --numprocesses 3 --no-loadscope-reorder --ignore tests/faults

clients: .venv/clients/hikari/bin/python .venv/clients/py-cord/bin/python .venv/clients/discord.js/node_modules ## install the libraries whose bots test the sandbox: hikari, py-cord, and discord.js

faults: .venv/dev.ready ## cause faults with many requests in flight, each burst FAULTS=20 times
	SHAKELM_FAULTS=$${FAULTS:-20} .venv/bin/python -m pytest --numprocesses 2 --no-loadscope-reorder tests/faults

check: .venv/dev.ready ## check lint, formatting, types, and import contracts
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

fuzz: .venv/dev.ready ## run the fuzz tests with FUZZ_CASES=10000 cases
	FUZZ_CASES=$${FUZZ_CASES:-10000} .venv/bin/python -m pytest tests/fuzz --numprocesses 2 --no-loadscope-reorder

audit: .venv/audit/bin/pip-audit ## look up the pinned versions in an advisory database; fails, and says so, if it cannot be asked
	@.venv/audit/bin/pip-audit --requirement constraints.txt --no-deps --disable-pip --format json \
	  --progress-spinner off 2>/dev/null | .venv/bin/python .ci/audit_report.py

conformance: .venv/dev.ready ## check requests, answers, and events of the end-to-end tests against Discord's OpenAPI file SPEC=FILE
	@[ -f "$$SPEC" ] || { echo "Give the file of Discord's OpenAPI description: make conformance SPEC=FILE" >&2; exit 1; }
	@requests=$$(mktemp) && trap 'rm -f "$$requests"' EXIT && \
	SHAKELM_RECORD="$$requests" .venv/bin/python -m pytest tests/end_to_end && \
	.venv/bin/python -m sandbox.conformance --spec "$$SPEC" --requests "$$requests"

# Each library has an environment of its own: py-cord's package has the name of discord.py's.
.venv/clients/%/bin/python: tests/sandbox/clients/requirements-%.txt | .venv/dev.ready
	@.venv/bin/python -m venv --clear .venv/clients/$*
	@.venv/clients/$*/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

.venv/clients/discord.js/node_modules: tests/sandbox/clients/package.json | .venv/dev.ready
	@mkdir -p .venv/clients/discord.js && cp $< .venv/clients/discord.js/
	@if command -v npm >/dev/null; then npm install --prefix .venv/clients/discord.js --no-audit --no-fund --silent && touch $@; \
	  else echo "npm is missing, so discord.js is not installed (Debian, Ubuntu: apt install npm)"; fi

clean: ## remove the environment and everything else that these commands created
	rm -rf .venv build *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# pip-audit has an environment of its own, so that its packages are none of the project's.
.venv/audit/bin/pip-audit: | .venv/dev.ready
	@.venv/bin/python -m venv .venv/audit
	@.venv/audit/bin/python -m pip install --quiet 'pip-audit>=2.9'

# .venv/EXTRA.ready: the environment has the package (editable) and everything in that extra.
# An interrupted installation can leave packages that look complete but are not. So .venv/unfinished
# exists during an installation. If the next one finds it, it creates a new environment.
.venv/%.ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
	  { echo "shakelm needs Python 3.11, 3.12, or 3.13. Name one: make PYTHON=python3.12 demo" >&2; exit 1; }
	@if [ -e .venv/unfinished ]; then rm -rf .venv; fi
	@$(usable) 2>/dev/null || { echo "Creating the environment .venv"; $(create); }
	@touch .venv/unfinished
	@echo "Installing TensorFlow and the other packages into .venv (one to two minutes, once)"
	@$(install)
	@rm .venv/unfinished
	@touch $@ $(if $(filter dev,$*),.venv/demo.ready)

ifneq ($(shell command -v uv 2>/dev/null),)
usable = .venv/bin/python -c ''
create = uv venv --quiet --clear --python "$$(command -v $(PYTHON))" .venv
install = uv pip install --python .venv/bin/python --compile-bytecode -c constraints.txt -e '.[$*]'
else
usable = .venv/bin/python -m pip --version >/dev/null
create = $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
  { echo "Python's venv module is missing: install it (Debian, Ubuntu: apt install python3-venv)" >&2; exit 1; } && \
  $(PYTHON) -m venv --clear .venv
# pip compiles byte code by itself. Of its output, only the large packages and the unpacking are shown.
install = set -o pipefail; \
  .venv/bin/python -m pip install --progress-bar off -c constraints.txt -e '.[$*]' | while read -r line; do \
    case "$$line" in \
      *" MB)") echo "  $$line" ;; \
      "Installing collected packages"*) echo "  Unpacking and compiling" ;; \
    esac; \
  done
endif
