"""Server: eventlet sockets around the engine. A pump, nothing else.

It turns what sockets do into events and carries out the engine's commands; it reads no byte of
what passes. Carrying out a command never waits: what a socket does not take at once is queued, and
the engine, told by `Written` events how much is left, bounds the queue. Invariant: bytes leave for
a peer in the order of its `Send` commands.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any

import eventlet
from eventlet.event import Event as Signal
from eventlet.green import socket

from slicer.ovsdb.client import carry_out
from slicer.proxy.engine import Engine
from slicer.proxy.events import (
    ArrangeQueues,
    Close,
    Command,
    Connected,
    ControllerEndpoint,
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

log = logging.getLogger(__name__)

READ_SIZE = 1 << 16
READS_IN_A_ROW = 16
"""After so many reads that had not to wait, others get their turn."""
DIAL_TIMEOUT = 5.0
LINGER = 2.0
"""How long, in seconds, a closed connection may still take to send what was queued."""


class _Connection:
    """One socket and what is queued for it. A green thread reads it, and while something is queued
    another writes it; the last of them closes it, as eventlet never wakes whoever waits for a
    socket that somebody else has closed, until the next socket gets its number."""

    __slots__ = ("closing", "gone", "outbox", "peer", "reading", "resumed", "sock", "writing")

    def __init__(self, peer: int, sock: Any) -> None:
        self.peer = peer
        self.sock = sock
        self.outbox: deque[memoryview] = deque()
        self.reading = True
        self.writing = False
        self.closing = False
        self.gone = False
        self.resumed: Signal | None = None

    def shut(self) -> None:
        """End it now: whoever waits for the socket is woken, to let go of it."""
        if self.gone:
            return
        self.gone = True
        self.outbox.clear()
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError as error:
            log.debug("peer %d was gone already: %s", self.peer, error)
        if self.resumed is not None:
            self.resumed.send()

    def let_go(self) -> None:
        """Reading or writing has ended."""
        if not self.reading and not self.writing:
            self.sock.close()


class Server:
    """Runs one engine until `stop`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._peers = count(1)
        self._connections: dict[int, _Connection] = {}
        self._listeners: dict[Endpoint, socket.socket] = {}
        self._waiting: deque[Event] = deque()
        self._armed: tuple[float, Any] | None = None
        self._stopped = Signal()
        self._do: dict[type, Callable[[Any], None]] = {
            Send: self._send,
            Close: self._close,
            Dial: self._dial,
            Listen: self._listen,
            StopListening: self._stop_listening,
            PauseReading: self._pause,
            ResumeReading: self._resume,
            ArrangeQueues: lambda asked: eventlet.spawn(self._arrange, asked),
        }

    def run(self) -> None:
        """Serve until `stop` is called."""
        self._carry_out(self._engine.start())
        self._drain()
        self._stopped.wait()

    def stop(self) -> None:
        """Close every listener and connection; the datapaths keep what they hold."""
        for endpoint in list(self._listeners):
            self._stop_listening(StopListening(endpoint))
        if self._armed is not None:
            self._armed[1].cancel()
        for connection in list(self._connections.values()):
            connection.shut()
        self._connections.clear()
        if not self._stopped.ready():
            self._stopped.send()

    # ---- events ----

    def _handle(self, event: Event) -> None:
        self._waiting.append(event)
        self._drain()

    def _drain(self) -> None:
        while self._waiting and not self._stopped.ready():
            self._pass_on(self._waiting.popleft())
        self._arm()

    def _pass_on(self, event: Event) -> None:
        """Have the engine handle an event. A fault of the engine's own costs the connection that
        met it and no other: it is logged with its traceback, and that peer is let go."""
        try:
            self._carry_out(self._engine.handle(event, time.monotonic()))
        except Exception:
            log.exception("a fault in the slicer; please report it")
            connection = self._connections.get(getattr(event, "peer", 0))
            if connection is not None:
                connection.shut()

    def _carry_out(self, commands: Iterable[Command]) -> None:
        for command in commands:
            self._do[type(command)](command)

    def _arm(self) -> None:
        """Have the engine called at its next deadline."""
        deadline = self._engine.next_deadline
        if self._armed is not None:
            if self._armed[0] == deadline:
                return
            self._armed[1].cancel()
            self._armed = None
        if deadline is not None and not self._stopped.ready():
            delay = max(0.0, deadline - time.monotonic())
            self._armed = (deadline, eventlet.spawn_after(delay, self._time_passed))

    def _time_passed(self) -> None:
        self._armed = None
        self._handle(TimePassed())

    # ---- connections ----

    def _enter(self, endpoint: Endpoint, sock: Any, address: str) -> None:
        if self._stopped.ready():
            sock.close()
            return
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = _Connection(next(self._peers), sock)
        self._connections[connection.peer] = connection
        eventlet.spawn(self._read, connection)
        self._handle(Connected(endpoint, connection.peer, address))

    def _read(self, connection: _Connection) -> None:
        reason = "the other side closed it"
        reads = 0
        while not connection.gone:
            if connection.resumed is not None:
                connection.resumed.wait()
                continue
            try:
                data = connection.sock.recv(READ_SIZE)
            except OSError as error:
                reason = str(error)
                break
            if not data or connection.gone:
                break
            self._handle(DataReceived(connection.peer, data))
            reads += 1
            if len(data) == READ_SIZE or reads % READS_IN_A_ROW == 0:
                eventlet.sleep(0)
        self._lost(connection, reason)
        connection.reading = False
        connection.let_go()

    def _lost(self, connection: _Connection, reason: str) -> None:
        if self._connections.pop(connection.peer, None) is not None:
            told = connection.closing
            connection.shut()
            if not told:
                self._handle(Disconnected(connection.peer, reason))

    def _send(self, command: Send) -> None:
        connection = self._connections.get(command.peer)
        if connection is None:
            return
        data = memoryview(command.data)
        if not connection.writing:
            sent = self._send_now(connection, data)
            if sent:
                self._waiting.append(Written(command.peer, sent))
                data = data[sent:]
        if data:
            connection.outbox.append(data)
            if not connection.writing:
                connection.writing = True
                eventlet.spawn(self._write, connection)

    @staticmethod
    def _send_now(connection: _Connection, data: memoryview) -> int:
        """Send what the socket takes without waiting; a broken connection is the reader's to
        notice."""
        try:
            sent: int = connection.sock.fd.send(data)
        except BlockingIOError:
            return 0
        except OSError as error:
            log.debug("peer %d: %s", connection.peer, error)
            return len(data)
        return sent

    def _write(self, connection: _Connection) -> None:
        while connection.outbox and not connection.gone:
            data = connection.outbox[0]
            try:
                sent = connection.sock.send(data)
            except OSError as error:
                log.debug("peer %d: %s", connection.peer, error)
                break
            if connection.gone:
                break
            if sent == len(data):
                connection.outbox.popleft()
            else:
                connection.outbox[0] = data[sent:]
            self._handle(Written(connection.peer, sent))
        connection.writing = False
        if connection.closing:
            connection.shut()
        connection.let_go()

    def _close(self, command: Close) -> None:
        connection = self._connections.get(command.peer)
        if connection is None:
            return
        connection.closing = True
        if connection.writing:
            self._pause(PauseReading(command.peer))  # whatever still comes is for nobody
            eventlet.spawn_after(LINGER, connection.shut)
        else:
            connection.shut()

    def _pause(self, command: PauseReading) -> None:
        connection = self._connections.get(command.peer)
        if connection is not None and connection.resumed is None:
            connection.resumed = Signal()

    def _resume(self, command: ResumeReading) -> None:
        connection = self._connections.get(command.peer)
        if connection is not None and connection.resumed is not None:
            resumed, connection.resumed = connection.resumed, None
            resumed.send()

    def _arrange(self, command: ArrangeQueues) -> None:
        self._handle(carry_out(command))

    # ---- endpoints ----

    def _dial(self, command: Dial) -> None:
        eventlet.spawn(self._connect, command.endpoint)

    def _connect(self, endpoint: ControllerEndpoint) -> None:
        try:
            with eventlet.Timeout(DIAL_TIMEOUT, OSError(f"no answer in {DIAL_TIMEOUT:g} s")):
                sock = socket.create_connection((endpoint.host, endpoint.port))
        except (OSError, UnicodeError) as error:  # a host name with a long label is no text to IDNA
            self._handle(DialFailed(endpoint, str(error)))
        else:
            self._enter(endpoint, sock, f"{endpoint.host}:{endpoint.port}")

    def _listen(self, command: Listen) -> None:
        endpoint = command.endpoint
        family = socket.AF_INET6 if ":" in endpoint.host else socket.AF_INET
        sock: Any
        try:
            sock = eventlet.listen((endpoint.host, endpoint.port), family, backlog=128)
        except OSError as error:
            self._waiting.append(ListenFailed(endpoint, str(error)))
            return
        self._listeners[endpoint] = sock
        log.info("listening at %s", _described(endpoint))
        eventlet.spawn(self._accept, endpoint, sock)

    def _stop_listening(self, command: StopListening) -> None:
        sock = self._listeners.pop(command.endpoint, None)
        if sock is not None:
            sock.close()

    def _listens(self, endpoint: Endpoint, listener: Any) -> bool:
        return endpoint in self._listeners and self._listeners[endpoint] is listener

    def _accept(self, endpoint: Endpoint, listener: socket.socket) -> None:
        while self._listens(endpoint, listener):
            try:
                sock, address = listener.accept()
            except OSError as error:
                if self._listens(endpoint, listener):
                    log.warning("can't accept at %s: %s", _described(endpoint), error)
                    eventlet.sleep(0.1)
                continue
            self._enter(endpoint, sock, f"{address[0]}:{address[1]}")


def _described(endpoint: Endpoint) -> str:
    if isinstance(endpoint, ControllerEndpoint):
        return f"{endpoint} for {endpoint.slice} on datapath {endpoint.dpid:016x}"
    return f"{endpoint} for datapaths"
