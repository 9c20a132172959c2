"""Switch: what a datapath answers while the slicer sets it up, fast enough for 100,000 flows.

Flows are kept as bytes; the rest is the fake switch's of the other tests. It judges nothing and
forwards nothing. Invariant: it says of its flows what it was told.
"""

from __future__ import annotations

from struct import Struct

from slicer.openflow import constants as of
from slicer.openflow.framing import Framer
from slicer.openflow.header import HEADER
from slicer.openflow.v13 import V13
from slicer.proxy.pipeline.layout import FIRST_TENANT_TABLE, OWNER_TABLE, StageCookie
from tests.bench.wire import address
from tests.fakes.network import port
from tests.fakes.switch import FakeSwitch
from tests.fakes.switch10 import FakeSwitch10

_FLOW_MOD, _MULTIPART, _REPLY = 14, 18, 19
_FLOWS, _AGGREGATE = 1, 2
_FLOW_MOD_BODY = Struct("!QQBBHHHIIIH2x")
_ENTRY = Struct("!HBxIIHHHH4xQQQ")
_PART = Struct("!HH4x")
_SUMS = Struct("!QQI4x")
_MATCH_LENGTH = Struct("!H")
_ROOM = 60_000

Key = tuple[int, int, bytes]


class Switch:
    """One switch, sans-IO: `receive`, then `take`."""

    def __init__(self, dpid: int) -> None:
        self._fake = FakeSwitch(dpid, [port(1), port(2)])
        self._framer = Framer()
        self._out: list[bytes] = []
        self.flows: dict[Key, tuple[int, bytes]] = {}
        """By table, priority and match: cookie, and the entry in the statistics."""

    def connect(self) -> None:
        """A new connection."""
        self._fake.connect()
        self._out = [self._fake.take()]

    def receive(self, data: bytes) -> None:
        """Bytes from the controller."""
        for frame in self._framer.feed(data):
            self.handle(frame)

    def take(self) -> bytes:
        """What it has to say."""
        data = b"".join(self._out)
        self._out.clear()
        return data

    @property
    def tags(self) -> list[int]:
        """The tags of all slices that own anything here."""
        cookies = {StageCookie.read(cookie) for cookie, _ in self.flows.values()}
        return sorted({each.tag for each in cookies if each is not None and each.tag})

    def fill(self, count: int) -> None:
        """Hold so many copies of the one flow that a tenant has, each for another address."""
        (key,) = (each for each in self.flows if _is_tenants(each))
        cookie, entry = self.flows[key]
        table, priority, match = key
        known = address(0).to_bytes(6, "big")
        for number in range(count):
            other = address(number).to_bytes(6, "big")
            self.flows[table, priority, match.replace(known, other)] = (
                cookie,
                entry.replace(known, other),
            )

    def handle(self, frame: bytes) -> None:
        """Carry out one frame."""
        if frame[1] == _FLOW_MOD:
            self._flow_mod(frame)
        elif frame[1] == _MULTIPART and frame[9] == _FLOWS:
            self._parts(frame, [entry for _, entry in self._selected(frame)])
        elif frame[1] == _MULTIPART and frame[9] == _AGGREGATE:
            self._say(frame, _AGGREGATE, 0, _SUMS.pack(0, 0, len(self._selected(frame))))
        else:
            self._fake.receive(frame)
            self._out.append(self._fake.take())

    def _flow_mod(self, frame: bytes) -> None:
        body = _FLOW_MOD_BODY.unpack_from(frame, HEADER.size)
        cookie, _, table, command, idle, hard, priority, _, _, _, flags = body
        match, oxms = _match(frame, 48)
        if command == of.OFPFC_DELETE:
            gone = [key for key in self.flows if _is_of(key, table) and _covers(oxms, key[2])]
            for key in gone:
                del self.flows[key]
        elif command == of.OFPFC_DELETE_STRICT:
            self.flows.pop((table, priority, match), None)
        else:
            size = _ENTRY.size + len(frame) - 48
            head = _ENTRY.pack(size, table, 0, 0, priority, idle, hard, flags, cookie, 0, 0)
            self.flows[table, priority, match] = cookie, head + frame[48:]

    def _selected(self, frame: bytes) -> list[tuple[int, bytes]]:
        table, (_, oxms) = frame[16], _match(frame, 48)
        if table == of.OFPTT_ALL and not oxms:
            return list(self.flows.values())
        return [
            flow for key, flow in self.flows.items() if _is_of(key, table) and _covers(oxms, key[2])
        ]

    def _parts(self, frame: bytes, entries: list[bytes]) -> None:
        part: list[bytes] = []
        taken = 0
        for entry in entries:
            if taken + len(entry) > _ROOM:
                self._say(frame, _FLOWS, 1, b"".join(part))
                part, taken = [], 0
            part.append(entry)
            taken += len(entry)
        self._say(frame, _FLOWS, 0, b"".join(part))

    def _say(self, frame: bytes, kind: int, flags: int, body: bytes) -> None:
        size = HEADER.size + _PART.size + len(body)
        xid = int.from_bytes(frame[4:8], "big")
        head = HEADER.pack(V13.version, _REPLY, size, xid)
        self._out.append(head + _PART.pack(kind, flags) + body)


class Switch10:
    """One switch that speaks only OpenFlow 1.0, as the fake of the other tests is."""

    tags: list[int] = []  # noqa: RUF012  (there are none, ever)

    def __init__(self, dpid: int) -> None:
        self._fake = FakeSwitch10(dpid, [port(1), port(2)])
        self.connect = self._fake.connect
        self.receive = self._fake.receive
        self.handle = self._fake.receive
        self.take = self._fake.take


def _match(frame: bytes, at: int) -> tuple[bytes, list[bytes]]:
    """A match with its padding, and its fields."""
    (length,) = _MATCH_LENGTH.unpack_from(frame, at + 2)
    oxms, offset = [], at + 4
    while offset < at + length:
        end = offset + 4 + frame[offset + 3]
        oxms.append(frame[offset:end])
        offset = end
    return frame[at : at + (length + 7 & ~7)], oxms


def _is_tenants(key: Key) -> bool:
    return FIRST_TENANT_TABLE <= key[0] < OWNER_TABLE


def _is_of(key: Key, table: int) -> bool:
    return table in (key[0], of.OFPTT_ALL)


def _covers(oxms: list[bytes], match: bytes) -> bool:
    return all(oxm in match for oxm in oxms)
