# make play      install what is needed into .venv and open the instrument   (ARGS="--rate 20 --fullscreen")
# make install   the first half alone
# make test      the tests; installs what they need, the training extra with torch included
# make check     formatting, lint, types
# make gallery   models/STYLES.md from the packages
# make train-extra   what `chorus train` needs (torch)

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint deploy/constraints.txt
ARGS ?=

.PHONY: play install test check train-extra gallery clean

play: install
	@$(BIN)/chorus play $(ARGS)

install: .venv/.installed
train-extra: .venv/.train

.venv/bin/python:
	@$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "Chorus needs Python 3.11 or newer: make PYTHON=..."'
	$(PYTHON) -m venv .venv

.venv/.installed: .venv/bin/python pyproject.toml deploy/constraints.txt
	@echo "installing Chorus into .venv (a minute or two, once)"
	$(PIP) --editable .
	@touch $@

.venv/.train: .venv/.installed
	$(PIP) --editable '.[train]'
	@touch $@

.venv/.dev: .venv/.installed
	$(PIP) --editable '.[train,dev]'
	@touch $@ .venv/.train

# the fast tests side by side, file by file; then those that start Ray, a window or a training, one after the other
test: .venv/.dev
ifeq ($(ARGS),)
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile -m "not slow"
	$(BIN)/python -m pytest -m slow
else
	$(BIN)/python -m pytest $(ARGS)
endif

check: .venv/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

gallery: install
	$(BIN)/chorus styles --markdown > models/STYLES.md

clean:
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
