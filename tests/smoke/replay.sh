#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# junction replay over every capture of ours, and those beside the project when there: what is reported is what is in
# them, and every frame leaves as it came.
. "$(dirname "$0")/_init.sh"
python=$BUILD/python/bin/python3
"$python" -c "import communityid" 2>/dev/null || { /usr/bin/python3 -m venv --system-site-packages "$BUILD/python" && "$python" -m pip install -q -r "$SMOKE/requirements.txt"; }

# The captures in the tree are those that their script makes.
mkdir "$TMP/made"
/usr/bin/python3 "$SMOKE/../captures/make.py" "$TMP/made"
for file in "$TMP"/made/*; do
    cmp "$file" "$SMOKE/../captures/${file##*/}"
done
mkdir "$TMP/large"
/usr/bin/python3 "$SMOKE/../captures/make.py" "$TMP/large" large
folders=("$SMOKE/../captures" "$TMP/large")
[ ! -d "$SMOKE/../../../shared/captures" ] || folders+=("$SMOKE/../../../shared/captures")
config "$TMP/lean.json" '.documents.flow.fields = "lean"'
"$python" "$SMOKE/check_replay.py" --lean "$TMP/lean.json" --junction "$BUILD/junction" --temporary "$TMP" --schemas "$SMOKE/../../docs" \
    "${folders[@]}" || fail "captures differ"
pass
