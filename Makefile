# Everything one does with Balai from a checkout. `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
PACKAGES := server signaling web recordings
CLIENT_FILES := $(shell find web/client/src -type f 2>/dev/null)

.PHONY: help run serve test check fast load-test client-test browser-test network-test fuzz bench bench-tools pictures lock format clean system-test

help: ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

run: .venv/.run web/dist/manifest.json ## Set everything up and serve a demonstration office
	@$(BIN)/balai demo

serve: .venv/.run web/dist/manifest.json ## Serve without demonstration data (./balai.toml if there is one)
	@$(BIN)/balai serve

test: check fast load-test client-test browser-test ## Set everything up, check it and run every test
	@echo "All passed."

check: .venv/.dev web/client/node_modules/.ready ## Lint, types, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python hatch_build.py node node_modules/typescript/bin/tsc --noEmit
	$(BIN)/pytest -q tests/architecture

fast: .venv/.dev web/dist/manifest.json system-test ## Unit and scenario tests, to run at every step
	$(BIN)/pytest -q -n auto tests/unit tests/scenario

load-test: .venv/.dev web/dist/manifest.json system-test ## The benchmark's own participants, and a short turn of each fuzzer
	$(BIN)/pytest -q tests/load tests/fuzz

client-test: .venv/.dev web/client/node_modules/.ready ## The browser client's own tests
	$(BIN)/python hatch_build.py node node_modules/vitest/vitest.mjs run

browser-test: .venv/.dev web/dist/manifest.json system-test ## Whole meetings in real Chromium and Firefox (as root), Balai behind nginx and Caddy
	$(BIN)/pytest -q tests/system tests/browser tests/interop

network-test: .venv/.dev web/dist/manifest.json system-test ## Loss, jitter, a thin line, lips, a changed address in real browsers; wants two quiet cores
	$(BIN)/pytest -q tests/network

fuzz: .venv/.dev ## Hostile bytes for every parser, one after the other (SECONDS_EACH=600: so long for each)
	@$(BIN)/python -c 'import atheris' 2>/dev/null || $(BIN)/pip install -q --disable-pip-version-check 'atheris==3.0.0' || \
	  echo "atheris cannot be had here: without coverage."
	$(BIN)/python -m tests.fuzz --seconds $(or $(SECONDS_EACH),60)

bench: .venv/.dev web/dist/manifest.json bench-tools ## Microseconds per forwarded packet beside Janus, latency, first picture; writes build/bench.json (QUICK=1: one short run)
	$(BIN)/python -m tests.load.bench $(if $(QUICK),--quick)
	$(BIN)/python -m tests.load.store_bench $(if $(QUICK),--quick)
	$(BIN)/python -m tests.load.papers

pictures: .venv/.dev web/dist/manifest.json system-test ## Take README's pictures anew, with the tests that check them
	KEEP_PICTURES=1 $(BIN)/pytest -q tests/browser/test_pictures.py tests/system/test_pages.py

lock: .venv/.dev ## Lock Python and npm dependencies anew
	$(BIN)/pip-compile -q --generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --strip-extras \
	  -o requirements.lock pyproject.toml
	$(BIN)/pip-compile -q --generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --strip-extras \
	  --allow-unsafe --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml
	cd web/client && npm install --package-lock-only

format: .venv/.dev ## Format and sort imports
	$(BIN)/ruff check --fix . && $(BIN)/ruff format .

clean: ## Remove what was built (data stay)
	rm -rf .venv build dist web/dist web/client/node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis

# What is measured beside ours. Without it those rows are left out, and the benchmark says so.
bench-tools:
	@.ci/need janus:janus cc:gcc /usr/include/srtp2/srtp.h:libsrtp2-dev ip:iproute2 unshare:util-linux || true

system-test:
	@.ci/need chromium:chromium firefox-esr:firefox-esr ip:iproute2 turnserver:coturn pdftotext:poppler-utils /usr/sbin/nginx:nginx caddy:caddy setpriv:util-linux systemd-analyze:systemd /usr/sbin/slapd:slapd ldapmodify:ldap-utils /usr/lib/dovecot/imap:dovecot-imapd soffice:libreoffice-writer-nogui softhsm2-util:softhsm2 pkcs11-tool:opensc '/usr/lib/postgresql/*/bin/initdb:postgresql'

.venv/bin/python:
	@$(PYTHON) -m venv .venv 2>/dev/null || { rm -rf .venv; .ci/need '/nowhere:python3-venv' && $(PYTHON) -m venv .venv; }

.venv/.run: requirements.lock requirements-dev.lock pyproject.toml hatch_build.py server/sfu/native/path.c server/sfu/native/path.h | .venv/bin/python
	@echo "Installing the locked dependencies ..."
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@command -v cc >/dev/null || $(BIN)/pip install -q --disable-pip-version-check "$$($(BIN)/python -c 'import hatch_build; print(hatch_build.ZIG)')"
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: .venv/.run
	@touch $@

web/client/node_modules/.ready: web/client/package.json web/client/package-lock.json | .venv/.run
	@echo "Installing the browser client's locked packages ..."
	@$(BIN)/python hatch_build.py install
	@touch $@

web/dist/manifest.json: $(CLIENT_FILES) web/client/vite.config.ts web/client/node_modules/.ready | .venv/.run
	@echo "Building the browser client ..."
	@$(BIN)/python hatch_build.py node node_modules/vite/bin/vite.js build --logLevel warn
	@touch $@
