# Every command a person or CI needs. All of them work on a fresh clone.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: install run test quick lint bench eval eval-accept system clean

install: $(STAMP)

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "需要 Python 3.11 或更新版本，当前是 %s；可用 make PYTHON=/path/to/python3.11 指定" % sys.version.split()[0])'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --disable-pip-version-check -e '.[dev]'
	touch $(STAMP)

run: install
	$(BIN)/python app.py

system:
	scripts/system-packages

test: install system lint
	$(BIN)/pytest

quick: install
	$(BIN)/pytest -m 'not browser and not slow'

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: install system
	$(BIN)/python -m eval bench
	$(BIN)/python -m eval bench-ingest
	$(BIN)/python scripts/page_speed.py

# Fails when a tracked metric is more than 2 points worse than in the last accepted run.
eval: install
	$(BIN)/python -m eval run --corpus corpus --corpus eval/sets/documents --qa eval/sets --out reports/eval \
		$(if $(wildcard eval/baseline.json),--baseline eval/baseline.json)

eval-accept:
	cp reports/eval/report.json eval/baseline.json
	cp reports/eval/threshold_effect.json eval/

clean:
	rm -rf $(VENV) var reports
