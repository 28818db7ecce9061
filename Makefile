# One command for each habit; CI runs the same ones. `make help` lists them.
#
# Everything is installed by the targets that need it: .venv from requirements/dev.txt, where each release is
# pinned by hash, and node_modules from package-lock.json. Python 3.11 to 3.14 and make are enough: node is in the lock.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh
MAKEFLAGS += --no-builtin-rules

# SAM reports to its makers unless told not to.
export SAM_CLI_TELEMETRY := 0

VENV := .venv
BIN := $(VENV)/bin
LOCKED := $(VENV)/.locked
INSTALLED := $(VENV)/.installed
MINISTACK := .venv-ministack/.locked
PEERS := .venv-peers/.locked
RUNTIME := .venv-runtime/.locked
FUZZ := .venv-fuzz/.locked
MUTATION := .venv-mutation/.locked
NODE_MODULES := node_modules/.package-lock.json

# Folders that exist: a tool must not stop over one that a later change brings.
SOURCES := $(wildcard src demo acceptance rules functions remediation organization benchmarks tests scripts typings)
# mypy refuses a folder without Python in it.
TYPED := $(shell for folder in src demo acceptance rules functions remediation benchmarks tests; do find $$folder -name '*.py' 2>/dev/null | sed "s|.*|$$folder|;q"; done)

# The lock holds the whole closure, so nothing is resolved: older releases of pip cannot match hashes
# with extras. --no-compile: Python compiles what it imports, which is a small part, and halves the set-up.
PIP_INSTALL := -m pip install --quiet --no-compile --disable-pip-version-check --no-deps

# One worker more than cores, because tests wait for servers and processes.
# loadgroup: tests that share a costly fixture name it in @pytest.mark.xdist_group and run on one worker.
CORES := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
PYTEST_ARGS ?= -n $(shell expr $(CORES) + 1) --dist loadgroup

# Tests of the definition, the verdict and what is made of it, as far as they start no server and no other program.
FAST_TESTS = $(shell grep -LE 'EmbeddedAws|require_|aws: ' $(wildcard tests/test_*.py \
	$(foreach part,policy escalation aws findings followup report,tests/$(part)/test_*.py)))

.PHONY: help setup npm format format-check lint imports types test-py test test-fast build demo acceptance docs screenshots clean sbom audit-dependencies upgrade hooks ministack benchmark compare-peers fuzz fuzz-simulator refresh-actions mutation benchmark-artifact organization compatibility release

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-20s %s\n", $$1, $$2}' Makefile

setup: $(INSTALLED) ## build .venv, with the project installed in it

npm: $(NODE_MODULES) ## install the node tools that some tests use

ministack: $(MINISTACK) ## build .venv-ministack, for the tests against the emulator that enforces IAM

format: $(INSTALLED) ## rewrite the code in the one format
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix-only --quiet $(SOURCES)

format-check: $(INSTALLED) ## fail if `make format` would change something
	$(BIN)/ruff format --check $(SOURCES)

lint: format-check imports ## format, ruff's rules, and the order of imports between layers
	$(BIN)/ruff check $(SOURCES)

imports: $(INSTALLED) ## imports point one way between the layers
	$(BIN)/lint-imports --no-logo

types: $(INSTALLED) ## mypy, strict
	$(BIN)/mypy $(TYPED)

test-py: $(INSTALLED) $(NODE_MODULES) $(MINISTACK) ## the tests and the examples in docstrings
	$(BIN)/pytest $(PYTEST_ARGS)

# mypy runs beside the tests; what it found is printed once they have ended, so that no line is torn.
test: lint ## everything that CI runs: format, lint, imports, types, tests
	@log=$$(mktemp) && trap 'rm -f "$$log"' EXIT; \
	$(MAKE) --no-print-directory types >"$$log" 2>&1 & types=$$!; \
	$(MAKE) --no-print-directory test-py; tests=$$?; \
	wait $$types; typed=$$?; cat "$$log"; \
	[ $$tests -eq 0 ] && [ $$typed -eq 0 ]

test-fast: $(INSTALLED) ## the tests of the core, which need no server, in half a minute
	$(BIN)/pytest --quiet -n $(CORES) $(FAST_TESTS)

build: $(LOCKED) ## build the functions' artifacts and the template that deploys them, in .aws-sam
	$(BIN)/sam build

# In an environment without development tools: botocore loads some of them where they are installed.
benchmark: $(RUNTIME) ## measure the rule and the command against references; BENCHMARK_ARGS='--users 1000 --runs 3'
	.venv-runtime/bin/python -m benchmarks $(BENCHMARK_ARGS)

# libFuzzer's corpus and findings stay in build/fuzz: a second run goes on where the first one ended.
fuzz: $(FUZZ) ## drive the pure core with made-up bytes for FUZZ_SECONDS (60)
	mkdir -p build/fuzz/corpus
	PYTHONPATH=src .venv-fuzz/bin/python scripts/fuzz_core.py build/fuzz/corpus -dict=scripts/fuzz_core.dict \
		-max_total_time=$(or $(FUZZ_SECONDS),60) -max_len=20000 -timeout=5 -rss_limit_mb=512 -artifact_prefix=build/fuzz/

fuzz-simulator: $(INSTALLED) $(NODE_MODULES) ## compare FullAccess with a policy simulator on FUZZ_USERS (20000) random users
	$(BIN)/python -m tests.policy.fuzz_simulator --users $(or $(FUZZ_USERS),20000)

refresh-actions: $(LOCKED) $(NODE_MODULES) ## refresh the list of IAM's actions from the pinned iam-data, and say what is new
	$(BIN)/python scripts/iam_actions.py

