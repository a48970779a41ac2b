// SPDX-License-Identifier: BSD-3-Clause
// What flows and records say in bits and numbers. Each list stands once: the enum, the mask of what there is, the checks
// of readers, the words in documents and of junctionctl come from it.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// X(ID, bit, "word in junction.verdict of a document", "word of junctionctl", "explanation"). Without a word in
// junction.verdict a document says it elsewhere. Bits of one word stand for one thing.
// What a policy may say: a VPG's defaults, and its rules.
#define JN_POLICY_VERDICTS(X)                                                                                          \
    X(DROP, 0, "drop", "drop", "not forwarded")                                                                        \
    X(INSPECT, 1, "inspect", "inspect", "in records and sums")                                                         \
    X(REDIRECT, 2, "redirect", "redirect", "through the gateway")                                                      \
    X(MIRROR0, 4, "mirror", "mirror-1", "copied to the first peer")                                                    \
    X(MIRROR1, 5, "mirror", "mirror-2", "copied to the second peer")

#define JN_VERDICTS(X)                                                                                                 \
    JN_POLICY_VERDICTS(X)                                                                                              \
    X(GATE, 3, "", "gate", "to a host of the virtual network, directly")                                               \
    X(PRIVACY, 6, "privacy", "privacy", "with drop: two devices of different groups")                                  \
    X(HEADERLESS, 7, "headerless", "headerless", "with drop: a fragment whose transport header is not known")

enum jn_verdict_bits {
#define X(id, bit, in_document, word, text) JN_VERDICT_##id = 1u << (bit),
    JN_VERDICTS(X)
#undef X
#define X(id, bit, in_document, word, text) | 1u << (bit)
        JN_VERDICTS_ALL = 0 JN_VERDICTS(X),
    JN_VERDICTS_POLICY = 0 JN_POLICY_VERDICTS(X),
#undef X
};

// X(ID, bits, "explanation")
#define JN_FLOW_FLAGS(X)                                                                                               \
    X(IPV6, 1u << 0, "of IPv6")                                                                                        \
    X(INITIATOR_B, 1u << 1, "end b sent the first packet")                                                             \
    X(DEVICE_A, 1u << 2, "end a is in the VPG's device_subnets")                                                       \
    X(DEVICE_B, 1u << 3, "end b is")                                                                                   \
    X(FROM_NETWORK, 1u << 4, "the first packet came in by the network port")                                           \
    X(ONE_WAY, 1u << 5, "ICMP without a counterpart type: the ends are not interchangeable")                           \
    X(REPORTED, 1u << 6, "a record was written before")                                                                \
    X(RETURNED, 1u << 7, "the gateway made it, by another address or port: what answers it goes there too")            \
    X(CLOSING_A, 1u << 8, "FIN seen from end a")                                                                       \
    X(CLOSING_B, 1u << 9, "FIN seen from end b")                                                                       \
    X(SAMPLED, 1u << 10, "its next packets go to the classifier")                                                      \
    X(APPLICATION, 3u << 11, "enum jn_application_phase")                                                              \
    X(NO_PORTS, 1u << 13, "its packets name none: of a protocol without, cut short, or later fragments alone")         \
    X(VERDICT_CHANGED, 1u << 14, "its verdict became another one when its application was known")

// And of an entry alone, in no record: something of the flow may be in its worker's arrays beside the table.
#define JN_FLOW_BESIDE (1u << 15)

enum jn_flow_flags {
#define X(id, bits, text) JN_FLOW_##id = (bits),
    JN_FLOW_FLAGS(X)
#undef X
#define X(id, bits, text) | (bits)
        JN_FLOW_FLAGS_ALL = 0 JN_FLOW_FLAGS(X)
#undef X
};

// How far the search for a flow's application has come. X(ID, number, "explanation")
#define JN_APPLICATION_PHASES(X)                                                                                       \
    X(NONE, 0, "nobody looks for it, or nothing was looked at yet")                                                    \
    X(UNDECIDED, 1, "looked for; what is known is guessed")                                                            \
    X(UNKNOWN, 2, "not found within the packets and the time that it may take; it may still be")                       \
    X(DECIDED, 3, "seen in its packets")

