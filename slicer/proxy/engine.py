"""Engine: events in, commands out, and nothing else.

It knows the connections, decides which datapath may join under which dpid, keeps connections
alive, and has the slivers' controllers dialled and listened for. What a message means is not
decided here. Invariant: `handle` never raises for anything that a peer sends, and what it asks for
concerns only connections that stand.
"""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from functools import partial

from slicer.isolation.bucket import Bucket
from slicer.openflow.dialect import Dialect
from slicer.openflow.v10 import V10
from slicer.openflow.v13 import V13
from slicer.policy import Policy
from slicer.proxy.audits import Audits
from slicer.proxy.clip.manner import clipping
from slicer.proxy.datapath import Datapath
from slicer.proxy.endpoints import Endpoints, wanted
from slicer.proxy.events import (
    ArrangeQueues,
    Challenged,
    Close,
    Command,
    Connected,
    ControllerEndpoint,
    DatapathEndpoint,
    DataReceived,
    Denied,
    DialFailed,
    Disconnected,
    Event,
    Granted,
    Joined,
    Left,
    Listen,
    ListenFailed,
    PauseReading,
    QueuesArranged,
    QueuesRefused,
    ResumeReading,
    Send,
    TimePassed,
    Written,
)
from slicer.proxy.faults import FAULT, Step, see_through
from slicer.proxy.greeting import Greeting
from slicer.proxy.holding import Holding
from slicer.proxy.liveness import Liveness
from slicer.proxy.memory import Memory
from slicer.proxy.outbox import OutboxLimits
from slicer.proxy.peer import Peer
from slicer.proxy.pipeline.enforcement import Pipeline
from slicer.proxy.policy_view import PolicyView
from slicer.proxy.runs import handle_all
from slicer.proxy.settings import Settings
from slicer.proxy.tally import Tally
from slicer.proxy.tenant import Tenant
from slicer.proxy.timers import Callback, Timers
from slicer.proxy.turns import Turns

log = logging.getLogger(__name__)

Session = Datapath | Tenant
READ_AT_ONCE = 10_000
"""Rules and slices' ports of all the datapaths that are looked through at a time."""
DATAPATH_DIALECTS: Mapping[int, Dialect] = {V13.version: V13, V10.version: V10}
TENANT_DIALECTS: Mapping[int, Dialect] = {V13.version: V13, V10.version: V10}


