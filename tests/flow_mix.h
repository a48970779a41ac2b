// SPDX-License-Identifier: BSD-3-Clause
// Flow records as a gateway of devices reports them, for benchmarks and what is said of documents' lengths.
#pragma once

#include "policy.h"
#include "record.h"

enum { MIX_RECORDS = 1024 };

// TCP and UDP between devices and well-known ports, one flow in eight over IPv6, half of them reported before. The same
// on every call.
void mix_records(struct jn_record records[MIX_RECORDS]);

// A policy that names the records' VPG, and each of their devices by a SIM's number. The caller frees it.
struct jn_policy *mix_policy(const struct jn_record records[MIX_RECORDS]);
