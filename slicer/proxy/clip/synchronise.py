"""Synchronise: read an OpenFlow 1.0 datapath back, and mend what differs from what should be there.

A connection begins with the slicer's own flows as they should be and none of any tenant's: what
tenants wrote can't be read from pieces, so those that a former connection left are removed, and
tenants program the datapath as one that has restarted. From then on pieces that are missing are
added again, and what no tenant has asked for is removed.

Invariant: no flow of a tenant's is there before the guards are.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass

from slicer.openflow import constants as of
from slicer.openflow.messages import (
    FlowMod,
    GetConfigReply,
    GetConfigRequest,
    Message,
    SetConfig,
)
from slicer.openflow.multipart import FlowStats, FlowStatsReply, FlowStatsRequest
from slicer.proxy.clip.changes import removed, swaps_between
from slicer.proxy.clip.cookies import Cookie, Part
from slicer.proxy.clip.giving import give
from slicer.proxy.clip.layers import Place
from slicer.proxy.clip.mirror import Change, TenantFlow, adding, emptying, places_emptied
from slicer.proxy.clip.tenancy import Tenancy
from slicer.proxy.dropped import Dropped
from slicer.proxy.enforcement import Report, Unsuitable
from slicer.proxy.operation import Steps

log = logging.getLogger(__name__)

LOST = "lost: flows that can't be cut any more"
WHOLE_PACKETS = of.OFPCML_NO_BUFFER
"""The miss_send_len: the datapath sends whole packets, of which the slicer hands out no buffers."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the datapath is to hold beside the tenants' pieces."""

    guards: Mapping[Place, FlowMod]
    fragments: int


@dataclass(frozen=True, slots=True)
class _Present:
    guards: Mapping[Place, FlowStats]
    pieces: Mapping[int, Place]
    flows: tuple[FlowStats, ...]
    """All of them."""
    foreign: tuple[str, ...]
    config: tuple[int, int]
    """Fragment handling and miss_send_len."""


def begin(wanted: Wanted, learn: Callable[[Iterable[FlowStats]], Dropped]) -> Steps[Report]:
    """Make a datapath that has just connected hold what is wanted and nothing of any tenant's.
    `learn` is shown all flows. Raises Unsuitable where it doesn't then."""
    present = yield from _read()
    learn(present.flows)
    orphans = [emptying(place) for place in present.pieces.values()]
    config = SetConfig(0, wanted.fragments, WHOLE_PACKETS)
    yield [config, *orphans]
    adding_, removing = _differences(present, wanted)
    if adding_ or removing:
        yield [*adding_, *removing]
    yield from _verify(wanted)
    kept = len(wanted.guards) - len(adding_)
    return Report(kept, len(adding_), len(removing), len(orphans), present.foreign)


def mend(
    tenancy: Tenancy, wanted: Wanted, learn: Callable[[Iterable[FlowStats]], Dropped]
) -> Steps[Report]:
    """Bring a datapath that tenants use back to what it should hold. `learn` is shown all flows,
    and tells what they have dropped."""
    mark = tenancy.next_number
    present = yield from _read()
    dropped = {**learn(present.flows), **_lost(tenancy)}
    adding_, removing = _differences(present, wanted)
    tops = {each.number: each for each in tenancy.mirror.tops if each.number < mark}
    lost = [adding(each) for number, each in tops.items() if number not in present.pieces]
    strange = [
        emptying(place)
        for number, place in present.pieces.items()
        if tenancy.mirror.piece(number) is None and tenancy.mirror.on_top(place) is None
    ]
    changes: list[Message] = []
    if present.config != (wanted.fragments, WHOLE_PACKETS):
        changes.append(SetConfig(0, wanted.fragments, WHOLE_PACKETS))
    changes += [*strange, *adding_, *removing, *lost]
    if changes:
        yield from give(tenancy, changes)
    kept = len(wanted.guards) - len(adding_)
    added = len(adding_) + len(lost)
    ended = tuple(tenancy.ended)
    tenancy.ended.clear()
    return Report(kept, added, len(removing), len(strange), present.foreign, dropped, ended)


def _lost(tenancy: Tenancy) -> Dropped:
    """How many of whose flows can't be had any more; the log has the reason of one of each."""
    found: dict[tuple[int, str], int] = {}
    for name, each in tenancy.lost.items():
        log.warning("slice %s has lost %d flows: %s", name, each.flows, each.why)
        found[tenancy.tags.get(name, 0), LOST] = each.flows
    tenancy.lost.clear()
    return found


