# Everything sets itself up from Python 3.11 or newer and the locked packages; nothing else is needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help rehearse run test check clean

help:  ## list these targets
	@sed -n 's/^\([a-z]*\):.*## */make \1\t/p' Makefile | expand -t 16

rehearse: $(VENV)/.ready-rehearse  ## try the bot in a browser, without a token
	@exec $(BIN)/python -m bot rehearse

run: $(VENV)/.ready-run  ## run the bot (its token: DISCORD_TOKEN or config.yaml)
	@exec $(BIN)/python -m bot run

test: $(VENV)/.ready-dev  ## run all tests
	$(BIN)/python -m pytest -n logical --dist worksteal $(TESTS)

check: $(VENV)/.ready-dev  ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:  ## remove what these targets made
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .coverage htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "Python is missing: install Python 3.11 or newer, or say which: make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Backline needs Python 3.11 or newer; this is $$($(PYTHON) --version). Name a newer one: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "Python can't make a virtual environment: install its venv module (on Debian and Ubuntu: apt install python3-venv)"; exit 1; }

# A stamp per lock. The locks are nested (run < rehearse < dev), so they share one environment.
define install
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "The Python in $(VENV) is older than 3.11: run make clean, then this again."; exit 1; }
	@echo "Installing the packages of $< ..."
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement $< || { \
		echo "The packages could not be installed (see above). If it is not the network: make clean, then this again."; exit 1; }
endef

$(VENV)/.ready-run: requirements.lock | $(BIN)/python
	$(install)
	@touch $@

$(VENV)/.ready-rehearse: requirements-rehearse.lock | $(BIN)/python
	$(install)
	@touch $@ $(VENV)/.ready-run

$(VENV)/.ready-dev: requirements-dev.lock | $(BIN)/python
	$(install)
	@touch $@ $(VENV)/.ready-run $(VENV)/.ready-rehearse
