#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# In the virtual machine: runs what comes by standard input, and says its exit status in a last line.
text=$(cat)
bash -c "$text" </dev/null 2>&1
printf '\nstatus %d\n' $?
