#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""slow_gateway.py OUTER INNER DELAY_MS: a gateway on VNI 10 that is far away: it answers for its inner address at once, and
gives each IP packet back as it came after that delay. It says `ready` when it listens."""
import collections
import select
import socket
import sys
import time

ARP, IPV4 = b"\x08\x06", b"\x08\x00"
outer, inner, delay = sys.argv[1], socket.inet_aton(sys.argv[2]), float(sys.argv[3]) / 1000
mac = bytes.fromhex("020000000399")
network = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
network.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)  # SO_RCVBUFFORCE
network.bind((outer, 4789))
print("ready", flush=True)
under_way = collections.deque()
while True:
    left = max(0, under_way[0][0] - time.monotonic()) if under_way else None
    if select.select([network], [], [], left)[0]:
        datagram, (source, _) = network.recvfrom(65536)
        head, sender, kind, packet = datagram[:8], datagram[14:20], datagram[20:22], datagram[22:]
        if kind == IPV4:
            under_way.append((time.monotonic() + delay, head + sender + mac + kind + packet, source))
        elif kind == ARP and packet[6:8] == b"\0\1" and packet[24:28] == inner:
            answer = packet[:6] + b"\0\2" + mac + inner + packet[8:18]
            network.sendto(head + sender + mac + kind + answer, (source, 4789))
    while under_way and under_way[0][0] <= time.monotonic():
        _, datagram, source = under_way.popleft()
        network.sendto(datagram, (source, 4789))
