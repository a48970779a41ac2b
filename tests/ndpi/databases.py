# SPDX-License-Identifier: BSD-3-Clause
"""Databases, queues and remote calls."""
import struct

from frames import down, h, tcp, udp, up


def stores():
    startup = b"\0\3\0\0user\0someone\0database\0x\0\0"
    greeting = b"\x0a5.7.1\0" + bytes(4) + b"saltsalt\0" + bytes(18) + b"challenge123\0mysql_native_password\0"
    return [
        tcp("PostgreSQL", 5432, up(struct.pack(">I", 4 + len(startup)), startup), down(h("52 00000008 00000000"))),
        tcp("MySQL", 3306, down(struct.pack("<I", len(greeting)), greeting)),
        tcp("MsSQL-TDS", 1433, up(h("12 01 001a 0000 01 00 0000 0b 0006 01 0011 0001 ff 09000fa00000 00"))),
        tcp("Oracle", 1521, up(h("00d5 0000 0100 0000"), bytes(205))),
        tcp("Redis", 6379, up("*1\r\n$4\r\nPING\r\n"), down("+PONG\r\n")),
        tcp("MongoDB", 27017, up(struct.pack("<IIII", 58, 1, 0, 2004), bytes(4), "admin.$cmd\0", bytes(27))),
        tcp("Memcached", 11211, up("set key 0 0 5\r\nvalue\r\n"), down("STORED\r\n"), up("get key\r\n"),
            down("VALUE key 0 5\r\nvalue\r\nEND\r\n")),
        udp("Memcached", 11211, up(h("0001 0000 0001 0000"), "get key\r\n"), down(h("0001 0000 0001 0000"), "END\r\n")),
        tcp("Cassandra", 9042, up(h("04 00 0000 05 00000000")), down(h("84 00 0000 06 00000000"))),
        tcp("DRDA", 50000, up(h("000a d041 0001 0004 1041"))),
    ]


def queues():
    amqp = h("01 0000 0000000c 000a 000a 00 09 00000000 0000 ce")
    return [
        tcp("MQTT", 1883, up(h("10 14 0004"), "MQTT", h("04 02 003c 0008"), "sensor-1"), down(h("20 02 0000"))),
        tcp("AMQP", 5672, up("AMQP", h("00000901")), down(amqp)),
        tcp("ZeroMQ", 5555, up(h("ff 0000000000000001 7f")), down(h("ff 0000000000000001 7f"))),
        udp("COAP", 5683, up(h("40 01 0001 b4"), "test"), down(h("60 45 0001 ff"), "ok")),
        tcp("SMPP", 2775, up(struct.pack(">IIII", 34, 2, 0, 1), "device\0secret\0", h("00 34 00 00"))),
        tcp("Corba", 2809, up("GIOP", h("01 02 00 00 00000014"), bytes(20))),
        tcp("AJP", 8009, up(h("1234 0001 0a")), down(h("4142 0001 09"))),
        udp("SOMEIP", 30490, up(h("00010001 00000008 00010001 01 01 00 00"))),
        tcp("NestLogSink", 11095, *[up(h("00 01 00 13 00000000"))] * 3),
    ]


FLOWS = stores() + queues()
