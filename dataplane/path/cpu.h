// SPDX-License-Identifier: BSD-3-Clause
// Which instruction sets the CPU has, and the operating system keeps the registers of.
#pragma once

#include <stdint.h>

// JN_ISA_BASE: what the build as a whole needs, x86-64-v2 on x86.
enum jn_isa { JN_ISA_BASE, JN_ISA_AVX2, JN_ISA_AVX512 };

// What CPUID and XGETBV say: registers by leaf, 0 where the CPU does not know the leaf.
struct jn_cpu_words {
    uint32_t ecx1, ebx7, ecx80000001;
    uint64_t xcr0; // 0 where XGETBV is not allowed
};

// The highest level of the psABI (v3 is JN_ISA_AVX2, v4 JN_ISA_AVX512) whose every feature is there.
enum jn_isa jn_isa_of(const struct jn_cpu_words *words);

// Of this CPU.
enum jn_isa jn_isa_here(void);
