"""Synchronise: read an OpenFlow 1.0 datapath back, and mend what differs from what should be there.

A connection begins with the slicer's own flows as they should be and none of any tenant's: what
tenants wrote can't be read from pieces, so those that a former connection left are removed, and
tenants program the datapath as one that has restarted. From then on pieces that are missing are
added again, and what no tenant has asked for is removed. All of it is done in turns: what a turn
sends is what is wanted in that turn.

Invariant: no flow of a tenant's is there before the guards are.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from slicer.openflow.constants import OFPCML_NO_BUFFER
from slicer.openflow.messages import (
    FlowMod,
    GetConfigReply,
    GetConfigRequest,
    Message,
    SetConfig,
)
from slicer.openflow.multipart import FlowStats, FlowStatsReply, FlowStatsRequest
from slicer.proxy.clip.cookies import Cookie, Part
from slicer.proxy.clip.giving import give
from slicer.proxy.clip.layers import Place
from slicer.proxy.clip.mirror import Change, actions_of, adding, emptying
from slicer.proxy.clip.tenancy import Tenancy
from slicer.proxy.dropped import Dropped
from slicer.proxy.enforcement import Report, Unsuitable
from slicer.proxy.operation import A_TURN, OTHERS_TURN, Steps, send_in_turns
from slicer.proxy.pace import ACTED, MADE, Pace

log = logging.getLogger(__name__)

LOST = "lost: flows that can't be cut any more"
LOOKED_AT = 2
"""The work of looking at one flow (`Pace`)."""
WHOLE_PACKETS = OFPCML_NO_BUFFER
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
    yield from send_in_turns([config, *orphans], A_TURN)
    adding_, removing = yield from _differences(present, wanted)
    yield from send_in_turns([*adding_, *removing], A_TURN)
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
    dropped = learn(present.flows)
    adding_, removing = yield from _differences(present, wanted)
    if present.config != (wanted.fragments, WHOLE_PACKETS):
        yield [SetConfig(0, wanted.fragments, WHOLE_PACKETS)]
    strange = yield from _sent(tenancy, _strange(tenancy, present))
    yield from send_in_turns([*adding_, *removing], A_TURN)
    lost = yield from _sent(tenancy, _lost(tenancy, present, mark))
    kept = len(wanted.guards) - len(adding_)
    report = Report(kept, len(adding_) + lost, len(removing), strange, present.foreign, dropped)
    return with_losses(report, tenancy)


def _strange(tenancy: Tenancy, present: _Present) -> Iterator[FlowMod | None]:
    """What removes the pieces that nobody has asked for, None for each that somebody has."""
    mirror = tenancy.mirror
    for number, place in present.pieces.items():
        is_strange = mirror.piece(number) is None and mirror.on_top(place) is None
        yield emptying(place) if is_strange else None


def _lost(tenancy: Tenancy, present: _Present, mark: int) -> Iterator[FlowMod | None]:
    """What adds the pieces with numbers below a mark that are gone, None for each that is there."""
    for piece in tenancy.mirror.tops:
        is_lost = piece.number < mark and piece.number not in present.pieces
        # Others have had their turns since: it may have been deleted, or have another number.
        is_lost = is_lost and tenancy.mirror.on_top(piece.place) is piece
        yield adding(piece) if is_lost else None


def _sent(tenancy: Tenancy, messages: Iterable[FlowMod | None]) -> Steps[int]:
    """Send messages in turns; returns how many there were."""
    sent = 0
    turn: list[FlowMod] = []
    pace = Pace()
    for message in messages:
        if message is not None:
            turn.append(message)
            sent += 1
        if pace.is_turn_over(LOOKED_AT if message is None else _work(message)):
            yield from give(tenancy, turn)
            turn = []
    if turn:
        yield from give(tenancy, turn)
    return sent


def _work(message: FlowMod) -> float:
    return MADE + ACTED * len(actions_of(message))


def with_losses(report: Report, tenancy: Tenancy) -> Report:
    """A report that also tells, once, of the flows that can't be had any more."""
    ended = tuple(tenancy.ended)
    tenancy.ended.clear()
    return replace(report, dropped={**report.dropped, **_count_lost(tenancy)}, ended=ended)


def _count_lost(tenancy: Tenancy) -> Dropped:
    """How many of whose flows can't be had any more; the log has the reason of one of each."""
    found: dict[tuple[int, str], int] = {}
    for name, each in tenancy.lost.items():
        log.warning("slice %s has lost %d flows: %s", name, each.flows, each.why)
        found[tenancy.tags.get(name, 0), LOST] = each.flows
    tenancy.lost.clear()
    return found


def take_out(tenancy: Tenancy) -> Steps[None]:
    """Take all pieces of tenants' flows off the datapath, in turns. The flows stay, to be cut anew
    under other layers."""
    messages: list[FlowMod] = []
    pace = Pace()
    for flow in tenancy.mirror.flows:
        swaps = tuple((each, None) for each in flow.pieces)
        taken = tenancy.mirror.apply(Change((), (), swaps))
        # What was beneath them is going, too, and doesn't come first.
        messages += [emptying((each.match, each.priority)) for each in taken]
        flow.pieces, flow.cut_for = [], None
        if pace.is_turn_over(MADE * (1 + len(swaps))):
            yield messages
            messages = []
    yield messages


def _differences(present: _Present, wanted: Wanted) -> Steps[tuple[list[Message], list[Message]]]:
    """(what adds or corrects, what removes) of the slicer's own flows."""
    missing: list[Message] = []
    pace = Pace()
    for place, flow in wanted.guards.items():
        if not _same(present.guards.get(place), flow):
            missing.append(flow)
        if pace.is_turn_over(LOOKED_AT):
            yield OTHERS_TURN
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
    every = [flow for part in flows if isinstance(part, FlowStatsReply) for flow in part.entries]
    pace = Pace()
    for flow in every:
        cookie = Cookie.read(flow.cookie)
        place = flow.match.canonical(), flow.priority
        if cookie is None:
            foreign.append(f"priority {flow.priority}, cookie {flow.cookie:#x}")
        elif cookie.part is Part.PIECE:
            pieces[cookie.number] = place
        else:
            guards[place] = flow
        if pace.is_turn_over(LOOKED_AT):
            yield OTHERS_TURN
    found = (each for each in config if isinstance(each, GetConfigReply))
    said = next(((each.flags, each.miss_send_len) for each in found), (-1, -1))
    return _Present(guards, pieces, tuple(every), tuple(foreign), said)


def _verify(wanted: Wanted) -> Steps[None]:
    present = yield from _read()
    adding_, removing = yield from _differences(present, wanted)
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
