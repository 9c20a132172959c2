"""Wire: the frames of the benchmark, written once and sent again and again.

A datapath says packet-ins; a controller answers each with a flow-mod or a packet-out, of which
there are POOL different ones. Invariant: all frames of one kind have one length, so whoever gets
a stream of them counts them by its bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from slicer.openflow import constants as of
from slicer.openflow.actions import Output
from slicer.openflow.dialect import Dialect
from slicer.openflow.instructions import ApplyActions
from slicer.openflow.messages import BarrierRequest, FlowMod, Message, PacketIn, PacketOut
from slicer.openflow.oxm import Match
from slicer.openflow.v10 import V10
from slicer.openflow.v13 import V13

POOL = 256
"""So many different packets, and answers to them."""
DIALECTS: dict[int, Dialect] = {V13.version: V13, V10.version: V10}
DIFFERENT = 200_000
"""So many answers where none is to be one that the slicer remembers: of fewer it would notice that
they come again."""
_TEMPLATES = 0x12_34_56
BARRIER_TYPES = {V13.version: 20, V10.version: 18}
_OTHER_SIDE = 0xA2


class Answer(Enum):
    """What a controller answers a packet-in with."""

    FLOW_MOD = "flow-mod"
    PACKET_OUT = "packet-out"
    NEW_FLOW_MOD = "flow-mod, none like another"


def address(number: int) -> int:
    """A MAC address."""
    return 0x02_00_00_00_00_00 | number


def packet(number: int) -> bytes:
    """A packet of 60 bytes to the `number`th address."""
    header = address(number).to_bytes(6, "big") + address(_OTHER_SIDE).to_bytes(6, "big")
    return header + b"\x08\x00" + bytes(46)


def packet_ins(version: int, tags: list[int]) -> bytes:
    """POOL packet-ins, of all the tags in turn; without tags as an unsliced switch says them."""
    return b"".join(_packet_ins(version, tags))


def _packet_ins(version: int, tags: list[int]) -> Iterator[bytes]:
    for number in range(max(POOL, len(tags))):
        fields: dict[str, int | tuple[int, int]] = {"in_port": 1}
        if tags:
            fields["reg0"] = tags[number % len(tags)]
        data = packet(number)
        said = PacketIn(
            *(0, of.OFP_NO_BUFFER, len(data), of.OFPR_ACTION, 1, 7), Match.of(**fields), data
        )
        yield DIALECTS[version].encode(said)


def answers(version: int, answer: Answer) -> bytes:
    """POOL answers, or DIFFERENT ones, as a controller of this version says them."""
    written = DIALECTS[version].encode
    if answer is Answer.NEW_FLOW_MOD:
        before, after = written(_answer(answer, _TEMPLATES)).split(_bytes(address(_TEMPLATES)))
        return b"".join(before + _bytes(address(number)) + after for number in range(DIFFERENT))
    return b"".join(written(_answer(answer, number)) for number in range(POOL))


def _bytes(address: int) -> bytes:
    return address.to_bytes(6, "big")


def _answer(answer: Answer, number: int) -> Message:
    output = (Output(2, 0xFFE5),)
    if answer is Answer.PACKET_OUT:
        return PacketOut(number, in_port=1, actions=output, data=packet(number))
    learned = Match.of(in_port=1, eth_src=address(_OTHER_SIDE), eth_dst=address(number))
    return FlowMod(
        *(number, number),
        idle_timeout=60,
        priority=100,
        match=learned,
        instructions=(ApplyActions(output),),
    )


def barrier(version: int) -> bytes:
    """A barrier request."""
    return DIALECTS[version].encode(BarrierRequest(0xB))
