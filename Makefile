# Every command of the house. What a target prints on standard output belongs to the program it runs
# (`make demo ARGS=--json` is data and nothing else); what the preparation says goes to standard error.
# A recipe gives its shell away (exec) where Ctrl-C and the terminal belong to the program.
.DEFAULT_GOAL := help
.SUFFIXES:
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

BIN := .venv/bin
READY := .venv/.ready
ARGS ?=
KILLS ?= 1000
SECONDS_EACH ?= 60

.PHONY: help setup run demo test crash mail-day fuzz bench bench-rules bench-reading bench-slack lint docs clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile | while IFS='|' read -r name sense; do printf '  make %-11s %s\n' "$$name" "$$sense"; done

setup: $(READY) ## make .venv from the lock (happens by itself, once for every change of the lock)

$(READY): requirements.lock
	@bash .ci/prepare .venv >&2
	@touch $@

run: $(READY) ## start the service with the example configuration; Ctrl-C stops it
	@exec $(BIN)/intakebot run $(ARGS)

demo: $(READY) ## both processes by mail and in a Slack of the tests, in a temporary directory (ARGS=--json, --keep)
	@exec env PYTHONPATH=tests $(BIN)/intakebot demo --workspace fakes.slack.on_stage:workspace $(ARGS)

test: $(READY) ## every test; what this machine cannot run is deselected and said so
	@exec $(BIN)/python -m pytest -n 2 $(ARGS)

crash: $(READY) ## the tests that kill the service, with KILLS=1000 kills at any moment
	@INTAKEBOT_TEST_KILLS=$(KILLS) exec $(BIN)/python -m pytest -m crash $(ARGS)

mail-day: $(READY) ## a day of 5,000 mails between two houses, beside what is true (INTAKEBOT_DAY_SEED for another day)
	@INTAKEBOT_DAY_MAILS=5000 exec $(BIN)/python -m pytest --timeout 1800 tests/integration/test_mail_day.py $(ARGS)

fuzz: $(READY) ## any bytes at every place that takes them, SECONDS_EACH=60 for each target (ARGS="-k smtp" for one)
	@INTAKEBOT_FUZZ_SECONDS=$(SECONDS_EACH) INTAKEBOT_FUZZ_SEED=$${INTAKEBOT_FUZZ_SEED:-$$RANDOM} \
		exec $(BIN)/python -m pytest -n 2 tests/fuzz -v $(ARGS)

bench: $(READY) ## the benchmarks, as JSON lines
	@exec env PYTHONPATH=tests $(BIN)/python -m benchmarks $(ARGS)

bench-rules: $(READY) ## the benchmark of the rules alone
	@exec env PYTHONPATH=tests $(BIN)/python -m benchmarks rules $(ARGS)

bench-reading: $(READY) ## how fast mail is read, beside the standard library
	@exec env PYTHONPATH=tests $(BIN)/python -m benchmarks reading $(ARGS)

bench-slack: $(READY) ## the benchmark of the Slack channel alone
	@exec env PYTHONPATH=tests $(BIN)/python -m benchmarks slack $(ARGS)

lint: $(READY) ## every gate: style, format, types, imports, dependencies, dead code
	@PATH="$(CURDIR)/$(BIN):$$PATH" bash .ci/gates

docs: $(READY) ## write the generated pages anew
	@exec env PYTHONPATH=tests $(BIN)/python -m house.reference_pages

clean: ## remove the environment and what tools left behind; data/ stays
	@rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage*
	@find src tests benchmarks docs -name __pycache__ -prune -exec rm -rf {} +