class Engine:
    """The proxy for one policy."""

    def __init__(
        self,
        policy: Policy,
        settings: Settings = Settings(),  # noqa: B008  (a frozen value)
        secret: bytes = b"",
        is_shared: bool = False,
    ) -> None:
        """`secret` authenticates what the slicer sends over links to itself; it should be random
        and is the same for all engines that share a network; `is_shared` says that there are
        others."""
        self.policy = policy
        self.view = PolicyView(policy)
        self.counters: Counter[str] = Counter()
        """What was refused."""
        self._settings = settings
        self._secret = secret
        self._commands: list[Command] = []
        self._touched: deque[Peer] = deque()
        self._sessions: dict[int, Session] = {}
        self._endpoint_of: dict[int, ControllerEndpoint] = {}
        self._connections_at: Counter[ControllerEndpoint] = Counter()
        self._tally = Tally()
        self._unheard: set[DatapathEndpoint] = set()
        """Where it could not be listened for datapaths at first."""
        self._joining: set[int] = set()
        """The peers that are datapaths and not READY."""
        self._log_share = Bucket(rate=1, burst=20, now=0.0)
        self._timers = Timers()
        watching = settings, self._timers, self.counters
        self._liveness = Liveness(*watching)
        self._greeting = Greeting(*watching, self._log_share, self._is_excused)
        self._turns = Turns(READ_AT_ONCE, self._timers)
        self._audits = Audits(settings, self._timers, self._turns, self.view)
        self._memory = Memory(settings.remembered, self.counters)
        ask = self._commands.append
        self._endpoints = Endpoints(settings, self._timers, ask, self.view.name_of)
        self._holding = Holding(settings, self._timers, ask, self._admit, self.counters)
        self._holding.is_shared = is_shared
        self.datapaths = self._holding.holders
        """The datapath that holds each dpid."""

    # ---- the outside ----

    @property
    def next_deadline(self) -> float | None:
        """When a `TimePassed` event is due."""
        return self._timers.next_deadline

    def start(self) -> list[Command]:
        """What to do first: listen for datapaths."""
        return [Listen(DatapathEndpoint(each.host, each.port)) for each in self.policy.listen]

    @property
    def has_room(self) -> bool:
        """May another datapath connect now? Whoever does nevertheless is refused."""
        return len(self._joining) < self._settings.unidentified_datapaths

    def handle(self, event: Event, now: float) -> list[Command]:
        """Take one event at `now` (seconds of any steady clock); return what it asks for."""
        self.take(event, now)
        return self.settle(now)

    def take(self, event: Event, now: float) -> None:
        """Take one event. What it asks for is asked when `settle` is called, perhaps after more
        events, so that what many of them have for one peer is one command."""
        match event:
            case DataReceived():
                self._received(event, now)
            case Written():
                self._written(event)
            case TimePassed():
                self._timers.run(now)
            case Connected(endpoint=DatapathEndpoint()):
                self._datapath_connected(event, now)
            case Connected(endpoint=ControllerEndpoint() as endpoint):
                self._tenant_connected(event, endpoint, now)
            case Disconnected(peer=number, reason=reason) if number in self._sessions:
                self._sessions[number].peer.close(reason)
                self._forget(number, now)
            case DialFailed(endpoint=endpoint, reason=reason) if self._endpoints.knows(endpoint):
                self._endpoints.unreachable(endpoint, reason, now)
            case QueuesArranged() | QueuesRefused():
                asking = self._sessions.get(event.peer)
                if isinstance(asking, Datapath):
                    asking.sharing.arranged(event, now)
            case ListenFailed(endpoint=endpoint, reason=reason):
                self._listen_failed(event, now)
            case Granted() | Denied() | Challenged():
                self._holding.told(event, now)

    @property
    def is_settled(self) -> bool:
        """Would `settle` ask for nothing?"""
        return not self._touched and not self._commands

    def settle(self, now: float) -> list[Command]:
        """What was asked for since the last call. Where it raises, the peer that it had come to is
        done with, and the others are still due: call it again."""
        touched = self._touched
        while touched:
            self._settle_peer(touched.popleft(), now)
        commands = self._commands.copy()
        self._commands.clear()
        return commands

    def _received(self, event: DataReceived, now: float) -> None:
        session = self._sessions.get(event.peer)
        if session is None or session.peer.close_reason is not None:
            return
        peer, framer = session.peer, session.peer.framer
        peer.last_heard = now
        handle_all(session, framer.feed(event.data), now)
        if peer.close_reason is not None:
            return
        if framer.error is not None:
            session.lost_framing(str(framer.error))
        elif isinstance(session, Datapath) and (version := framer.pending_version) is not None:
            session.glance(version)

    def _written(self, event: Written) -> None:
        if (session := self._sessions.get(event.peer)) is not None:
            session.peer.backlog -= event.count
            if isinstance(session, Datapath):
                session.congestion.caught_up()

    def _settle_peer(self, peer: Peer, now: float) -> None:
        if peer.number not in self._sessions:
            return
        data = peer.take_outgoing()
        if data:
            self._commands.append(Send(peer.number, data))
        if (reads := peer.reads) != peer.was_reading:
            peer.was_reading = reads
            self._commands.append((ResumeReading if reads else PauseReading)(peer.number))
        if peer.close_reason is not None:
            self._commands.append(Close(peer.number))
            self._forget(peer.number, now)

    # ---- connections ----

    def _datapath_connected(self, event: Connected, now: float) -> None:
        if not self.has_room:
            self._turn_away(event.peer, "too many datapaths are joining", now)
            self._tell_others(Left(event.peer))
            return
        peer = Peer(event.peer, event.address, now, self._touched)
        with ExitStack() as taken:
            taken.callback(self._tell_others, Left(peer.number))
            self._joining.add(peer.number)
            taken.callback(self._joining.discard, peer.number)
            memory = self._memory.enter(peer.number)
            taken.callback(self._memory.leave, peer.number)
            pipeline = Pipeline(self._secret, memory)
            clips = clipping(self.policy, self._settings, self._secret, memory)
            dialects = (DATAPATH_DIALECTS, TENANT_DIALECTS)
            session = Datapath(peer, self, pipeline, *dialects, clips, self._settings)
            taken.pop_all()
        self._enter(session, now)
        if self._log_share.take(now):
            log.info("a datapath has connected from %s", event.address)

    def _tenant_connected(self, event: Connected, endpoint: ControllerEndpoint, now: float) -> None:
        datapath = self.datapaths.get(endpoint.dpid)
        sliver = datapath.slivers.get(endpoint.slice) if datapath else None
        if datapath is None or sliver is None or not self._endpoints.knows(endpoint):
            self._turn_away(event.peer, "a controller of a sliver that has gone", now)
            return
        same = self._connections_at[endpoint]
        if same >= (self._settings.tenants_per_controller if endpoint.passive else 1):
            sliver.counters["refused: too many connections"] += 1
            self._turn_away(event.peer, f"too many connections to {sliver}", now)
            return
        if not endpoint.passive:
            self._endpoints.connected(endpoint)
        peer = Peer(event.peer, event.address, now, self._touched)
        self._endpoint_of[peer.number] = endpoint
        self._connections_at[endpoint] += 1
        outbox = OutboxLimits.within(self._settings, sliver.limits)

        def later(when: float, callback: Callback) -> None:
            self._timers.set(("waits", peer.number), when, callback)

        with ExitStack() as taken:
            taken.callback(self._tenant_left, peer.number, now)
            session = Tenant(peer, sliver, datapath, outbox, later, endpoint.is_watchers)
            taken.pop_all()
        self._enter(session, now)

    def _enter(self, session: Session, now: float) -> None:
        self._sessions[session.peer.number] = session
        self._greeting.watch(session, now)
        self._liveness.watch(session, now)

    def _turn_away(self, number: int, why: str, now: float) -> None:
        self.counters["refused connections"] += 1
        if self._log_share.take(now):
            log.warning("a connection is refused: %s", why)
        self._commands.append(Close(number))

    def _listen_failed(self, event: ListenFailed, now: float) -> None:
        if isinstance(event.endpoint, DatapathEndpoint):
            if event.endpoint not in self._unheard:
                log.error("can't listen for datapaths at %s: %s", event.endpoint, event.reason)
            self._unheard.add(event.endpoint)
            self._timers.set(
                ("listen", event.endpoint),
                now + self._settings.retry_most,
                lambda _: self._commands.append(Listen(event.endpoint)),
            )
        elif self._endpoints.knows(event.endpoint):
            self._endpoints.unreachable(event.endpoint, event.reason, now)

    def _forget(self, number: int, now: float) -> None:
        """A connection is over: let go of all that hung on it, whatever one part of that does."""
        session = self._sessions.pop(number)
        if session.peer.close_reason == FAULT:
            self.counters[f"closed: {FAULT}"] += 1
        self._greeting.forget(number)
        self._liveness.forget(number)
        self._timers.cancel(("waits", number))
        closed = partial(session.closed, session.peer.close_reason or "", now)
        if isinstance(session, Datapath):
            see_through(closed, *self._leaving(session, now))
        else:
            left = partial(self._tenant_left, number, now)
            see_through(closed, left, partial(self._audits.tenant_left, session, now))

    def _leaving(self, datapath: Datapath, now: float) -> Iterable[Step]:
        """What is to be done when a datapath has left."""
        number = datapath.peer.number
        self._joining.discard(number)
        yield partial(self._memory.leave, number)
        yield partial(self._turns.over, number, now)
        if datapath.is_identified:
            if self.datapaths.get(dpid := datapath.dpid) is datapath:
                for timer in ("shares", "report"):
                    self._timers.cancel((timer, dpid))
                yield partial(self._audits.forget, dpid)
                yield partial(self.view.forget, dpid)
                yield partial(self._endpoints.set, dpid, (), now)
                yield lambda: _warn(self._tally.leave(datapath))
            yield partial(self._holding.left, datapath, now)
        yield partial(self._tell_others, Left(number))

    def _tenant_left(self, number: int, now: float) -> None:
        endpoint = self._endpoint_of.pop(number)
        self._connections_at[endpoint] -= 1
        if not self._connections_at[endpoint]:
            del self._connections_at[endpoint]
        if not endpoint.passive and self._endpoints.knows(endpoint):
            self._endpoints.retry(endpoint, now)

    def _is_excused(self, session: Session) -> bool:
        """Is a datapath being set up, or does it wait for that, or for another to answer?"""
        return isinstance(session, Datapath) and (
            session.is_synchronising
            or self._turns.waits(session.peer.number)
            or self._holding.contends(session)
        )

    # ---- what a datapath asks of the engine ----

    def identified(self, datapath: Datapath, now: float) -> None:
        """A datapath has said its dpid: let it join, or refuse it, or find out whether the
        connection that holds the dpid is still alive."""
        if self.policy.accepts(datapath.dpid):
            self._holding.identified(datapath, now)
        else:
            self._holding.refuse(datapath, "its dpid is not in the policy")

    def _admit(self, datapath: Datapath, now: float) -> None:
        self._report(datapath, now)
        self._audits.look_through(datapath, now)

    def _tell_others(self, command: Joined | Left) -> None:
        if self._holding.is_shared:
            self._commands.append(command)

    # ---- what was counted ----

    def _report(self, datapath: Datapath, now: float) -> None:
        """Log what has been counted since, now and every so often."""
        own = self._tally.news("the slicer", self.counters)
        _warn([*([] if own is None else [own]), *self._tally.of_datapath(datapath)])
        self._timers.set(
            ("report", datapath.dpid),
            now + self._settings.report_interval,
            lambda now: self._report(datapath, now),
        )

    def counted(self) -> list[str]:
        """All that has been counted since the start, a line for each datapath and sliver."""
        return self._tally.everything(self.counters, self.datapaths.values())

    def synchronised(self, datapath: Datapath, now: float) -> None:
        """A datapath enforces the policy: let its slivers meet their controllers."""
        number = datapath.peer.number
        if number in self._joining:
            self._joining.remove(number)
            self._tell_others(Joined(number))
        self._turns.over(number, now)
        self._endpoints.set(datapath.dpid, wanted(self.policy, datapath), now)
        self._audits.passed(datapath, now)
        self.shared(datapath, now)

    def arrange(self, asked: ArrangeQueues) -> None:
        """Have a datapath's queues set up."""
        self._commands.append(asked)

    def shared(self, datapath: Datapath, now: float) -> None:
        """A datapath's bandwidth has been divided: look again in a while."""
        interval = datapath.enforcement.sharing_interval()
        if interval is None:
            self._timers.cancel(("shares", datapath.dpid))
        else:
            self._timers.set(("shares", datapath.dpid), now + interval, datapath.sharing.share)


def _warn(lines: Iterable[str]) -> None:
    for line in lines:
        log.warning("counted: %s", line)
