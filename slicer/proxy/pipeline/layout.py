"""The pipeline's fixed numbers: tables, registers, cookies, group ids, priorities.

    packet -> admit (0) -> tenant tables (1..251) -> owner (252) -> emit (253) -> port

What an operator sees in `ovs-ofctl dump-flows` is made here. Not here: which flows there are
(`stages.py`) and how a tenant's request is translated (`translate.py`).

Invariant: no flow of the slicer's own stages matches on the tag register, so a request that
matches on a tenant's tag, strict or not, can never touch them (OpenFlow 1.3.5 6.4: a non-strict
match only covers flows that are at least as specific).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from slicer.openflow import constants as of

ADMIT_TABLE = 0
FIRST_TENANT_TABLE = 1
OWNER_TABLE = 252
EMIT_TABLE = 253
TENANT_TABLES = OWNER_TABLE - FIRST_TENANT_TABLE
"""How many tables a tenant sees: 0 to 250, at the datapath's 1 to 251."""

TAG = "reg0"
"""The slice that a packet was admitted to. Tenants' flows match on it."""
OWNER = "reg1"
"""The slice that owns (port, header) as of the last question."""
REQUEST = "reg2"
"""What is asked for: the asking slice's tag << 16 | output port. 0 on the way in."""
REQUEST_XREG = "xreg1"
"""REQUEST and reg3 together. A tenant's output loads both at once: the request, and in the low
half the output's max_len, which nothing reads but the way back to the tenant."""

VALUE = "reg5"
"""What a rewrite of OpenFlow 1.0's writes (`rewrites.py`)."""

UNREAD = "reg4"
"""1 for a packet that was given a tag where it had one. The tables still see what is behind the
two, and who reads the packet next, with Open vSwitch's vlan-limit of 1, does not."""

RETURNED = 0x8000_0000
"""With a tag, what OWNER holds when the packet has been through its slice's tables."""
REWRITING = 0xC000_0000
"""With a rewrite's number, what OWNER holds while emit carries the rewrite out."""
IS_SPECIAL = 0x8000_0000
"""The bit of OWNER that both have and no tag."""
HANDLED_PORT = 0
"""No port's number: a REQUEST for it says that a flow of the slice's has matched the packet."""
QUEUE = "reg7"
"""The queue that a tenant has set. Nothing reads it but the way back to the tenant."""

NO_TAG = 0
"""No slice's, so no flow's."""
MAX_TAG = 0x7FFE
"""So that `group_id` stays below OFPG_MAX for every tag and port."""
LAST_TENANT_GROUP = 0x7FFF_FFFE
NO_GROUP = 0x7FFF_FFFF
"""No group ever has this id. Group ids above it are the slicer's own."""
LAST_TENANT_METER = 0xFFFF
"""Tenants' meters are 1 to this, so that an id fits a cookie. Above, up to 0x3ffff, are the
slicer's own."""
FIRST_PORT_METER = 0x1_0000
LAST_PORT_METER = 0x2_FFFF
"""Meters that hold a slice to its share of a port."""
FIRST_PACKET_IN_METER = 0x3_0000
"""And a tag: the meter of a slice's packet-ins."""
FIRST_DISCOVERY_METER = 0x3_8000
"""And the low 15 bits of a port's number: the meter of LLDP that comes in there. 0 is for ports
that the slicer has not heard of yet."""
LAST_METER = 0x3_FFFF
NO_METER = 0xFFFF_0000
"""An id that a meter could have (OFPM_MAX) and none has."""
NO_METER_ID = 0
"""Stands for every id that no meter can have."""
METER_NOTE_BIT = 0x4000_0000
"""With a tag, what OWNER never holds, so a flow that matches on it matches no packet."""
MAX_RULE_PRIORITY = 65_000
MISS_PRIORITY = 0
STRAY_PRIORITY = 1
SPECIAL_PRIORITY = 2
EMIT_PRIORITY = 100
HAIRPIN_PRIORITY = 101
STP_PRIORITY = 102
UNREAD_PRIORITY = 65_534
REQUEST_PRIORITY = 65_535
"""Of flows in admit and owner that are about a request and not about a packet's header."""
LATER_PRIORITY = 65_534
DISCOVERY_PRIORITY = 65_533
"""Where it is about one port's LLDP; where about any port's, one below."""

PORT_CONFIG_BITS = (
    of.OFPPC_PORT_DOWN
    | of.OFPPC_NO_STP
    | of.OFPPC_NO_RECV
    | of.OFPPC_NO_RECV_STP
    | of.OFPPC_NO_FLOOD
    | of.OFPPC_NO_FWD
    | of.OFPPC_NO_PACKET_IN
)
"""What a slice may configure of a port."""
PORT_MASK = 0xFFFF
FLOOD_PORT = 0xFFFB
ALL_PORT = 0xFFFC
IN_PORT_PORT = 0xFFF8
NORMAL_PORT = 0xFFFA
CONTROLLER_PORT = 0xFFFD

