# SPDX-License-Identifier: BSD-3-Clause
DEPS = gcc meson ninja-build pkg-config libcmocka-dev

.PHONY: deps all debug test clean
deps:
	@dpkg -s $(DEPS) >/dev/null 2>&1 || { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $(DEPS); }
all: deps
	@test -d build || meson setup build
	ninja -C build
debug: deps
	@test -d build-asan || meson setup build-asan -Dbuildtype=debug -Db_sanitize=address,undefined
	ninja -C build-asan
test: all debug
	tests/run.sh build build-asan
clean:
	rm -rf build build-asan
