"""Listed: in what a sliver of a datapath that speaks only OpenFlow 1.0 differs from a switch.

Beside these the entries of `listed.py` and `listed10.py` count, as far as they are differences
there. Invariant: a difference that is in none of them is a fault.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Final

from slicer.flowspace.match import Match as Region
from slicer.openflow import constants as of
from slicer.openflow import errors as e
from slicer.openflow.actions import (
    Action,
    Output,
    SetNwDst,
    SetNwSrc,
    SetNwTos,
    SetTpDst,
    SetTpSrc,
)
from slicer.openflow.messages import FlowMod, Message, PacketIn, PacketOut, PortMod
from slicer.openflow.multipart import AggregateRequest, FlowStatsRequest, TableStatsReply
from slicer.openflow.v10.match import has_no_wildcard
from slicer.proxy.clip.layers import HIGHEST
from slicer.proxy.clip.wording import region_of
from slicer.proxy.discovery import is_discovery
from tests.differential import packets as p
from tests.differential.entries import Answered, Apart, Asked, Refused, Told

_IN_IP: Final = (SetNwSrc, SetNwDst, SetNwTos, SetTpSrc, SetTpDst)
_HELD_BY_ALL: Final = of.OFPPC_PORT_DOWN | of.OFPPC_NO_RECV | of.OFPPC_NO_RECV_STP
"""Of a port's configuration what is every slice's."""
_INTERNAL_TABLE: Final = 254
_TAGS: Final = (b"\x81\x00", b"\x88\xa8")
_UNREAD: Final = (*p.DOUBLY_TAGGED, *(each for each in p.ODD if each[12:] == _TAGS[0]))
"""Packets that show a tag as their Ethernet type: those with two tags, and one that ends there."""


def _actions(message: Message | None) -> Iterator[Action]:
    if isinstance(message, PacketOut):
        yield from message.actions
    elif isinstance(message, FlowMod):
        for each in message.instructions:
            yield from getattr(each, "actions", ())


def _rewrites_ip(asked: Asked) -> bool:
    return any(isinstance(each, _IN_IP) for each in _actions(asked.message))


def _outputs_to_normal(asked: Asked) -> bool:
    return any(
        isinstance(each, Output) and each.port == of.OFPP_NORMAL for each in _actions(asked.message)
    )


def _is_doubly_tagged(asked: Asked) -> bool:
    message = asked.message
    if not isinstance(message, PacketOut):
        return False
    at = 16 if message.data[12:14] == _TAGS[0] else 12
    return message.data[at : at + 2] in _TAGS or message.data[12:14] == _TAGS[0]


def _first_table(reply: TableStatsReply) -> Message:
    entries = (replace(each, lookup_count=0, matched_count=0) for each in reply.entries[:1])
    return replace(reply, entries=tuple(replace(each, max_entries=0) for each in entries))


def _sends_discovery(asked: Asked) -> bool:
    return isinstance(asked.message, PacketOut) and is_discovery(asked.message.data)


def _discovery_missed(direct: PacketIn, sliced: PacketIn) -> Message:
    if is_discovery(direct.data):
        return replace(direct, reason=sliced.reason)
    return direct


def _sends_discovery_to_tables(asked: Sequence[Asked]) -> bool:
    return any(
        isinstance(action, Output) and action.port == of.OFPP_TABLE
        for each in asked
        if _sends_discovery(each)
        for action in _actions(each.message)
    )


def _asks_for_internal_table(asked: Asked) -> bool:
    return (
        isinstance(asked.message, FlowStatsRequest | AggregateRequest)
        and asked.message.table_id == _INTERNAL_TABLE
    )


def placed(asked: Asked) -> tuple[int, Region] | None:
    """Where a flow-mod may put a flow: its priority and what packets it is for."""
    message = asked.message
    if not isinstance(message, FlowMod) or message.command > of.OFPFC_MODIFY_STRICT:
        return None
    is_exact = has_no_wildcard(message.match)
    return HIGHEST if is_exact else message.priority, region_of(message.match)


def _overlap_at_one_priority(asked: Sequence[Asked]) -> bool:
    places = {place for each in asked if (place := placed(each)) is not None}
    return any(
        one[0] == other[0] and one[1].overlaps(other[1]) for one, other in combinations(places, 2)
    )


REFUSED: Final = (
    Refused(
        "A rewrite of IP or ports without a match on the protocol",
        (e.BAD_ACTION_EPERM,),
        _rewrites_ip,
    ),
    Refused("An output to NORMAL", (e.BAD_ACTION_BAD_OUT_PORT,), _outputs_to_normal),
    Refused(
        "Configuring a port down, or to receive nothing",
        (e.BAD_REQUEST_EPERM,),
        lambda asked: (
            isinstance(asked.message, PortMod)
            and bool(asked.message.config & asked.message.mask & _HELD_BY_ALL)
        ),
    ),
    Refused("A packet-out with two VLAN tags", (e.BAD_ACTION_EPERM,), _is_doubly_tagged),
)
ANSWERED: Final = (Answered("The tables", TableStatsReply, _first_table),)
TOLD: Final = (
    Told("The reason of a packet-in about LLDP", PacketIn, _sends_discovery, _discovery_missed),
)
APART: Final = (
    Apart("What Open vSwitch keeps in table 254", answer=_asks_for_internal_table),
    Apart("LLDP that a packet-out sends to the tables", meeting=_sends_discovery_to_tables),
    Apart("Flows that overlap at one priority", meeting=_overlap_at_one_priority),
    Apart("Two VLAN tags", packets=_UNREAD),
    Apart(
        "LLDP that comes in",
        packets=tuple(each for each in p.PLAIN + p.TAGGED if is_discovery(each)),
    ),
)
