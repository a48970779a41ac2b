# SPDX-License-Identifier: BSD-3-Clause
DEPS = gcc clang libclang-rt-14-dev meson ninja-build pkg-config libcmocka-dev libjansson-dev libpcap-dev nettle-dev
FUZZ_SECONDS = 600
PARSER = dataplane/parse.c dataplane/parse_link.c

# `fuzz` runs long; `test` gives each fuzzer ten seconds.
.PHONY: deps all debug fuzz test clean
deps:
	@dpkg -s $(DEPS) >/dev/null 2>&1 || { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $(DEPS); }
all: deps
	@test -d build || meson setup build
	ninja -C build
debug: deps
	@test -d build-asan || meson setup build-asan -Dbuildtype=debug -Db_sanitize=address,undefined
	ninja -C build-asan
build-fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(PARSER) $(wildcard lib/*.h dataplane/*.h)
	@mkdir -p build-fuzz
	clang -std=gnu17 -g -O1 -fno-strict-aliasing -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -Ilib -Idataplane $< $(PARSER) -o $@
fuzz: deps build-fuzz/fuzz_parse
	@mkdir -p build-fuzz/corpus-parse
	build-fuzz/fuzz_parse -max_total_time=$(FUZZ_SECONDS) -max_len=512 build-fuzz/corpus-parse
test: all debug build-fuzz/fuzz_parse
	tests/run.sh build build-asan
clean:
	rm -rf build build-asan build-fuzz
