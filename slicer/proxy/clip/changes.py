"""Changes: a tenant's flow-mods, carried out on its flows and their pieces.

A request is judged whole before anything is sent. One that is one message goes as one; one that
is several is an operation, and if the datapath refuses any of them the others are undone and the
tenant has the error. Not here: how flows are cut. Invariant: after a request that was refused, by
whomever, the mirror and the datapath hold what they held before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

from slicer.flowspace.match import Match as Region
from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.errors import ErrorCode
from slicer.openflow.messages import FlowMod, FlowRemoved, Message
from slicer.proxy.clip import mirror, rewriting
from slicer.proxy.clip.cookies import Cookie, Part
from slicer.proxy.clip.mirror import Change, Swap, TenantFlow, actions_of, places_emptied
from slicer.proxy.clip.tenancy import Tenancy, as_add
from slicer.proxy.clip.wording import region_of
from slicer.proxy.enforcement import Forward, Plan
from slicer.proxy.notice import Notice
from slicer.proxy.operation import Refused, Steps
from slicer.proxy.refusal import Refusal
from slicer.proxy.sliver import Sliver

NO_COOKIE = 0xFFFF_FFFF_FFFF_FFFF
"""A flow-mod with this cookie leaves a flow that is there the cookie that it has, and a change with
it adds none: Open vSwitch keeps the number for that in every version."""
_STRICT = (of.OFPFC_MODIFY_STRICT, of.OFPFC_DELETE_STRICT)


def flow_mod(tenancy: Tenancy, sliver: Sliver, asked: FlowMod) -> Plan:
    """A tenant's flow-mod (OpenFlow 1.0 5.3.3). Raises Refusal."""
    if asked.command in (of.OFPFC_DELETE, of.OFPFC_DELETE_STRICT):
        return _delete(tenancy, sliver, asked)
    if asked.buffer_id != of.OFP_NO_BUFFER:
        raise Refusal(
            errors.BAD_REQUEST_BUFFER_UNKNOWN, f"buffer {asked.buffer_id:#x}, none is handed out"
        )
    if asked.command != of.OFPFC_ADD:
        flows = selected(tenancy, sliver.slice, asked)
        if flows:
            return _modify(tenancy, flows, asked)
        if asked.cookie == NO_COOKIE:
            tenancy.release([tenancy.make(sliver.slice, as_add(asked), None)])
            return _in_steps(tenancy, Change(), (), lambda: None)
    return _add(tenancy, sliver, asked)


def selected(tenancy: Tenancy, slice_name: str, asked: FlowMod) -> list[TenantFlow]:
    """The flows that a change or deletion means."""
    flows = tenancy.mirror.flows_of(slice_name)
    if asked.command in _STRICT:
        flow = flows.get((asked.priority, region_of(asked.match)))
        found = [flow] if flow is not None else []
    else:
        found = within(flows.values(), region_of(asked.match))
    is_filtered = asked.command in (of.OFPFC_DELETE, of.OFPFC_DELETE_STRICT)
    return [each for each in found if not is_filtered or sends_to(each, asked.out_port)]


def is_change(tenancy: Tenancy, slice_name: str, asked: FlowMod) -> bool:
    """Is there a flow that a flow-mod would replace or change?"""
    if asked.command == of.OFPFC_ADD:
        key = asked.priority, region_of(asked.match)
        return key in tenancy.mirror.flows_of(slice_name)
    return bool(selected(tenancy, slice_name, asked))


def within(flows: Iterable[TenantFlow], region: Region) -> list[TenantFlow]:
    """The flows whose matches are at least as specific."""
    return [flow for flow in flows if region.contains(flow.region)]


def sends_to(flow: TenantFlow, out_port: int) -> bool:
    """Has the flow, as its tenant wrote it, an output to this port? OFPP_ANY asks nothing."""
    return out_port == of.OFPP_ANY or mirror.sends_to(actions_of(flow.asked), out_port)


def _add(tenancy: Tenancy, sliver: Sliver, asked: FlowMod) -> Plan:
    flows = tenancy.mirror.flows_of(sliver.slice)
    region = region_of(asked.match)
    old = flows.get((asked.priority, region))
    if old is None and asked.flags & of.OFPFF_CHECK_OVERLAP:
        for flow in flows.values():
            if flow.asked.priority == asked.priority and flow.region.overlaps(region):
                raise _refusal(asked, errors.FLOW_MOD_FAILED_OVERLAP, f"a flow for {flow.region}")
    most = tenancy.bounds_of(sliver.slice).flows
    if old is None and len(flows) >= most:
        raise _refusal(asked, errors.FLOW_MOD_FAILED_TABLE_FULL, f"{most} flows, a sliver's most")
    if old is not None and asked.cookie == NO_COOKIE:
        asked = replace(asked, cookie=old.asked.cookie)
    new = tenancy.make(sliver.slice, as_add(asked), None, region)
    removed = (old,) if old is not None else ()
    swaps = swaps_between(old, new)
    if not new.pieces and (asked.idle_timeout or asked.hard_timeout):
        # Nothing would say when it is over. No packet of the slice's ever meets it.
        tenancy.release([new])
        return _plan(tenancy, Change(removed, (), swaps))
    return _plan(tenancy, Change(removed, (new,), swaps))


