# make run · make test · make bench · make format
# One configuration, release, serves all four, so that nothing is built twice.

SWIFT ?= swift
BUILD = $(SWIFT) build -c release
GITCTL = .build/release/gitctl

.PHONY: run test bench build setup root format clean

run: root setup build
	scripts/images --if-needed
	$(GITCTL) up example-repo

# The end-to-end tests have the machine to themselves: they measure what a user would feel.
test: export GITCTL_TESTING = 1
test: export GITCTL_E2E = 1
test: root
	scripts/setup --test
	$(BUILD) --build-tests
	$(SWIFT) test -c release --skip-build --skip EndToEndTests
	$(SWIFT) test -c release --skip-build --filter EndToEndTests

bench: root setup build
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
