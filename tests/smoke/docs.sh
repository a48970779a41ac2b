#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Release build only: the lists of the source are the same in every build.
# What the documents, the man page, the completion and the JSON Schema say about the lists of the source is what make docs
# would write; and a change is found.
set -eu
cd "$(dirname "$0")/../.."
BUILD=$(realpath "$BUILD")
deploy/docs/generate.py --check "$BUILD"
COPY=$(mktemp -d)
trap 'rm -rf "$COPY"' EXIT
mkdir "$COPY/deploy"
cp -r docs "$COPY"
cp -r deploy/docs deploy/completion "$COPY/deploy"
for folder in lib dataplane control; do ln -s "$PWD/$folder" "$COPY/$folder"; done
for change in 's/mirror add/mirror ad/ deploy/completion/junctionctl' 's/"maximum": 4094/"maximum": 4095/ docs/junction.schema.json' \
    's/VXLAN network identifier/VNI/ docs/configuration.md' 's/over rate_mbps/too fast/ docs/junctionctl.md' 's/32 a gate/33 a gate/ docs/limits.md'; do
    sed -i "${change% *}" "$COPY/${change##* }"
    ! "$COPY/deploy/docs/generate.py" --check "$BUILD" >"$COPY/out" || { echo "FAIL docs: not found: $change"; exit 1; }
    grep -q "^${change##* }: " "$COPY/out"
    cp "${change##* }" "$COPY/${change##* }"
done
echo "ok docs"
