# Every command of the project. `make help` lists them.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
WORKERS ?= 3

.DEFAULT_GOAL := help
.PHONY: help install demo playground pictures lock format check fast one test coverage mutants faults nightly audit image image-test sbom version overlay install.yaml chart wheel notes checksums release bench bench-quick clean

help: ## List the commands
	@awk -F':.*## ' '/^[a-z.-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP) ## Make the Python environment (.venv) from the hashed lock

$(STAMP): requirements/dev.txt pyproject.toml simulator/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; say which with: make PYTHON=python3.13")'
	@echo "making the Python environment in $(VENV) (a minute or two, once)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable . --editable ./simulator
	@$(BIN)/python -m compileall -q operator simulator devcluster demo image
	@touch $@

demo: $(STAMP) ## Watch one setting go live: real control plane, simulated site, real operator
	@$(BIN)/python -m arcgis_demo run

playground: $(STAMP) ## The same, staying up, with things to try
	@$(BIN)/python -m arcgis_demo playground

pictures: $(STAMP) ## Draw the picture of the README from a real run of the demo
	@$(BIN)/python -m arcgis_demo run --svg docs/images/demo.svg

LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet
lock: $(STAMP) ## Lock the dependencies again, with hashes and without addresses
	$(BIN)/$(LOCK) simulator/pyproject.toml --group dev -o requirements/dev.txt
	$(BIN)/$(LOCK) -c requirements/dev.txt -o requirements/operator.txt
	$(BIN)/$(subst pyproject.toml,--group pyproject.toml:audit,$(LOCK)) -o requirements/audit.txt
	$(BIN)/$(subst pyproject.toml,simulator/pyproject.toml,$(LOCK)) -c requirements/dev.txt -o requirements/simulator.txt
	$(BIN)/$(subst pyproject.toml,requirements/esri-client.in --no-deps,$(LOCK)) -o requirements/esri-client.txt

format: $(STAMP) ## Format the code and fix what ruff can fix
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

check: $(STAMP) ## Format, lint, types and architecture (under a minute)
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@PYTHONPATH=bench $(BIN)/lint-imports

FAST := tests/unit tests/contract tests/samples tests/model tests/architecture
fast: $(STAMP) ## The tests that need no control plane: a minute or two
	@$(BIN)/python -m pytest -q -n $(WORKERS) $(FAST)

space := $(subst ,, )
one: $(STAMP) ## One test, by words of its name: make one T="late answer"
	@test -n "$(T)" || { echo 'say which one, by words of its name: make one T="late answer"'; exit 1; }
	@$(BIN)/python -m pytest -k "$(subst $(space), and ,$(strip $(T)))" tests

test: $(STAMP) ## All tests, on a real control plane and a simulated site
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup --ignore=tests/image tests

coverage: $(STAMP) ## Branch coverage of core and wire by the fast tests: fails under 100 %
	@$(BIN)/coverage run -m pytest -q tests/unit tests/contract tests/samples tests/kube/test_api.py
	@$(BIN)/coverage report

MUTANTS ?= 840
SEED ?= 1
mutants: $(STAMP) ## Mutation score of core and wire by the fast tests, of a seeded sample: fails under 90 %
	@nice -n 10 $(BIN)/python tests/mutants $(MUTANTS) $(SEED)

faults: $(STAMP) ## The whole fault harness: every state, kill, freeze, fault, outage, clock and attack (an hour or more on 2 cores)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup --plans=whole --endure-full tests/endure/test_endure_absence.py tests/endure/test_endure_clocks.py tests/documents tests/network tests/search tests/faults tests/pairs tests/planted tests/integration/test_every_switch.py tests/integration/test_late_request.py tests/integration/test_rights_used.py tests/fidelity tests/security tests/manifests/test_truth_table.py tests/e2e tests/model tests/unit/test_history_judge.py
	@$(BIN)/python -m pytest --endure-full tests/endure/test_endure_kills.py tests/endure/test_endure_recovery.py tests/endure/test_endure_restore.py tests/endure/test_endure_judge.py

