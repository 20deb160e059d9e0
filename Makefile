# Targets set up what they need: tools are built at pinned versions into ./.bin, the ClickHouse engine and Apache Kafka are fetched
# once into the user's cache directory (WINBACK_CACHE_DIR moves it). `make` alone lists the targets.

GOLANGCI_LINT_VERSION := v2.15.0
GOTESTSUM_VERSION     := v1.13.0
BENCHSTAT_VERSION     := v0.0.0-20260908200009-22c9c6c9d4da

BIN     := $(CURDIR)/.bin
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null)
GOTEST   = $(BIN)/gotestsum --format pkgname --format-hide-empty-pkg --jsonfile $(BIN)/test.json --post-run-command .ci/counts -- $(BENCH_TAGS)

# Where the processor has them, instructions of 2013 and later are used: reading bits is some 8 % faster by them. GOAMD64=v1 builds for any.
V3_FLAGS := avx2 bmi1 bmi2 f16c fma movbe abm
ifeq ($(filter-out $(shell sed -n '/^flags/{p;q}' /proc/cpuinfo 2>/dev/null),$(V3_FLAGS)),)
export GOAMD64 ?= v3
endif

# Builds are guided by a profile of the scorer's bench: events go through some 4 % faster by it. `make profile` takes it anew.
PGO := -pgo=$(CURDIR)/bench/scorer/hot.pgo

# Benches copy users, which is no part of the binary.
BENCH_TAGS := -tags bench

FUZZTIME    ?= 20s
DEMO_FLAGS  ?=
TEST_FLAGS  ?=
BENCH_FLAGS ?=
BENCH_SCORER_FLAGS ?=
LINT_FLAGS  ?=

.DEFAULT_GOAL := help
.PHONY: help demo build test test-kafka race fuzz bench bench-scorer profile microbench lint fmt check clean engine tidy-check

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## build the one binary, .bin/winback
	CGO_ENABLED=0 go build $(PGO) -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o $(BIN)/winback ./pipeline/cmd/winback

demo: build ## watch it work on this machine: embedded Kafka broker, real ClickHouse, made-up shop (DEMO_FLAGS=...)
	$(BIN)/winback demo $(DEMO_FLAGS)

test: gotestsum engine ## run every test on the embedded broker and ClickHouse (TEST_FLAGS=...)
	$(GOTEST) -shuffle=on -timeout 20m $(TEST_FLAGS) ./...

test-kafka: gotestsum engine ## run the end-to-end suite on Apache Kafka (needs Java 17 and Maven)
	@for tool in java mvn; do command -v $$tool >/dev/null || { echo "test-kafka: $$tool not found: install Java 17 or later and Maven" >&2; exit 1; }; done
	WINBACK_TEST_KAFKA=1 $(GOTEST) -shuffle=on -count=1 -timeout 20m $(TEST_FLAGS) ./pipeline/embedded/apachekafka ./pipeline/ingest ./pipeline/endtoend

race: gotestsum engine ## run every test under the race detector (needs a C compiler; TEST_FLAGS=-short is quicker)
	CGO_ENABLED=1 $(GOTEST) -race -shuffle=on -timeout 30m $(TEST_FLAGS) ./...

fuzz: ## run every fuzz target, one after the other (FUZZTIME=20s)
	@.ci/fuzz $(FUZZTIME)

bench: ## measure the whole pipeline against the line rate and the floor (BENCH_FLAGS=...)
	@go build $(PGO) -o $(BIN)/bench ./bench/harness
	$(BIN)/bench $(BENCH_FLAGS)

bench-scorer: ## measure a user's state on one core: events/s, bytes a user, pauses, at 1 and 10 million users (BENCH_SCORER_FLAGS=-short is quick)
	@go build $(PGO) $(BENCH_TAGS) -o $(BIN)/bench-scorer ./bench/scorer
	$(BIN)/bench-scorer $(BENCH_SCORER_FLAGS)

profile: ## take the profile anew by which builds are guided, bench/scorer/hot.pgo
	@go build $(BENCH_TAGS) -trimpath -o $(BIN)/bench-scorer ./bench/scorer
	$(BIN)/bench-scorer -users 1000000 -events 24000000 -presets ecommerce,subscription -cpuprofile bench/scorer/hot.pgo

microbench: benchstat ## run the micro-benchmarks six times and sum them up
	@go test -run '^$$' -bench . -benchmem -count 6 ./schemas/... ./scorer/... ./pipeline/... > $(BIN)/microbench.txt || { cat $(BIN)/microbench.txt; exit 1; }
	@$(BIN)/benchstat $(BIN)/microbench.txt

lint: golangci-lint tidy-check ## check style, walls between the rooms, and forbidden calls (LINT_FLAGS=...)
	$(BIN)/golangci-lint run $(LINT_FLAGS)

tidy-check:
	go mod tidy -diff

fmt: golangci-lint ## format the code
	$(BIN)/golangci-lint fmt

check: build lint test ## what to run before a commit: all that CI checks, but for race, fuzz, test-kafka and bench

clean: ## remove what was built; the caches stay
	rm -rf $(BIN)

# engine fetches the ClickHouse engine before the tests ask for it side by side, so that its progress can be seen.
engine:
	go test -count=1 -v -run '^TestEngineLibrary$$' ./pipeline/endtoend

# A tool's stamp bears its version: another version is another file.
define tool
.PHONY: $(1)
$(1): $(BIN)/.$(1)-$(2)
$(BIN)/.$(1)-$(2):
	@mkdir -p $(BIN) && rm -f $(BIN)/.$(1)-*
	GOBIN=$(BIN) go install $(3)@$(2)
	@touch $$@
endef

$(eval $(call tool,golangci-lint,$(GOLANGCI_LINT_VERSION),github.com/golangci/golangci-lint/v2/cmd/golangci-lint))
$(eval $(call tool,gotestsum,$(GOTESTSUM_VERSION),gotest.tools/gotestsum))
$(eval $(call tool,benchstat,$(BENCHSTAT_VERSION),golang.org/x/perf/cmd/benchstat))
