"""On a datapath that speaks only OpenFlow 1.0, too, frames that are handled in runs have the same
effect as if each had been handled by itself.

`test_proxy_runs.py` with clip's own: flows that are made again, in one piece and in several, that
are refused, changed, deleted and gone; packets with buffers and xids, of others, of nobody, LLDP,
and what changes who is told why. The pieces' numbers and what has been counted are compared too:
nothing is renamed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slicer.openflow import constants as of
from slicer.openflow.actions import Output, SetVlanVid
from slicer.openflow.instructions import ApplyActions
from slicer.openflow.messages import (
    BarrierRequest,
    EchoRequest,
    FlowMod,
    FlowRemoved,
    Message,
    PacketIn,
    PacketOut,
    PortMod,
    PortStatus,
)
from slicer.openflow.multipart import FlowStatsRequest
from slicer.openflow.oxm import Match
from slicer.openflow.v10 import V10
from slicer.proxy.clip.cookies import Cookie, Part
from slicer.proxy.clip.enforcement import Clip
from slicer.proxy.datapath import Datapath
from slicer.proxy.settings import Settings
from slicer.proxy.tenant import Tenant
from tests.fakes.network import port
from tests.fakes.switch10 import FakeSwitch10
from tests.property.test_proxy_runs import (
    ARP,
    BROKEN,
    FEW_BYTES,
    LLDP,
    OTHERS,
    POLICIES,
    SMALL,
    Said,
    Side,
    compare,
    reads,
    said,
)

CLIPPED = {
    **POLICIES,
    "by headers": """
listen: [tcp:127.0.0.1:6633]
slices: {red: {controllers: [ptcp:7000]}, blue: {controllers: [ptcp:7500]}}
flowspace:
  - {slice: red, priority: 3, match: {eth_type: 0x0806}}
  - {slice: blue, priority: 2, match: {eth_type: 0x0800, ip_proto: 6, tcp_dst: 80}}
  - {slice: red, priority: 1}
""",
    "few packet-ins": """
listen: [tcp:127.0.0.1:6633]
slices: {red: {controllers: [ptcp:7000], limits: {packet_ins_per_second: 20}}}
flowspace: [{slice: red, priority: 1}]
""",
}
TO_2 = (ApplyActions((Output(2),)),)
ADD = FlowMod(0, priority=7, match=Match.of(in_port=1, eth_type=0x0806), instructions=TO_2)
ALIKE = [replace(ADD, match=Match.of(in_port=1, eth_type=0x0806, eth_dst=each)) for each in (5, 6)]
OUT = PacketOut(0, in_port=1, actions=(Output(2),), data=ARP)
TO_CONTROLLER = (ApplyActions((Output(of.OFPP_CONTROLLER, 99),)),)
WEB = bytes(12) + b"\x08\x00\x45\x00\x00\x28" + bytes(5) + b"\x06" + bytes(10)
WEB += b"\x00\x07\x00\x50" + bytes(8) + b"\x50" + bytes(7)
CONFIGURED = of.OFPPC_NO_PACKET_IN | of.OFPPC_NO_FLOOD


def _configuring(config: int) -> PortMod:
    return PortMod(0, 1, port(1).hw_addr, config, CONFIGURED)


CONFIGURINGS = [_configuring(CONFIGURED), _configuring(0)]
ASKS = replace(ADD, instructions=TO_CONTROLLER)
DELETE = replace(ADD, command=of.OFPFC_DELETE, table_id=of.OFPTT_ALL, instructions=())
HOT: list[Message] = [ADD, *ALIKE, OUT, replace(OUT, data=ARP + ARP)]
ASKED: list[Message] = [
    *HOT,
    *HOT,
    *HOT,
    replace(ADD, cookie=9, idle_timeout=3, flags=of.OFPFF_SEND_FLOW_REM),
    replace(ADD, flags=of.OFPFF_CHECK_OVERLAP),
    replace(ADD, match=Match()),
    replace(ADD, match=Match.of(eth_dst=5), priority=0xFFFF),
    ASKS,
    replace(ADD, command=of.OFPFC_MODIFY, upsert=True, instructions=TO_CONTROLLER),
    DELETE,
    replace(ADD, command=of.OFPFC_DELETE_STRICT, table_id=of.OFPTT_ALL, instructions=()),
    replace(OUT, in_port=3),
    replace(OUT, in_port=of.OFPP_CONTROLLER, actions=(Output(of.OFPP_FLOOD),)),
    replace(OUT, actions=(Output(2), Output(9), Output(of.OFPP_IN_PORT))),
    replace(OUT, actions=(SetVlanVid(6), Output(2))),
    replace(OUT, data=OTHERS),
    replace(OUT, data=WEB),
    replace(OUT, data=LLDP),
    replace(OUT, actions=()),
    *CONFIGURINGS,
    BarrierRequest(0),
    EchoRequest(0, b"echo"),
    FlowStatsRequest(0),
]
FRAMES = [*map(V10.encode, ASKED), *BROKEN, V10.encode(OUT)[:14] + b"\xff\xff" + bytes(8)]


FIRST_GONE = 20
"""Which of what the datapath says is the end of piece 0; of the others it comes after."""


def came(tag: int) -> list[bytes]:
    """What the datapath says."""
    packet = PacketIn(0, of.OFP_NO_BUFFER, len(ARP), of.OFPR_ACTION, 0, 0, Match.of(in_port=1), ARP)
    hot = [packet, replace(packet, match=Match.of(in_port=2)), replace(packet, data=ARP + ARP)]
    removed = FlowRemoved(0, 0, 7, of.OFPRR_DELETE, 0, 1, 2, 0, 0, 3, 400, ADD.match)
    cookies = (int(Cookie(Part.PIECE, tag, each)) for each in range(14))
    others = [
        replace(packet, reason=of.OFPR_NO_MATCH),
        replace(packet, data=WEB, total_len=len(WEB)),
        replace(packet, data=OTHERS, total_len=len(OTHERS)),
        replace(packet, data=LLDP, total_len=len(LLDP)),
        replace(packet, buffer_id=7),
        replace(packet, xid=77),
        replace(packet, total_len=99),
        replace(packet, match=Match.of(in_port=of.OFPP_LOCAL)),
        replace(packet, data=b"", total_len=0),
        PortStatus(0, of.OFPPR_DELETE, port(2)),
        PortStatus(0, of.OFPPR_ADD, port(3)),
    ]
    messages: list[Message] = [*hot, *hot, *hot, *others]
    assert len(messages) == FIRST_GONE
    messages += [replace(removed, cookie=each) for each in cookies]
    return [V10.encode(each) for each in messages]


class ClipSide(Side):
    """An engine on a datapath of OpenFlow 1.0, and two controllers of red's."""

    spoken = V10
    switch = FakeSwitch10
    dialects = {"red": V10, "another red": V10}  # noqa: RUF012  (nobody changes it)

    def frames(self) -> Mapping[str, Sequence[bytes]]:
        tag = self.engine.datapaths[1].slivers["red"].tag
        return {**dict.fromkeys(self.dialects, FRAMES), "datapath": came(tag)}

    def kept_by(self, datapath: Datapath) -> object:
        assert isinstance(datapath.enforcement, Clip)
        mirror = datapath.enforcement._tenancy.mirror
        pieces = {
            number: (each.number, each.cookie, each.place, each.actions)
            for number, each in mirror.pieces.items()
        }
        flows = [
            (each.asked, each.packets, each.bytes, each.leaving, each.accept is None)
            for each in mirror.flows
        ]
        return pieces, flows, mirror.leaving


