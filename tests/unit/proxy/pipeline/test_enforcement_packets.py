"""The pipeline behind its interface: packet-outs that are plainly another's, and LLDP."""

from collections.abc import Sequence

import pytest

from slicer.flowspace.match import Match as Region
from slicer.flowspace.rule import Rule
from slicer.flowspace.space import FlowSpace
from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.actions import Action, DecNwTtl, Output, RegLoad
from slicer.openflow.errors import ErrorCode
from slicer.openflow.messages import PacketIn, PacketOut
from slicer.openflow.oxm import Match, header_of
from slicer.openflow.v13 import V13
from slicer.proxy.pipeline.enforcement import Pipeline
from slicer.proxy.pipeline.layout import Stage, StageCookie
from slicer.proxy.refusal import Refusal
from slicer.proxy.sliver import Sliver
from tests.unit.proxy.pipeline.bench import ARP, ARP_PACKET, OTHER_PACKET, SPACE, Bench

# ---- packet-outs ----


def packet_out(bench: Bench, sliver: Sliver, asked: PacketOut) -> ErrorCode | None:
    """The error that a packet-out is refused with, the same both ways, or None."""
    error = None
    try:
        deep = V13.encode(bench.pipeline.packet_out(sliver, asked))
    except Refusal as refusal:
        error = refusal.error
    if error is None:
        assert bench.pipeline.packet_out_frame(sliver, V13.encode(asked)) == deep
    else:
        with pytest.raises(Refusal) as refused:
            bench.pipeline.packet_out_frame(sliver, V13.encode(asked))
        assert refused.value.error == error
    return error


@pytest.mark.parametrize(
    ("in_port", "error"),
    [
        (of.OFPP_CONTROLLER, None),
        (of.OFPP_ANY, None),
        (1, None),
        (3, errors.BAD_REQUEST_BAD_PORT),
        (of.OFPP_LOCAL, errors.BAD_REQUEST_BAD_PORT),
    ],
)
def test_a_packet_comes_from_the_slivers_ports_or_nowhere(
    in_port: int, error: ErrorCode | None
) -> None:
    bench = Bench()
    assert packet_out(bench, bench.red, PacketOut(9, in_port=in_port)) == error


@pytest.mark.parametrize(
    ("actions", "data", "error"),
    [
        ((Output(1),), ARP_PACKET, None),
        ((Output(1),), OTHER_PACKET, errors.BAD_ACTION_EPERM),
        ((Output(1), Output(2)), OTHER_PACKET, errors.BAD_ACTION_EPERM),
        ((Output(of.OFPP_FLOOD),), OTHER_PACKET, errors.BAD_ACTION_EPERM),
        ((Output(of.OFPP_FLOOD),), ARP_PACKET, None),
        ((DecNwTtl(), Output(1)), OTHER_PACKET, None),
        ((Output(1), Output(of.OFPP_TABLE)), OTHER_PACKET, None),
        ((Output(7),), OTHER_PACKET, None),
        ((), OTHER_PACKET, None),
        ((Output(1),), b"short", errors.BAD_ACTION_EPERM),
    ],
)
def test_a_packet_that_is_plainly_anothers_is_refused(
    actions: tuple[Action, ...], data: bytes, error: ErrorCode | None
) -> None:
    bench = Bench()
    assert packet_out(bench, bench.red, PacketOut(9, actions=actions, data=data)) == error


def test_a_packet_is_asked_about_port_by_port() -> None:
    bench = Bench()
    for number, error in ((1, errors.BAD_ACTION_EPERM), (2, None)):
        asked = PacketOut(9, actions=(Output(number),), data=OTHER_PACKET)
        assert packet_out(bench, bench.blue, asked) == error
    both = PacketOut(9, actions=(Output(1), Output(2)), data=OTHER_PACKET)
    assert packet_out(bench, bench.blue, both) is None


def test_the_owner_of_everything_is_not_asked() -> None:
    bench = Bench(FlowSpace([Rule("red", 2, Region.ANY), Rule("blue", 1, ARP)]))
    asked = PacketOut(9, actions=(Output(1),), data=OTHER_PACKET)
    assert packet_out(bench, bench.red, asked) is None
    assert packet_out(bench, bench.blue, asked) == errors.BAD_ACTION_EPERM


# ---- LLDP ----

LLDP = bytes(12) + b"\x88\xcc" + bytes(20)


def discovery_in(data: bytes, cookie: int = int(StageCookie(Stage.DISCOVERY))) -> bytes:
    """The packet-in of an LLDP packet at port 2."""
    arrived = Match.of(in_port=2)
    return V13.encode(
        PacketIn(0, of.OFP_NO_BUFFER, len(data), of.OFPR_ACTION, 0, cookie, arrived, data)
    )


@pytest.mark.parametrize(
    ("in_port", "output", "goes_out"),
    [
        (of.OFPP_CONTROLLER, 1, [1]),
        (of.OFPP_CONTROLLER, of.OFPP_FLOOD, [1, 2]),
        (1, of.OFPP_ALL, [2]),
        (of.OFPP_CONTROLLER, 7, []),
    ],
)
def test_lldp_goes_out_sealed_by_any_port_of_the_slivers(
    in_port: int, output: int, goes_out: Sequence[int]
) -> None:
    bench = Bench()
    asked = PacketOut(9, in_port=in_port, actions=(Output(output),), data=LLDP)
    assert bench.pipeline.packet_out_frame(bench.red, V13.encode(asked)) is None
    sent = bench.pipeline.packet_out(bench.red, asked)
    loads = [each for each in sent.actions if isinstance(each, RegLoad)]
    requests = [each.value for each in loads if each.dst == header_of("xreg1")]
    assert requests == [(1 << 16 | number) << 32 for number in goes_out]
    assert sent.data.startswith(LLDP)
    assert len(sent.data) > len(LLDP)
    assert bench.pipeline.discovered(discovery_in(sent.data)) == ("red", 2, LLDP)


def test_another_slicers_seal_means_nothing_and_the_flowspace_says_whose_it_is() -> None:
    bench, other = Bench(), Pipeline(b"another secret")
    other.synchronise(SPACE, lambda name: [])
    asked = PacketOut(9, actions=(Output(1),), data=LLDP)
    sealed = other.packet_out(bench.red, asked).data
    assert bench.pipeline.discovered(discovery_in(sealed)) == ("blue", 2, sealed)


def test_lldp_of_nobody_is_nobodys() -> None:
    bench = Bench(FlowSpace([Rule("red", 2, ARP)]))
    assert bench.pipeline.discovered(discovery_in(LLDP)) is None


@pytest.mark.parametrize("cookie", [int(StageCookie(Stage.UNREAD)), 7, 0xFFFF_FFFF_FFFF_FFFF])
def test_only_what_admit_has_sent_up_is_discovery(cookie: int) -> None:
    assert Bench().pipeline.discovered(discovery_in(LLDP, cookie)) is None


def test_what_was_discovered_enters_the_first_table_by_its_port() -> None:
    bench = Bench()
    entering = bench.pipeline.enter(bench.blue, 2, LLDP)
    assert (entering.in_port, entering.data) == (2, LLDP)
    plain = PacketOut(0, in_port=2, actions=(Output(of.OFPP_TABLE),), data=OTHER_PACKET)
    assert entering.actions == bench.pipeline.packet_out(bench.blue, plain).actions