nightly: faults mutants ## The faults, the mutants, and a soak of two hours with random faults
	@$(BIN)/python -m pytest --endure-full --endure-minutes=120 --timeout=9000 --log-cli-level=INFO tests/endure/test_endure_soak.py

AUDIT := .venv-audit/bin
.venv-audit/.installed: requirements/audit.txt
	@echo "making the environment of the audit tools in .venv-audit (a minute or two, once)"
	@$(PYTHON) -m venv .venv-audit
	@$(AUDIT)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/audit.txt
	@touch $@

# Skipped, with reasons: B101 states what a type cannot say; B311 spreads retries and guards nothing; B104: the kubelet asks
# for health at any address of the pod;
# CKV_K8S_43 and CKV_K8S_15: no image is published yet, and whoever installs names it, by digest if wanted;
# CKV2_K8S_5: the account may get, not list, Secrets in the namespaces of its sites, whose names are in ArcGISSites.
audit: $(STAMP) .venv-audit/.installed ## bandit on the code; checkov and four versions of Kubernetes on the manifests
	@$(AUDIT)/bandit --quiet --recursive --skip B101,B104,B311 operator simulator
	@mkdir -p run/manifests
	@for overlay in cluster namespaced; do \
	  $$($(BIN)/python -m arcgis_devcluster build | tail -n 1) kustomize manifests/overlays/$$overlay > run/manifests/$$overlay.yaml \
	  && $(AUDIT)/checkov --framework kubernetes --skip-download --compact --quiet --skip-check CKV_K8S_43,CKV_K8S_15,CKV2_K8S_5 \
	    --file run/manifests/$$overlay.yaml \
	  && for version in 1.34 1.35 1.36 1.37; do \
	    $(AUDIT)/kubernetes-validate --quiet --strict --kubernetes-version $$version run/manifests/$$overlay.yaml || exit 1; done \
	  || exit 1; done
	@echo "audit: nothing found"

image: $(STAMP) ## Build both images with Docker, Podman, or buildah (as root, no engine needed); fails above 60 MiB
	@$(BIN)/python -m arcgis_image build $(if $(ENGINE),--engine=$(ENGINE))

image-test: $(STAMP) ## Run what `make image` left as pods do, and build it again (as root; two minutes)
	@$(BIN)/python -m pytest tests/image

sbom: $(STAMP) .venv-audit/.installed ## Write the bill of materials of the built image to dist/sbom.json (CycloneDX)
	@mkdir -p dist
	@$(BIN)/python -m arcgis_image sbom > dist/sbom.json
	@$(AUDIT)/python -c 'from cyclonedx.validation.json import JsonStrictValidator as judge; from cyclonedx.schema import SchemaVersion; \
	  from sys import exit; exit(judge(SchemaVersion.V1_6).validate_str(open("dist/sbom.json").read()))'
	@echo "written: dist/sbom.json"

version: ## Write the version of pyproject.toml wherever a file has to show it
	@version=$$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml) && grep -rlE 'arcgis-(operator|simulator):[0-9]' README.md manifests \
	  | xargs sed -i.before -E "s/(arcgis-(operator|simulator)):[0-9][0-9A-Za-z.-]*/\1:$$version/" && find README.md* manifests -name '*.before' -delete \
	  && sed -i.before -E "s/^(version|appVersion): .*/\1: $$version/" charts/arcgis-operator/Chart.yaml && rm charts/arcgis-operator/Chart.yaml.before

# What is installed and what is released. REGISTRY says where the nodes pull the image from; TAG and DIGEST (sha256:…)
# which one; OVERLAY is cluster, namespaced or openshift. Two runs of one commit write the same bytes.
REGISTRY ?=
OVERLAY ?= cluster
MINE    ?= manifests/overlays/mine
DIST    ?= dist
VERSION  = $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
TAG     ?= $(VERSION)
DIGEST  ?=
EPOCH    = $(shell git log -1 --format=%ct)
IMAGE    = $(if $(REGISTRY),$(REGISTRY)/)arcgis-operator
KUBECTL  = $$($(BIN)/python -m arcgis_devcluster build | tail -n 1)
HELM     = $$($(BIN)/python -m arcgis_devcluster build --helm)
# A kustomization in $(1): the CRDs, the overlay, and the image by its name of the registry.
kustomization = mkdir -p $(1) && printf '%s\n' '\# Written by make; it may be edited.' 'apiVersion: kustomize.config.k8s.io/v1beta1' 'kind: Kustomization' \
	  "resources: [$$(realpath --relative-to=$(1) crds), $$(realpath --relative-to=$(1) manifests/overlays/$(OVERLAY))]" \
	  'images: [{name: arcgis-operator, newName: $(IMAGE), $(if $(DIGEST),digest: "$(DIGEST)",newTag: "$(TAG)")}]' > $(1)/kustomization.yaml