def _refusal(asked: FlowMod, error: ErrorCode, why: str) -> Refusal:
    """Why a flow can't be added, unless its actions are wrong, which comes first. Raises
    Refusal."""
    rewriting.check(actions_of(asked))
    return Refusal(error, why)


def _modify(tenancy: Tenancy, flows: Sequence[TenantFlow], asked: FlowMod) -> Plan:
    made: list[TenantFlow] = []
    swaps: list[Swap] = []
    growth = 0
    try:
        for flow in flows:
            cookie = flow.asked.cookie if asked.cookie == NO_COOKIE else asked.cookie
            wanted = replace(flow.asked, cookie=cookie, instructions=asked.instructions)
            made.append(tenancy.make(flow.slice, wanted, flow))
            growth += made[-1].size - flow.size
            tenancy.check_room(flow.slice, growth)
            swaps += swaps_between(flow, made[-1])
    except Refusal:
        tenancy.release(made)
        raise
    return _plan(tenancy, Change(tuple(flows), tuple(made), tuple(swaps)))


def swaps_between(old: TenantFlow | None, new: TenantFlow | None) -> tuple[Swap, ...]:
    """What of one flow goes for what of another."""
    if old is None:
        return tuple((None, each) for each in new.pieces) if new is not None else ()
    olds = {each.place: each for each in old.pieces}
    coming: list[Swap] = [
        (olds.pop(each.place, None), each) for each in (new.pieces if new is not None else ())
    ]
    return (*coming, *((each, None) for each in olds.values()))


def _plan(tenancy: Tenancy, change: Change) -> Plan:
    replaced = {each.key: each for each in change.removed}
    for flow in change.added:
        flow.instead_of = replaced.get(flow.key)
    messages = tenancy.mirror.apply(change)
    done = partial(_done, tenancy, change)
    if len(messages) != 1:
        return _in_steps(tenancy, change, messages, done)
    undo = partial(_undo, tenancy, change)
    if len(change.added) == 1:
        return _adding(messages[0], change.added[0], done, undo)
    return Forward(messages[0], done=done, undo=undo)


def _done(tenancy: Tenancy, change: Change) -> None:
    """The datapath has taken it: what has gone stays gone."""
    for flow in change.added:
        tenancy.release(flow.former)
        flow.instead_of = None
    tenancy.release(change.removed)


def _undo(tenancy: Tenancy, change: Change) -> None:
    """The datapath has refused the one message that it was, so it has what it had."""
    _undone(tenancy, change)


def _undone(tenancy: Tenancy, change: Change) -> list[FlowMod]:
    """The datapath has refused it: what was there before is there again, unless there is something
    else now. Returns what makes it so on the datapath."""
    back = [message for flow in change.added for message in _take_back(tenancy, flow)]
    replaced = {each.key for each in change.added}
    for flow in change.removed:
        if flow.key not in replaced and not flow.is_over:
            back += _give_back(tenancy, flow)
    return back


def _take_back(tenancy: Tenancy, flow: TenantFlow) -> list[FlowMod]:
    """A flow that has been refused is no more, and the last one before it which wasn't is there."""
    now = tenancy.mirror.flows_of(flow.slice).get(flow.key)
    back: list[FlowMod] = []
    if now is flow:
        former = next((each for each in flow.former if not each.is_over), None)
        added = () if former is None else (former,)
        change = Change((flow,), added, swaps_between(flow, former))
        back = tenancy.mirror.apply(change)
    elif now is None or flow not in now.former:
        # It has been deleted, and what it replaced with it.
        tenancy.release(flow.former)
    tenancy.release([flow])
    return back


def _give_back(tenancy: Tenancy, flow: TenantFlow) -> list[FlowMod]:
    """A flow that went without another in its place is there again, if there is none now."""
    if flow.key in tenancy.mirror.flows_of(flow.slice):
        tenancy.release([flow])
        return []
    return tenancy.mirror.apply(Change((), (flow,), swaps_between(None, flow)))


