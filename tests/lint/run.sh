#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# run.sh BUILD [PART...]: every part that make lint has, or those named. BUILD is set up, for its list of compile commands.
set -u
cd "$(dirname "$0")/../.." || exit
build=$1
shift
mapfile -t c < <(git ls-files '*.c' '*.h')
mapfile -t product < <(git ls-files 'dataplane/*.[ch]' 'lib/*.[ch]' 'control/*.[ch]')
mapfile -t units < <(git ls-files 'dataplane/*.c' 'lib/*.c' 'control/*.c' ':!*.bpf.c')
mapfile -t scripts < <(git ls-files '*.sh' .ci/run)
mapfile -t licensed < <(git ls-files '*.[ch]' '*.py' '*.sh' .ci/run Makefile '*meson.build' '*meson_options.txt')
mapfile -t texts < <(git ls-files ':!tests/fuzz/corpus' ':!tests/captures/*.pcap*' ':!tests/lint/words.txt')

format() { clang-format --dry-run --Werror "${c[@]}"; }
# .clang-tidy lists the checks; what is generated is compiled by the build, not looked at here.
tidy() { printf '%s\n' "${units[@]}" | xargs -P 2 -n 4 clang-tidy -p "$build" --quiet --warnings-as-errors='*'; }
shell() {
    printf '%s\n' "${scripts[@]}" | xargs -P 2 -n 8 shellcheck -S warning &&
        shellcheck -S warning -s bash -e SC1007,SC2207 deploy/completion/junctionctl # written by junctionctl
}
spelling() { codespell -I tests/lint/words.txt "${texts[@]}"; }
rooms() { tests/lint/rooms.py --self-test && tests/lint/rooms.py; }
headers() { tests/lint/headers.py; }
documents() { tests/lint/documents.py --self-test && tests/lint/documents.py; }
dashboards() {
    local folder=deploy/elastic/dashboards
    $folder/generate.py --check && tests/elastic/importer.py --self-test $folder/junction-7.ndjson &&
        tests/elastic/importer.py $folder/junction-7.ndjson $folder/junction-9.ndjson
}
sizes() { tests/lint/sizes.py "${product[@]}"; }
licence() {
    local file status=0
    for file in "${licensed[@]}"; do
        head -n 2 "$file" | grep -q 'SPDX-License-Identifier: ' || { echo "$file: no SPDX line on top" && status=1; }
    done
    return $status
}
commits() { tests/lint/commits.sh; }
# meson.build alone says it; what is generated or released says the same.
version() {
    local version released page status=0
    version=$(sed -nE "s/^project\(.*[ ,]version: '([^']*)'.*/\1/p" meson.build)
    released=$(sed -nE 's/^## \[([0-9][^]]*)\].*/\1/p' CHANGELOG.md | head -n 1)
    [ "$version" = "$released" ] || { echo "CHANGELOG.md: expected $version as the latest release, found $released" && status=1; }
    for page in docs/man/*.1; do
        head -n 1 "$page" | grep -qF "\"Junction $version\"" || { echo "$page: expected version $version: make docs" && status=1; }
    done
    return $status
}

[ $# -gt 0 ] || set -- format rooms headers sizes licence version documents dashboards spelling shell commits tidy
failed=0
for part in "$@"; do
    start=$SECONDS status=0
    said=$("$part" 2>&1) || status=1
    failed=$((failed + status))
    [ $status -eq 0 ] && echo "ok   lint $part ($((SECONDS - start)) s)" || echo "FAIL lint $part"
    { [ $status -eq 0 ] && [ "$part" != sizes ]; } || printf '%s\n' "$said"
done
[ $failed -eq 0 ]
