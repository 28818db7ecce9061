# One command for each task; CI runs the same commands. `make help` lists them.
#
# Each target installs what it needs: .venv from requirements/dev.txt, which pins each release by hash, and node_modules
# from package-lock.json. You need only Python 3.11 to 3.14 and make: node is one of the locked packages.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh
MAKEFLAGS += --no-builtin-rules

# SAM sends telemetry unless this is 0.
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

# Only existing folders: tools fail on a missing one.
SOURCES := $(wildcard src demo acceptance rules functions remediation organization benchmarks tests scripts typings)
# mypy rejects a folder without Python files.
TYPED := $(shell for folder in src demo acceptance rules functions remediation benchmarks tests; do find $$folder -name '*.py' 2>/dev/null | sed "s|.*|$$folder|;q"; done)

# The lock contains all transitive dependencies, so pip resolves nothing: older releases of pip cannot match hashes
# with extras. --no-compile halves the setup time: Python compiles the small part that it imports.
PIP_INSTALL := -m pip install --quiet --no-compile --disable-pip-version-check --no-deps

# One more worker than cores, because tests wait for servers and processes.
# loadgroup: tests that share an expensive fixture name it in @pytest.mark.xdist_group and run on one worker.
CORES := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
PYTEST_ARGS ?= -n $(shell expr $(CORES) + 1) --dist loadgroup

# Tests of the definition, the verdict, findings and reports that start no server or other program.
FAST_TESTS = $(shell grep -LE 'EmbeddedAws|require_|policy_simulator|aws: ' $(wildcard tests/test_*.py \
	$(foreach part,policy escalation aws findings followup report,tests/$(part)/test_*.py)))

.PHONY: help setup npm format format-check lint imports types test-py test test-fast build demo acceptance docs screenshots clean sbom audit-dependencies upgrade hooks ministack benchmark compare-peers compare-aws-models compare-recorded-answers judge-dumps fuzz fuzz-simulator histories check-aws-managed refresh-actions mutation benchmark-artifact organization compatibility release

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-20s %s\n", $$1, $$2}' Makefile

setup: $(INSTALLED) ## build .venv with the project installed

npm: $(NODE_MODULES) ## install the node packages that some tests need

ministack: $(MINISTACK) ## build .venv-ministack for tests on the emulator that enforces IAM

format: $(INSTALLED) ## format the code
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix-only --quiet $(SOURCES)

format-check: $(INSTALLED) ## fail if `make format` would change a file
	$(BIN)/ruff format --check $(SOURCES)

lint: format-check imports ## check the format, ruff's rules and the import order between layers
	$(BIN)/ruff check $(SOURCES)

imports: $(INSTALLED) ## check the import order between layers
	$(BIN)/lint-imports --no-logo

types: $(INSTALLED) ## check types with mypy in strict mode
	$(BIN)/mypy $(TYPED)

test-py: $(INSTALLED) $(NODE_MODULES) $(MINISTACK) ## run the tests and the examples in docstrings
	$(BIN)/pytest $(PYTEST_ARGS)

# mypy runs in parallel with the tests; its output is printed after theirs, so that lines do not mix.
test: lint ## run all CI checks: format, lint, imports, types, tests
	@log=$$(mktemp) && trap 'rm -f "$$log"' EXIT; \
	$(MAKE) --no-print-directory types >"$$log" 2>&1 & types=$$!; \
	$(MAKE) --no-print-directory test-py; tests=$$?; \
	wait $$types; typed=$$?; cat "$$log"; \
	[ $$tests -eq 0 ] && [ $$typed -eq 0 ]

test-fast: $(INSTALLED) ## run the tests of the core, which need no server, in half a minute
	$(BIN)/pytest --quiet -n $(CORES) $(FAST_TESTS)

build: $(LOCKED) ## build the functions and their template in .aws-sam
	$(BIN)/sam build

# This environment has no development tools, because botocore loads some of them if they are installed.
benchmark: $(RUNTIME) ## compare the rule and the command with references; BENCHMARK_ARGS='--users 1000 --runs 3'
	.venv-runtime/bin/python -m benchmarks $(BENCHMARK_ARGS)

# libFuzzer keeps its corpus and findings in build/fuzz, so a second run continues the first one.
fuzz: $(FUZZ) ## fuzz the pure core for FUZZ_SECONDS (60)
	mkdir -p build/fuzz/corpus
	PYTHONPATH=src .venv-fuzz/bin/python scripts/fuzz_core.py build/fuzz/corpus -dict=scripts/fuzz_core.dict \
		-max_total_time=$(or $(FUZZ_SECONDS),60) -max_len=20000 -timeout=5 -rss_limit_mb=512 -artifact_prefix=build/fuzz/

histories: $(INSTALLED) ## test the remediation with HISTORIES (200) random histories of an account
	HISTORIES=$(or $(HISTORIES),200) $(BIN)/pytest -n 0 tests/remediation/test_histories.py

fuzz-simulator: $(INSTALLED) $(NODE_MODULES) ## compare FullAccess with a policy simulator on FUZZ_USERS (20000) random users
	$(BIN)/python -m tests.policy.fuzz_simulator --users $(or $(FUZZ_USERS),20000)