_COOKIE_MAGIC = 0x51CE
COOKIE_MASK = 0xFFFF_0000_0000_0000


class Stage(IntEnum):
    """What a flow of the slicer's own is for; the third byte of its cookie."""

    ADMIT = 1
    """A flowspace rule, asked about a packet on its way in."""
    UNOWNED = 2
    """Nobody owns the packet that came in: drop, and count."""
    FRAGMENT = 3
    """A later IP fragment that could be somebody else's: drop, and count."""
    RECEIVED = 4
    """Counts a slice's packets that came in by a port."""
    OWNER = 5
    """A flowspace rule, asked about a packet on its way out."""
    NOT_OWNED = 6
    """Nobody owns the packet that is to go out."""
    EMIT = 7
    """A slice's packet goes out by a port of the slice."""
    HAIRPIN = 8
    """An output to the port that the packet came in by does nothing (OpenFlow 1.3.5 5.10)."""
    STRAY = 9
    """A slice asked for an output that is not its own: drop, and count."""
    LATER = 10
    """A request out of an action set, come back to admit: on to owner."""
    SPREAD = 11
    """A request for FLOOD, ALL or IN_PORT: a group asks for each port."""
    UNREAD = 12
    """A packet whose tags make it look otherwise to who reads it next: drop, and count."""
    DISCOVERY = 13
    """LLDP goes to the slicer, which knows whose it is."""
    MISS = 14
    """No flow of a slice's has matched its packet: to its controllers that speak OpenFlow 1.0."""
    RETURNED = 15
    """A packet that was matched, or a rewrite that doesn't apply: nothing more to do."""
    REWRITE = 16
    """Carries out a rewrite of OpenFlow 1.0's on a packet that has the field."""
    METER_NOTE = 20
    """Says whose a meter is; `port` is the meter's id. It matches no packet."""
    NORMAL = 21
    """A request for NORMAL by a slice that owns all of the datapath."""
    CONTROLLER = 30
    """A request for the controller out of an action set: a packet-in, by the slice's meter."""


_STAGES = frozenset(Stage)


@dataclass(frozen=True, slots=True)
class StageCookie:
    """The cookie of a flow of the slicer's own: which stage, for which tag, at which port (0 where
    that does not apply), and what the tenant has configured of that port (OFPPC_* bits)."""

    stage: Stage
    tag: int = 0
    port: int = 0
    config: int = 0

    def __int__(self) -> int:
        place = self.tag << 16 | self.port
        return _COOKIE_MAGIC << 48 | self.stage << 40 | self.config << 32 | place

    @classmethod
    def read(cls, cookie: int) -> StageCookie | None:
        """The cookie's meaning, or None where the cookie is not one of the slicer's."""
        if cookie >> 48 != _COOKIE_MAGIC or cookie >> 40 & 0xFF not in _STAGES:
            return None
        return cls(
            Stage(cookie >> 40 & 0xFF), cookie >> 16 & 0xFFFF, cookie & 0xFFFF, cookie >> 32 & 0xFF
        )


def cookie_filter(stage: Stage, tag: int) -> tuple[int, int]:
    """(cookie, mask) that selects one stage's flows of one tag, at every port."""
    return int(StageCookie(stage, tag)), 0xFFFF_FF00_FFFF_0000


def stage_filter(stage: Stage) -> tuple[int, int]:
    """(cookie, mask) that selects one stage's flows, whatever their tag."""
    return int(StageCookie(stage)), 0xFFFF_FF00_0000_0000


def packet_in_meter(tag: int) -> int:
    """The id of the meter that a slice's packet-ins pass."""
    return FIRST_PACKET_IN_METER + tag


def discovery_meter(port: int | None) -> int:
    """The id of the meter that LLDP from a port passes; None: from a port not heard of."""
    return FIRST_DISCOVERY_METER + (0 if port is None else port & 0x7FFF)


def request(tag: int, port: int) -> int:
    """The REQUEST register's value: slice `tag` asks for an output to `port` (16 bits)."""
    return tag << 16 | (port & PORT_MASK)


def group_id(tag: int, port: int) -> int:
    """The id of the slicer's own group that carries out an output to FLOOD, ALL or IN_PORT."""
    return 0x8000_0000 | request(tag, port)


def read_group_id(number: int) -> tuple[int, int] | None:
    """(tag, 16-bit port) of a group of the slicer's own, or None for any other group."""
    if not number & 0x8000_0000:
        return None
    return number >> 16 & 0x7FFF, number & PORT_MASK


def port_number(short: int) -> int:
    """A 32-bit OpenFlow 1.3 port number from its 16-bit form (OVS's port numbers fit 16 bits;
    reserved ones are 0xffffff00 and up in OpenFlow 1.3, 0xff00 and up here)."""
    return short | 0xFFFF_0000 if short >= 0xFF00 else short