def _adding(
    message: FlowMod, flow: TenantFlow, done: Callable[[], None], undo: Callable[[], None]
) -> Forward:
    """One flow comes. If it is said again before the datapath has answered (`remembered.py`), its
    piece has another number, and the last answer decides."""
    numbers = [each.number for each in flow.pieces]
    flow.accept, flow.reject = done, undo
    return Forward(message, done=flow.accepted, undo=partial(_refused, flow, numbers))


def _refused(flow: TenantFlow, numbers: Sequence[int]) -> None:
    if numbers == [each.number for each in flow.pieces]:
        flow.rejected()


def in_steps(plan: Plan) -> Steps[Sequence[Message]]:
    """A flow-mod's plan as an operation, whatever it is."""
    if not isinstance(plan, Forward):
        return (yield from plan)
    try:
        yield [plan.message]
    except Refused:
        if plan.undo is not None:
            plan.undo()
        raise
    if plan.done is not None:
        plan.done()
    return []


def _in_steps(
    tenancy: Tenancy, change: Change, messages: Sequence[Message], done: Callable[[], None]
) -> Steps[Sequence[Message]]:
    tenancy.in_steps.update(change.added)
    try:
        yield messages
    except Refused:
        back = _undone(tenancy, change)
        if back:
            yield back
        raise
    finally:
        tenancy.in_steps.difference_update(change.added)
    done()
    return []


def _delete(tenancy: Tenancy, sliver: Sliver, asked: FlowMod) -> Plan:
    flows = selected(tenancy, sliver.slice, asked)
    swaps: tuple[Swap, ...] = tuple((each, None) for flow in flows for each in flow.pieces)
    messages = tenancy.mirror.apply(Change(tuple(flows), (), swaps))
    deleted = places_emptied(messages)
    for flow in flows:
        tenancy.mirror.await_ends(flow, deleted)
    silent = [flow for flow in flows if not flow.leaving]

    if len(messages) == 1 and not silent:
        return Forward(messages[0])
    return _deleting(tenancy, sliver, messages, silent)


def _deleting(
    tenancy: Tenancy, sliver: Sliver, messages: Sequence[Message], silent: Sequence[TenantFlow]
) -> Steps[Sequence[Message]]:
    """Flows without a piece on the datapath are over then, even if it has no room for what was
    beneath them. Of the others Open vSwitch tells after it has answered a barrier, and they are
    over when it does."""
    try:
        yield messages
    except Refused:
        _end_all(tenancy, sliver, silent)
        raise
    _end_all(tenancy, sliver, silent)
    return []


def _end_all(tenancy: Tenancy, sliver: Sliver, flows: Sequence[TenantFlow]) -> None:
    tenancy.release(flows)
    for flow in flows:
        if flow.asked.flags & of.OFPFF_SEND_FLOW_REM:
            sliver.offer(Notice.of(removed(flow, of.OFPRR_DELETE, 0, 0)))


def flow_removed(tenancy: Tenancy, message: FlowRemoved) -> tuple[int, FlowRemoved | None] | None:
    """(tag, what the tenant is told) of a piece that is gone; nothing is told before the last one
    is. None where it is no piece that is known."""
    cookie = Cookie.read(message.cookie)
    if cookie is None or cookie.part is not Part.PIECE:
        return None
    piece = tenancy.mirror.piece(cookie.number)
    if piece is None:
        return None
    flow = piece.flow
    flow.packets += message.packet_count
    flow.bytes += message.byte_count
    tenancy.mirror.forget(piece)
    if flow.leaving:
        flow.leaving -= 1
        is_over = not flow.leaving
    else:
        is_over = not flow.pieces and tenancy.mirror.remove(flow)
    if not is_over:
        return cookie.tag, None
    tenancy.release([flow])
    if not flow.asked.flags & of.OFPFF_SEND_FLOW_REM:
        return cookie.tag, None
    told = removed(flow, message.reason, message.duration_sec, message.duration_nsec)
    return cookie.tag, told


def give_up(tenancy: Tenancy, numbers: Iterable[int]) -> None:
    """Wait no longer for the datapath to tell of these pieces' ends."""
    for number in numbers:
        piece = tenancy.mirror.piece(number)
        if piece is not None:
            tenancy.mirror.forget(piece)
            piece.flow.leaving -= 1
            if not piece.flow.leaving:
                tenancy.release([piece.flow])


def removed(flow: TenantFlow, reason: int, seconds: int, nanoseconds: int) -> FlowRemoved:
    """What a tenant is told of its flow's end."""
    asked = flow.asked
    return FlowRemoved(
        0,
        asked.cookie,
        asked.priority,
        reason,
        0,
        seconds,
        nanoseconds,
        asked.idle_timeout,
        asked.hard_timeout,
        flow.packets,
        flow.bytes,
        asked.match,
    )
