"""From the datapath's terms back to a tenant's: what `translate.py` did, undone.

Used on everything that the datapath says about a tenant's flows and packets. Invariant:
restore(translate(x)) == x, so a tenant reads its flows as it wrote them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace

from slicer.openflow import constants as of
from slicer.openflow.actions import (
    Action,
    Controller,
    Controller2,
    Group,
    Output,
    PopQueue,
    RegLoad,
    RegMove,
    Resubmit,
    SetQueue,
)
from slicer.openflow.instructions import (
    ApplyActions,
    GotoTable,
    Instruction,
    MeterInstruction,
    WriteActions,
)
from slicer.openflow.messages import FlowRemoved, PacketIn
from slicer.openflow.multipart import FlowStats
from slicer.openflow.oxm import Match, header_of, key_of
from slicer.openflow.oxm_fields import OPENFLOW_BASIC
from slicer.proxy.pipeline import layout, rewrites
from slicer.proxy.pipeline.stage_flow import TO_EMIT
from slicer.proxy.pipeline.terms import Terms

log = logging.getLogger(__name__)

_REQUEST_HEADER = header_of(layout.REQUEST_XREG)
LEFT_OUT = "left out: not made by the slicer"
NAMED = 20
"""So many of a sliver's are logged; its counter has all of them."""
NO_COOKIE = 0xFFFF_FFFF_FFFF_FFFF
"""What Open vSwitch says where no flow made a packet-in."""
_BOOKKEEPING = frozenset(map(header_of, (layout.REQUEST, layout.UNREAD)))
"""What translate writes beside what the tenant asked for."""
_QUEUE_HEADER = header_of(layout.QUEUE)
_TAG_KEY = key_of(header_of(layout.TAG))


class NotOurs(Exception):
    """A flow or packet that no translation of the slicer's can have made."""


def tag_of(match: Match) -> int | None:
    """The tag in a match, or None where it has none."""
    for header, payload in match.oxms:
        if header >> 9 == _TAG_KEY:
            return int.from_bytes(payload[:4], "big")
    return None


def match(stored: Match) -> Match:
    """The tenant's own part of a match."""
    return stored.only_class(OPENFLOW_BASIC)


def table(number: int) -> int:
    """The tenant's number of a tenant table. Raises NotOurs for a table of the slicer's."""
    if not layout.FIRST_TENANT_TABLE <= number < layout.OWNER_TABLE:
        raise NotOurs(f"table {number} is not a tenant's")
    return number - layout.FIRST_TENANT_TABLE


def actions(terms: Terms, stored: tuple[Action, ...]) -> tuple[Action, ...]:
    """An action list as the tenant wrote it. Raises NotOurs."""
    restored: list[Action] = []
    rest = iter(stored)
    for each in rest:
        if isinstance(each, RegLoad) and each.dst == _REQUEST_HEADER:
            if not isinstance(next(rest, None), Resubmit | Output):
                raise NotOurs("an output request that is put to nobody")
            port = layout.port_number(each.value >> 32 & layout.PORT_MASK)
            restored.append(Output(port, each.value & 0xFFFF))
        elif isinstance(each, RegLoad) and each.dst == rewrites.OWNER:
            restored.append(_rewrite(each, next(rest, None), next(rest, None)))
        elif isinstance(each, RegLoad) and each.dst == rewrites.VLAN_TCI:
            restored.append(rewrites.read_vlan(each))
        elif isinstance(each, RegLoad | RegMove) and each.dst in _BOOKKEEPING:
            continue
        elif isinstance(each, RegLoad) and each.dst == _QUEUE_HEADER:
            restored.append(SetQueue(each.value) if each.n_bits > 1 else PopQueue())
        elif isinstance(each, Group):
            number = terms.tenants_group(each.group_id)
            if number is None:
                raise NotOurs(f"group {each.group_id} is not the tenant's")
            restored.append(Group(number))
        elif isinstance(each, Controller | Controller2):
            restored.append(Output(of.OFPP_CONTROLLER, each.max_len))
        else:
            restored.append(each)
    return tuple(restored)


def _rewrite(which: RegLoad, value: Action | None, question: Action | None) -> Action:
    if isinstance(value, RegLoad) and value.dst == rewrites.VALUE and question == TO_EMIT:
        wanted = rewrites.read(which.value, value.value)
        if wanted is not None:
            return wanted
    raise NotOurs(f"a rewrite that is none: {which}, {value}, {question}")


def instructions(terms: Terms, stored: Iterable[Instruction]) -> tuple[Instruction, ...]:
    """A flow's instructions as the tenant wrote them; Open vSwitch keeps no empty list of actions,
    so one that is empty now is the slicer's addition. Raises NotOurs."""
    restored = (instruction(terms, each) for each in stored)
    return tuple(each for each in restored if each != ApplyActions(()))


def instruction(terms: Terms, stored: Instruction) -> Instruction:
    """One instruction as the tenant wrote it. Raises NotOurs."""
    match stored:
        case GotoTable(table_id=number):
            return GotoTable(table(number))
        case ApplyActions(actions=listed):
            return ApplyActions(actions(terms, listed))
        case WriteActions(actions=listed):
            return WriteActions(actions(terms, listed))
        case MeterInstruction(meter_id=physical):
            found = terms.tenants_meter(physical)
            if found is None:
                raise NotOurs(f"meter {physical} is not the tenant's")
            return MeterInstruction(found)
    return stored


def flow_stats(terms: Terms, stored: FlowStats) -> FlowStats:
    """One flow of a flow statistics reply. Raises NotOurs."""
    return replace(
        stored,
        table_id=table(stored.table_id),
        match=match(stored.match),
        instructions=instructions(terms, stored.instructions),
    )


def tenant_flows(terms: Terms, entries: Iterable[FlowStats]) -> Iterator[FlowStats]:
    """The flows of a reply that a tenant can have written; one that bears its tag but that
    somebody else has made by hand is left out, and said so."""
    for entry in entries:
        try:
            yield flow_stats(terms, entry)
        except NotOurs as why:
            leave_out(terms, "flow with a tenant's tag", why, entry)


def leave_out(terms: Terms, what: str, why: NotOurs, stored: object) -> None:
    """Count what is not told to a tenant, for each time that it would have been. A tenant may ask
    as often as it likes, so only the first of them are named."""
    terms.counters[LEFT_OUT] += 1
    if terms.counters[LEFT_OUT] <= NAMED:
        log.warning("a %s is not the slicer's: %s: %r", what, why, stored)


def flow_removed(stored: FlowRemoved) -> FlowRemoved:
    """A flow-removed message. Raises NotOurs."""
    return replace(stored, table_id=table(stored.table_id), match=match(stored.match))


def packet_in(stored: PacketIn) -> PacketIn:
    """A packet-in.

    Packet-outs and action sets output to the controller from table 0, as they do on a switch, and
    action sets in the name of the first flow, which is admit's: that cookie is no tenant's. A table
    miss is told by emit.
    """
    if stored.table_id in (layout.ADMIT_TABLE, layout.EMIT_TABLE):
        return replace(stored, table_id=0, cookie=NO_COOKIE, match=match(stored.match))
    number = stored.table_id - layout.FIRST_TENANT_TABLE
    return replace(stored, table_id=number, match=match(stored.match))