enum jn_application_phase {
#define X(id, number, text) JN_APPLICATION_##id##_PHASE = (number),
    JN_APPLICATION_PHASES(X)
#undef X
};
#define JN_FLOW_APPLICATION_SHIFT 11u

static inline enum jn_application_phase
jn_application_phase(uint16_t flags) {
    return (enum jn_application_phase)(flags >> JN_FLOW_APPLICATION_SHIFT & 3u);
}

// Why a record was written: IPFIX flowEndReason (RFC 5102, information element 136). X(ID, number, "name")
#define JN_END_REASONS(X)                                                                                              \
    X(IDLE, 1, "idle timeout")                                                                                         \
    X(ACTIVE, 2, "active timeout")                                                                                     \
    X(DETECTED, 3, "end of flow detected")                                                                             \
    X(FORCED, 4, "forced end")                                                                                         \
    X(RESOURCES, 5, "lack of resources")

enum jn_end_reason {
#define X(id, number, name) JN_END_##id = (number),
    JN_END_REASONS(X)
#undef X
};

static inline bool
jn_end_reason_known(unsigned int reason) {
    switch (reason) {
#define X(id, number, name) case JN_END_##id:
        JN_END_REASONS(X)
#undef X
        return true;
    default: return false;
    }
}

// Why an interval has another length than was configured. X(ID, bit, "word in documents", "explanation")
#define JN_INTERVAL_MARKS(X)                                                                                           \
    X(FIRST, 0, "first", "the dataplane, or its first policy, came within it")                                         \
    X(LAST, 1, "last", "the dataplane was stopped in it")                                                              \
    X(CLOCK_STEP, 2, "clock_step", "the wall clock was set by more than a second: it ended there, or began there")     \
    X(CLOCK_ADJUSTED, 3, "clock_adjusted", "the wall clock was set by less: its end was moved to where it should be")  \
    X(LENGTH_CHANGED, 4, "length_changed", "`interval_seconds` was changed: it ends at the next multiple of the new")  \
    X(CUT, 5, "cut", "the dataplane was killed in it: what no record had yet is in no document and in no sum")         \
    X(DELAYED, 6, "delayed",                                                                                           \
      "a worker ended it late, for it had yet to report the one before: it has packets of the next")                   \
    X(SALVAGED, 7, "salvaged",                                                                                         \
      "the dataplane was killed in it; the next start wrote what it had counted: at most a burst of each worker is "   \
      "missing")

enum jn_interval_marks {
#define X(id, bit, word, text) JN_INTERVAL_##id = 1u << (bit),
    JN_INTERVAL_MARKS(X)
#undef X
#define X(id, bit, word, text) | 1u << (bit)
        JN_INTERVAL_MARKS_ALL = 0 JN_INTERVAL_MARKS(X)
#undef X
};

// X(ID, number, "explanation")
#define JN_RECORD_TYPES(X)                                                                                             \
    X(FLOW, 1, "a flow's share of an interval, or its end")                                                            \
    X(VPG_INTERVAL, 2, "one VPG's counters over one interval, of one worker")                                          \
    X(INTERVAL_END, 3, "all records of the interval by this worker came before this one")                              \
    X(END_OF_STREAM, 4, "a replay has ended, or the dataplane was stopped")                                            \
    X(VPG_LAST, 5, "when a VPG's last packet came, in a replay without intervals")

enum jn_record_type {
#define X(id, number, text) JN_RECORD_##id = (number),
    JN_RECORD_TYPES(X)
#undef X
};

static inline bool
jn_record_type_known(unsigned int type) {
    switch (type) {
#define X(id, number, text) case JN_RECORD_##id:
        JN_RECORD_TYPES(X)
#undef X
        return true;
    default: return false;
    }
}
