"""Packets for the tests: well-formed, odd, cut short and garbled ones, from a seeded chance.

Not a packet library: it makes the headers that Open vSwitch reads, with the values at which
it changes its mind. Invariant: the same seed gives the same packets.
"""

from random import Random
from struct import pack

ETHERTYPES = (
    0x0800,
    0x0800,
    0x86DD,
    0x86DD,
    0x0806,
    0x8035,
    0x8847,
    0x8848,
    0x88CC,
    0x0100,
    0x8100,
)
PROTOS = (6, 17, 132, 1, 58, 2, 44, 0, 255)
EXTENSIONS = (0, 43, 60, 51, 44)


def packets(seed: int, count: int) -> list[bytes]:
    """So many packets, most of them with something unusual about them."""
    chance = Random(seed)
    return [_spoilt(chance, _ethernet(chance)) for _ in range(count)]


def _spoilt(chance: Random, packet: bytes) -> bytes:
    way = chance.randrange(6)
    if way == 0:
        return packet[: chance.randrange(len(packet) + 1)]
    if way == 1:
        garbled = bytearray(packet)
        for _ in range(chance.randint(1, 3)):
            garbled[chance.randrange(len(garbled))] = chance.choice(
                (0, 1, 0xFF, chance.randrange(256))
            )
        return bytes(garbled)
    if way == 2:
        return packet + chance.randbytes(chance.randint(1, 40))
    return packet


def _ethernet(chance: Random) -> bytes:
    ethertype = chance.choice(ETHERTYPES)
    header = chance.randbytes(12)
    for _ in range(chance.choice((0, 0, 0, 1, 1, 2, 3))):
        header += pack("!HH", chance.choice((0x8100, 0x88A8)), chance.randrange(1 << 16))
    payload = _PAYLOADS.get(ethertype, _anything)(chance)
    if chance.randrange(8) == 0:
        snap = bytes.fromhex("aaaa03000000") + pack("!H", ethertype)
        return header + pack("!H", chance.randrange(0x600)) + snap + payload
    return header + pack("!H", ethertype) + payload


def _anything(chance: Random) -> bytes:
    return chance.randbytes(chance.randrange(60))


def _ipv4(chance: Random) -> bytes:
    proto = chance.choice(PROTOS)
    options = chance.choice((0, 0, 0, 1, 10))
    payload = _transport(chance, proto)
    fragment = chance.choice((0, 0, 0, 0x4000, 0x2000, 0x2001, 0x0001, 0x1FFF))
    length = 20 + 4 * options + len(payload) + chance.choice((0, 0, 0, 0, 1, -1, -8))
    start = (4 << 4 | 5 + options, chance.randrange(256), max(0, length), 1, fragment, 64, proto, 0)
    return pack("!BBHHHBBH", *start) + chance.randbytes(8) + bytes(4 * options) + payload


def _ipv6(chance: Random) -> bytes:
    proto = chance.choice(PROTOS)
    payload = _transport(chance, proto)
    for _ in range(chance.choice((0, 0, 0, 1, 2, 3))):
        kind = chance.choice(EXTENSIONS)
        payload = _extension(chance, kind, proto) + payload
        proto = kind
    length = len(payload) + chance.choice((0, 0, 0, 0, 1, -1, -8))
    first = 6 << 28 | chance.randrange(1 << 28)
    return pack("!IHBB", first, max(0, length), proto, 64) + chance.randbytes(32) + payload


def _extension(chance: Random, kind: int, following: int) -> bytes:
    if kind == 44:
        offset = chance.choice((0, 0, 1, 8, 9, 0xFFF8))
        return pack("!BBHI", following, 0, offset, 7)
    units = chance.choice((0, 1, 2))
    size = (units + 2) * 4 if kind == 51 else (units + 1) * 8
    return bytes((following, units)) + bytes(size - 2)


def _transport(chance: Random, proto: int) -> bytes:
    ports = chance.randbytes(4)
    match proto:
        case 6:
            words = chance.choice((5, 5, 5, 5, 8, 0, 4, 15))
            return (
                ports + bytes(8) + bytes((words << 4, 2)) + bytes(6) + bytes(chance.choice((0, 12)))
            )
        case 17:
            return ports + pack("!HH", chance.choice((8, 12, 0, 7, 100)), 0) + bytes(4)
        case 132:
            return ports + bytes(chance.choice((7, 8, 20)))
        case 1:
            return bytes((chance.choice((0, 3, 8)), chance.randrange(3))) + bytes(
                chance.choice((5, 6, 20))
            )
        case 58:
            return _icmpv6(chance)
        case _:
            return _anything(chance)


def _icmpv6(chance: Random) -> bytes:
    message = bytes(
        (chance.choice((128, 135, 135, 136, 136)), chance.choice((0, 0, 0, 1)))
    ) + bytes(6)
    message += chance.randbytes(chance.choice((16, 16, 16, 8)))
    for _ in range(chance.choice((0, 1, 1, 2, 3))):
        units = chance.choice((1, 1, 1, 1, 0, 2))
        mac = chance.choice((bytes(6), chance.randbytes(6)))
        message += bytes((chance.choice((1, 2, 2, 5)), units)) + mac + bytes(max(0, units - 1) * 8)
    return message


def _arp(chance: Random) -> bytes:
    start = chance.choice((bytes.fromhex("000108000604"),) * 5 + (bytes.fromhex("000608000604"),))
    return start + pack("!H", chance.choice((1, 2, 3, 255, 256, 300))) + chance.randbytes(20)


def _mpls(chance: Random) -> bytes:
    return chance.randbytes(chance.choice((4, 8, 30)))


_PAYLOADS = {
    0x0800: _ipv4,
    0x86DD: _ipv6,
    0x0806: _arp,
    0x8035: _arp,
    0x8847: _mpls,
    0x8848: _mpls,
}
