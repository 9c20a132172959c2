"""Runs: hot messages of one read that are handled together.

A read of a busy connection holds hundreds of frames, and most need nothing but a translation. As
many such frames as come one after the other are a run: each is translated, and all else (the
entries for their answers, the bounds, the sending) is done once for all of them. What ends a run is
any frame that is not of that kind, whose route has no run, or whose translation is not plain; such
a frame takes the way of a single one. Which kinds have runs is said by the tables of routes.

Invariant: what is sent, counted and remembered is the same as if each frame had come alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol

from slicer.openflow.errors import EncodeError, MalformedError
from slicer.openflow.kinds import Kind
from slicer.proxy.notice import OPENFLOW_1_0
from slicer.proxy.peer import Peer
from slicer.proxy.pending import Run
from slicer.proxy.refusal import Refusal
from slicer.proxy.routes import READY, RunHandler
from slicer.proxy.swift import CarryOut, Destination, Swift, Translate, Translator

if TYPE_CHECKING:
    from slicer.proxy.datapath import Datapath
    from slicer.proxy.tenant import Tenant

QUOTED_BYTES = 0xFFFF - 16
"""How much of a refused request an error quotes: all of it, as Open vSwitch does, where the error
has room. OpenFlow 1.3.5 7.4.4 wants 64 bytes at least."""


class Session(Protocol):
    """What a connection has to do with runs."""

    peer: Peer

    @property
    def runs(self) -> Mapping[int, RunHandler[Any]]:
        """The handlers of runs by type byte; each of them says what is a run."""

    def handle(self, frame: bytes, now: float) -> None:
        """Handle one frame."""


def handle_all(session: Session, frames: Sequence[bytes], now: float) -> None:
    """Handle the frames of one read, up to one that ends the connection."""
    position, count, peer = 0, len(frames), session.peer
    while position < count and peer.close_reason is None:
        frame = frames[position]
        handler = session.runs.get(frame[1])
        taken = 0 if handler is None else handler(session, frames, position, now)
        if not taken:
            session.handle(frame, now)
        position += taken or 1


# ---- from a tenant ----


def _flow_mods(tenant: Tenant, swift: Swift) -> Translator | None:
    if tenant.sliver.limits.flows is not None:
        return None
    return swift.flow_mods(tenant.sliver, tenant.dialect.version)


def _packet_outs(tenant: Tenant, swift: Swift) -> Translator:
    return Translator(swift.packet_outs(tenant.sliver, tenant.dialect.version))


_TRANSLATED: Mapping[Kind, Callable[[Tenant, Swift], Translator | None]] = {
    Kind.FLOW_MOD: _flow_mods,
    Kind.PACKET_OUT: _packet_outs,
}


def requests(tenant: Tenant, frames: Sequence[bytes], start: int, now: float) -> int:
    """Pass on flow-mods and packet-outs, as far as they are one message for one. What stands alone
    is none, as a run of one costs more than a frame by itself."""
    is_alone = start + 1 == len(frames) or frames[start + 1][1] not in tenant.runs
    if is_alone or not tenant.takes_runs:
        return 0
    datapath = tenant.datapath
    congestion = datapath.congestion
    is_held_back = congestion.holds_back(tenant.peer)
    xids = datapath.pending.next_run()
    if not is_held_back:
        xids = xids[: congestion.room()]
    changes: list[CarryOut] = []
    translated = _translations(tenant, frames, start, xids, changes)
    count = len(translated)
    if not count:
        return 0
    run = frames[start : start + count]
    data, size = b"".join(translated), sum(map(len, run))
    fits = is_held_back or congestion.fits(size, len(data))
    if not fits or (size > QUOTED_BYTES and max(map(len, run)) > QUOTED_BYTES):
        return _one_by_one(tenant, run, now)
    entry = Run(tenant, run, size)
    for carry_out in changes:
        entry.undo = carry_out()
    datapath.ask_run(entry, data)
    tenant.allowance.outstanding.ask(count)
    datapath.hold_back(tenant.peer)
    return count


def _translations(
    tenant: Tenant, frames: Sequence[bytes], start: int, xids: range, changes: list[CarryOut]
) -> list[bytes]:
    """What the first frames become, as far as they make a run; `changes` are noted that have to be
    carried out then."""
    version = tenant.dialect.version
    translated: list[bytes] = []
    add = translated.append
    translators: dict[int, Translate] = {}
    try:
        for xid, frame in zip(xids, islice(frames, start, None), strict=False):
            translate = translators.get(frame[1])
            if translate is None:
                translate = _translate(tenant, frame[1], translators, changes)
            if translate is None or frame[0] != version:
                break
            made = translate(frame, xid)
            if made is None:
                break
            add(made)
    except (MalformedError, Refusal, EncodeError):
        # The frame is refused when it is handled by itself.
        return translated
    return translated


def _translate(
    tenant: Tenant, number: int, translators: dict[int, Translate], changes: list[CarryOut]
) -> Translate | None:
    """How to translate frames with a type byte, if they can be part of this run."""
    swift = tenant.datapath.swift
    if swift is None or tenant.runs.get(number) is not requests:
        return None
    translator = _TRANSLATED[tenant.dialect.plain_kinds[number]](tenant, swift)
    if translator is None:
        return None
    if translator.carry_out is not None:
        changes.append(translator.carry_out)
    translators[number] = translator.translate
    return translator.translate


def _one_by_one(session: Session, frames: Sequence[bytes], now: float) -> int:
    for frame in frames:
        if session.peer.close_reason is None:
            session.handle(frame, now)
    return len(frames)


# ---- from a datapath ----

_Outlet = tuple[list[list[bytes]], list[list[bytes]]]
"""What goes to controllers of OpenFlow 1.3, a list each, and of 1.0."""


def packet_ins(datapath: Datapath, frames: Sequence[bytes], start: int, now: float) -> int:
    """Give packet-ins to their slices' controllers. One by itself is a run, too: what is remembered
    of it costs less than to look at it."""
    if datapath.state is not READY:
        return 0
    boxes: dict[Tenant, list[bytes]] = {}
    count = _sort(datapath, islice(frames, start, None), boxes)
    for tenant, box in boxes.items():
        if box:
            tenant.outbox.events(box)
    return count


def _sort(datapath: Datapath, frames: Iterable[bytes], boxes: dict[Tenant, list[bytes]]) -> int:
    """Put packet-ins into their controllers' boxes, as far as they make a run; returns how many."""
    swift, version, runs = datapath.swift, datapath.dialect.version, datapath.runs
    if swift is None:
        return 0
    head_of = swift.packet_in_head
    outlets: dict[Destination, _Outlet | None] = {}
    count = 0
    try:
        for frame in frames:
            if runs.get(frame[1]) is not packet_ins or frame[0] != version:
                break
            head = head_of(frame)
            if head is None:
                break
            destination, rest, in_1_3, in_1_0 = head
            if destination not in outlets:
                outlets[destination] = _outlet(datapath, swift, destination, boxes)
            outlet = outlets[destination]
            if outlet is None:
                break
            of_1_3, of_1_0 = outlet
            if of_1_0 and in_1_0 is None:
                break
            for box in of_1_3:
                box.append(in_1_3 + frame[rest:])
            for box in of_1_0:
                box.append((in_1_0 or b"") + frame[rest:])
            count += 1
    except MalformedError:
        # The datapath is told when the frame is handled by itself.
        return count
    return count


def _outlet(
    datapath: Datapath,
    swift: Swift,
    destination: Destination,
    boxes: dict[Tenant, list[bytes]],
) -> _Outlet | None:
    """Who hears of packet-ins with a destination; None where they are dropped, and counted."""
    tag, notice = swift.destined(destination)
    sliver = datapath.by_tag.get(tag)
    if sliver is None or notice is None:
        return None
    outlet: _Outlet = ([], [])
    for tenant in sliver.tenants:
        if tenant.wants(notice):
            lists = outlet[tenant.dialect.version == OPENFLOW_1_0]
            lists.append(boxes.setdefault(tenant, []))
    return outlet
