"""Bundles: a tenant's open bundles (`openflow/bundles.py`), and what they are on the datapath.

Each is a bundle of the datapath's, under an id of the datapath's: messages are translated and added
to it as they come, and the datapath judges, carries out all or nothing, and lets it expire. What it
does to a bundle follows from the order of the messages (Open vSwitch's `ofproto/bundles.c`), so it
is known here when a bundle is no more. Invariant: what a bundle's messages have claimed (group ids)
is confirmed if the bundle is committed, and let go of in all other cases.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from slicer.openflow import bundles, errors
from slicer.openflow.bundles import Add, Control, Step
from slicer.openflow.errors import EncodeError
from slicer.openflow.header import xid_of
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import ErrorMessage, Experimenter, FlowMod, Message
from slicer.proxy import quota
from slicer.proxy.enforcement import Forward, Part
from slicer.proxy.faults import at_cost_of, see_through
from slicer.proxy.operation import Declined, OperationFailed, Steps
from slicer.proxy.pending import Request
from slicer.proxy.refusal import Refusal

if TYPE_CHECKING:
    from slicer.proxy.tenant import Tenant

QUOTED_BYTES = 0xFFFF - 16
"""How much of a message an experimenter's error has room for."""
BUNDLED = frozenset({Kind.FLOW_MOD, Kind.GROUP_MOD, Kind.PACKET_OUT})
"""What may be bundled. Open vSwitch takes port-mods too, but not in an atomic bundle."""


@dataclass(slots=True, eq=False)
class _Bundle:
    """One open bundle. The xids are the datapath's, those under which it may refuse it later."""

    physical: int
    flags: int
    is_asked_for: bool = True
    """Was it opened by itself? Else by the first message that the datapath takes."""
    is_closed: bool = False
    xids: list[int] = field(default_factory=list)
    added: dict[_Added, None] = field(default_factory=dict)
    bytes: int = 0


@dataclass(slots=True, eq=False)
class _Opening:
    """Asks for a bundle to be opened, and hears if it expires."""

    bundles: Bundles
    bundle: _Bundle

    def answered(self, request: Request, kind: Kind, frame: bytes, now: float) -> bool:
        """It is open."""
        return self.bundles.tenant.tell_reply(request, kind, frame, now)

    def failed(self, request: Request, error: ErrorMessage, now: float) -> None:
        """It couldn't be opened, or has expired."""
        self.bundles.drop(self.bundle)
        self.bundles.tenant.tell_failure(request, error, now)

    def passed(self, request: Request, now: float) -> None:
        """An answer has come before."""


@dataclass(slots=True, eq=False)
class _Added:
    """Asks for a message to be added. The datapath may refuse it at once, or when the bundle is
    committed."""

    bundles: Bundles
    bundle: _Bundle
    part: Part
    may_add: bool = False
    """Is it a flow-mod that may add a flow?"""
    is_refused: bool = False

    def answered(self, request: Request, kind: Kind, frame: bytes, now: float) -> bool:
        """There is nothing to be answered."""
        return True

    def failed(self, request: Request, error: ErrorMessage, now: float) -> None:
        """Refused; of what is several messages on the datapath it is said once."""
        if (error.type, error.code) == errors.BUNDLE_FAILED_TIMEOUT[:2]:
            self.bundles.drop(self.bundle)
        self.undo()
        if not self.bundle.is_asked_for and not self.bundle.added:
            self.bundles.drop(self.bundle)
        if not self.is_refused:
            self.is_refused = True
            self.bundles.tenant.tell_failure(request, error, now)

    def passed(self, request: Request, now: float) -> None:
        """It waits for the commit."""

    def undo(self) -> None:
        """It is not carried out."""
        if self in self.bundle.added:
            del self.bundle.added[self]
            with at_cost_of(self.bundles.tenant.peer):
                if self.part.undo is not None:
                    self.part.undo()