overlay: ## Write manifests/overlays/mine for the image in your registry: make overlay REGISTRY=registry.example.com/gis
	@test -n "$(REGISTRY)" || { echo "say where your nodes pull the image from: make overlay REGISTRY=registry.example.com/gis"; exit 1; }
	@$(call kustomization,$(MINE))
	@echo "written: $(MINE); install it with: kubectl apply --server-side -k $(MINE)"

install.yaml: $(STAMP) ## Write dist/install.yaml, the CRDs and the overlay in one file (REGISTRY=… as for overlay)
	@mkdir -p $(DIST) && $(call kustomization,run/install)
	@$(KUBECTL) kustomize run/install > $(DIST)/install.yaml && echo "written: $(DIST)/install.yaml"

chart: $(STAMP) ## Package the Helm chart into dist/ (REGISTRY=… as for overlay)
	@rm -rf run/chart && mkdir -p $(DIST) run/chart && cp -RL charts/arcgis-operator run/chart/
	@sed -i.before 's#^  repository: arcgis-operator$$#  repository: $(IMAGE)#' run/chart/arcgis-operator/values.yaml && rm run/chart/arcgis-operator/values.yaml.before
	@find run/chart -exec touch -d "@$(EPOCH)" {} + && $(HELM) package run/chart/arcgis-operator --destination $(DIST) \
	  --version $(VERSION) --app-version $(TAG)

wheel: $(STAMP) ## Build the operator's wheel into dist/
	@mkdir -p $(DIST) && SOURCE_DATE_EPOCH=$(EPOCH) $(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir $(DIST) .

notes: ## Write the notes of this version, or of what is unreleased, out of CHANGELOG.md into dist/
	@mkdir -p $(DIST) && awk -v version="$(VERSION)" '/^## / {wanted = index($$0, version) || (/Unreleased/ && !seen); seen += wanted; next} wanted' CHANGELOG.md \
	  > $(DIST)/NOTES.md && test -s $(DIST)/NOTES.md

checksums: ## Write the SHA-256 sums of what is in dist/
	@cd $(DIST) && rm -f SHA256SUMS && sha256sum -- * > .sums && mv .sums SHA256SUMS && cat SHA256SUMS

release: image ## Make all that is released in dist/: wheel, chart, install.yaml, bill of materials, notes, checksums
	@$(MAKE) --no-print-directory wheel chart install.yaml sbom notes
	@$(MAKE) --no-print-directory checksums

SHIPPED := .venv-operator/bin
.venv-operator/.installed: requirements/operator.txt $(STAMP)
	@echo "making an environment with the operator alone in .venv-operator (a minute, once)"
	@$(PYTHON) -m venv .venv-operator
	@$(SHIPPED)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/operator.txt
	@touch $@

SCENARIOS ?=
bench: $(STAMP) .venv-operator/.installed ## Measure everything (or SCENARIOS="...") beside the reference, three runs each: hours
	@$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir run/wheel .
	@$(SHIPPED)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-index --force-reinstall run/wheel/*.whl
	@$(BIN)/python bench run --operator $(SHIPPED)/arcgis-operator $(SCENARIOS)

bench-quick: $(STAMP) ## See that the benchmark works: counts only, under three minutes
	@$(BIN)/python bench quick

clean: ## Remove what the other commands made here (the control-plane cache stays)
	rm -rf $(VENV) .venv-audit .venv-operator .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache run dist build
