"""What goes to the controller: LLDP by its port's meter, packet-ins by their slice's."""

from slicer.openflow import constants as of
from slicer.openflow.actions import Controller2, Output
from slicer.openflow.instructions import ApplyActions
from slicer.openflow.oxm import Match
from slicer.proxy.pipeline import layout
from slicer.proxy.pipeline.layout import Stage, StageCookie
from slicer.proxy.pipeline.to_controller import discoveries, packet_in

LLDP, BDDP = 0x88CC, 0x8942


def test_without_meters_lldp_goes_to_the_slicer_as_it_is() -> None:
    flows = list(discoveries([1, 2], metered=False))
    assert [flow.match for flow in flows] == [Match.of(eth_type=each) for each in (LLDP, BDDP)]
    to_slicer = ApplyActions((Output(of.OFPP_CONTROLLER, of.OFPCML_NO_BUFFER),))
    assert {flow.instructions for flow in flows} == {(to_slicer,)}


def test_with_meters_each_ports_lldp_has_its_own() -> None:
    flows = [
        flow for flow in discoveries([1, 2], metered=True) if flow.match.get("eth_type") == LLDP
    ]
    found = {flow.match.get("in_port"): (flow.priority, flow.instructions) for flow in flows}
    assert found == {
        port: (priority, (ApplyActions((Controller2(meter_id=meter),)),))
        for port, priority, meter in (
            (None, 65_532, 0x3_8000),
            (1, 65_533, 0x3_8001),
            (2, 65_533, 0x3_8002),
        )
    }
    assert {StageCookie.read(flow.cookie) for flow in flows} == {StageCookie(Stage.DISCOVERY)}


def test_a_request_for_the_controller_is_carried_out_before_any_other() -> None:
    flow = packet_in(5)
    assert (flow.table_id, flow.priority) == (0, 65_535)
    assert flow.match == Match.of(reg2=0x5_FFFD)
    assert flow.instructions == (ApplyActions((Controller2(meter_id=0x3_0005),)),)
    assert StageCookie.read(flow.cookie) == StageCookie(Stage.CONTROLLER, 5)


def test_no_two_kinds_of_meters_have_one_id() -> None:
    last = layout.packet_in_meter(layout.MAX_TAG)
    assert layout.LAST_PORT_METER < layout.packet_in_meter(1) <= last
    assert last < layout.discovery_meter(None) == layout.FIRST_DISCOVERY_METER
    assert layout.discovery_meter(0xFFFF_FFFE) <= layout.LAST_METER
