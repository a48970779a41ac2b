#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# commits.sh [BASE]: titles of the commits since BASE, or of those that are not upstream yet: `area: what changes`, up to
# 60 characters.
set -euo pipefail
base=${1:-$(git rev-parse -q --verify '@{upstream}' || true)}
[ -n "$base" ] || { echo "no upstream and no BASE: nothing to look at" && exit 0; }
git log --no-merges --format='%h %s' "$base..HEAD" | awk '
    length($0) - length($1) - 1 > 60 { print $0 ": more than 60 characters"; bad = 1 }
    $0 !~ /^[0-9a-f]+ ([a-z0-9_.-]+, )*[a-z0-9_.-]+: / { print $0 ": expected area: what changes"; bad = 1 }
    END { exit bad }'
