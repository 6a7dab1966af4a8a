# The two commands are `make demo` and `make test`; `make help` lists the rest.
# Needs Python 3.11 or newer, git and make; everything else is installed into .venv.

VENV ?= .venv
PY := $(VENV)/bin/python
# The first of these that is new enough makes the environment.
PYTHONS ?= python3.13 python3.12 python3.11 python3
# uv trusts what the system trusts, as pip and git do.
export UV_SYSTEM_CERTS ?= 1
# Two browser or database workers would only wait for each other on a small machine.
WORKERS ?= 2
PYTEST_ARGS ?=
# Real processes on a busy machine: what fails gets one more try, and the summary names it.
AGAIN := --reruns 1 -rR

UV_COMPILE := $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header

.PHONY: help setup setup-dev demo demo-reset test static check simulator-soak exactly-once chaos \
	long-day backfill-soak chain-histories bench browser-load lock clean
.DEFAULT_GOAL := help

help: ## list what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /|/' | \
		awk -F'|' '{ printf "  make %-15s %s\n", $$1, $$2 }'

setup: $(VENV)/.runtime static/vendor/.installed ## make .venv and install what the server needs
	@echo "Set-up is complete."

setup-dev: $(VENV)/.dev static/vendor/.installed

demo: setup ## the whole desk on a simulated broker; PORT, SIMULATOR_PORT, VERBOSE=1
	@exec $(PY) -m embedded demo

demo-reset: setup ## throw the demo's data away
	@$(PY) -m embedded reset

test: setup-dev ## every test, browser included
	@$(PY) -m embedded browser
	$(MAKE) --no-print-directory static
	SIMULATOR_NO_SHRINK=1 $(PY) -m pytest -q $(AGAIN) -n $(WORKERS) --dist worksteal \
		--ignore=tests/e2e $(PYTEST_ARGS)
	$(PY) -m pytest -q $(AGAIN) tests/e2e $(PYTEST_ARGS)

check: static ## format, lint, types, import contracts, migrations, templates
	$(PY) -m pytest -q tests/house

static: setup-dev
	$(PY) -m ruff format --check --quiet .
	$(PY) -m ruff check --quiet .
	$(PY) -m mypy
	$(PY) -c "from importlinter.cli import lint_imports_command as run; run()" --no-logo

simulator-soak: setup-dev ## a million random steps of the simulated broker; STEPS=, hours
	SIMULATOR_STEPS=$(or $(STEPS),1000000) $(PY) -m pytest -q -n $(WORKERS) tests/simulator/properties

exactly-once: setup-dev ## kill everything while orders are sent; RUNS=, SEED=, RECORD=; 2 hours
	@$(PY) -m tests.exactly_once --runs $(or $(RUNS),10000) --seed $(or $(SEED),1) \
		--record $(or $(RECORD),.exactly-once/$(or $(SEED),1).jsonl)

chaos: setup-dev ## trading under faults, then the books compared; SEEDS="1 2 3", SECONDS=60, RECORD=
	@$(PY) -m tests.chaos --seeds "$(or $(SEEDS),1)" --seconds $(or $(SECONDS),60) \
		$(if $(RECORD),--record $(RECORD))

long-day: setup-dev ## hours of trading and hours of none with tokens of 15 minutes; HOURS=8, SPEED=60
	@$(PY) -m tests.chaos.day --hours $(or $(HOURS),8) --speed $(or $(SPEED),60)

backfill-soak: setup-dev ## 100,000 bookings read back while the reader is killed ten times
	BACKFILL_ROWS=100000 BACKFILL_KILLS=10 $(PY) -m pytest -q tests/brokerage/test_backfill.py -k killed

chain-histories: setup-dev ## rebuild the trade chains of 200 generated histories; HISTORIES=
	CHAIN_HISTORIES=$(or $(HISTORIES),200) $(PY) -m pytest -q -n $(WORKERS) \
		tests/portfolio/analytics/chains

browser-load: setup-dev ## 500 moving legs in a real browser; MINUTES=3, FRAMES=20 (pushed a second)
	@$(PY) -m bench.browser --minutes $(or $(MINUTES),3) --frames $(or $(FRAMES),20)

bench: setup-dev $(VENV)/.bench ## measure each performance claim; all run, missed ones are named
	@missed=""; for file in bench/bench_*.py; do \
		echo "== $$file"; $(PY) "$$file" || missed="$$missed $$file"; done; \
		[ -z "$$missed" ] || { echo "Missed or failed:$$missed"; exit 1; }

lock: $(VENV)/.uv ## resolve the dependencies again
	$(UV_COMPILE) requirements/uv.in -o requirements/uv.txt
	$(UV_COMPILE) pyproject.toml --extra embedded --group assets -o requirements/runtime.txt
	$(UV_COMPILE) pyproject.toml --extra embedded --extra compiled --group assets --group dev \
		-c requirements/runtime.txt -o requirements/dev.txt
	$(UV_COMPILE) pyproject.toml --extra embedded --extra compiled --group assets --group dev \
		--group bench -c requirements/dev.txt -o requirements/bench.txt
	npm install --package-lock-only --no-audit --no-fund

clean: ## remove what set-up made (not the demo's data)
	rm -rf $(VENV) node_modules static/vendor staticfiles

$(PY):
	@for candidate in $(PYTHONS); do \
		if "$$candidate" -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' \
			2>/dev/null; then \
			echo "Making $(VENV) with $$("$$candidate" -V) …"; \
			"$$candidate" -m venv --clear $(VENV) && exit 0; exit 1; \
		fi; \
	done; \
	echo "Strikedesk needs Python 3.11 or newer with its venv module; none of these is:" \
		"$(PYTHONS). Install one (on Debian: python3 and python3-venv)." >&2; exit 1

# Tools that are started by name find our packages from any folder.
$(VENV)/.paths: $(PY)
	@$(PY) -c "import pathlib, sysconfig; \
		pathlib.Path(sysconfig.get_path('purelib'), 'strikedesk.pth').write_text('$(CURDIR)\n')"
	@touch $@

$(VENV)/.uv: requirements/uv.txt $(VENV)/.paths
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r $< || \
		echo "uv could not be installed; pip does its work." >&2
	@touch $@

$(VENV)/.runtime: requirements/runtime.txt $(VENV)/.uv
	@echo "Installing the server …"
	@$(call install,$<)
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	@echo "Installing what the tests need …"
	@$(call install,$<)
	@touch $@

$(VENV)/.bench: requirements/bench.txt $(VENV)/.dev
	@echo "Installing what is measured against …"
	@$(call install,$<)
	@touch $@

static/vendor/.installed: package-lock.json .npmrc embedded/assets.py $(VENV)/.runtime
	@echo "Installing front-end files …"
	@$(PY) -m embedded assets
	@touch $@

# uv where it works, else pip with the same hashed file. Bytecode now, or the first page waits.
define install
$(VENV)/bin/uv pip install --quiet --python $(PY) --require-hashes --compile-bytecode -r $(1) || \
	{ echo "uv could not install; trying pip …" >&2; \
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1); }
endef
