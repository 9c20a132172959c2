"""Operation: several requests to a datapath that make one step, written as straight code.

An operation is a generator. `replies = yield messages` sends the messages and a barrier, and goes
on when the barrier is answered: `replies` then holds, for each message, the list of its replies.
Where the datapath refused a message, `Refused` is raised at the yield instead. What the generator
returns is the operation's result. When the connection is lost the generator is closed. A fault of
the slicer's own in a step stops the operation, whoever's event has brought it so far. Invariant: an
operation waits for at most one barrier.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from math import inf
from typing import Generic, Protocol, TypeVar

from slicer.openflow import errors
from slicer.openflow.errors import EncodeError, ErrorCode
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import BarrierRequest, ErrorMessage, Message
from slicer.proxy.faults import FAULT, log_fault
from slicer.proxy.pending import Request

Result = TypeVar("Result")
Steps = Generator[Sequence[Message], list[list[Message]], Result]
A_TURN = 500
"""Flows that an operation makes, compares or sends at a time, so that nobody waits long for it."""
OTHERS_TURN: Sequence[Message] = ()
"""What an operation yields to let others have theirs: it goes on when the barrier is answered."""


def send_in_turns(messages: Sequence[Message], most: int) -> Steps[None]:
    """Send so many of them at a time."""
    for start in range(0, len(messages), most):
        yield messages[start : start + most]


class OperationFailed(Exception):
    """An operation can't go on; the text says why."""


class Declined(OperationFailed):
    """The slicer itself ends a tenant's operation, with the error that the tenant is answered."""

    def __init__(self, error: ErrorCode, why: str) -> None:
        self.error = error
        super().__init__(why)


class Refused(OperationFailed):
    """The datapath answered messages of an operation with errors."""

    def __init__(self, failures: list[tuple[Message, ErrorMessage]]) -> None:
        self.failures = failures
        message, error = failures[0]
        more = f" (and {len(failures) - 1} more errors)" if len(failures) > 1 else ""
        super().__init__(
            f"the datapath refused {message!r} with {errors.describe(error.type, error.code)}{more}"
        )


class Faulted(OperationFailed):
    """A step has met a fault of the slicer's own: whose operation it is can't be relied on."""

    def __init__(self) -> None:
        super().__init__(FAULT)


class Channel(Protocol):
    """What an operation needs of its datapath."""

    def ask(self, request: Request, message: Message) -> None:
        """Send a message under an xid of the connection's, and remember whose it was."""

    def read(self, frame: bytes) -> Message:
        """Decode a frame of the datapath's."""


class Operation(Generic[Result]):
    """Runs one generator over one datapath. At its end either `done(result, now)` or
    `stopped(why, now)` is called, once; `stopped` also after a `done` that has met a fault. Where
    one step's replies take more than `most_bytes` they are not kept, and the operation is declined
    when the barrier comes."""

    def __init__(
        self,
        steps: Steps[Result],
        channel: Channel,
        done: Callable[[Result, float], None],
        stopped: Callable[[OperationFailed, float], None],
        most_bytes: float = inf,
    ) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._steps = steps
        self._channel = channel
        self._done = done
        self._stopped = stopped
        self._messages: Sequence[Message] = ()
        self._replies: list[list[Message]] = []
        self._failures: list[tuple[Message, ErrorMessage]] = []

    def start(self, now: float) -> None:
        """Send the first messages."""
        self._advance(lambda: next(self._steps), now)

    def cancel(self) -> None:
        """The connection is lost: nothing more is sent and nobody is called."""
        self._steps.close()

    def _advance(self, step: Callable[[], Sequence[Message]], now: float) -> None:
        try:
            failure = self._go_on(step, now)
        except Exception:  # noqa: BLE001  (`log_fault` logs it)
            log_fault()
            failure = Faulted()
        if failure is not None:
            self._stopped(failure, now)

    def _go_on(self, step: Callable[[], Sequence[Message]], now: float) -> OperationFailed | None:
        """Take the next step; returns why there is none to come, but for the end."""
        try:
            self._messages = step()
        except StopIteration as stop:
            self._done(stop.value, now)
            return None
        except OperationFailed as failure:
            return failure
        return self._send()

    def _send(self) -> OperationFailed | None:
        self._messages = (*self._messages, BarrierRequest(0))
        self._replies = [[] for _ in self._messages]
        self._failures = []
        self._bytes = 0
        try:
            for index, message in enumerate(self._messages):
                self._channel.ask(Request(self, index, message.kind, b""), message)
        except EncodeError as too_long:
            return OperationFailed(str(too_long))
        return None

    def answered(self, request: Request, kind: Kind, frame: bytes, now: float) -> bool:
        """A reply to one of the messages, or the barrier's: then go on."""
        if kind is not Kind.BARRIER_REPLY:
            reply = self._channel.read(frame)
            self._bytes += len(frame)
            if self._bytes > self._most_bytes:
                self._replies[request.xid].clear()
            else:
                self._replies[request.xid].append(reply)
            return not getattr(reply, "more", False)
        if self._bytes > self._most_bytes:
            declined = self._overflow()
            self._advance(lambda: self._steps.throw(declined), now)
        elif self._failures:
            refused = Refused(self._failures)
            self._advance(lambda: self._steps.throw(refused), now)
        else:
            self._advance(lambda: self._steps.send(self._replies), now)
        return True

    def _overflow(self) -> Declined:
        found = f"found {self._bytes} bytes of replies, expected {self._most_bytes:.0f} at most"
        return Declined(errors.BAD_REQUEST_MULTIPART_BUFFER_OVERFLOW, found)

    def failed(self, request: Request, error: ErrorMessage, now: float) -> None:
        """One of the messages was refused; the others go on until the barrier. Without a barrier
        nothing says when that is."""
        self._failures.append((self._messages[request.xid], error))
        if request.kind is Kind.BARRIER_REQUEST:
            self._stopped(Refused(self._failures), now)

    def passed(self, request: Request, now: float) -> None:
        """Nothing to do: the operation's own barrier says when it goes on."""
