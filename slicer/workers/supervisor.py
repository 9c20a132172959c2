"""Supervisor: accepts datapaths, hands each to a worker, and starts workers that have ended.

A process without threads and without green ones, so that it may fork: workers share the policy's
memory with it. It reads nothing of what passes on a connection. A worker that hangs is ended, as
soon as it has said where (decision 045). The supervisor ends when the front does, or says so.
Invariant: what it starts has ended before it does; a connection that is accepted is handed to one
worker, which has room for it, or closed.
"""

from __future__ import annotations

import faulthandler
import gc
import logging
import os
import selectors
import signal
import socket
import time
from array import array
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

from slicer.isolation.bucket import Bucket
from slicer.policy import Policy
from slicer.policy.endpoints import Endpoint
from slicer.proxy.events import Claim, Defend, Joined, Left, Release
from slicer.proxy.settings import Settings
from slicer.workers.crew import Crew
from slicer.workers.holders import Answers, Holders
from slicer.workers.lines import LONGEST_TEXT, log_to_front
from slicer.workers.messages import (
    LONGEST,
    Adopt,
    Alive,
    Ask,
    Count,
    Message,
    Setup,
    decode,
    encode,
)
from slicer.workers.pulse import Deed, Pulse
from slicer.workers.worker import work

log = logging.getLogger(__name__)

BACKLOG = 1024
UNREAD = 1 << 18
"""Bytes for what a worker has not read yet, as far as the system allows: it may be handed many
datapaths while it sets one up."""
AT_ONCE = 64
"""So many connections, or messages of a worker's, until others get their turn."""
PAUSE = 0.1
"""Seconds until more is accepted where that has failed."""
RETRY = 1.0
"""Seconds until it is tried again to listen where that has failed."""
ENDING = 5.0
"""Seconds that workers may take to end; then they are killed."""


@dataclass(frozen=True, slots=True)
class _Process:
    """A worker's. `end` is a pidfd, which can be read once it has ended; `last_words` a file in
    which it says where it was when a signal ended it."""

    number: int
    pid: int
    end: int
    control: socket.socket
    last_words: int


