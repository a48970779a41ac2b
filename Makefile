# SPDX-License-Identifier: BSD-3-Clause
# Verbs. Each installs what it needs by itself (Debian 12, as root).
BUILD_PACKAGES = $(shell cat deploy/packages-build.txt)
DEMO_PACKAGES = $(shell cat deploy/packages-demo.txt)
TEST_PACKAGES = $(shell cat tests/packages.txt)
FUZZ_SECONDS = 600
INSTALL = deploy/install-packages.sh

.PHONY: deps deps-test all debug coverage unit tsan model smoke fuzz test bench demo lint format install clean
deps:
	@$(INSTALL) $(BUILD_PACKAGES)
deps-test: deps
	@$(INSTALL) $(DEMO_PACKAGES) $(TEST_PACKAGES)
all: deps
	@test -f build/build.ninja || meson setup build
	ninja -C build
debug: deps
	@test -f build-asan/build.ninja || meson setup build-asan -Dbuildtype=debug -Db_sanitize=address,undefined
	ninja -C build-asan
coverage: deps-test
	@$(INSTALL) gcovr
	@test -f build-coverage/build.ninja || meson setup build-coverage -Dbuildtype=debug -Db_coverage=true
	ninja -C build-coverage
	tests/run.sh unit build-coverage
	ninja -C build-coverage coverage-text
	@tail -n 3 build-coverage/meson-logs/coverage.txt
unit: all debug
	tests/run.sh unit build build-asan
tsan: deps
	@test -f build-tsan/build.ninja || meson setup build-tsan -Dbuildtype=debug -Db_sanitize=thread -Db_lundef=false
	ninja -C build-tsan tsan
	tests/run.sh tsan build-tsan
model: all
	tests/run.sh model build
smoke: all debug deps-test
	tests/run.sh smoke build build-asan
fuzz: deps
	tests/fuzz/build.sh build-fuzz
	tests/run.sh fuzz $(FUZZ_SECONDS)
test: all debug deps-test
	tests/fuzz/build.sh build-fuzz
	tests/run.sh all build build-asan
bench: all deps-test
	python3 tests/bench/bench.py build
demo: all
	@$(INSTALL) $(DEMO_PACKAGES)
	deploy/demo.sh build
lint: deps
	clang-format --dry-run --Werror $$(git ls-files '*.c' '*.h')
format: deps
	clang-format -i $$(git ls-files '*.c' '*.h')
install: all
	meson install -C build
clean:
	rm -rf build build-asan build-coverage build-fuzz build-tsan