SAID = said("red", "red", "red", "another red", "datapath", "datapath", "answers", "written")


@pytest.mark.parametrize("policy", CLIPPED)
@pytest.mark.parametrize("bounds", [Settings(), SMALL, FEW_BYTES], ids=["usual", "small", "few"])
@settings(max_examples=60, deadline=None)
@given(
    script=st.lists(SAID, min_size=1, max_size=30),
    barrier_every=st.sampled_from([7, 40]),
)
def test_runs_do_what_single_frames_do(
    policy: str, bounds: Settings, script: list[Said], barrier_every: int
) -> None:
    compare(ClipSide, CLIPPED[policy], bounds, script, barrier_every)


def _says(asked: Message, times: int = 1) -> Said:
    return Said("red", ASKED.index(asked), 1, times, None)


BARRIER = Said("answers", 0, 0, 1, None)
REFUSED = st.integers(0, 9).map(lambda back: Said("answers", 1, back, 1, None))
AGAIN = st.integers(0, 2).map(lambda frame: Said("red", frame, 1, 5, None))
GONE = st.integers(0, 13).map(lambda number: Said("datapath", FIRST_GONE + number, 0, 1, None))
NEW = st.sampled_from([_says(ADD), _says(DELETE)])
SETTLED = [_says(ADD), _says(ALIKE[0], 6), BARRIER]


@settings(max_examples=200, deadline=None)
@given(
    script=st.lists(AGAIN | AGAIN | REFUSED | GONE | NEW | st.just(BARRIER), min_size=3),
)
def test_what_is_refused_of_a_run_has_not_been(script: list[Said]) -> None:
    """Runs of flows that are made again, with refusals and ends of pieces between."""
    compare(ClipSide, CLIPPED["all"], Settings(), [*SETTLED, *SETTLED, *script], 7)


CAME = st.sampled_from([0, 1, 9]).map(lambda frame: Said("datapath", frame, 0, 5, None))
WHY = st.sampled_from([*map(_says, (ASKS, DELETE, *CONFIGURINGS))])


@pytest.mark.parametrize("policy", ["all", "by headers"])
@settings(max_examples=60, deadline=None)
@given(script=st.lists(CAME | CAME | WHY, min_size=4))
def test_why_packets_come_is_as_things_stand(policy: str, script: list[Said]) -> None:
    """Runs of packet-ins, with what changes their reasons and whether they are wanted between."""
    compare(ClipSide, CLIPPED[policy], Settings(), script, 40)


@pytest.mark.parametrize(
    ("speaker", "frame"), [("red", 0), ("red", 3), ("datapath", 0), ("datapath", 1)]
)
@pytest.mark.parametrize("policy", ["all", "shared", "by headers"])
def test_what_is_hot_is_handled_in_runs(
    policy: str, speaker: str, frame: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    side = ClipSide(CLIPPED[policy], Settings(), has_runs=True)
    first = [Said(speaker, frame, 1, 2, None), _says(BarrierRequest(0)), BARRIER]
    for event in reads(side, first):
        side.hear(event)
    alone: list[bytes] = []
    for session in (Tenant, Datapath):
        monkeypatch.setattr(session, "handle", lambda _, frame, __: alone.append(frame))
    for event in reads(side, [Said(speaker, frame, 3, 30, None)]):
        sent, *_ = side.hear(event)
        assert sent
    assert alone == []
