# SPDX-License-Identifier: BSD-3-Clause
"""Flows as they should not be: a message missing, in two, damaged, from the other end, again, in another order or behind
rubbish; without a handshake, at another port, over IPv6, one flow's packets among another's. The same for the same seed.
Nobody says what they are to be taken for: Junction and ndpiReader must agree."""
import dataclasses
import random

import frames

PORTS = (25, 53, 80, 443, 3478, 5060, 8080, 12345)


def without_one(messages, rng):
    return messages[:-1] if len(messages) > 1 and rng.randrange(2) else messages[1:] or messages


def in_two(messages, rng):
    at = rng.randrange(len(messages))
    client, content = messages[at]
    cut = rng.randrange(len(content) + 1)
    return messages[:at] + [(client, content[:cut]), (client, content[cut:])] + messages[at + 1:]


def damaged(messages, rng):
    at = rng.randrange(len(messages))
    content = bytearray(messages[at][1])
    for _ in range(rng.randrange(1, 4) if content else 0):
        content[rng.randrange(len(content))] = rng.randrange(256)
    return messages[:at] + [(messages[at][0], bytes(content))] + messages[at + 1:]


def turned(messages, _):
    return [(not client, content) for client, content in messages]


def again(messages, _):
    return messages * 3


def shuffled(messages, rng):
    return rng.sample(messages, len(messages))


def one_sided(messages, _):
    return [message for message in messages if message[0]] or messages


def behind_rubbish(messages, rng):
    return [(rng.random() < 0.5, bytes(rng.randrange(256) for _ in range(rng.randrange(1, 60))))] + messages


TWISTS = (without_one, in_two, damaged, turned, again, shuffled, one_sided, behind_rubbish)


def twisted(flow, rng):
    flow = dataclasses.replace(flow)
    if flow.messages:
        flow.messages = rng.choice(TWISTS)(list(flow.messages), rng)
    if rng.random() < 0.3:
        flow.handshake = False
    if rng.random() < 0.3:
        flow.port = rng.choice(PORTS)
    if rng.random() < 0.2 and not flow.to and not flow.source and flow.number in (frames.TCP, frames.UDP):
        flow.version = 6
    return flow


def among_each_other(flows, rng):
    left, out = [list(frames_of) for frames_of in flows], []
    while left:
        one = rng.choice(left)
        out.append(one.pop(0))
        left = [frames_of for frames_of in left if frames_of]
    return out


def capture(flows, first, seed):
    rng = random.Random(seed)
    written = [frames.Ends(twisted(flow, rng), first + index).write() for index, flow in enumerate(flows)]
    if rng.random() < 0.5:
        return frames.pcap(among_each_other(written, rng))
    return frames.pcap([frame for frames_of in written for frame in frames_of])