@dataclass(frozen=True, slots=True)
class Taken:
    """Flows that are out of the mirror, and what takes their pieces off the datapath."""

    flows: tuple[TenantFlow, ...]
    messages: tuple[FlowMod, ...]


def take_out(tenancy: Tenancy) -> Taken:
    """Take every tenant's flows out, to be put back under other layers."""
    flows = tuple(tenancy.mirror.flows)
    swaps = tuple((each, None) for flow in flows for each in flow.pieces)
    return Taken(flows, tuple(tenancy.mirror.apply(Change(flows, (), swaps))))


def put_back(tenancy: Tenancy, taken: Taken) -> list[FlowMod]:
    """What gives the tenants their flows back, as the layers of now have them. A flow that can't
    be had any more is lost, and its tenant hears of it."""
    emptied = places_emptied(taken.messages)
    giving: list[FlowMod] = []
    for flow in taken.flows:
        new = tenancy.remade(flow, keeps_pieces=False)
        if new is None:
            _lose(tenancy, flow, emptied)
        else:
            swaps = tuple((None, each) for each in new.pieces)
            giving += tenancy.mirror.apply(Change((), (new,), swaps))
            tenancy.release([flow])
    return giving


def rerouted(tenancy: Tenancy) -> list[FlowMod]:
    """What makes the tenants' pieces send by the ports that their slices have now."""
    messages: list[FlowMod] = []
    for flow in tenancy.mirror.flows:
        new = tenancy.remade(flow, keeps_pieces=True)
        if new is None:
            change = Change((flow,), (), swaps_between(flow, None))
            taking = tenancy.mirror.apply(change)
            messages += taking
            _lose(tenancy, flow, places_emptied(taking))
        else:
            change = Change((flow,), (new,), swaps_between(flow, new))
            messages += tenancy.mirror.apply(change)
            tenancy.release([flow])
    return messages


def _lose(tenancy: Tenancy, flow: TenantFlow, emptied: Set[Place]) -> None:
    """The tenant hears of the flow's end when the datapath has told of its pieces'; if it has none,
    after the next reading back."""
    tenancy.mirror.await_ends(flow, emptied)
    if flow.leaving:
        return
    tenancy.release([flow])
    if flow.asked.flags & of.OFPFF_SEND_FLOW_REM and flow.slice in tenancy.tags:
        tenancy.ended.append((tenancy.tags[flow.slice], removed(flow, of.OFPRR_DELETE, 0, 0)))


def _differences(present: _Present, wanted: Wanted) -> tuple[list[Message], list[Message]]:
    """(what adds or corrects, what removes) of the slicer's own flows."""
    missing: list[Message] = [
        flow for place, flow in wanted.guards.items() if not _same(present.guards.get(place), flow)
    ]
    stale: list[Message] = [
        emptying(place) for place in present.guards if place not in wanted.guards
    ]
    return missing, stale


def _same(present: FlowStats | None, wanted: FlowMod) -> bool:
    return (
        present is not None
        and present.cookie == wanted.cookie
        and present.instructions == wanted.instructions
        and present.idle_timeout == present.hard_timeout == 0
    )


def _read() -> Steps[_Present]:
    flows, config, _ = yield [FlowStatsRequest(0), GetConfigRequest(0)]
    guards: dict[Place, FlowStats] = {}
    pieces: dict[int, Place] = {}
    foreign: list[str] = []
    every: list[FlowStats] = []
    for part in flows:
        for flow in part.entries if isinstance(part, FlowStatsReply) else ():
            every.append(flow)
            cookie = Cookie.read(flow.cookie)
            place = flow.match.canonical(), flow.priority
            if cookie is None:
                foreign.append(f"priority {flow.priority}, cookie {flow.cookie:#x}")
            elif cookie.part is Part.PIECE:
                pieces[cookie.number] = place
            else:
                guards[place] = flow
    found = (each for each in config if isinstance(each, GetConfigReply))
    said = next(((each.flags, each.miss_send_len) for each in found), (-1, -1))
    return _Present(guards, pieces, tuple(every), tuple(foreign), said)


def _verify(wanted: Wanted) -> Steps[None]:
    present = yield from _read()
    adding_, removing = _differences(present, wanted)
    if adding_ or removing or present.pieces:
        raise Unsuitable(
            f"{len(adding_)} of the slicer's flows are not as they were set, {len(removing)} and "
            f"{len(present.pieces)} pieces of tenants' flows were not removed"
        )
    if present.config[0] != wanted.fragments:
        raise Unsuitable(
            f"its fragment handling is {present.config[0]}, expected {wanted.fragments} as set: "
            "the owner of a fragment can't be told"
        )
