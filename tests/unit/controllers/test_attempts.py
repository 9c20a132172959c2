"""Attempts: each is something that Ryu can send, and is what its name says."""

import struct
from typing import Any

import pytest
from ryu.lib.packet import packet, tcp

from controllers.attempts import ATTEMPTS, BEYOND, Attempt, Due
from controllers.target import Target, forged_packet
from slicer.flowspace.packet import parse
from tests.unit.controllers.fake_datapath import FakeDatapath


def messages(attempt: Attempt) -> list[Any]:
    datapath = FakeDatapath(1)
    for message in attempt.messages(Target(datapath, 7)):
        if isinstance(message, bytes):
            datapath.send(message)
        else:
            datapath.send_msg(message)
    return datapath.sent


def named(name: str) -> Attempt:
    (found,) = (attempt for attempt in ATTEMPTS if attempt.name == name)
    return found


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: attempt.name)
def test_its_messages_are_framed_well(attempt: Attempt) -> None:
    sent = messages(attempt)
    assert sent
    for message in sent:
        data = message if isinstance(message, bytes) else bytes(message.buf)
        version, _, length, _ = struct.unpack_from("!BBHI", data)
        assert (version, length) == (4, len(data))


def test_names_are_unique_and_fit_a_narrow_table() -> None:
    names = [attempt.name for attempt in ATTEMPTS]
    assert len(set(names)) == len(names)
    assert max(map(len, names)) <= 30


def test_what_needs_packets_is_not_refused() -> None:
    assert {attempt.due for attempt in ATTEMPTS if attempt.needs_packets} == {Due.NONE}


def test_a_forged_packet_is_the_victims() -> None:
    header = packet.Packet(forged_packet(9999)).get_protocol(tcp.tcp)
    assert (header.src_port, header.dst_port) == (6666, 9999)
    point = parse(forged_packet(9999), 1)
    assert (point["ip_proto"], point["tcp_dst"]) == (6, 9999)


def test_deleting_everything_leaves_nothing_out() -> None:
    (delete,) = messages(named("delete every flow"))
    of = FakeDatapath(1).ofproto
    assert (delete.command, delete.table_id) == (of.OFPFC_DELETE, of.OFPTT_ALL)
    assert (delete.cookie_mask, list(delete.match.items())) == (0, [])


def test_tables_beyond_are_named() -> None:
    assert [each.table_id for each in messages(named("write to tables 251 to 254"))] == list(BEYOND)


def test_rewriting_comes_before_the_output() -> None:
    (flow,) = messages(named("rewrite to port 9999"))
    rewrite, *outputs = flow.instructions[0].actions
    assert (rewrite.key, rewrite.value) == ("tcp_dst", 9999)
    assert [each.port for each in outputs] == [1, 2, 3]
