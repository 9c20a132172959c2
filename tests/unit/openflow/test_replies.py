"""The replies that are written without a dialect are those that the dialects write."""

import pytest

from slicer.openflow.dialect import Dialect
from slicer.openflow.messages import BarrierReply, BarrierRequest, EchoReply, EchoRequest
from slicer.openflow.replies import barrier_reply, barrier_request, echo_reply
from slicer.openflow.v10 import V10
from slicer.openflow.v13 import V13

by_version = pytest.mark.parametrize("dialect", [V10, V13])


@by_version
@pytest.mark.parametrize("data", [b"", b"x" * 1000])
def test_an_echo_reply(dialect: Dialect, data: bytes) -> None:
    asked = dialect.encode(EchoRequest(0xABCDEF01, data))
    assert echo_reply(asked) == dialect.encode(EchoReply(0xABCDEF01, data))


@by_version
def test_a_barrier_reply(dialect: Dialect) -> None:
    said = dialect.encode(BarrierReply(0xABCDEF01))
    assert barrier_reply(dialect.version, 0xABCDEF01) == said


@by_version
def test_a_barrier(dialect: Dialect) -> None:
    assert barrier_request(dialect.version) == dialect.encode(BarrierRequest(0))