class Supervisor:
    """Runs workers until `front` ends."""

    def __init__(self, front: socket.socket, setup: Setup, policy: Policy) -> None:
        self._front = front
        self._setup = setup
        self._policy = policy
        self._secret = os.urandom(32)
        self._settings = Settings(**setup.settings)
        most_joining = self._settings.unidentified_datapaths
        self._crew = Crew(setup.workers, time.monotonic(), most_joining)
        self._pulse = Pulse()
        self._holders = Holders()
        self._processes: dict[int, _Process] = {}
        self._listeners: dict[socket.socket, Endpoint] = {}
        self._unheard: dict[Endpoint, bool] = dict.fromkeys(policy.listen, False)
        """Where it does not listen yet, and has that been said?"""
        self._listen_again = 0.0
        self._accepts = False
        self._not_before = 0.0
        self._counters: Counter[str] = Counter()
        self._log_share = Bucket(rate=1, burst=20, now=0.0)
        self._is_ending = False
        self._selector = selectors.DefaultSelector()
        self._do: dict[type, Callable[[int, Any], Answers]] = {
            Claim: self._holders.claim,
            Release: self._holders.release,
            Defend: self._holders.defend,
            Joined: self._joined,
            Left: self._left,
            Alive: lambda *_: [],
        }
        self._deeds: dict[Deed, Callable[[_Process], None]] = {
            Deed.ASK: lambda process: self._tell(process, Ask()),
            Deed.ABORT: lambda process: self._abort(process, "has not answered for long"),
            Deed.KILL: lambda process: signal.pidfd_send_signal(process.end, signal.SIGKILL),
        }

    def run(self) -> None:
        """Serve until the front ends."""
        self._selector.register(self._front, selectors.EVENT_READ, self._hear_front)
        gc.collect()
        gc.freeze()  # or each worker's first collection would write to all that it shares
        while not self._is_ending:
            now = time.monotonic()
            self._listen(now)
            for number in self._crew.due(now):
                self._start(number, now)
            self._mind_listeners(now)
            for key, _ in self._selector.select(self._timeout(now)):
                key.data()
            for number, deed in self._pulse.due(time.monotonic()):
                if number in self._processes:
                    self._deeds[deed](self._processes[number])
        self._end()

    def _timeout(self, now: float) -> float | None:
        times = [self._crew.next_due, None if self._accepts else self._not_before]
        times += [self._listen_again] if self._unheard else []
        waits = [each - now for each in times if each is not None and each > now]
        if self._pulse.next_due is not None:
            waits.append(max(self._pulse.next_due - now, 0.0))
        return min(waits, default=None)

    # ---- the front ----

    def _hear_front(self) -> None:
        try:
            data = self._front.recv(LONGEST)
        except OSError as error:  # it has ended and left something unread
            log.debug("the front is gone: %s", error)
            data = b""
        if not data:
            self._is_ending = True
            return
        if isinstance(decode(data), Count):
            self._log_counted()
            for process in list(self._processes.values()):
                self._tell(process, Count())

    def _log_counted(self) -> None:
        counted = ", ".join(f"{what} {count}" for what, count in sorted(self._counters.items()))
        log.info("counted since the start: the supervisor: %s", counted or "nothing")

    # ---- datapaths ----

    def _listen(self, now: float) -> None:
        """Listen where it could not be listened yet."""
        if not self._unheard or now < self._listen_again:
            return
        self._listen_again = now + RETRY
        for endpoint in list(self._unheard):
            try:
                listener = _listener(endpoint)
            except OSError as error:
                if not self._unheard[endpoint]:
                    log.error("can't listen for datapaths at %s: %s", endpoint, error)
                self._unheard[endpoint] = True
                continue
            del self._unheard[endpoint]
            self._listeners[listener] = endpoint
            if self._accepts:
                self._accept_at(listener)
            log.info("listening at %s for datapaths", endpoint)

    def _mind_listeners(self, now: float) -> None:
        """Accept while a worker has room for connections; else they wait in the kernel."""
        accepts = bool(self._takers(now)) and now >= self._not_before
        if accepts == self._accepts:
            return
        self._accepts = accepts
        for listener in self._listeners:
            if accepts:
                self._accept_at(listener)
            else:
                self._selector.unregister(listener)

    def _takers(self, now: float) -> list[int]:
        """The workers that may be handed a connection, the one with the fewest first. One that is
        silent may hang, and gets none while another isn't, even if that has no room yet."""
        able, lively = self._crew.by_load(), self._pulse.lively(now)
        return [each for each in able if each in lively] if lively else able

    def _accept_at(self, listener: socket.socket) -> None:
        accept = partial(self._accept, listener, self._listeners[listener])
        self._selector.register(listener, selectors.EVENT_READ, accept)

    def _accept(self, listener: socket.socket, endpoint: Endpoint) -> None:
        """Accept what has connected at a listener, and hand it on."""
        for _ in range(AT_ONCE):
            if not self._takers(time.monotonic()):
                return
            try:
                sock, address = listener.accept()
            except BlockingIOError:
                return
            except OSError as error:
                log.warning("can't accept at %s: %s", endpoint, error)
                self._not_before = time.monotonic() + PAUSE
                return
            with sock:
                told = Adopt(endpoint.host, endpoint.port, f"{address[0]}:{address[1]}")
                self._hand_over(sock, told)

    def _hand_over(self, sock: socket.socket, told: Adopt) -> None:
        descriptor = array("i", [sock.fileno()])
        passed = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptor)]
        for number in self._takers(time.monotonic()):
            control = self._processes[number].control
            try:
                # Not `send_fds`: it takes flags, and waits all the same (CPython 3.11).
                control.sendmsg([encode(told)], passed, socket.MSG_DONTWAIT)
            except OSError as error:  # it has too much to do, or is about to end
                log.debug("worker %d takes no connection: %s", number, error)
                continue
            self._crew.took(number)
            return
        self._counters["refused connections"] += 1
        if self._log_share.take(time.monotonic()):
            log.warning("a connection from %s is refused: no worker takes it", told.address)

    # ---- workers ----

    def _start(self, number: int, now: float) -> None:
        try:
            ours, theirs, last_words, pid = _fork()
        except OSError as error:
            delay = self._crew.ended(number, now)
            log.error("can't start worker %d: %s; again in %g s", number, error, delay)
            return
        if pid == 0:
            ours.close()
            self._be_worker(number, theirs, last_words)
        theirs.close()
        process = _Process(number, pid, os.pidfd_open(pid), ours, last_words)
        self._processes[number] = process
        self._crew.started(number, now)
        self._pulse.heard(number, now)
        self._selector.register(ours, selectors.EVENT_READ, lambda: self._hear(process))
        self._selector.register(process.end, selectors.EVENT_READ, lambda: self._ended(process))
        log.info("worker %d of %d is process %d", number, self._setup.workers, pid)

    def _be_worker(self, number: int, control: socket.socket, last_words: int) -> None:
        """The new process, to its end. It keeps nothing open that is the supervisor's or another
        worker's: they would not notice each other's end."""
        status = 1
        try:
            faulthandler.enable(last_words)
            self._selector.close()
            for listener in self._listeners:
                listener.close()
            for process in self._processes.values():
                process.control.close()
                os.close(process.end)
                os.close(process.last_words)
            log_to_front(self._front, self._setup.log_level, f"worker {number}: ")
            work(control, self._policy, self._settings, self._secret)
            status = 0
        except Exception:
            log.exception("a fault in the slicer; please report it")
        finally:
            os._exit(status)

    def _hear(self, process: _Process) -> None:
        for _ in range(AT_ONCE):
            if self._processes.get(process.number) is not process:
                return  # it has ended meanwhile
            try:
                data = process.control.recv(LONGEST, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            except OSError as error:
                log.debug("worker %d: %s", process.number, error)
                data = b""
            if not data:  # it is about to end
                self._selector.unregister(process.control)
                return
            message = decode(data)
            self._pulse.heard(process.number, time.monotonic())
            self._answer(self._do[type(message)](process.number, message))

    def _joined(self, number: int, message: Joined) -> Answers:
        self._crew.joined(number, message.peer)
        return []

    def _left(self, number: int, message: Left) -> Answers:
        self._crew.left(number, message.peer)
        return []

    def _answer(self, answers: Answers) -> None:
        for number, answer in answers:
            if number in self._processes:
                self._tell(self._processes[number], answer)

    def _tell(self, process: _Process, message: Message) -> None:
        """Tell a worker. One that has not heard of so much is stuck."""
        try:
            process.control.send(encode(message), socket.MSG_DONTWAIT)
        except BlockingIOError:
            if self._pulse.give_up(process.number, time.monotonic()):
                self._abort(process, "does not listen")
        except OSError as error:  # it is about to end
            log.debug("worker %d: %s", process.number, error)

    def _abort(self, process: _Process, why: str) -> None:
        """Have a worker that is given up say where it hangs, and end."""
        log.error("worker %d %s: it is killed", process.number, why)
        self._counters["workers killed"] += 1
        signal.pidfd_send_signal(process.end, signal.SIGABRT)

    def _ended(self, process: _Process) -> None:
        if self._processes.get(process.number) is not process:
            return
        how = self._reap(process)
        delay = self._crew.ended(process.number, time.monotonic())
        self._counters["workers ended"] += 1
        log.error("worker %d has ended: %s; a new one in %g s", process.number, how, delay)
        self._answer(self._holders.ended(process.number))

    def _reap(self, process: _Process) -> str:
        """Forget one that has ended; says how it did, and logs where, if it said that."""
        del self._processes[process.number]
        self._pulse.ended(process.number)
        self._selector.unregister(process.end)
        if process.control in self._selector.get_map():
            self._selector.unregister(process.control)
        process.control.close()
        _, status = os.waitpid(process.pid, 0)
        os.close(process.end)
        words = os.pread(process.last_words, LONGEST_TEXT, 0).decode(errors="replace")
        os.close(process.last_words)
        if words:
            log.error("worker %d was ended where it was:\n%s", process.number, words)
        code = os.waitstatus_to_exitcode(status)
        return f"exit status {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"

    def _end(self) -> None:
        """Have all workers end, and wait for that."""
        self._log_counted()
        for listener in self._listeners:
            listener.close()
        for process in self._processes.values():
            process.control.shutdown(socket.SHUT_WR)
        until = time.monotonic() + ENDING
        with selectors.DefaultSelector() as ends:
            for process in self._processes.values():
                ends.register(process.end, selectors.EVENT_READ, process)
            while ends.get_map():
                ready = ends.select(max(0.0, until - time.monotonic()))
                for key in [each for each, _ in ready] or list(ends.get_map().values()):
                    if not ready:
                        signal.pidfd_send_signal(key.data.end, signal.SIGKILL)
                    ends.unregister(key.fileobj)
                    log.info("worker %d has ended: %s", key.data.number, self._reap(key.data))


def _fork() -> tuple[socket.socket, socket.socket, int, int]:
    """Fork with a pair of sockets between both and a file of both; returns as `fork` does. Raises
    OSError."""
    with ExitStack() as opened:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        opened.callback(ours.close)
        opened.callback(theirs.close)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, UNREAD)
        last_words = os.memfd_create("last words")
        opened.callback(os.close, last_words)
        pid = os.fork()
        opened.pop_all()
    return ours, theirs, last_words, pid


def _listener(endpoint: Endpoint) -> socket.socket:
    """Raises OSError where nobody can listen."""
    family = socket.AF_INET6 if ":" in endpoint.host else socket.AF_INET
    place = (endpoint.host, endpoint.port)
    listener = socket.create_server(place, family=family, backlog=BACKLOG)
    listener.setblocking(False)
    return listener