# About four minutes on two cores. A second run looks only at what changed.
mutation: $(MUTATION) ## change the definition and the verdict bit by bit, and list what no test notices
	PYTHONPATH=src .venv-mutation/bin/mutmut run --max-children 2
	.venv-mutation/bin/mutmut results

benchmark-artifact: build ## measure size, cold start, time and memory of the built artifact
	$(BIN)/python -m benchmarks.artifact $(BENCHMARK_ARGS)

organization: build ## produce what accounts of an organization get, in organization/build; ORGANIZATION_ARGS='--management-account-id ...'
	$(BIN)/python scripts/member_template.py .aws-sam/build organization/build $(ORGANIZATION_ARGS)

release: organization sbom $(INSTALLED) ## write what a release publishes, with checksums, to build/release
	$(BIN)/python scripts/release.py .aws-sam/build organization/build build/sbom.json build/release

compatibility: ## run the tests on each supported Python that is installed, and on the oldest boto3
	scripts/compatibility

demo: $(INSTALLED) ## the whole story on an embedded AWS, no account needed
	$(BIN)/python -m demo

acceptance: $(INSTALLED) ## prove a deployed stack with a test user; ACCEPTANCE_ARGS='--stack-name admin-mfa --region us-east-1'
	$(BIN)/python -m acceptance $(ACCEPTANCE_ARGS)

docs: $(INSTALLED) ## write the pages of the documentation that repeat the code
	$(BIN)/python scripts/reference.py

screenshots: $(INSTALLED) ## take the pictures of the report that the documents show; wants chromium
	PYTHONPATH=. $(BIN)/python scripts/screenshots.py

sbom: $(LOCKED) ## write build/sbom.json, a CycloneDX bill of what the Lambda artifact carries
	mkdir -p build
	$(BIN)/cyclonedx-py requirements --output-reproducible --output-format JSON --output-file build/sbom.json requirements/lambda.txt

# --strict: a release that the advisory database could not be asked about is a failure, not a skip.
audit-dependencies: $(LOCKED) ## ask the advisory database about every locked release
	$(BIN)/pip-audit --strict --require-hashes --disable-pip --requirement requirements/lambda.txt --requirement requirements/dev.txt

compare-peers: $(INSTALLED) $(PEERS) ## compare who can become administrator with PMapper, Cloudsplaining and Prowler
	PYTHONPATH=. $(BIN)/python scripts/compare_peers.py .venv-peers/bin/python

upgrade: ## solve every lock anew, newest releases first
	scripts/lock --upgrade

hooks: $(INSTALLED) ## run the quick checks before every commit
	$(BIN)/pre-commit install

# `sam build` asks for these, one for each function in template.yaml, with ARTIFACTS_DIR in the environment. They
# depend on nothing: rebuilding .venv would pull it away from under the sam that is running.
HANDLER_RuleFunction := rules/IAM_ADMIN_USER_MFA_ENABLED/IAM_ADMIN_USER_MFA_ENABLED.py
HANDLER_ReevaluateFunction := functions/reevaluate/start_evaluation.py
HANDLER_RemediationFunction := remediation/handler.py

build-%Function:
	python=$$([ -x $(BIN)/python ] && echo $(BIN)/python || scripts/find-python) && \
	"$$python" scripts/build_artifact.py "$(HANDLER_$*Function)" "$(ARTIFACTS_DIR)"

clean: ## remove what builds, tests and tools left behind
	rm -rf $(VENV) .venv-* node_modules build mutants .aws-sam organization/build demo-output
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A changed lock builds the environment from nothing, so that what left the lock leaves the environment too.
$(LOCKED): requirements/dev.txt scripts/find-python
	python=$$(scripts/find-python) && "$$python" -m venv --clear $(VENV)
	$(BIN)/python $(PIP_INSTALL) --require-hashes --requirement requirements/dev.txt
	touch $@

# Without isolation: the build backend is the locked one.
$(INSTALLED): $(LOCKED) pyproject.toml
	$(BIN)/python $(PIP_INSTALL) --no-build-isolation --editable .
	touch $@

# npm is the locked one. A new lock of Python packages alone leaves node_modules as it is.
$(NODE_MODULES): package.json package-lock.json | $(LOCKED)
	$(BIN)/npm ci --loglevel=error
	touch $@

$(PEERS): requirements/peers.txt requirements/prowler.txt scripts/find-python
	python=$$(scripts/find-python) && "$$python" -m venv --clear $(@D)
	$(@D)/bin/python $(PIP_INSTALL) --require-hashes --requirement requirements/peers.txt --requirement requirements/prowler.txt
	touch $@

$(MINISTACK): requirements/ministack.txt scripts/find-python
	python=$$(scripts/find-python) && "$$python" -m venv --clear $(@D)
	$(@D)/bin/python $(PIP_INSTALL) --require-hashes --requirement requirements/ministack.txt
	touch $@

$(RUNTIME): requirements/runtime.txt scripts/find-python
	python=$$(scripts/find-python) && "$$python" -m venv --clear $(@D)
	$(@D)/bin/python $(PIP_INSTALL) --require-hashes --requirement requirements/runtime.txt
	touch $@

$(FUZZ): requirements/fuzz.txt scripts/find-python
	python=$$(scripts/find-python) && "$$python" -m venv --clear $(@D)
	$(@D)/bin/python $(PIP_INSTALL) --require-hashes --requirement requirements/fuzz.txt
	touch $@

$(MUTATION): requirements/mutation.txt scripts/find-python
	python=$$(scripts/find-python) && "$$python" -m venv --clear $(@D)
	$(@D)/bin/python $(PIP_INSTALL) --require-hashes --requirement requirements/mutation.txt
	touch $@
