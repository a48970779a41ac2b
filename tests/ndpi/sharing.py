# SPDX-License-Identifier: BSD-3-Clause
"""Files between peers, and games."""
import struct

from frames import down, h, tcp, udp, up


def peers():
    return [
        tcp("BitTorrent", 6881, up(h("13"), "BitTorrent protocol", bytes(8), "h" * 20, "-XX0001-" + "p" * 12)),
        udp("BitTorrent", 6882, up("d1:ad2:id20:", "i" * 20, "e1:q4:ping1:t2:aa1:y1:qe")),
        udp("eDonkey", 4672, up(h("e3 28 0000 01"), bytes(40)), down(h("e3 28 0000 4c"), bytes(40))),
        tcp("Gnutella", 6346, up("GNUTELLA CONNECT/0.6\r\nUser-Agent: x\r\n\r\n")),
        tcp("DirectConnect", 411, down("$Lock EXTENDEDPROTOCOL Pk=x|"), up("$Key x|$ValidateNick someone|")),
        tcp("FastTrack", 1214, up("GIVE 1234567\r\n")),
        tcp("AppleJuice", 9851, up("ajprot\r\n", bytes(8))),
        tcp("Stealthnet", 6097, up("LARS REGENSBURGER'S FILE SHARING PROTOCOL 0.2")),
        udp("Thunder", 15000, *[up(h("32000000 06000000 0000"))] * 4),
        udp("Aimini.HTTP", 16000, *[up(h("010c"), bytes(14))] * 4),
    ]


def shooters():
    return [
        udp("Xbox", 3074, up(h("00000000 0c 58 76 000000"), bytes(10))),
        udp("Steam", 27036, up(h("31ff302e 00000000")), down(h("ffffffff 00000000"))),
        udp("CSGO", 27016, up(h("3a180000 00000000"))),
        udp("Armagetron", 4534, up(h("000b 0000 0002 0008 0001 0000"))),
        tcp("Guildwars", 6112, up(h("00 040c 00 a672 0000 01 000000 04 000000"))),
        tcp("MapleStory", 8484, down(h("0e003a00 0100 32 000000000000000000"))),
        tcp("WorldOfWarcraft", 3724, up(h("00 08 2a00"), "WoW", h("00 0303050c34"), bytes(40))),
        tcp("WorldOfKungFu", 5816, up(h("0c000000 d2000c00 00 16 0000 0000 0000"))),
        tcp("Dofus", 5555, up(h("00 0508 0000 04a0 0000 0000 0194"))),
        tcp("Fiesta", 9010, up(h("04 07 08 00 00")), down(h("03 01 02 03")), up(h("03050c01"))),
        tcp("Florensia", 20001, up(h("0500 65 00 ff")), down(h("0500 65 00 ff"))),
        udp("Crossfire", 10009, up(h("c7d91999 0200"), bytes(16), h("7d00 00"))),
        tcp("Warcraft3", 6113, up(h("f7 1e 0800 00000000")), down(h("f7 1e 0800 00000000")), up(h("f7 1e 0800 00000000"))),
        udp("AmongUs", 22023, up(h("08000100 80d90203 0000"))),
        udp("GenshinImpact", 22102, up(h("000000ff 00000000 00000000 499602d2 ffffffff"))),
        udp("Nintendo", 30000, up(h("32ab986402"), bytes(60))),
        udp("QQ", 8000, up(h("02003800"), bytes(52))),
        udp("Starcraft", 1119, *[up(bytes(size)) for size in (20, 20, 75, 20, 548, 548, 548, 484)]),
    ]


FLOWS = peers() + shooters()
