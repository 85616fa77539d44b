# What you can do here: `make help`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(abspath $(BIN)):$(PATH)

.PHONY: help run setup test lint format lock migration openapi bench asvs screenshots clients audit outdated sbom mutation

help: ## List what there is
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

run: $(VENV)/installed ## Set up everything and serve on http://127.0.0.1:8000 (HOST, PORT)
	@exec flask serve

setup: $(VENV)/installed-dev ## Set up everything for development

test: $(VENV)/installed-dev $(VENV)/tools/clients $(VENV)/tools/packages ## Set up everything and run the whole suite
	@pytest -n 2 --dist loadgroup

lint: $(VENV)/installed-dev ## Check style and types
	ruff check .
	ruff format --check .
	mypy .

format: $(VENV)/installed-dev ## Mend style
	ruff check --fix .
	ruff format .

lock: $(VENV)/installed-dev ## Pin and hash the newest packages that requirements*.in allow
	uv pip compile $(LOCK) -o requirements.txt requirements.in
	uv pip compile $(LOCK) -o requirements-otel.txt requirements-otel.in
	uv pip compile $(LOCK) -o requirements-dev.txt requirements-dev.in
	for each in tools/*.in benchmarks/peers/locks/*.in; do uv pip compile $(LOCK) -o $${each%.in}.txt $$each; done

migration: $(VENV)/installed-dev ## Draft a migration from the models: make migration m="add teams"
	python -m migrations.draft "$(m)"

bench: $(VENV)/installed-dev ## Measure Muster beside its peers: make bench options=--quick
	python -m benchmarks.compare $(options)

openapi: $(VENV)/installed-dev ## Write docs/openapi.json
	MUSTER_DATABASE_URL=sqlite:// flask openapi write docs/openapi.json

asvs: $(VENV)/installed-dev ## Write docs/security/asvs.md, and count what it shows
	python -m scripts.asvs

screenshots: $(VENV)/installed-dev ## Write the pictures of Swagger UI in docs/
	python -m tests.browser.screenshots

clients: $(VENV)/installed-dev $(VENV)/tools/clients ## Write the Python and TypeScript clients to clients/
	python -m scripts.clients

audit: $(VENV)/tools/packages ## Ask for known vulnerabilities of the locked packages (needs a network)
	$</bin/pip-audit --strict --disable-pip --require-hashes -r requirements.txt -r requirements-dev.txt

outdated: $(VENV)/installed-dev ## Ask which locked packages are older than SECURITY.md allows (needs a network)
	python -m scripts.outdated

sbom: $(VENV)/tools/packages ## Write sbom.json, what Muster runs on, in CycloneDX
	$</bin/cyclonedx-py requirements --output-reproducible -o sbom.json requirements.txt

groups := core services
mutation: $(VENV)/installed-dev $(VENV)/tools/mutation ## Change the code and see whether a test fails: make mutation groups=core
	packages=$$(echo $(CURDIR)/$(VENV)/tools/mutation/lib/python3*/site-packages); \
	for group in $(groups); do \
		git checkout-index --all --force --prefix=mutants/$$group/ && \
		cat tools/mutation/$$group.toml >> mutants/$$group/pyproject.toml && \
		(cd mutants/$$group && export PYTHONPATH=$$packages && \
			python -m mutmut run $(options) && python -m mutmut results) || exit 1; \
	done

NPM_FOLDERS := docs/examples tests/node
LOCK := --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate \
	--custom-compile-command "make lock"

$(BIN)/pip:
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: requirements.txt | $(BIN)/pip
	pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/installed-dev: requirements-dev.txt $(NPM_FOLDERS:=/package-lock.json) $(VENV)/installed
	pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@! command -v npm >/dev/null || for folder in $(NPM_FOLDERS); do \
		npm ci --prefix $$folder --ignore-scripts --silent \
			|| echo "npm ci failed in $$folder: what needs its packages will not be tested"; done
	@touch $@

# Tools whose packages stay apart from Muster's.
$(VENV)/tools/%: tools/%.txt | $(BIN)/pip
	$(PYTHON) -m venv --clear $@
	$@/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@
