# make run · make test · make bench · make format
# `run` and `bench` use a release build. `test` uses a debug one, in which every check of Swift is on,
# and for the end-to-end tests a clean clone with a release build: what a user would run.

SWIFT ?= swift
BUILD = $(SWIFT) build -c release --static-swift-stdlib
GITCTL = .build/release/gitctl
CLONE = .build-clone

.PHONY: run test bench build setup root format clean

run: root setup build
	scripts/images --if-needed
	$(GITCTL) up example-repo

# Simulations and end-to-end tests have the machine to themselves. The others run in groups: all tests of a
# run begin at once, and hundreds that compute would keep those waiting that have a time limit.
COMPUTING = APIMachineryTests
RECONCILING = ReconcilerTests
SOURCING = ReconcilerTests.(Kustomize|FetchTurns|Submodule|SSHSource|SourceSync|Version|HTTPSSource|KnownHosts|RemoteURL|Ignore|Substitution|Variable|Chaos)
CONFORMING = ClusterTests.(OperationsTests|FieldValidationTests|WatcherTests|PublishedSchemaTests|AdmittedPodTests|ServerIdentityTests|ScaleTests|DeviceTests)
HOSTILE = ClusterTests.(Hostile|Fork|Forecast)
ENDURING = ClusterTests.(MalformedRequestTests|ConnectionTests|WatchRequestTests|WebhookTests|OpenAPITests|Custom)
test: export GITCTL_E2E = 1
test: root
	scripts/setup --test
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build --filter '$(COMPUTING)'
	$(SWIFT) test --skip-build --filter '$(RECONCILING)' --skip '$(SOURCING)'
	$(SWIFT) test --skip-build --filter '$(SOURCING)'
	$(SWIFT) test --skip-build --filter '$(CONFORMING)'
	$(SWIFT) test --skip-build --filter '$(HOSTILE)'
	$(SWIFT) test --skip-build --filter '$(ENDURING)'
	$(SWIFT) test --skip-build --filter ClusterTests --skip '$(CONFORMING)|$(HOSTILE)|$(ENDURING)'
	$(SWIFT) test --skip-build --skip '$(COMPUTING)|$(RECONCILING)|ClusterTests|SimulationTests|EndToEndTests'
	$(SWIFT) test --skip-build --filter SimulationTests
	scripts/clone $(CLONE)
	$(MAKE) -C $(CLONE) build
	GITCTL_CLONE=$(CURDIR)/$(CLONE) $(SWIFT) test --skip-build --filter EndToEndTests

bench: root build
	scripts/setup --bench
	Benchmarks/run

build:
	$(BUILD) --product gitctl

setup:
	scripts/setup

root:
	@test "$$(id -u)" = 0 || { echo "error: containers need root; run: sudo make $(MAKECMDGOALS)" >&2; exit 1; }

format:
	$(SWIFT) format --in-place --recursive --parallel Package.swift Sources Tests

clean:
	$(SWIFT) package clean
