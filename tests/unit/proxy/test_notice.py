"""Notices: written once for each version that is wanted, and not before."""

from typing import cast

import pytest

from slicer.openflow import constants as of
from slicer.openflow.dialect import Dialect
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import FlowRemoved, Message, PacketIn, PortStatus
from slicer.openflow.oxm import Match
from slicer.openflow.v13 import V13
from slicer.proxy.notice import Notice
from tests.unit.proxy.parts import port

IN = PacketIn(0, of.OFP_NO_BUFFER, 4, of.OFPR_ACTION, 3, 9, Match.of(in_port=1), b"data")
REMOVED = FlowRemoved(0, 9, 5, of.OFPRR_DELETE, 3, 1, 0, 0, 0, 7, 700, Match())
STATUS = PortStatus(0, of.OFPPR_MODIFY, port(1))


class Counting:
    """A dialect of another version that writes down what it is asked."""

    version = 99

    def __init__(self) -> None:
        self.encoded: list[Message] = []

    def encode(self, message: Message) -> bytes:
        self.encoded.append(message)
        return b"as version 99"


@pytest.mark.parametrize(
    ("message", "reason"),
    [(IN, of.OFPR_ACTION), (REMOVED, of.OFPRR_DELETE), (STATUS, of.OFPPR_MODIFY)],
)
def test_a_notice_of_a_message(message: PacketIn | FlowRemoved | PortStatus, reason: int) -> None:
    notice = Notice.of(message)
    assert (notice.kind, notice.reason) == (message.kind, reason)
    assert V13.decode(notice.frame(V13)) == message
    assert notice.frame(V13) is notice.frame(V13)


def test_a_frame_is_passed_as_it_is_to_who_speaks_its_version() -> None:
    frame = b"not even a frame"
    notice = Notice.of_frame(Kind.PACKET_IN, of.OFPR_ACTION, frame, V13)
    assert notice.frame(V13) is frame


def test_a_frame_is_written_once_for_all_who_speak_another_version() -> None:
    other = Counting()
    notice = Notice.of_frame(Kind.PACKET_IN, of.OFPR_ACTION, V13.encode(IN), V13)
    for _ in range(3):
        assert notice.frame(cast(Dialect, other)) == b"as version 99"
    assert other.encoded == [IN]
