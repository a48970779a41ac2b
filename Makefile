# SPDX-License-Identifier: BSD-3-Clause
# Verbs. Each installs what it needs by itself (Debian 12, as root).
BUILD_PACKAGES = $(shell cat deploy/packages-build.txt)
DEMO_PACKAGES = $(shell cat deploy/packages-demo.txt)
DEMO_ELASTIC_PACKAGES = $(shell cat deploy/packages-demo-elastic.txt)
UNIT_PACKAGES = $(shell cat tests/packages-unit.txt)
TEST_PACKAGES = $(shell cat tests/packages.txt)
NIC_PACKAGES = $(shell cat tests/nic/packages.txt)
LINT_PACKAGES = $(shell cat tests/lint/packages.txt)
FUZZ_SECONDS = 600
INSTALL = deploy/install-packages.sh

.PHONY: deps deps-unit deps-test all tests debug clang coverage unit tsan-build tsan model sim smoke chaos nic-test fuzz test bench report bench-classify bench-kafka bench-peers scenarios instructions demo demo-elastic lint lint-quick format docs install clean
deps:
	@$(INSTALL) $(BUILD_PACKAGES)
	@[ "$$(id -u)" -ne 0 ] || deploy/prepare-host.sh
deps-unit: deps
	@$(INSTALL) $(UNIT_PACKAGES)
deps-test: deps-unit
	@$(INSTALL) $(DEMO_PACKAGES) $(DEMO_ELASTIC_PACKAGES) $(TEST_PACKAGES) $(NIC_PACKAGES)
all: deps
	@test -f build/build.ninja || meson setup build
	ninja -C build
tests: all deps-unit
	meson configure build -Dtests=true
	ninja -C build
debug: deps-unit
	@test -f build-asan/build.ninja || meson setup build-asan -Dbuildtype=debug -Db_sanitize=address,undefined -Dtests=true
	ninja -C build-asan
clang: deps-unit
	@test -f build-clang/build.ninja || CC=clang meson setup build-clang
	ninja -C build-clang
coverage: deps-test
	@$(INSTALL) gcovr
	@test -f build-coverage/build.ninja || meson setup build-coverage -Dbuildtype=debug -Db_coverage=true -Dtests=true
	ninja -C build-coverage
	tests/run.sh unit build-coverage
	ninja -C build-coverage coverage-text
	@tail -n 3 build-coverage/meson-logs/coverage.txt
unit: tests debug
	tests/run.sh unit build build-asan
tsan-build: deps-unit
	@test -f build-tsan/build.ninja || meson setup build-tsan -Dbuildtype=debug -Db_sanitize=thread -Db_lundef=false -Dtests=true
	ninja -C build-tsan tsan
tsan: tsan-build
	tests/run.sh tsan build-tsan
model: tests
	tests/run.sh model build
# SEEDS=100000 SEED=1: how many worlds, from which seed on. A seed that fails is printed; it repeats with SEEDS=1.
sim: tests
	tests/run.sh sim build $(or $(SEEDS),1000) $(or $(SEED),1)
smoke: tests debug deps-test
	tests/run.sh smoke build build-asan
# SECONDS=1800 SEED=7 FAULTS=exporter,-index: how long, which faults in which order, and of which kinds.
chaos: tests deps-test
	tests/chaos/run.sh build $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED)) $(if $(FAULTS),--faults=$(FAULTS))
# KIND=virtio CHECK=jumbo: one kind, or checks with such a name, alone.
nic-test: tests
	@$(INSTALL) $(NIC_PACKAGES)
	tests/nic/run.sh build $(if $(KIND),--kind $(KIND)) $(if $(CHECK),--check "$(CHECK)")
	$(if $(KIND)$(CHECK),,tests/nic/operations.py)
fuzz: deps-unit
	tests/fuzz/build.sh build-fuzz
	tests/run.sh fuzz $(FUZZ_SECONDS)
test: lint-quick tests debug clang tsan-build deps-test
	tests/fuzz/build.sh build-fuzz
	tests/run.sh all build build-asan
# BENCH=quick: rows with a target, fewer turns.
bench: tests deps-test
	tests/bench/bench.py build
# docs/performance.md and its picture, of the last make bench.
report:
	tests/bench/report.py build/bench.json docs
# Over captures that are made here, 200 times between other hosts.
bench-classify: tests deps-test
	tests/ndpi/make_captures.py build/ndpi-captures
	@for c in build/ndpi-captures/*.pcap; do echo "$$c" && build/tests/bench/bench_classify "$$c" 200 || exit; done
bench-kafka: tests deps-test
	tests/bench/kafka.sh build
# SCENARIO=imix: one alone. Of pktgen-scenarios, with a generator of our own; its README.md tells how with Pktgen.
scenarios: tests deps-test
	pktgen-scenarios/run $(or $(SCENARIO),all) --own --build build --json build/scenarios.json
# Beside Open vSwitch with DPDK, when Debian's openvswitch-switch-dpdk is there.
bench-peers: tests deps-test
	python3 tests/bench/peers.py build
# BEFORE=FILE: a build/instructions.json of before the change, kept elsewhere.
instructions: tests
	@$(INSTALL) python3 valgrind
	python3 tests/bench/instructions.py build --json build/instructions.json $(if $(BEFORE),--compare $(BEFORE))
demo: all
	@$(INSTALL) $(DEMO_PACKAGES)
	deploy/demo.sh build
# A Kafka broker, an Elasticsearch and dashboards, until Ctrl-C; ARGUMENTS=--once: ends by itself.
demo-elastic: all
	@$(INSTALL) $(DEMO_PACKAGES) $(DEMO_ELASTIC_PACKAGES)
	deploy/demo-elastic.sh build $(ARGUMENTS)
lint: deps
	@$(INSTALL) $(LINT_PACKAGES)
	@test -f build-lint/build.ninja || CC=clang meson setup build-lint >/dev/null
	tests/lint/run.sh build-lint
# Without clang-tidy, which takes minutes: make test has to end within half an hour.
lint-quick: deps
	@$(INSTALL) $(LINT_PACKAGES)
	@test -f build-lint/build.ninja || CC=clang meson setup build-lint >/dev/null
	tests/lint/run.sh build-lint format rooms headers sizes licence version documents dashboards spelling shell commits
format: deps
	clang-format -i $$(git ls-files '*.c' '*.h')
docs: all
	deploy/docs/generate.py build
install: all
	meson install -C build
clean:
	rm -rf build build-asan build-clang build-coverage build-fuzz build-lint build-tsan