check-aws-managed: $(INSTALLED) $(NODE_MODULES) ## compare the table of AWS managed policies with every published version
	$(BIN)/python -m tests.policy.check_aws_managed

refresh-actions: $(LOCKED) $(NODE_MODULES) ## update the lists of IAM actions and of services from the pinned iam-data and list new ones
	$(BIN)/python scripts/iam_actions.py

# Takes about 15 minutes on two cores. A second run tests only changed code, or everything if the selection of tests changed.
mutation: $(MUTATION) ## run mutation tests of the definition and the verdict, and list the surviving mutants
	PYTHONPATH=src .venv-mutation/bin/mutmut run --max-children 2
	.venv-mutation/bin/mutmut results

benchmark-artifact: build ## measure size, cold start, duration and memory of the built artifacts
	$(BIN)/python -m benchmarks.artifact $(BENCHMARK_ARGS)

organization: build ## generate the templates for an organization in organization/build; ORGANIZATION_ARGS='--management-account-id ...'
	$(BIN)/python scripts/member_template.py .aws-sam/build organization/build $(ORGANIZATION_ARGS)

release: organization sbom $(INSTALLED) ## write what a release publishes, with checksums, to build/release
	$(BIN)/python scripts/release.py .aws-sam/build organization/build build/sbom.json build/release

compatibility: ## run the tests on each installed supported Python and on the oldest boto3
	scripts/compatibility

demo: $(INSTALLED) ## demonstrate the product on an AWS emulator, without an AWS account
	$(BIN)/python -m demo

acceptance: $(INSTALLED) ## verify a deployed stack with a test user; ACCEPTANCE_ARGS='--stack-name admin-mfa --region us-east-1'
	$(BIN)/python -m acceptance $(ACCEPTANCE_ARGS)

docs: $(INSTALLED) ## generate the reference pages from the code
	$(BIN)/python scripts/reference.py

screenshots: $(INSTALLED) ## update the screenshots in the documentation; requires chromium
	PYTHONPATH=. $(BIN)/python scripts/screenshots.py

sbom: $(LOCKED) ## write build/sbom.json, a CycloneDX SBOM of the Lambda artifact
	mkdir -p build
	$(BIN)/cyclonedx-py requirements --output-reproducible --output-format JSON --output-file build/sbom.json requirements/lambda.txt

# --strict: fail, and do not skip, if a release cannot be looked up in the advisory database.
audit-dependencies: $(LOCKED) ## check every locked release against the advisory database
	$(BIN)/pip-audit --strict --require-hashes --disable-pip --requirement requirements/lambda.txt --requirement requirements/dev.txt

compare-aws-models: $(INSTALLED) ## check requests, and the emulator's responses, against botocore's service models
	PYTHONPATH=. $(BIN)/python scripts/compare_aws_models.py

compare-recorded-answers: $(INSTALLED) ## parse recorded AWS responses with our readers; RECORDED='<clone of cloud-custodian>/tests/data/placebo'
	PYTHONPATH=. $(BIN)/python scripts/compare_recorded_answers.py $(RECORDED)

judge-dumps: $(INSTALLED) ## judge published dumps of accounts offline; DUMPS='<file> ...'
	$(BIN)/python scripts/judge_dumps.py $(DUMPS)

compare-peers: $(INSTALLED) $(PEERS) ## compare privilege escalation findings with PMapper, Cloudsplaining and Prowler
	PYTHONPATH=. $(BIN)/python scripts/compare_peers.py .venv-peers/bin/python

upgrade: ## update every lock to the newest releases
	scripts/lock --upgrade

hooks: $(INSTALLED) ## install the pre-commit hook, which runs the quick checks
	$(BIN)/pre-commit install

# `sam build` calls these, one for each function in template.yaml, with ARTIFACTS_DIR in the environment. They have no
# prerequisites: rebuilding .venv would remove the running sam.
HANDLER_RuleFunction := rules/IAM_ADMIN_USER_MFA_ENABLED/IAM_ADMIN_USER_MFA_ENABLED.py
HANDLER_ReevaluateFunction := functions/reevaluate/start_evaluation.py
HANDLER_RemediationFunction := remediation/handler.py

build-%Function:
	python=$$([ -x $(BIN)/python ] && echo $(BIN)/python || scripts/find-python) && \
	"$$python" scripts/build_artifact.py "$(HANDLER_$*Function)" "$(ARTIFACTS_DIR)"

clean: ## remove the files that builds, tests and tools create
	rm -rf $(VENV) .venv-* node_modules build mutants .aws-sam organization/build demo-output
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A changed lock rebuilds the environment from scratch, so that removed packages do not stay installed.
$(LOCKED): requirements/dev.txt scripts/find-python
	python=$$(scripts/find-python) && "$$python" -m venv --clear $(VENV)
	$(BIN)/python $(PIP_INSTALL) --require-hashes --requirement requirements/dev.txt
	touch $@

# Without build isolation, so that the locked build backend is used.
$(INSTALLED): $(LOCKED) pyproject.toml
	$(BIN)/python $(PIP_INSTALL) --no-build-isolation --editable .
	touch $@

# This uses the locked npm. A change to Python packages alone does not rebuild node_modules.
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