class Bundles:
    """The bundles of one tenant connection."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self._open: dict[int, _Bundle] = {}

    # ---- control messages ----

    def control(self, frame: bytes, message: Experimenter, now: float) -> None:
        """Open, close, commit or discard. Raises MalformedError, Refusal."""
        asked = bundles.read_control(message)
        handler = _STEPS.get(asked.step)
        if handler is None:
            raise Refusal(errors.BUNDLE_FAILED_BAD_TYPE, f"a bundle control of type {asked.step}")
        handler(self, frame, asked, now)

    def _send(
        self,
        frame: bytes,
        asked: Control,
        bundle: _Bundle | None,
        now: float,
        done: Callable[[], None] | None = None,
        undo: Callable[[], None] | None = None,
    ) -> None:
        """Have the datapath do to a bundle what the tenant asks. One that isn't open is a new id
        there, of which it says the same."""
        physical = bundle.physical if bundle is not None else self._new_id()

        def back(reply: Message) -> Message:
            if done is not None:
                done()
            return _in_tenants_terms(reply, asked.bundle_id)

        self.tenant.carry_out(
            frame,
            Forward(replace(asked, bundle_id=physical).message(0), back, undo=undo),
            now,
        )

    def _open_one(self, frame: bytes, asked: Control, now: float) -> None:
        """A second opening ends a bundle, but only the datapath knows whether the first message to
        one, on its way there still, has opened it: so both are for the same bundle there."""
        known = self._open.get(asked.bundle_id)
        if known is not None:
            self.drop(known)
        physical = known.physical if known is not None else self._new_id()
        datapath = self.tenant.datapath
        bundle = self._new(asked.bundle_id, asked.flags, physical)
        self._ask(
            _Opening(self, bundle),
            frame,
            datapath.dialect.encode(replace(asked, bundle_id=bundle.physical).message(0)),
            lambda reply: _in_tenants_terms(reply, asked.bundle_id),
        )

    def _new(self, number: int, flags: int, physical: int, *, is_asked_for: bool = True) -> _Bundle:
        most = self.tenant.datapath.settings.bundles
        if len(self._open) >= most:
            raise Refusal(errors.BUNDLE_FAILED_OUT_OF_BUNDLES, f"more than {most} open bundles")
        bundle = self._open[number] = _Bundle(physical, flags, is_asked_for)
        return bundle

    def _close_one(self, frame: bytes, asked: Control, now: float) -> None:
        known = self._open.get(asked.bundle_id)
        if known is not None:
            if known.is_closed or known.flags != asked.flags:
                self.drop(known)
            known.is_closed = True
        self._send(frame, asked, known, now)

    def _commit(self, frame: bytes, asked: Control, now: float) -> None:
        known = self._open.pop(asked.bundle_id, None)
        if known is None:
            self._send(frame, asked, None, now)
            return

        def done() -> None:
            for each in known.added:
                with at_cost_of(self.tenant.peer):
                    if each.part.done is not None:
                        each.part.done()
            known.added.clear()
            self.drop(known)

        is_limited = self.tenant.sliver.limits.flows is not None
        if is_limited and any(each.may_add for each in known.added):
            steps = self._committed_within_quota(frame, asked, known, done)
            self.tenant.carry_out(frame, steps, now)
        else:
            self._send(frame, asked, known, now, done, lambda: self.drop(known))

    def _committed_within_quota(
        self, frame: bytes, asked: Control, bundle: _Bundle, done: Callable[[], None]
    ) -> Steps[Sequence[Message]]:
        """Commit a bundle if the sliver has room for as many flows as it may add. Raises Declined
        with TABLE_FULL."""
        sliver, enforcement = self.tenant.sliver, self.tenant.datapath.enforcement
        number = sum(each.may_add for each in bundle.added)
        control = replace(asked, bundle_id=bundle.physical)
        try:
            yield from quota.claim(sliver, enforcement, number)
        except Declined:
            self.drop(bundle)
            yield [replace(control, step=Step.DISCARD_REQUEST).message(0)]
            raise
        try:
            replies, _ = yield [control.message(0)]
        except OperationFailed:
            self.drop(bundle)
            raise
        if not replies:
            self.drop(bundle)
            raise OperationFailed("the datapath has answered a barrier, but no commit before it")
        done()
        return [_in_tenants_terms(replace(replies[0], xid=xid_of(frame)), asked.bundle_id)]

    def _discard(self, frame: bytes, asked: Control, now: float) -> None:
        known = self._open.get(asked.bundle_id)
        if known is not None:
            self.drop(known)
        self._send(frame, asked, known, now)

    # ---- messages ----

    def add(self, frame: bytes, message: Experimenter, now: float) -> None:
        """Add a message to a bundle, which opens it if need be. Raises MalformedError, Refusal,
        EncodeError."""
        asked = bundles.read_add(message)
        kind = self.tenant.dialect.kind(asked.frame)
        if kind not in BUNDLED:
            named = kind.name if kind else "a message of no kind"
            raise Refusal(errors.BUNDLE_FAILED_MSG_UNSUP, f"{named} in a bundle")
        self._check_room(asked)
        inner = self.tenant.read(asked.frame)
        part = self.tenant.datapath.enforcement.bundled(self.tenant.sliver, inner)
        try:
            self._add(frame, asked, part, isinstance(inner, FlowMod) and quota.may_add(inner))
        except (EncodeError, Refusal):
            if part.undo is not None:
                part.undo()
            raise
        self.tenant.datapath.hold_back(self.tenant.peer)

    def _check_room(self, asked: Add) -> None:
        held = [len(each.added) for each in self._open.values()]
        size = sum(each.bytes for each in self._open.values())
        settings = self.tenant.datapath.settings
        is_full = size + len(asked.frame) > settings.bundle_bytes
        if is_full or sum(held) >= settings.bundle_messages:
            raise Refusal(
                errors.BUNDLE_FAILED_MSG_TOO_MANY,
                f"{sum(held)} messages of {size} bytes in open bundles, "
                f"expected {settings.bundle_messages} of {settings.bundle_bytes} at most",
            )

    def _add(self, frame: bytes, asked: Add, part: Part, may_add: bool) -> None:
        encode = self.tenant.datapath.dialect.encode
        known = self._open.get(asked.bundle_id)
        physical = known.physical if known else self._new_id()
        adds = [encode(bundles.add(physical, asked.flags, encode(each))) for each in part.messages]
        bundle = known or self._new(asked.bundle_id, asked.flags, physical, is_asked_for=False)
        added = _Added(self, bundle, part, may_add)
        bundle.added[added] = None
        bundle.bytes += len(asked.frame)
        for each in adds:
            self._ask(added, frame, each)
        if bundle.is_closed or bundle.flags != asked.flags:
            self.drop(bundle)

    def _ask(
        self,
        asker: _Opening | _Added,
        frame: bytes,
        translated: bytes,
        restore: Callable[[Message], Message] | None = None,
    ) -> None:
        quote = frame[:QUOTED_BYTES]
        request = Request(asker, xid_of(frame), Kind.EXPERIMENTER, quote, restore)
        datapath = self.tenant.datapath
        xid = datapath.pending.open(request)
        datapath.of_bundles[xid] = request
        asker.bundle.xids.append(xid)
        datapath.peer.send(bundles.with_xid(translated, xid))
        if datapath.pending.wants_barrier:
            datapath.flush()

    def _new_id(self) -> int:
        """An id that no open bundle has on the datapath."""
        return next(self.tenant.datapath.bundle_ids) & 0xFFFF_FFFF

    # ---- the end of a bundle ----

    def drop(self, bundle: _Bundle) -> None:
        """The datapath has no such bundle any more, or will have none when it comes to it."""
        for number, each in list(self._open.items()):
            if each is bundle:
                del self._open[number]
        for added in reversed(list(bundle.added)):
            added.undo()
        for xid in bundle.xids:
            self.tenant.datapath.of_bundles.pop(xid, None)
        bundle.xids.clear()

    def close(self) -> None:
        """The tenant's connection is over, and with it its bundles."""
        opened = list(self._open.values())
        see_through(*(partial(step, each) for each in opened for step in (self.drop, self._end)))

    def _end(self, bundle: _Bundle) -> None:
        discard = Control(bundle.physical, Step.DISCARD_REQUEST, bundle.flags)
        self.tenant.datapath.order(discard.message(0))


_STEPS: dict[int, Callable[[Bundles, bytes, Control, float], None]] = {
    Step.OPEN_REQUEST: Bundles._open_one,
    Step.CLOSE_REQUEST: Bundles._close_one,
    Step.COMMIT_REQUEST: Bundles._commit,
    Step.DISCARD_REQUEST: Bundles._discard,
}


def _in_tenants_terms(reply: Message, number: int) -> Message:
    assert isinstance(reply, Experimenter)
    return replace(bundles.read_control(reply), bundle_id=number).message(reply.xid)
