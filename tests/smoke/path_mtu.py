#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""path_mtu.py ADDRESS PORT LENGTH: sends a UDP datagram that must not be fragmented, waits for the answer of who found it
too long, and prints it: offender, type, code, the MTU it told, and the one that the kernel believes from then on."""
import ipaddress
import select
import socket
import struct
import sys

IP_RECVERR, IPV6_RECVERR, IP_MTU, IPV6_MTU = 11, 25, 14, 24
IP_MTU_DISCOVER, IPV6_MTU_DISCOVER, PMTUDISC_DO = 10, 23, 2


def main(address, port, length):
    four = ipaddress.ip_address(address).version == 4
    sock = socket.socket(socket.AF_INET if four else socket.AF_INET6, socket.SOCK_DGRAM)
    level = socket.IPPROTO_IP if four else socket.IPPROTO_IPV6
    sock.setsockopt(level, IP_RECVERR if four else IPV6_RECVERR, 1)
    sock.setsockopt(level, IP_MTU_DISCOVER if four else IPV6_MTU_DISCOVER, PMTUDISC_DO)
    sock.connect((address, port))
    sock.send(bytes(length))
    poll = select.poll()
    poll.register(sock, 0)
    if not poll.poll(10000):
        sys.exit("no answer")
    _, ancillary, _, _ = sock.recvmsg(0, 1000, socket.MSG_ERRQUEUE)
    for _, _, data in ancillary:
        # struct sock_extended_err, then the offender's struct sockaddr_in or sockaddr_in6.
        _, _, kind, code, _, mtu, _ = struct.unpack_from("=IBBBBII", data)
        offender = data[20:24] if four else data[24:40]
        believed = sock.getsockopt(level, IP_MTU if four else IPV6_MTU)
        print(ipaddress.ip_address(offender), kind, code, mtu, believed)


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
