"""Operations: what is sent when, what the steps get back, and how they end."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf

import pytest

from slicer.openflow import errors
from slicer.openflow.errors import EncodeError
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import (
    BarrierReply,
    BarrierRequest,
    EchoReply,
    EchoRequest,
    ErrorMessage,
    Message,
)
from slicer.openflow.multipart import FlowStatsReply, FlowStatsRequest
from slicer.openflow.v13 import V13
from slicer.proxy.operation import Declined, Faulted, Operation, OperationFailed, Refused, Steps
from slicer.proxy.pending import Request


@dataclass
class FakeChannel:
    """Keeps what is asked; `longest` is the longest frame that it takes."""

    asked: list[tuple[Request, Message]] = field(default_factory=list)
    longest: int = 0xFFFF

    def ask(self, request: Request, message: Message) -> None:
        if len(V13.encode(message)) > self.longest:
            raise EncodeError(f"{message!r} is too long")
        self.asked.append((request, message))

    def read(self, frame: bytes) -> Message:
        return V13.decode(frame)

    def take(self) -> list[Message]:
        messages = [message for _, message in self.asked]
        self.asked.clear()
        return messages


@dataclass
class Run:
    """An operation over a channel, and what became of it."""

    steps: Steps[object]
    channel: FakeChannel = field(default_factory=FakeChannel)
    ended: list[object] = field(default_factory=list)
    most_bytes: float = inf

    def __post_init__(self) -> None:
        self.operation = Operation(self.steps, self.channel, self._end, self._end, self.most_bytes)
        self.operation.start(1.0)

    def _end(self, result: object, now: float) -> None:
        self.ended.append(result)

    def answer(self, index: int, reply: Message) -> bool:
        request = Request(self.operation, index, Kind.ERROR)
        return self.operation.answered(request, reply.kind, V13.encode(reply), 2.0)

    def barrier(self, index: int) -> None:
        assert self.answer(index, BarrierReply(0))

    def refuse(self, index: int, error: errors.ErrorCode) -> None:
        request = self.channel.asked[index][0]
        self.operation.failed(request, ErrorMessage(0, error.type, error.code, b""), 2.0)


def test_a_step_is_its_messages_and_a_barrier() -> None:
    def steps() -> Steps[str]:
        yield [EchoRequest(0, b"one"), EchoRequest(0, b"two")]
        return "done"

    run = Run(steps())
    assert [request.xid for request, _ in run.channel.asked] == [0, 1, 2]
    assert {request.asker for request, _ in run.channel.asked} == {run.operation}
    assert run.channel.asked[2][0].kind is Kind.BARRIER_REQUEST
    sent = run.channel.take()
    assert sent == [EchoRequest(0, b"one"), EchoRequest(0, b"two"), BarrierRequest(0)]
    assert run.ended == []


def test_replies_are_given_to_the_step_by_message_once_the_barrier_is_answered() -> None:
    got: list[list[list[Message]]] = []

    def steps() -> Steps[str]:
        got.append((yield [FlowStatsRequest(0), EchoRequest(0)]))
        got.append((yield [EchoRequest(0, b"next")]))
        return "done"

    run = Run(steps())
    run.channel.take()
    assert not run.answer(0, FlowStatsReply(3, (), more=True))
    assert run.answer(1, EchoReply(4, b"e"))
    assert run.answer(0, FlowStatsReply(3))
    assert got == []
    run.barrier(2)
    parts: list[Message] = [FlowStatsReply(3, (), more=True), FlowStatsReply(3)]
    assert got == [[parts, [EchoReply(4, b"e")], []]]
    assert run.channel.take() == [EchoRequest(0, b"next"), BarrierRequest(0)]
    run.barrier(1)
    assert got[1] == [[], []]
    assert run.ended == ["done"]


def test_an_operation_without_a_step_ends_at_once() -> None:
    def steps() -> Steps[str]:
        yield from ()
        return "nothing to do"

    run = Run(steps())
    assert run.ended == ["nothing to do"]
    assert run.channel.asked == []


def test_a_refused_message_is_an_exception_at_the_step_once_all_are_answered() -> None:
    def steps() -> Steps[str]:
        yield [EchoRequest(0, b"one"), EchoRequest(0, b"two"), EchoRequest(0, b"three")]
        return "not reached"

    run = Run(steps())
    run.refuse(2, errors.BAD_REQUEST_EPERM)
    run.refuse(0, errors.BAD_REQUEST_BAD_LEN)
    assert run.ended == []
    run.barrier(3)
    (failure,) = run.ended
    assert isinstance(failure, Refused)
    assert [message for message, _ in failure.failures] == [
        EchoRequest(0, b"three"),
        EchoRequest(0, b"one"),
    ]
    assert "refused EchoRequest(xid=0, data=b'three') with BAD_REQUEST/EPERM" in str(failure)
    assert str(failure).endswith("(and 1 more errors)")


def test_steps_may_go_on_after_a_refusal() -> None:
    def steps() -> Steps[str]:
        try:
            yield [EchoRequest(0)]
        except Refused:
            yield [EchoRequest(0, b"another way")]
        return "done"

    run = Run(steps())
    run.refuse(0, errors.BAD_REQUEST_EPERM)
    run.barrier(1)
    run.channel.take()
    run.barrier(1)
    assert run.ended == ["done"], "a refusal counts for the step that met it only"


def test_steps_that_cant_go_on_end_the_operation_with_their_reason() -> None:
    def steps() -> Steps[str]:
        yield [EchoRequest(0)]
        raise OperationFailed("it is not what it was")

    run = Run(steps())
    run.barrier(1)
    assert [str(each) for each in run.ended] == ["it is not what it was"]


def test_a_message_that_no_frame_holds_ends_the_operation_and_raises_nothing() -> None:
    def steps() -> Steps[str]:
        yield [EchoRequest(0, b"short")]
        yield [EchoRequest(0, bytes(100))]
        return "not reached"

    run = Run(steps(), FakeChannel(longest=99))
    run.barrier(1)
    (failure,) = run.ended
    assert isinstance(failure, OperationFailed)
    assert "is too long" in str(failure)


def test_a_refused_barrier_ends_the_operation() -> None:
    def steps() -> Steps[str]:
        yield [EchoRequest(0)]
        return "not reached"

    run = Run(steps())
    run.refuse(1, errors.BAD_REQUEST_BAD_TYPE)
    (failure,) = run.ended
    assert isinstance(failure, Refused)
    assert "BarrierRequest" in str(failure)


def test_a_cancelled_operation_sends_nothing_and_calls_nobody() -> None:
    closed: list[str] = []

    def steps() -> Steps[str]:
        try:
            yield [EchoRequest(0)]
        finally:
            closed.append("closed")
        return "not reached"

    run = Run(steps())
    sent = len(run.channel.asked)
    run.operation.cancel()
    assert closed == ["closed"]
    assert len(run.channel.asked) == sent
    assert run.ended == []


def test_a_passed_request_changes_nothing() -> None:
    def steps() -> Steps[Sequence[Message]]:
        yield [EchoRequest(0)]
        return []

    run = Run(steps())
    sent = len(run.channel.asked)
    run.operation.passed(run.channel.asked[0][0], 1.0)
    assert len(run.channel.asked) == sent
    assert run.ended == []


def test_a_refusal_names_one_error_without_a_count() -> None:
    message = ErrorMessage(0, *errors.BAD_REQUEST_EPERM[:2], b"")
    assert "more errors" not in str(Refused([(EchoRequest(0), message)]))
    with pytest.raises(OperationFailed):
        raise Refused([(EchoRequest(0), message)])


def test_replies_beyond_the_bound_are_not_kept_and_the_operation_is_declined() -> None:
    def steps() -> Steps[str]:
        yield [FlowStatsRequest(0), EchoRequest(0)]
        return "not reached"

    run = Run(steps(), most_bytes=100)
    part = FlowStatsReply(3, (), more=True)
    for _ in range(100):
        assert not run.answer(0, part)
        assert sum(map(len, run.operation._replies)) <= 100 // len(V13.encode(part))
    run.barrier(2)
    (declined,) = run.ended
    assert isinstance(declined, Declined)
    assert declined.error == errors.BAD_REQUEST_MULTIPART_BUFFER_OVERFLOW
    assert "found 1600 bytes of replies, expected 100 at most" in str(declined)


def test_the_bound_is_of_one_step() -> None:
    def steps() -> Steps[str]:
        yield [EchoRequest(0)]
        yield [EchoRequest(0)]
        return "done"

    run = Run(steps(), most_bytes=100)
    for _ in range(2):
        run.answer(0, EchoReply(0, bytes(80)))
        run.barrier(1)
    assert run.ended == ["done"]


def test_a_fault_in_a_step_stops_the_operation_and_passes_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def steps() -> Steps[str]:
        yield [EchoRequest(0)]
        raise ZeroDivisionError("oh")

    run = Run(steps())
    run.barrier(1)
    (stopped,) = run.ended
    assert isinstance(stopped, Faulted)
    assert str(stopped) == "a fault in the slicer"
    assert "ZeroDivisionError: oh" in caplog.text


def test_a_fault_in_what_is_done_at_the_end_stops_it_too() -> None:
    def steps() -> Steps[str]:
        yield [EchoRequest(0)]
        return "done"

    def done(result: str, now: float) -> None:
        raise ZeroDivisionError(result)

    why: list[OperationFailed] = []
    channel = FakeChannel()
    operation = Operation(steps(), channel, done, lambda failure, now: why.append(failure))
    operation.start(1.0)
    barrier = Request(operation, 1, Kind.ERROR)
    assert operation.answered(barrier, Kind.BARRIER_REPLY, V13.encode(BarrierReply(0)), 2.0)
    assert [type(each) for each in why] == [Faulted]
