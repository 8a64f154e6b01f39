# The course in a few commands; `make help` lists them. Without make (Windows, conda), CONTRIBUTING.md has
# the plain commands, and so do the recipes below.

PYTHON ?= python3
VENV ?= .venv
UV ?= uv
LESSONS ?=
NAME ?=
WORKERS ?= 2
BIN := $(VENV)/bin
RUN := $(BIN)/python
READY := $(VENV)/.installed
AZURE := _build/azmlinfsrv

.DEFAULT_GOAL := help
.PHONY: help course site slides test oldest lab outputs lesson reading minutes bench lint format constraints clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# pip keeps a half-finished environment useful: the stamp is written last, so the next make goes on.
# pip also compiles what it installs: where PYTHONDONTWRITEBYTECODE is set, as in many containers, every process would
# otherwise compile torch and transformers anew, half a minute each.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
	  echo "$(PYTHON) is $$($(PYTHON) --version 2>&1); expected Python 3.10 or later: make PYTHON=python3.12" >&2; exit 1; }
	$(RUN) -m pip --version > /dev/null 2>&1 || $(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install -e '.[test]' -c constraints.txt
	@touch $@

course: $(READY) ## Execute every lesson on the demo assets and render it to _build/course/
	$(RUN) -m vitcourse.course build $(LESSONS)

site: $(READY) ## Build the lessons as they are, and the reference, as a web site in _build/site/
	$(RUN) site/build.py

slides: $(READY) ## Make slides of the marked cells in _build/slides/: make slides LESSONS="00 06"
	$(RUN) site/slides.py $(LESSONS)

# Azure's server wants older libraries than the course: they get a folder of their own, which only its test sees.
# Without a network that test is skipped, and says so; in CI it fails.
$(AZURE)/.installed: tests/endpoint/azmlinfsrv.txt | $(READY)
	rm -rf $(AZURE)
	$(RUN) -m pip install --quiet --no-deps --target $(AZURE) -r $<
	@touch $@

# What compares times runs alone, before all else; if it fails, the rest is run all the same.
test: $(READY) lint ## Run every check, and every lesson, without a network
	-@$(MAKE) --no-print-directory $(AZURE)/.installed
	$(RUN) tests/notebooks/solved_lesson.py _solved
	$(RUN) -m pytest tests/alone; alone=$$?; \
	  $(RUN) -m pytest -n $(WORKERS) --dist worksteal --durations 30 --nbmake --ignore tests/alone tests _solved \
	  && exit $$alone

oldest: ## Run the unit and parity tests with the oldest supported libraries, in .venv-oldest/
	$(PYTHON) -m venv .venv-oldest
	.venv-oldest/bin/python -m pip install -e '.[test]' -c constraints-oldest.txt
	.venv-oldest/bin/python -m pytest -n $(WORKERS) --dist worksteal tests/unit tests/parity

lab: $(READY) ## Open JupyterLab on the course map
	$(RUN) -m vitcourse.course.lab

outputs: $(READY) ## Write fresh outputs into the lessons: make outputs LESSONS="00 06"
	$(RUN) -m vitcourse.course outputs $(LESSONS)

lesson: $(READY) ## Begin a lesson: make lesson NAME=15_example
	$(RUN) -m vitcourse.course lesson "$(NAME)"

reading: $(READY) ## Say how hard the prose of each lesson is to read
	$(RUN) -m vitcourse.course reading

minutes: $(READY) ## Measure the minutes of each section: make minutes LESSONS="00 06"
	$(RUN) benchmarks/lesson_minutes.py $(LESSONS)

bench: $(READY) ## Measure the course beside the libraries' own front doors; nothing else should run
	VITCOURSE_ASSETS=$${VITCOURSE_ASSETS:-real} $(RUN) benchmarks/compare.py

lint: $(READY) ## Check style and format
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .

format: $(READY) ## Repair style and format
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .

COMPILE = $(UV) pip compile pyproject.toml --extra test --universal --python-version 3.10 \
	  --no-annotate --no-header --no-emit-index-url --no-emit-find-links --quiet

constraints: ## Pin the newest and the oldest versions that pyproject.toml allows (needs uv)
	@command -v $(UV) > /dev/null || { echo "no $(UV): install it (pipx install uv), or make UV=/path/to/uv" >&2; exit 1; }
	$(COMPILE) -o constraints.new > /dev/null
	$(COMPILE) --resolution lowest-direct -o constraints-oldest.new > /dev/null
	{ echo '# Made by `make constraints`: all that CI installed, for every Python and platform.'; \
	  cat constraints.new; } > constraints.txt
	{ echo '# Made by `make constraints`: the oldest libraries that pyproject.toml allows, for every Python and platform.'; \
	  cat constraints-oldest.new; } > constraints-oldest.txt
	rm constraints.new constraints-oldest.new

clean: ## Remove what was built, the environment aside
	rm -rf _build _solved .pytest_cache .ruff_cache *.egg-info
	find vitcourse tests notebooks benchmarks -name __pycache__ -o -name .ipynb_checkpoints | xargs rm -rf
