# make run: the window on the demonstration store.  make test: contracts, linters, types, tests.
PYTHON3 ?= $(shell command -v python3.11 || command -v python3)
PY := .venv/bin/python
READY := .venv/.ready

# Under these variables nothing draws, and every test run is alike.
OFFSCREEN := QT_QPA_PLATFORM=offscreen QT_SCALE_FACTOR=1 LC_ALL=C.UTF-8 OMP_NUM_THREADS=2

.PHONY: run test test-long bench lint clean

run: $(READY)
	$(PY) app.py --demonstration

test: $(READY) lint
	$(OFFSCREEN) $(PY) -m pytest -n 2 --dist loadfile -m "not long" -q

test-long: $(READY) lint
	$(OFFSCREEN) $(PY) -m pytest -q --timeout 7200
	$(OFFSCREEN) $(PY) -m tests.mutants.apply

bench: $(READY)
	$(OFFSCREEN) $(PY) -m tests.benchmarks $(ONLY)

lint: $(READY)
	.venv/bin/ruff format --check -q .
	.venv/bin/ruff check -q .
	.venv/bin/lint-imports
	.venv/bin/basedpyright --level error

$(READY): requirements.lock packaging/system_libraries.py
	test -x $(PY) || $(PYTHON3) -m venv .venv
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(PY) packaging/system_libraries.py
	touch $(READY)

clean:
	rm -rf .venv build dist
