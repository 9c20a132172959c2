"""Tenant: one tenant controller's connection to a sliver, or a watcher's.

It greets, checks that a frame may come now, calls the frame's route, and turns every refusal into
an OpenFlow error under the tenant's own xid that quotes the tenant's own bytes. What a message
means for the datapath is the handlers' and the enforcement's affair. Invariant: for each frame
that can be answered there is an answer or an effect, never silence.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from slicer.openflow import constants as of
from slicer.openflow import errors, replies
from slicer.openflow.dialect import Dialect
from slicer.openflow.errors import EncodeError, ErrorCode, MalformedError
from slicer.openflow.header import has_more, xid_of
from slicer.openflow.hello import decode_hello, negotiate
from slicer.openflow.kinds import BARRIER_REPLY, BARRIER_REQUEST, Kind
from slicer.openflow.messages import ErrorMessage, Hello, Message
from slicer.proxy import from_controller
from slicer.proxy.bundles import Bundles
from slicer.proxy.enforcement import Forward, Plan, unchanged
from slicer.proxy.faults import FAULT, at_cost_of, log_fault, see_through
from slicer.proxy.notice import Notice
from slicer.proxy.operation import Declined, Faulted, Operation, OperationFailed, Refused
from slicer.proxy.outbox import Outbox, OutboxLimits
from slicer.proxy.parts import frames
from slicer.proxy.peer import Peer
from slicer.proxy.pending import Request, RestoreFrame
from slicer.proxy.refusal import Refusal
from slicer.proxy.roles import AsyncConfig
from slicer.proxy.routes import GREETING, READY, Handler, RunHandler, State, direct, direct_runs
from slicer.proxy.runs import QUOTED_BYTES
from slicer.proxy.waiting import Later, Waiting

if TYPE_CHECKING:
    from slicer.proxy.datapath import Datapath
    from slicer.proxy.sliver import Sliver

log = logging.getLogger(__name__)


class Tenant:
    """A session with a tenant controller."""

    def __init__(
        self,
        peer: Peer,
        sliver: Sliver,
        datapath: Datapath,
        outbox: OutboxLimits,
        later: Later,
        is_watcher: bool = False,
    ) -> None:
        self.peer = peer
        self.sliver = sliver
        self.is_watcher = is_watcher
        self.allowance = sliver.watchers if is_watcher else sliver.controllers
        self.datapath = datapath
        self.state = State.GREETING
        self.dialect: Dialect = datapath.tenant_dialects[max(datapath.tenant_dialects)]
        self.miss_send_len = 128
        self._role: int = of.OFPCR_ROLE_EQUAL
        self._async_config = AsyncConfig()
        self._wanted = self._async_config.masks(self._role)
        self._forbidden: frozenset[Kind] = frozenset()
        self._direct: Mapping[int, Handler[Tenant]] = {}
        """The handlers by type byte, for what may come and is answered by the datapath."""
        self.runs: Mapping[int, RunHandler[Tenant]] = {}
        """Likewise, of runs."""
        self.bundles = Bundles(self)
        self.outbox = Outbox(peer, outbox, sliver.counters)
        self._waiting = Waiting(self, later)
        self.send(Hello(0, frozenset(datapath.tenant_dialects)))
        datapath.congestion.welcome(peer)
        sliver.connections.append(self)

    @property
    def role(self) -> int:
        """Its role at the sliver, OFPCR_ROLE_*."""
        return self._role

    @role.setter
    def role(self, role: int) -> None:
        self._role = role
        self._wanted = self._async_config.masks(role)
        self._forbidden = from_controller.forbidden(role, is_watcher=self.is_watcher)
        self._direct = direct(from_controller.ROUTES, self.dialect, self._forbidden)
        self.runs = direct_runs(from_controller.ROUTES, self.dialect, self._forbidden)

    @property
    def async_config(self) -> AsyncConfig:
        """Which asynchronous messages it wants."""
        return self._async_config

    @async_config.setter
    def async_config(self, config: AsyncConfig) -> None:
        self._async_config = config
        self._wanted = config.masks(self._role)

    def __str__(self) -> str:
        what = "watcher" if self.is_watcher else "controller"
        return f"{self.sliver} ({what} {self.peer.address})"

    @property
    def reader(self) -> str:
        """What one is called who may change nothing."""
        return "watcher" if self.is_watcher else "slave"

    @property
    def takes_runs(self) -> bool:
        """May frames be handled together, as nothing else has to be asked of them?"""
        is_free = not self._waiting.is_waiting and not self.allowance.is_held_back
        return is_free and self.state is READY

    def handle(self, frame: bytes, now: float) -> None:
        """Handle one frame of the tenant's, or keep it while others of the tenant's wait."""
        if self._waiting.is_waiting:
            self._waiting.keep(frame)
            return
        if self.state is GREETING:
            self._greet(frame, now)
            return
        try:
            if self.allowance.is_held_back and not self._waiting.may_come(frame, now):
                return
            handler = self._direct.get(frame[1])
            if handler is not None and frame[0] == self.dialect.version:
                handler(self, frame, now)
            else:
                self._route(frame, now)
        except MalformedError as malformed:
            self.refuse(frame, malformed.error, malformed.text, now)
        except Refusal as refusal:
            self.refuse(frame, refusal.error, str(refusal), now)
        except EncodeError as too_long:
            self.refuse(frame, errors.BAD_REQUEST_BAD_LEN, str(too_long), now)

    def _greet(self, frame: bytes, now: float) -> None:
        try:
            hello = decode_hello(frame)
        except MalformedError as malformed:
            self.refuse(frame, errors.HELLO_FAILED_INCOMPATIBLE, malformed.text, now)
            self.peer.close(f"expected a hello, {malformed}")
            return
        dialect = negotiate(self.datapath.tenant_dialects, hello)
        if dialect is None:
            spoken = ", ".join(map(str, sorted(hello.versions)))
            why = f"it speaks OpenFlow wire versions {spoken}"
            self.refuse(frame, errors.HELLO_FAILED_INCOMPATIBLE, why, now)
            self.peer.close(f"no common OpenFlow version: {why}")
            return
        self.dialect = dialect
        self.state = State.READY
        self.role = self._role
        self.sliver.tenants.append(self)
        self.datapath.tenants_changed(self.sliver, now)
        self._log("connected", now)

    def _route(self, frame: bytes, now: float) -> None:
        if frame[0] != self.dialect.version:
            raise Refusal(
                errors.BAD_REQUEST_BAD_VERSION,
                f"version {frame[0]} where {self.dialect.version} was agreed",
            )
        kind = self.dialect.kind(frame)
        if kind is None:
            raise Refusal(self.dialect.unknown(frame), f"unknown message of type {frame[1]}")
        route = from_controller.ROUTES.get(kind)
        if route is None or self.state not in route.states:
            raise Refusal(errors.BAD_REQUEST_BAD_TYPE, f"{kind.name} is not for tenants")
        if kind in self._forbidden:
            raise Refusal(errors.BAD_REQUEST_IS_SLAVE, f"{kind.name} from a {self.reader}")
        if not (route.is_own and self._waiting.waits_for_barrier(frame)):
            route.handler(self, frame, now)

    def read(self, frame: bytes) -> Message:
        """Decode a frame of this tenant's. Raises MalformedError."""
        return self.dialect.decode(frame)

    def send(self, message: Message) -> None:
        """Send an answer."""
        for frame in frames(self.dialect, message):
            self.outbox.answer(frame)

    def wants(self, notice: Notice) -> bool:
        """Is an asynchronous message for this controller?"""
        is_wanted = self._wanted[notice.kind] >> notice.reason & 1
        return bool(is_wanted) and (not notice.is_table_miss or notice.is_for(self.dialect))

    def offer(self, notice: Notice) -> None:
        """Send an asynchronous message, or drop it when too much waits already, or when this
        controller's version has no words for it."""
        if not self.outbox.takes_event():
            return
        try:
            frame = notice.frame(self.dialect)
        except EncodeError:
            self.sliver.counters["dropped: can't be said in the controller's version"] += 1
            return
        except Exception:  # noqa: BLE001  (`_fault` logs it)
            self._fault()
            return
        self.peer.send(frame)

    def refuse(self, frame: bytes, error: ErrorCode, why: str, now: float) -> None:
        """Answer a frame with an error; count it, and say why in the log unless the tenant has
        had its share of the log already."""
        if self._waiting.waits_for_barrier(frame):
            return
        self.sliver.counters[f"refused: {error.name}"] += 1
        if self.allowance.log_share.take(now):
            log.info("%s: refused with %s: %s", self, error.name, why)
        whose = errors.ONF if error.type == errors.EXPERIMENTER_TYPE else None
        quote = frame[:QUOTED_BYTES]
        self.send(ErrorMessage(xid_of(frame), error.type, error.code, quote, whose))

    def lost_framing(self, why: str) -> None:
        """The tenant's stream can't be read further."""
        error = errors.BAD_REQUEST_BAD_LEN
        self.sliver.counters[f"refused: {error.name}"] += 1
        self.send(ErrorMessage(0, error.type, error.code, b""))
        self.peer.close(why)

    def carry_out(self, frame: bytes, plan: Plan, now: float) -> None:
        """Have the datapath do what a tenant's frame amounts to; answers come back here."""
        xid, quote = xid_of(frame), frame[:QUOTED_BYTES]
        if isinstance(plan, Forward):
            kind = plan.message.kind
            back = plan.restore, plan.done, plan.undo, plan.restore_frame
            request = Request(self, xid, kind, quote, *back)
            try:
                translated = self.datapath.dialect.encode(plan.message)
            except EncodeError:
                if plan.undo is not None:
                    plan.undo()
                raise
            self._ask(request, translated)
            return
        self._waiting.begin()
        self.allowance.outstanding.ask()
        Operation(
            plan,
            self.datapath,
            self._carried_out,
            lambda why, now: self._not_carried_out(why, Request(self, xid, Kind.ERROR, quote), now),
            self.datapath.settings.operation_bytes,
        ).start(now)

    def pass_on(
        self,
        kind: Kind,
        frame: bytes,
        translated: bytes,
        done: Callable[[], None] | None = None,
        undo: Callable[[], None] | None = None,
    ) -> None:
        """Send the datapath a frame for a tenant's frame that has no reply. `done` is called once
        it has carried that out, `undo` if it refuses."""
        quote = frame[:QUOTED_BYTES]
        self._ask(Request(self, xid_of(frame), kind, quote, None, done, undo), translated)

    def ask_barrier(self, frame: bytes, restore_frame: RestoreFrame) -> None:
        """Have the datapath say when it has carried out what was sent before."""
        self._waiting.barrier_sent()
        back = unchanged, None, None, restore_frame
        request = Request(self, xid_of(frame), BARRIER_REQUEST, frame, *back)
        self._ask(request, replies.barrier_request(self.datapath.dialect.version))

    def _ask(self, request: Request, translated: bytes) -> None:
        self.datapath.ask_frame(request, translated)
        self.allowance.outstanding.ask()
        self.datapath.congestion.hold_back(self.peer)

    def _carried_out(self, answers: Sequence[Message], now: float) -> None:
        for answer in answers:
            self.send(answer)
        self.allowance.outstanding.settle(now)
        self._waiting.release(now)

    def _not_carried_out(self, why: OperationFailed, request: Request, now: float) -> None:
        if isinstance(why, Declined):
            with at_cost_of(self.peer):
                self.refuse(request.quote, why.error, str(why), now)
            self.allowance.outstanding.settle(now)
        else:
            log.warning("%s: %s", self, why)
            said = ErrorMessage(0, *errors.BAD_REQUEST_EPERM[:2], b"")
            self.failed(request, why.failures[0][1] if isinstance(why, Refused) else said, now)
        if isinstance(why, Faulted):
            self.peer.close(str(why))
        self._waiting.release(now)

    def _fault(self) -> None:
        """What is done for this connection has met a fault: nobody else is to suffer it."""
        if self.peer.close_reason != FAULT:  # else it is the same once more, in a further part
            log_fault()
        self.peer.close(FAULT)

    def answered(self, request: Request, kind: Kind, frame: bytes, now: float) -> bool:
        """Pass on one reply of the datapath's."""
        is_last = self.tell_reply(request, kind, frame, now)
        if is_last:
            self.allowance.outstanding.settle(now)
        return is_last

    def tell_reply(self, request: Request, kind: Kind, frame: bytes, now: float) -> bool:
        """Say a reply of the datapath's in the sliver's terms; True for the last one. What the
        slicer does wrong there is not for the datapath to suffer. Raises MalformedError."""
        try:
            return self._tell_reply(request, kind, frame, now)
        except MalformedError:
            raise
        except Exception:  # noqa: BLE001  (`_fault` logs it)
            self._fault()
            return not has_more(frame)

    def _tell_reply(self, request: Request, kind: Kind, frame: bytes, now: float) -> bool:
        said = None
        if request.restore_frame is not None:
            said = request.restore_frame(frame, request.xid, self.dialect.version)
        if said is not None:
            self.outbox.answer(said)
            is_last = not has_more(frame)
        else:
            reply = self.datapath.read(frame)
            assert request.restore is not None
            self.send(replace(request.restore(reply), xid=request.xid))
            is_last = not getattr(reply, "more", False)
        if kind is BARRIER_REPLY:
            self._waiting.barrier_done(now)
        return is_last

    def failed(self, request: Request, error: ErrorMessage, now: float) -> None:
        """Pass on an error of the datapath's."""
        self.tell_failure(request, error, now)
        self.allowance.outstanding.settle(now)

    def tell_failure(self, request: Request, error: ErrorMessage, now: float) -> None:
        """Say an error of the datapath's with the tenant's xid and the tenant's bytes."""
        try:
            self._tell_failure(request, error, now)
        except Exception:  # noqa: BLE001  (`_fault` logs it)
            self._fault()

    def _tell_failure(self, request: Request, error: ErrorMessage, now: float) -> None:
        if request.undo is not None:
            request.undo()
        name = errors.describe(error.type, error.code)
        self.sliver.counters[f"refused by the datapath: {name}"] += 1
        self.send(replace(error, xid=request.xid, data=request.quote))
        if request.kind is BARRIER_REQUEST:
            self._waiting.barrier_done(now)

    def request(self, frame: bytes) -> Request:
        """What one frame of a run is remembered as."""
        return Request(self, xid_of(frame), self.dialect.plain_kinds[frame[1]], frame)

    def run_passed(self, count: int, now: float) -> None:
        """So many requests of a run have been carried out."""
        self.allowance.outstanding.settle(now, count)

    def passed(self, request: Request, now: float) -> None:
        """A request without a reply has been carried out."""
        if request.done is not None:
            try:
                request.done()
            except Exception:  # noqa: BLE001  (`_fault` logs it)
                self._fault()
        self.allowance.outstanding.settle(now)

    def closed(self, reason: str, now: float) -> None:
        """The connection is over."""
        see_through(
            self.bundles.close,
            self._waiting.close,
            partial(self.datapath.congestion.forget, self.peer),
            partial(self._leave, now),
            self.datapath.follow_async,
            partial(self._log, f"disconnected: {reason}", now),
        )

    def _leave(self, now: float) -> None:
        if self in self.sliver.connections:
            self.sliver.connections.remove(self)
        if self in self.sliver.tenants:
            self.sliver.tenants.remove(self)
            self.datapath.tenants_changed(self.sliver, now)

    def _log(self, what: str, now: float) -> None:
        """Say what has become of the connection, within the sliver's share of the log."""
        if self.allowance.log_share.take(now):
            log.info("%s: %s", self, what)
        else:
            self.sliver.counters["connections: not logged"] += 1
