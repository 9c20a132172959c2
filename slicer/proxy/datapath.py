"""Datapath: a switch that has connected, and the slivers on it.

It greets the switch, reads its features, description and ports, has its enforcement make the
switch hold the policy, and from then on passes messages between the switch and its slivers. Which
dpid may connect, and where tenants are met, is the engine's affair. Invariant: no sliver exists
before the switch enforces it, and none outlives the connection.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from itertools import count
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from slicer.flowspace.space import FlowSpace
from slicer.openflow import constants as of
from slicer.openflow import errors, replies
from slicer.openflow.dialect import Dialect
from slicer.openflow.errors import ErrorCode, MalformedError
from slicer.openflow.header import with_xid
from slicer.openflow.hello import WIRE_VERSIONS, decode_hello, negotiate
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import (
    ErrorMessage,
    FeaturesReply,
    Hello,
    Message,
    Port,
    SetAsync,
)
from slicer.openflow.multipart import DescReply
from slicer.proxy import from_datapath
from slicer.proxy.congestion import Congestion
from slicer.proxy.enforcement import Enforcement, Manner, Report, Unsuitable
from slicer.proxy.faults import see_through
from slicer.proxy.host import Host
from slicer.proxy.identifying import identify
from slicer.proxy.nobody import NOBODY
from slicer.proxy.notice import Notice
from slicer.proxy.operation import Operation, OperationFailed, Result, Steps
from slicer.proxy.peer import Peer
from slicer.proxy.pending import PendingRequests, Request, Run
from slicer.proxy.roles import AsyncConfig
from slicer.proxy.routes import GREETING, READY, Handler, State, direct, direct_runs
from slicer.proxy.settings import Settings
from slicer.proxy.sharing import Sharing
from slicer.proxy.sliver import Sliver
from slicer.proxy.slivering import owned_ports, refresh
from slicer.proxy.swift import HasSwift, Swift

if TYPE_CHECKING:
    from slicer.proxy.tenant import Tenant

log = logging.getLogger(__name__)


class Datapath:
    """One connection of a datapath's."""

    features: FeaturesReply
    desc: DescReply

    def __init__(
        self,
        peer: Peer,
        host: Host,
        enforcement: Enforcement,
        dialects: Mapping[int, Dialect],
        tenant_dialects: Mapping[int, Dialect],
        manners: Mapping[int, Manner] = MappingProxyType({}),
        settings: Settings = Settings(),  # noqa: B008  (a frozen value)
    ) -> None:
        """`enforcement` and `tenant_dialects` are for all versions but those in `manners`."""
        self.peer = peer
        self.settings = settings
        self.enforcement = enforcement
        self.tenant_dialects = tenant_dialects
        self.state = State.GREETING
        self.name = f"datapath at {peer.address}"
        self.ports: dict[int, Port] = {}
        self.slivers: dict[str, Sliver] = {}
        self.by_tag: dict[int, Sliver] = {}
        self.pending = PendingRequests()
        self.counters: Counter[str] = Counter()
        """What was dropped, by reason."""
        self.of_bundles: dict[int, Request] = {}
        """What was sent to the tenants' open bundles, by xid."""
        self.bundle_ids = count(1)
        self._sends_invalid_ttl = False
        self._host = host
        self._dialects = dialects
        self._manners = manners
        self.dialect = dialects[max(dialects)]
        self._direct = direct(from_datapath.ROUTES, self.dialect)
        self.runs = direct_runs(from_datapath.ROUTES, self.dialect)
        self.swift: Swift | None = enforcement.swift if isinstance(enforcement, HasSwift) else None
        self.congestion = Congestion(self)
        self._operations: set[Operation[Any]] = set()
        self._is_synchronising = False
        self._is_stale = False
        self._is_repeated = False
        """Is it done once more as it had become stale?"""
        self.is_doubted = False
        """Should it be done again sooner than usual, if not at once?"""
        self._began = 0.0
        self.took = 0.0
        """Seconds that the last synchronisation took."""
        self.sharing = Sharing(self, host)
        self.send(Hello(0, frozenset(dialects)))

    def __str__(self) -> str:
        return self.name

    @property
    def dpid(self) -> int:
        """The datapath's id, once it is identified."""
        return self.features.datapath_id

    @property
    def is_identified(self) -> bool:
        """Has it said its dpid?"""
        return hasattr(self, "features")

    # ---- frames in ----

    def handle(self, frame: bytes, now: float) -> None:
        """Handle one frame of the datapath's."""
        if self.state is GREETING:
            self._greet(frame, now)
            return
        handler = self._direct.get(frame[1])
        if frame[0] != self.dialect.version or self.state is not READY:
            handler = None
        handler = handler or self._route(frame)
        if handler is None:
            return
        try:
            handler(self, frame, now)
        except MalformedError as malformed:
            self.fail(malformed.error, f"a malformed message: {malformed}")

    def _route(self, frame: bytes) -> Handler[Datapath] | None:
        if frame[0] != self.dialect.version:
            self.fail(
                errors.BAD_REQUEST_BAD_VERSION,
                f"a message of version {frame[0]}, expected {self.dialect.version}",
            )
            return None
        kind = self.dialect.kind(frame)
        route = from_datapath.ROUTES.get(kind) if kind is not None else None
        if route is None or self.state not in route.states:
            what = kind.name if kind is not None else f"a message of type {frame[1]}"
            self.fail(
                errors.BAD_REQUEST_BAD_TYPE, f"{what}, which no datapath sends {self.state.name}"
            )
            return None
        return route.handler

    def _greet(self, frame: bytes, now: float) -> None:
        try:
            hello = decode_hello(frame)
        except MalformedError as malformed:
            self.fail(errors.BAD_REQUEST_BAD_TYPE, f"no hello: {malformed}")
            return
        dialect = negotiate(self._dialects, hello)
        if dialect is None:
            spoken = ", ".join(map(str, sorted(hello.versions)))
            wanted = ", ".join(map(str, sorted(self._dialects)))
            self.fail(
                errors.HELLO_FAILED_INCOMPATIBLE,
                f"OpenFlow wire versions {spoken}, expected one of {wanted}",
            )
            return
        self.dialect = dialect
        self._direct = direct(from_datapath.ROUTES, dialect)
        self.runs = direct_runs(from_datapath.ROUTES, dialect)
        self.state = State.JOINING
        manner = self._manners.get(dialect.version)
        if manner is not None:
            self.enforcement, self.tenant_dialects = manner.enforcement(), manner.tenant_dialects
            self.swift = self.enforcement.swift if isinstance(self.enforcement, HasSwift) else None
        self.run(identify(lists_ports=manner is not None), self._identified, now)

    def glance(self, version: int) -> None:
        """Look at the version of a message that has only begun: the rest of what is no OpenFlow
        at all might never come."""
        greets = self.state is State.GREETING
        if version != self.dialect.version and not (greets and version in WIRE_VERSIONS):
            self.fail(errors.BAD_REQUEST_BAD_VERSION, f"bytes of no OpenFlow ({version:#04x} ...)")

    def lost_framing(self, why: str) -> None:
        """The datapath's stream can't be read further."""
        self.fail(errors.BAD_REQUEST_BAD_LEN, why)

    def fail(self, error: ErrorCode, found: str) -> None:
        """The datapath broke the protocol: tell it and end the connection."""
        log.error("%s: found %s; closing its connection", self, found)
        self.send(ErrorMessage(0, error.type, error.code, b""))
        self.peer.close(found)

    # ---- messages out ----

    def send(self, message: Message) -> None:
        """Send a message that needs no xid of the connection's."""
        self.peer.send(self.dialect.encode(message))

    def read(self, frame: bytes) -> Message:
        """Decode a frame of the datapath's. Raises MalformedError."""
        return self.dialect.decode(frame)

    def kind(self, frame: bytes) -> Kind:
        """The kind of a frame whose route has been found."""
        kind = self.dialect.kind(frame)
        assert kind is not None
        return kind

    def ask(self, request: Request, message: Message) -> None:
        """Send a message under an xid of the connection's, and remember whose it was."""
        self.ask_frame(request, self.dialect.encode(message))

    def ask_frame(self, request: Request, frame: bytes) -> None:
        """Likewise, for a message that is a frame already; its xid counts for nothing."""
        pending = self.pending
        self.peer.send(with_xid(frame, pending.open(request)))
        if pending.wants_barrier:
            self.flush()

    def ask_run(self, run: Run, data: bytes) -> None:
        """Likewise, for frames that have no replies: `data` is all of them, under the first xids of
        `pending.next_run`."""
        self.pending.open_run(run)
        self.peer.send(data)
        if self.pending.wants_barrier:
            self.flush()

    def follow_async(self) -> None:
        """Have the switch send the slicer packets whose TTL has run out for as long as any tenant
        but a watcher wants them (OpenFlow 1.3.5 7.3.10)."""
        tenants = (tenant for sliver in self.slivers.values() for tenant in sliver.tenants)
        wanted = any(
            tenant.async_config.wants_invalid_ttl for tenant in tenants if not tenant.is_watcher
        )
        if wanted != self._sends_invalid_ttl:
            self._sends_invalid_ttl = wanted
            usual = AsyncConfig()
            reasons = usual.packet_in[0] | wanted << of.OFPR_INVALID_TTL
            self.order(SetAsync(0, (reasons, 0), usual.port_status, usual.flow_removed))

    def hold_back(self, tenant: Peer) -> None:
        """Pause a tenant that sends more than the switch takes."""
        self.congestion.hold_back(tenant)

    def caught_up(self) -> None:
        """The switch has taken or answered something."""
        self.congestion.caught_up()

    def order(self, message: Message) -> None:
        """Send a message of the slicer's own whose reply, if any, nobody needs."""
        self.ask(Request(NOBODY, 0, message.kind), message)

    def flush(self) -> None:
        """Have the datapath say when it has carried out what was sent so far, so that what is
        remembered about it can be forgotten."""
        barrier = replies.barrier_request(self.dialect.version)
        self.ask_frame(Request(NOBODY, 0, Kind.BARRIER_REQUEST), barrier)

    def run(self, steps: Steps[Result], done: Callable[[Result, float], None], now: float) -> None:
        """Run an operation of the slicer's own: if it fails, the datapath is not to be trusted
        with slices, and its connection is closed."""

        def finished(result: Result, now: float) -> None:
            self._operations.discard(operation)
            done(result, now)

        def failed(why: OperationFailed, now: float) -> None:
            self._operations.discard(operation)
            log.error("%s: %s; closing its connection", self, why)
            self.peer.close(str(why))

        operation = Operation(steps, self, finished, failed)
        self._operations.add(operation)
        operation.start(now)

    # ---- joining ----

    def _identified(self, result: tuple[FeaturesReply, DescReply, list[Port]], now: float) -> None:
        self.features, self.desc, ports = result
        self.ports = {port.port_no: port for port in ports}
        self.name = self._host.view.name_of(self.dpid)
        if self.features.auxiliary_id:
            number = self.features.auxiliary_id
            log.error("%s: an auxiliary connection (%d), expected main ones (0) only", self, number)
            self.peer.close(f"auxiliary connection {number}")
            return
        try:
            self.enforcement.check(self.features, self.desc)
        except Unsuitable as unsuitable:
            log.error("%s: can't be sliced: %s; closing its connection", self, unsuitable)
            self.peer.close(str(unsuitable))
            return
        self._host.identified(self, now)

    def synchronise(self, now: float) -> None:
        """Make the switch hold the policy; if that is under way, do it once more after."""
        if self._is_synchronising:
            self._is_stale = True
            return
        self._is_synchronising = True
        self._is_repeated, self._is_stale = self._is_stale, False
        self.is_doubted = False
        space = self._flowspace()
        given = self._host.view.entitlements_on(self.dpid, space, self.ports)
        self.sharing.entitle(given, lambda now: self._hold(space, now), now)

    def overtaken(self, now: float) -> None:
        """A tenant changes what a synchronisation sends. One that is under way is done once more
        after; but who changes something all the time can't have that done all the time."""
        if self._is_synchronising and self._is_repeated:
            self.is_doubted = True
        elif self._is_synchronising:
            self._is_stale = True

    def _hold(self, space: FlowSpace, now: float) -> None:
        self._began = now
        steps = self.enforcement.synchronise(
            space, lambda name: owned_ports(space, name, self.ports)
        )
        self.run(steps, self._synchronised, now)

    def _synchronised(self, report: Report, now: float) -> None:
        self._is_synchronising = False
        self.took = now - self._began
        if self.state is State.JOINING or report.changes:
            log.info("%s: %s", self, report)
        for flow in report.foreign:
            log.warning("%s: a flow that is not the slicer's is left alone: %s", self, flow)
        self.refresh_slivers()
        self._take(report, now)
        self._host.synchronised(self, now)
        self.state = State.READY
        if report.rest is not None:
            self.run(report.rest, self._take, now)
        if self._is_stale:
            self.synchronise(now)

    def _take(self, report: Report, now: float) -> None:
        """Take what a report says of single slices."""
        for (tag, why), packets in report.dropped.items():
            sliver = self.by_tag.get(tag)
            (self if sliver is None else sliver).counters[why] += packets
        for tag, removed in report.ended:
            if tag in self.by_tag:
                self.by_tag[tag].offer(Notice.of(removed))

    @property
    def is_synchronising(self) -> bool:
        """Is the switch being read back or mended right now?"""
        return self._is_synchronising

    # ---- ports and slivers ----

    def ports_changed(self, renumbered: bool, now: float) -> None:
        """`ports` has changed; `renumbered` where a port came, went or has another name."""
        if renumbered or self._is_synchronising:
            self.synchronise(now)
        else:
            self.refresh_slivers()

    def _flowspace(self) -> FlowSpace:
        names = {port.name: port.port_no for port in self.ports.values()}
        return self._host.view.flowspace_on(self.dpid, names)

    def refresh_slivers(self, by: Tenant | None = None) -> None:
        """Bring the slivers and their ports up to date; their tenants hear what has changed, but
        for the one that changed it."""
        refresh(self, self._flowspace(), self._host.view, by)

    def tenants_changed(self, sliver: Sliver, now: float) -> None:
        """A controller of a sliver's has come or gone: see to its table misses."""
        if self.peer.is_closed:
            return
        changes = self.enforcement.table_misses(sliver, are_wanted=sliver.hears_of_misses)
        for message in changes:
            self.order(message)
        if changes:
            self.overtaken(now)

    # ---- the end ----

    def closed(self, reason: str, now: float) -> None:
        """The connection is over, and with it every sliver's tenants'."""
        see_through(*(operation.cancel for operation in self._operations))
        for sliver in self.slivers.values():
            for tenant in sliver.connections:
                tenant.peer.close(f"{self} has disconnected")
        log.info("%s: disconnected: %s", self, reason)
