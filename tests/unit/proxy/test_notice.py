"""Notices: written once for each version that is wanted, and not before."""

from dataclasses import replace
from typing import cast

import pytest

from slicer.openflow import constants as of
from slicer.openflow.dialect import Dialect
from slicer.openflow.errors import EncodeError
from slicer.openflow.messages import FlowRemoved, Message, PacketIn, PortStatus
from slicer.openflow.oxm import Match
from slicer.openflow.v10 import V10
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
    notice = Notice.of_packet_in(frame, 1, of.OFPR_ACTION, is_table_miss=False)
    assert notice.frame(V13) is frame


def test_a_frame_is_written_once_for_all_who_speak_another_version() -> None:
    other = Counting()
    notice = Notice.of_packet_in(V13.encode(IN), 1, of.OFPR_ACTION, is_table_miss=False)
    for _ in range(3):
        assert notice.frame(cast(Dialect, other)) == b"as version 99"
    assert other.encoded == [IN]


@pytest.mark.parametrize("said", [of.OFPR_NO_MATCH, of.OFPR_ACTION])
@pytest.mark.parametrize(
    ("is_table_miss", "in_1_0"), [(False, of.OFPR_ACTION), (True, of.OFPR_NO_MATCH)]
)
def test_in_1_0_a_table_miss_alone_is_one(said: int, is_table_miss: bool, in_1_0: int) -> None:
    frame = V13.encode(replace(IN, reason=said))
    notice = Notice.of_packet_in(frame, 1, said, is_table_miss=is_table_miss)
    read = V10.decode(notice.frame(V10))
    assert isinstance(read, PacketIn)
    assert (read.reason, read.data, read.match) == (in_1_0, IN.data, IN.match)


@pytest.mark.parametrize("is_table_miss", [False, True])
def test_only_1_0_has_news_of_a_table_miss(is_table_miss: bool) -> None:
    notice = Notice.of_packet_in(V13.encode(IN), 1, 0, is_table_miss=is_table_miss)
    assert notice.is_for(V10)
    assert notice.is_for(V13) is not is_table_miss


def test_what_1_0_cant_say_is_no_frame_of_1_0() -> None:
    masked = replace(REMOVED, match=Match.of(eth_dst=(1, 1)))
    with pytest.raises(EncodeError):
        Notice.of(masked).frame(V10)
