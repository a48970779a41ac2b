# SPDX-License-Identifier: BSD-3-Clause
"""Telephony, media and streams."""
import struct

from frames import down, h, tcp, udp, up


def stun(kind, attributes=b""):
    return struct.pack(">HHI", kind, len(attributes), 0x2112a442) + bytes(range(12)) + attributes


def rtp(number):
    return struct.pack(">BBHII", 0x80, 0, number, 160 * number, 0x12345678) + bytes(160)


def calls():
    software = h("80220008") + b"junction"
    return [
        udp("STUN", 3478, *[up(stun(1, software)), down(stun(0x101, h("00200008 0001a147e112a643")))] * 3),
        udp("RTP", 20000, *[one(rtp(number)) for number in range(4) for one in (up, down)]),
        udp("RTCP", 20001, up(h("80c80006 12345678"), bytes(20)), down(h("80c80006 12345678"), bytes(20))),
        udp("H323", 1719, up(h("1680 0001 06 00 08914a0002"), bytes(16))),
        udp("IAX", 4569, up(h("8001 0000 00000000 00 00 06 01 0b02 0002"))),
        tcp("CiscoSkinny", 2000, up(h("10000000 00000000"), bytes(16))),
        udp("NOE", 32640, up(h("07 00 01 00 00"))),
        udp("TeamSpeak", 9987, up("TS3INIT1", h("0065 0000 88 00000000"), bytes(20))),
        udp("Skype_Teams.SkypeCall", 45678, up(h("71 34 02"), bytes(range(1, 21)))),
        udp("Viber", 7985, up(h("0100 0300 0000 00000000"))),
        udp("Zoom", 8801, up(h("71 34 02"), bytes(range(1, 21)))),
        udp("VHUA", 58267, up(h("05143a0508f8a1b103"), bytes(8))),
        udp("IMO", 5678, up(h("09 02"), bytes(8))),
        udp("Telegram", 533, up(bytes(20), b"\xff" * 12, bytes(16))),
        tcp("WhatsApp", 5222, up("WA", h("01 05 0000"))),
        udp("EAQ", 6000, *[up(h("00000001"), bytes(12)), down(h("00000001"), bytes(12))] * 2),
    ]


def streams():
    return [
        tcp("RTMP", 1935, up(h("03"), bytes(1400)), down(h("03"), bytes(1400))),
        udp("MPEG_TS", 1234, up(*[h("47400010") + bytes(184)] * 7)),
        udp("Spotify", 57621, up("SpotUdp0", bytes(36)), client_port=57621, to="10.255.255.255"),
        udp("PPStream", 17788, up(h("2000 43 0000 ff 0001 00000000000000"), bytes(21))),
        udp("Sopcast", 3912, up(h("ffff0100 00000000 02ff002c 000000"), bytes(37))),
        udp("TVUplayer", 8901, up(h("00010001 00000000 0000 0000 06 00 0000000000 30"), bytes(40))),
        tcp("AmazonVideo", 8443, up(h("feedface 00000001 00000000"))),
        udp("Kontiki", 1803, up(h("02010100"))),
        tcp("Zattoo", 8081,
            up("GET /frontdoor/fd?brand=Zattoo&v=4.0.0&device=x HTTP/1.1\r\nHost: x.junction.example\r\n\r\n")),
    ]


FLOWS = calls() + streams()
