#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# run.sh BUILD [--kind KIND]... [--check TEXT]...: see run.py. As root.
set -eu
[ "$(id -u)" -eq 0 ] || { echo "nic/run.sh: must be run as root" >&2; exit 1; }
export LC_ALL=C PYTHONDONTWRITEBYTECODE=1
exec /usr/bin/python3 -u "$(dirname "$(realpath "$0")")/run.py" "$@"
