"""Server: eventlet sockets around the engine. A pump, nothing else.

It turns what sockets do into events and carries out the engine's commands; it looks at no byte of
what passes. One green thread reads whatever sockets are ready, once each, and then carries out
what all of that came to, so that a peer is sent in one piece what many have caused. Carrying out a
command never waits: what a socket does not take at once is queued, and the engine, told by
`Written` events how much is left, bounds the queue. Invariant: bytes leave for a peer in the order
of its `Send` commands, and the engine does one thing at a time, even where a log handler waits.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Mapping
from itertools import count
from types import MappingProxyType
from typing import Any

import eventlet
from eventlet.green import socket
from eventlet.hubs import get_hub
from eventlet.semaphore import Semaphore

from slicer.connection import Connection
from slicer.dialling import dial
from slicer.listener import Listener
from slicer.ovsdb.client import carry_out
from slicer.proxy.engine import Engine
from slicer.proxy.events import (
    ArrangeQueues,
    Close,
    Command,
    Connected,
    ControllerEndpoint,
    DatapathEndpoint,
    DataReceived,
    Dial,
    DialFailed,
    Disconnected,
    Endpoint,
    Event,
    Listen,
    ListenFailed,
    PauseReading,
    ResumeReading,
    Send,
    StopListening,
    TimePassed,
    Written,
)
from slicer.proxy.faults import FAULT
from slicer.readiness import READABLE, WRITABLE, Readiness

log = logging.getLogger(__name__)

BATCH = 1 << 17
"""After so many bytes have been read, what they came to leaves before more is read."""
ACCEPTS_IN_A_ROW = 4
"""After so many connections, others get their turn: those that have gone again, above all, or they
would count with those that are there."""
ACCEPT_AGAIN = 0.1
"""Seconds without accepting where the system has no room for one more connection."""
DIAL_TIMEOUT = 5.0
LINGER = 2.0
"""How long, in seconds, a closed connection may still take to send what was queued."""


class Server:
    """Runs one engine until `stop`."""

    def __init__(
        self,
        engine: Engine,
        also: Mapping[type, Callable[[Any], None]] = MappingProxyType({}),
        busy_poll: float = 0.0,
    ) -> None:
        """`also` carries out commands that are no sockets' affair; `busy_poll` is how many seconds
        it may look for more to do before it sleeps."""
        self._engine = engine
        self._peers = count(1)
        self._connections: dict[int, Connection] = {}
        """By peer."""
        self._ready: dict[int, Connection] = {}
        """The same, by descriptor."""
        self._listeners: dict[Endpoint, Listener] = {}
        self._listening: dict[int, Listener] = {}
        """The same, by descriptor."""
        self._has_room = True
        self._waiting: deque[Event] = deque()
        self._turn = Semaphore(1)
        """Whoever has it may call the engine. The green thread of `run` lets go of it only to let
        others run."""
        self._readiness = Readiness(busy_poll, self._turn)
        self._armed: tuple[float, Any] | None = None
        self._is_due = False
        """Has the engine's deadline come?"""
        self._is_stopped = False
        self._do: dict[type, Callable[[Any], None]] = {
            Send: self._send,
            Close: self._close,
            Dial: self._dial,
            Listen: self._listen,
            StopListening: self._stop_listening,
            PauseReading: self._pause,
            ResumeReading: self._resume,
            ArrangeQueues: lambda asked: eventlet.spawn(self._arrange, asked),
            **also,
        }

    def run(self) -> None:
        """Serve until `stop` is called, which may have been already."""
        with self._turn:
            if not self._is_stopped:
                self._carry_out(self._engine.start())
            self._settle(time.monotonic())
            while not self._is_stopped:
                ready = [] if self._is_due else self._readiness.wait()
                if self._is_due:
                    self._is_due = False
                    self._take(TimePassed(), time.monotonic())
                self._serve(ready)
        self._readiness.close()

    def stop(self) -> None:
        """Close every listener and connection; the datapaths keep what they hold."""
        if self._is_stopped:
            return
        self._is_stopped = True
        for endpoint in list(self._listeners):
            self._stop_listening(StopListening(endpoint))
        if self._armed is not None:
            self._armed[1].cancel()
        for connection in list(self._connections.values()):
            self._end(connection)
        self._readiness.wake()

    def tell(self, event: Event) -> None:
        """Have the engine handle an event that is no socket's."""
        self._handle(event)

    def adopt(self, endpoint: DatapathEndpoint, sock: Any, address: str) -> None:
        """Serve a connection that somebody else has accepted there, from `address`. Raises OSError
        where the system has no room for it."""
        with self._turn:
            if self._is_stopped:
                sock.close()
            else:
                self._enter(endpoint, sock, address)

    # ---- events ----

    def _handle(self, event: Event) -> None:
        """Have the engine handle an event that no socket has brought."""
        with self._turn:
            now = time.monotonic()
            self._take(event, now)
            self._settle(now)

    def _serve(self, ready: list[tuple[int, int]]) -> None:
        """One turn: a descriptor may have been closed since it was found ready, and even be
        another's by now, who then has nothing to read."""
        now, taken = time.monotonic(), 0
        for descriptor, what in ready:
            connection = self._ready.get(descriptor)
            if connection is None:
                self._accept(descriptor)
                continue
            try:
                if what != READABLE and connection.has_queued:
                    self._send_queued(connection)
                if what != WRITABLE and connection.reads:
                    taken += self._read(connection, now)
            except Exception:  # noqa: BLE001  (`_fault` logs it)
                self._fault(connection)
            if taken >= BATCH:
                self._settle(now)
                now, taken = time.monotonic(), 0
        self._settle(now)

    def _take(self, event: Event, now: float) -> None:
        """Bring the engine an event. A fault of the engine's own costs the connection that met it
        and no other: it is logged with its traceback, and that peer is let go."""
        if self._is_stopped:
            return
        try:
            self._engine.take(event, now)
        except Exception:  # noqa: BLE001  (`_fault` logs it)
            self._fault(event)

    def _settle(self, now: float) -> None:
        """Carry out what the engine asks for, and tell it what came of that, until it has nothing
        more to ask for and there is nothing more to tell."""
        engine, waiting = self._engine, self._waiting
        while not self._is_stopped:
            try:
                self._carry_out(engine.settle(now))
            except Exception:  # noqa: BLE001  (`_fault` logs it; the rest is still due)
                self._fault(None)
                continue
            if waiting:
                self._take(waiting.popleft(), now)
            elif engine.is_settled:
                break
        if self._engine.has_room is not self._has_room:
            self._hold_datapaths()
        self._arm()

    def _carry_out(self, commands: list[Command]) -> None:
        for command in commands:
            try:
                self._do[type(command)](command)
            except Exception:  # noqa: BLE001  (`_fault` logs it)
                self._fault(command)

    def _fault(self, met: Event | Command | Connection | None) -> None:
        log.exception("a fault in the slicer; please report it")
        connection = self._connections.get(getattr(met, "peer", 0))
        if connection is not None:
            self._lost(connection, FAULT)

    def _arm(self) -> None:
        """Have the engine called at its next deadline."""
        deadline = self._engine.next_deadline
        if self._armed is not None:
            if self._armed[0] == deadline:
                return
            self._armed[1].cancel()
            self._armed = None
        if deadline is not None and not self._is_stopped:
            delay = max(0.0, deadline - time.monotonic())
            # A timer of the hub's, as to cancel a green thread would let others run in between.
            timer = get_hub().schedule_call_global(delay, self._time_passed)
            self._armed = (deadline, timer)

    def _time_passed(self) -> None:
        self._armed = None
        self._is_due = True
        self._readiness.rouse()

    # ---- connections ----

    def _enter(self, endpoint: Endpoint, sock: Any, address: str) -> None:
        """Raises OSError where the system has no room for the connection."""
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = Connection(next(self._peers), sock, self._readiness.epoll)
        self._connections[connection.peer] = connection
        self._ready[connection.descriptor] = connection
        now = time.monotonic()
        self._take(Connected(endpoint, connection.peer, address), now)
        self._settle(now)

    def _read(self, connection: Connection, now: float) -> int:
        try:
            data = connection.read()
        except OSError as error:
            self._lost(connection, str(error))
            return 0
        if not data:
            if data is not None:
                self._lost(connection, "the other side closed it")
            return 0
        self._engine.take(DataReceived(connection.peer, data), now)
        return len(data)

    def _lost(self, connection: Connection, reason: str) -> None:
        self._end(connection)
        self._waiting.append(Disconnected(connection.peer, reason))

    def _end(self, connection: Connection) -> None:
        """Close a connection that may be closed already."""
        if self._connections.pop(connection.peer, None) is not None:
            del self._ready[connection.descriptor]
            connection.close()

    def _send(self, command: Send) -> None:
        connection = self._connections.get(command.peer)
        if connection is not None:
            sent = connection.send(command.data)
            if sent:
                self._engine.take(Written(command.peer, sent), time.monotonic())

    def _send_queued(self, connection: Connection) -> None:
        sent = connection.send_queued()
        if connection.is_closing:
            if not connection.has_queued:
                self._end(connection)
        elif sent:
            self._engine.take(Written(connection.peer, sent), time.monotonic())

    def _close(self, command: Close) -> None:
        connection = self._connections.get(command.peer)
        if connection is None:
            return
        if connection.has_queued:
            connection.is_closing = True
            connection.set_reading(False)  # whatever still comes is for nobody
            eventlet.spawn_after(LINGER, self._end, connection)
        else:
            self._end(connection)

    def _pause(self, command: PauseReading) -> None:
        self._set_reading(command.peer, False)

    def _resume(self, command: ResumeReading) -> None:
        self._set_reading(command.peer, True)

    def _set_reading(self, peer: int, reads: bool) -> None:
        connection = self._connections.get(peer)
        if connection is not None and not connection.is_closing:
            connection.set_reading(reads)

    def _arrange(self, command: ArrangeQueues) -> None:
        self._handle(carry_out(command))

    # ---- endpoints ----

    def _dial(self, command: Dial) -> None:
        eventlet.spawn(self._connect, command.endpoint)

    def _connect(self, endpoint: ControllerEndpoint) -> None:
        try:
            with eventlet.Timeout(DIAL_TIMEOUT, OSError(f"no answer in {DIAL_TIMEOUT:g} s")):
                sock = dial(endpoint.host, endpoint.port)
            with self._turn:
                if self._is_stopped:
                    sock.close()
                else:
                    self._enter(endpoint, sock, f"{endpoint.host}:{endpoint.port}")
        except (OSError, UnicodeError) as error:  # a host name with a long label is no text to IDNA
            self._handle(DialFailed(endpoint, str(error)))

    def _listen(self, command: Listen) -> None:
        endpoint = command.endpoint
        try:
            listener = Listener(endpoint, self._readiness.epoll)
        except OSError as error:
            self._waiting.append(ListenFailed(endpoint, str(error)))
            return
        self._listeners[endpoint] = self._listening[listener.descriptor] = listener
        log.info("listening at %s", _described(endpoint))

    def _stop_listening(self, command: StopListening) -> None:
        listener = self._listeners.pop(command.endpoint, None)
        if listener is not None:
            del self._listening[listener.descriptor]
            listener.close()

    def _hold_datapaths(self) -> None:
        """Let no more datapaths in while the engine has no room for them."""
        self._has_room = self._engine.has_room
        for listener in self._listeners.values():
            if isinstance(listener.endpoint, DatapathEndpoint):
                listener.hold(not self._has_room)

    def _accept(self, descriptor: int) -> None:
        listener = self._listening.get(descriptor)
        for _ in range(ACCEPTS_IN_A_ROW):
            if listener is None or listener.is_held:
                return
            try:
                accepted = listener.accept()
                if accepted is None:
                    return
                self._enter(listener.endpoint, *accepted)
            except OSError as error:
                log.warning("can't accept at %s: %s", _described(listener.endpoint), error)
                listener.hold(True)
                eventlet.spawn_after(ACCEPT_AGAIN, self._accept_again, listener)

    def _accept_again(self, listener: Listener) -> None:
        if self._listening.get(listener.descriptor) is listener:
            is_controllers = isinstance(listener.endpoint, ControllerEndpoint)
            listener.hold(not (is_controllers or self._has_room))


def _described(endpoint: Endpoint) -> str:
    if isinstance(endpoint, ControllerEndpoint):
        return f"{endpoint} for {endpoint.slice} on datapath {endpoint.dpid:016x}"
    return f"{endpoint} for datapaths"
