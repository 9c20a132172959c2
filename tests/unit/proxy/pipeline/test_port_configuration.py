"""Port-mod: what a slice configures of a port is the slice's own, and outlives the slicer."""

from dataclasses import replace

import pytest

from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.errors import ErrorCode
from slicer.openflow.messages import FlowMod, Message, PacketIn, PortMod
from slicer.openflow.oxm import Match
from slicer.openflow.v13 import V13
from slicer.proxy.pipeline import layout
from slicer.proxy.pipeline.enforcement import Pipeline
from slicer.proxy.refusal import Refusal
from slicer.proxy.sliver import Sliver
from tests.unit.proxy.parts import ports
from tests.unit.proxy.pipeline.bench import SPACE, Bench
from tests.unit.proxy.pipeline.driving import at, carry_out, drive

ALL_BITS = (
    of.OFPPC_PORT_DOWN
    | of.OFPPC_NO_STP
    | of.OFPPC_NO_RECV
    | of.OFPPC_NO_RECV_STP
    | of.OFPPC_NO_FLOOD
    | of.OFPPC_NO_FWD
    | of.OFPPC_NO_PACKET_IN
)


def asked(number: int, config: int, mask: int = ALL_BITS) -> PortMod:
    """A port-mod of a port of a sliver's."""
    return PortMod(9, number, ports(number)[number].hw_addr, config, mask)


class Ports(Bench):
    """Red configures its ports."""

    def configure(self, *requests: PortMod) -> None:
        for request in requests:
            assert carry_out(self.pipeline.port_mod(self.red, request), self.switch) == []

    def configs(self, sliver: Sliver) -> list[int]:
        return [self.pipeline.port_config(sliver.tag, number) for number in (1, 2)]


def test_it_is_the_slices_own() -> None:
    bench = Ports()
    bench.configure(asked(1, of.OFPPC_NO_FWD | of.OFPPC_NO_FLOOD))
    assert bench.configs(bench.red) == [of.OFPPC_NO_FWD | of.OFPPC_NO_FLOOD, 0]
    assert bench.configs(bench.blue) == [0, 0]
    assert bench.switch.ports[1].config == 0, "the switch's port stays as it is"


def test_only_the_bits_that_are_meant_and_known_change() -> None:
    bench = Ports()
    bench.configure(
        asked(1, of.OFPPC_NO_FWD | of.OFPPC_NO_RECV),
        asked(1, 0, mask=of.OFPPC_NO_RECV),
        asked(1, of.OFPPC_NO_FLOOD, mask=0),
        asked(1, 0xFFFF_FFFF & ~ALL_BITS, mask=0xFFFF_FFFF & ~ALL_BITS),
    )
    assert bench.configs(bench.red) == [of.OFPPC_NO_FWD, 0]


@pytest.mark.parametrize("config", [0, ALL_BITS, of.OFPPC_NO_FLOOD, of.OFPPC_PORT_DOWN])
def test_the_switch_is_left_as_a_synchronisation_wants_it(config: int) -> None:
    bench = Ports()
    bench.configure(asked(1, config))
    assert bench.synchronise(bench.pipeline) == 0


def test_a_restarted_slicer_reads_it_from_the_switch() -> None:
    bench = Ports()
    bench.configure(asked(1, of.OFPPC_NO_PACKET_IN), asked(2, of.OFPPC_NO_RECV))
    bench.pipeline = Pipeline(b"")
    assert bench.synchronise(bench.pipeline) == 0
    assert bench.configs(bench.red) == [of.OFPPC_NO_PACKET_IN, of.OFPPC_NO_RECV]
    assert bench.configs(bench.blue) == [0, 0]


def test_a_slicer_that_runs_believes_itself() -> None:
    bench = Ports()
    bench.configure(asked(1, of.OFPPC_NO_RECV))
    bench.switch.flush()
    assert bench.synchronise(bench.pipeline) > 0
    assert bench.configs(bench.red) == [of.OFPPC_NO_RECV, 0]


def test_a_port_mod_while_the_switch_is_mended_is_no_fault_of_the_switchs() -> None:
    bench = Ports()
    bench.switch.flush()
    asked_for: list[PortMod] = [asked(1, of.OFPPC_NO_FWD)]
    mended = False

    def answers(message: Message) -> list[Message]:
        nonlocal mended
        if mended and not isinstance(message, FlowMod) and asked_for:
            bench.configure(asked_for.pop())
        mended = mended or isinstance(message, FlowMod)
        return at(bench.switch)(message)

    drive(bench.pipeline.synchronise(SPACE, lambda name: [1, 2]), answers)
    assert asked_for == []
    assert bench.synchronise(bench.pipeline) == 0
    assert bench.configs(bench.red) == [of.OFPPC_NO_FWD, 0]


def test_nor_are_port_mods_there_and_back_while_it_is_read() -> None:
    bench = Ports()
    bench.switch.flush()
    mended = False

    def answers(message: Message) -> list[Message]:
        nonlocal mended
        is_reading = mended and not isinstance(message, FlowMod)
        if is_reading:
            bench.configure(asked(1, of.OFPPC_NO_FWD))
        mended = mended or isinstance(message, FlowMod)
        found = at(bench.switch)(message)
        if is_reading:
            bench.configure(asked(1, 0))
        return found

    drive(bench.pipeline.synchronise(SPACE, lambda name: [1, 2]), answers)
    assert bench.synchronise(bench.pipeline) == 0
    assert bench.configs(bench.red) == [0, 0]


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (asked(3, 0), errors.PORT_MOD_FAILED_BAD_PORT),
        (replace(asked(1, 0), hw_addr=bytes(6)), errors.PORT_MOD_FAILED_BAD_HW_ADDR),
        (asked(0xFF00, 0), errors.BAD_ACTION_BAD_OUT_PORT),
    ],
)
def test_a_port_that_is_not_the_slivers_is_refused(request_: PortMod, error: ErrorCode) -> None:
    bench = Ports()
    with pytest.raises(Refusal) as refused:
        bench.pipeline.port_mod(bench.red, request_)
    assert refused.value.error == error
    assert bench.configs(bench.red) == [0, 0]


@pytest.mark.parametrize("reason", [of.OFPR_ACTION, of.OFPR_NO_MATCH])
def test_a_flows_packet_ins_come_from_a_port_that_has_none_of_its_own(reason: int) -> None:
    bench = Ports()
    bench.configure(asked(1, of.OFPPC_NO_PACKET_IN))
    match = Match.of(in_port=1, reg0=bench.red.tag)
    said = PacketIn(0, of.OFP_NO_BUFFER, 0, reason, 1, 0, match, b"")
    arrived = bench.pipeline.packet_in(V13.encode(said))
    assert arrived is not None
    assert arrived[0] == bench.red.tag
    assert arrived[1] is not None


def test_no_miss_is_told_of_a_port_that_wants_none() -> None:
    bench = Ports()
    bench.configure(asked(1, of.OFPPC_NO_PACKET_IN))

    def arrives(sliver: Sliver, number: int) -> object:
        match = Match.of(in_port=number, reg0=sliver.tag)
        table = layout.EMIT_TABLE
        said = PacketIn(0, of.OFP_NO_BUFFER, 0, of.OFPR_NO_MATCH, table, 0, match, b"")
        return bench.pipeline.packet_in(V13.encode(said))

    assert arrives(bench.red, 1) == (bench.red.tag, None)
    for sliver, number in ((bench.red, 2), (bench.blue, 1)):
        assert arrives(sliver, number) not in (None, (sliver.tag, None))
