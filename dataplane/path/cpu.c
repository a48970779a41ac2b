// SPDX-License-Identifier: BSD-3-Clause
// By CPUID itself: clang 14 does not know the levels' names in __builtin_cpu_supports, and a table of words can be tested.
#include "path/cpu.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

enum jn_isa
jn_isa_of(const struct jn_cpu_words *words) {
    // Intel SDM volume 2, CPUID; AMD APM volume 3, appendix E. FMA 12, MOVBE 22, OSXSAVE 27, AVX 28, F16C 29.
    const uint32_t v3_ecx1 = 1u << 12 | 1u << 22 | 1u << 27 | 1u << 28 | 1u << 29;
    const uint32_t v3_ebx7 = 1u << 3 | 1u << 5 | 1u << 8; // BMI1, AVX2, BMI2
    const uint32_t v3_ecx80000001 = 1u << 5;              // LZCNT
    // AVX512F 16, DQ 17, CD 28, BW 30, VL 31.
    const uint32_t v4_ebx7 = 1u << 16 | 1u << 17 | 1u << 28 | 1u << 30 | 1u << 31;
    // Kept over a switch of threads: XMM and YMM; then opmask, upper halves of ZMM, ZMM16 to ZMM31.
    const uint64_t ymm = 0x06, zmm = 0xe6;
    if ((words->ecx1 & v3_ecx1) != v3_ecx1 || (words->ebx7 & v3_ebx7) != v3_ebx7 ||
        (words->ecx80000001 & v3_ecx80000001) != v3_ecx80000001 || (words->xcr0 & ymm) != ymm)
        return JN_ISA_BASE;
    return (words->ebx7 & v4_ebx7) == v4_ebx7 && (words->xcr0 & zmm) == zmm ? JN_ISA_AVX512 : JN_ISA_AVX2;
}

#if defined(__x86_64__)
static uint64_t
xgetbv(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

enum jn_isa
jn_isa_here(void) {
    struct jn_cpu_words words = {0};
    uint32_t eax, ebx, ecx, edx;
    if (__get_cpuid(1, &eax, &ebx, &ecx, &edx))
        words.ecx1 = ecx;
    if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx))
        words.ebx7 = ebx;
    if (__get_cpuid(0x80000001, &eax, &ebx, &ecx, &edx))
        words.ecx80000001 = ecx;
    if (words.ecx1 & 1u << 27)
        words.xcr0 = xgetbv();
    return jn_isa_of(&words);
}
#else
enum jn_isa
jn_isa_here(void) {
    return JN_ISA_BASE;
}
#endif
