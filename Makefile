# The commands of a developer. `make` lists them.

SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
VERSION     := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS     := -s -w -X main.version=$(VERSION)

.PHONY: help build demo test check bench ui screenshots fmt deadcode fuzz clean

help: ## list the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/\1|\2/' | while IFS='|' read -r name what; do printf 'make %-11s %s\n' "$$name" "$$what"; done

build: ui ## build bin/purvey, one static binary
	CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)' -o bin/purvey ./cmd/purvey

demo: build ## run a throw-away shop with an order taken through the whole path
	@exec bin/purvey demo

test: ## run all tests: on SQLite and PostgreSQL under the race detector, then the back office in a browser
	@CGO_ENABLED=1 scripts/with-services go test -race -timeout 30m ./...
	@scripts/ui-test

check: .cache/bin/golangci-lint ## format, vet, lint, then all tests
	@scripts/check
	@$(MAKE) --no-print-directory test

bench: build ## compare speed with peers, in pairs
	@exec bench/run

screenshots: ## take pictures of the back office into .cache/screenshots
	@PURVEY_SCREENSHOTS=1 scripts/ui-test

ui: ## build the back office into the source tree, if it changed
	@scripts/ui

fmt: .cache/bin/gofumpt ## format all Go files
	@git ls-files -z --cached --others --exclude-standard '*.go' | xargs -0 .cache/bin/gofumpt -l -w

deadcode: .cache/bin/deadcode ## list functions that nothing calls, not even a test
	@.cache/bin/deadcode -test ./...

fuzz: ## fuzz every parser for half a minute each
	@scripts/fuzz 30s

clean: ## remove what was built
	rm -rf bin .cache

.cache/bin/golangci-lint: PKG := github.com/golangci/golangci-lint/v2/cmd/golangci-lint
.cache/bin/staticcheck: PKG := honnef.co/go/tools/cmd/staticcheck
.cache/bin/gofumpt: PKG := mvdan.cc/gofumpt
.cache/bin/deadcode: PKG := golang.org/x/tools/cmd/deadcode
.cache/bin/golangci-lint .cache/bin/staticcheck .cache/bin/gofumpt .cache/bin/deadcode: tools/go.mod tools/go.sum
	@mkdir -p .cache/bin
	@echo "building $(notdir $@)" >&2
	@go -C tools build -buildvcs=false -o ../$@ $(PKG)
