"""Clip behind its interface: what each question of the handlers' amounts to."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow import messages as m
from slicer.openflow import multipart as mp
from slicer.openflow.actions import Output
from slicer.openflow.messages import FeaturesReply, PacketIn, PacketOut, PortMod
from slicer.openflow.oxm import Match
from slicer.openflow.table_features import TableFeaturesRequest
from slicer.openflow.v10 import V10
from slicer.proxy import discovery
from slicer.proxy.clip.cookies import Cookie, Part
from slicer.proxy.clip.enforcement import Clip
from slicer.proxy.clip.tenancy import Bounds
from slicer.proxy.refusal import Refusal
from tests.fakes import frames
from tests.fakes.network import Network, port
from tests.fakes.packet import Packet
from tests.fakes.switch10 import FakeSwitch10
from tests.unit.proxy.clip.scene import (
    ANY,
    BY_PORTS,
    FLOOD,
    SSH,
    TO_CONTROLLER,
    WEB,
    WEB_AND_REST,
    Scene,
    add,
)
from tests.unit.proxy.parts import DESC, FEATURES
from tests.unit.proxy.pipeline.driving import at, drive

LLDP = bytes(12) + b"\x88\xcc" + bytes(8)


def packet_in(packet: Packet | bytes, number: int = 1, total_len: int | None = None) -> bytes:
    """A packet-in of a datapath's that buffers."""
    data = packet if isinstance(packet, bytes) else frames.write(packet)
    length = len(data) if total_len is None else total_len
    return V10.encode(PacketIn(0, 5, length, 0, 0, 0, Match.of(in_port=number), data))


# ---- which datapaths ----


def test_any_datapath_of_the_version_will_do_and_its_words_are_noted() -> None:
    clip = Clip(b"", lambda name: Bounds(1, 1))
    clip.check(FEATURES, DESC)
    assert clip._vocabulary.is_open_vswitch
    clip.check(replace(FEATURES, matches_arp_ip=False), replace(DESC, hw_desc="Reference"))
    assert not clip._vocabulary.is_open_vswitch
    assert not clip._vocabulary.has_arp_addresses


def test_a_datapath_is_asked_for_its_ports_with_its_features_alone() -> None:
    scene = Scene()
    assert set(scene.net.engine.datapaths[1].ports) == {1, 2, 3, 4}


def test_its_tenants_are_offered_openflow_1_0_alone() -> None:
    network = Network(BY_PORTS)
    network.plug(FakeSwitch10(1, [port(1)]))
    assert network.tenants == []
    assert network.engine.datapaths[1].tenant_dialects == {1: V10}


# ---- what a tenant sees ----


def test_a_sliver_has_its_ports_one_table_and_no_buffers() -> None:
    (told,) = Scene(BY_PORTS).say("red", m.FeaturesRequest(8))
    assert isinstance(told, FeaturesReply)
    assert (told.n_tables, told.n_buffers) == (1, 0)
    assert [each.port_no for each in told.ports] == [1, 2]


def test_what_openflow_1_0_has_not_is_refused() -> None:
    scene = Scene()
    sliver = scene.net.engine.datapaths[1].slivers["red"]
    asked: tuple[Callable[[], object], ...] = (
        lambda: scene.clip.table_features(sliver, TableFeaturesRequest(0)),
        lambda: scene.clip.group_mod(sliver, m.GroupMod(0, 0, 0, 1)),
        lambda: scene.clip.group_stats(sliver, mp.GroupStatsRequest(0)),
        lambda: scene.clip.group_desc(sliver),
        lambda: scene.clip.bundled(sliver, add(ANY)),
        lambda: scene.clip.meter_mod(sliver, m.MeterMod(0, 0, 0, 1)),
        lambda: scene.clip.meter_stats(sliver, mp.MeterStatsRequest(0)),
        lambda: scene.clip.meter_config(sliver, mp.MeterConfigRequest(0)),
        lambda: scene.clip.meter_features(),
    )
    for question in asked:
        with pytest.raises(Refusal) as caught:
            question()
        assert caught.value.error is errors.BAD_REQUEST_BAD_TYPE
    assert scene.clip.flow_mod_frame(sliver, b"") is None
    assert scene.clip.packet_out_frame(sliver, b"") is None
    assert scene.clip.table_misses(sliver, are_wanted=True) == ()


# ---- packet-ins ----


def test_a_packet_in_is_its_owners_without_a_buffer() -> None:
    clip = Scene(WEB_AND_REST).clip
    found = clip.packet_in(packet_in(WEB))
    assert found is not None
    tag, notice = found
    assert tag == clip.tags["red"]
    assert notice is not None
    told = V10.decode(notice.frame(V10))
    assert isinstance(told, PacketIn)
    assert told.buffer_id == of.OFP_NO_BUFFER


def test_a_packet_that_nobody_owns_or_that_is_cut_short_is_nobodys() -> None:
    assert Scene(BY_PORTS).clip.packet_in(packet_in(WEB, 9)) is None
    assert Scene(WEB_AND_REST).clip.packet_in(packet_in(WEB, total_len=1000)) is None


def test_lldp_is_of_whose_seal_it_bears_if_it_has_that_port() -> None:
    scene = Scene(BY_PORTS)
    sealed = discovery.seal(LLDP, "red", b"")
    found = scene.clip.packet_in(packet_in(sealed, 2))
    assert found is not None
    tag, notice = found
    assert tag == scene.clip.tags["red"]
    assert notice is not None
    told = V10.decode(notice.frame(V10))
    assert isinstance(told, PacketIn)
    assert (told.data, told.total_len) == (LLDP, len(LLDP))
    assert scene.clip.packet_in(packet_in(sealed, 3)) is None
    stranger = discovery.seal(LLDP, "green", b"")
    assert scene.clip.packet_in(packet_in(stranger, 2)) is None


def test_lldp_without_a_seal_is_its_owners() -> None:
    scene = Scene(BY_PORTS)
    found = scene.clip.packet_in(packet_in(LLDP, 3))
    assert found is not None
    assert found[0] == scene.clip.tags["blue"]
    assert scene.clip.discovered(packet_in(LLDP, 3)) is None


def test_a_packet_enters_by_the_datapaths_own_table() -> None:
    scene = Scene()
    sliver = scene.net.engine.datapaths[1].slivers["red"]
    expected = PacketOut(0, in_port=2, actions=(Output(of.OFPP_TABLE),), data=b"x")
    assert scene.clip.enter(sliver, 2, b"x") == expected


# ---- flow-removed ----


def test_guards_are_the_slicers_own_and_pieces_are_not() -> None:
    clip = Scene().clip

    def removed(part: Part) -> m.FlowRemoved:
        return m.FlowRemoved(0, int(Cookie(part)), 0, 0, 0, 0, 0, 0, 0, 0, 0, ANY)

    assert clip.is_own(removed(Part.GUARD))
    assert not clip.is_own(removed(Part.PIECE))
    assert not clip.is_own(replace(removed(Part.PIECE), cookie=1))
    assert clip.flow_removed(removed(Part.GUARD)) is None


# ---- port-mod ----


def port_mod(number: int, config: int, mask: int | None = None) -> PortMod:
    """A port-mod with the port's address."""
    return PortMod(7, number, port(number).hw_addr, config, config if mask is None else mask)


def test_a_port_without_flood_is_left_out_for_the_slice_alone() -> None:
    scene = Scene(WEB_AND_REST)
    scene.ask("red", add(ANY, FLOOD))
    scene.ask("blue", add(ANY, FLOOD))
    scene.ask("red", port_mod(2, of.OFPPC_NO_FLOOD))
    assert scene.way(WEB) == [3, 4]
    assert scene.way(SSH) == [2, 3, 4]
    scene.ask("red", port_mod(2, 0, of.OFPPC_NO_FLOOD))
    assert scene.way(WEB) == [2, 3, 4]


def test_nothing_leaves_by_a_port_that_does_not_forward() -> None:
    scene = Scene(WEB_AND_REST)
    scene.ask("red", add(ANY, Output(2), Output(3)), port_mod(2, of.OFPPC_NO_FWD))
    assert scene.way(WEB) == [3]


def test_a_port_that_wants_no_packet_ins_has_none() -> None:
    scene = Scene(WEB_AND_REST)
    scene.ask("red", port_mod(1, of.OFPPC_NO_PACKET_IN))
    scene.way(WEB)
    assert scene.tenant("red").take_heard() == []
    scene.way(WEB, 2)
    assert len(scene.tenant("red").take_heard()) == 1


def test_what_its_flows_send_comes_from_such_a_port_too() -> None:
    scene = Scene(BY_PORTS)
    scene.ask("red", port_mod(1, of.OFPPC_NO_PACKET_IN), add(ANY, TO_CONTROLLER))
    scene.way(WEB)
    (heard,) = scene.tenant("red").take_heard()
    assert isinstance(heard, PacketIn)
    assert heard.reason == of.OFPR_ACTION


def test_no_stp_is_kept_and_shown() -> None:
    scene = Scene(BY_PORTS)
    scene.ask("red", port_mod(1, of.OFPPC_NO_STP))
    (features,) = scene.say("red", m.FeaturesRequest(8))
    assert isinstance(features, FeaturesReply)
    assert features.ports[0].config == of.OFPPC_NO_STP


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (port_mod(3, 0), errors.PORT_MOD_FAILED_BAD_PORT),
        (replace(port_mod(1, 0), hw_addr=bytes(6)), errors.PORT_MOD_FAILED_BAD_HW_ADDR),
        (port_mod(1, of.OFPPC_PORT_DOWN), errors.BAD_REQUEST_EPERM),
        (port_mod(1, of.OFPPC_NO_RECV), errors.BAD_REQUEST_EPERM),
        (port_mod(1, of.OFPPC_NO_RECV_STP), errors.BAD_REQUEST_EPERM),
    ],
)
def test_what_a_slice_can_not_configure(asked: PortMod, error: errors.ErrorCode) -> None:
    scene = Scene(BY_PORTS)
    (told,) = scene.say("red", asked)
    assert isinstance(told, m.ErrorMessage)
    found = V10.decode(V10.encode(m.ErrorMessage(0, error.type, error.code, b"")))
    assert isinstance(found, m.ErrorMessage)
    assert (told.type, told.code) == (found.type, found.code)


# ---- limits and shares ----

LIMITED = WEB_AND_REST.replace("6653]}", "6653], limits: {packet_ins_per_second: 2, flows: 2}}")


def test_packet_ins_beyond_the_limit_are_dropped_until_the_next_second() -> None:
    scene = Scene(LIMITED)
    for _ in range(4):
        scene.way(WEB)
        scene.way(SSH)
    assert len(scene.tenant("red").take_heard()) == 2
    assert len(scene.tenant("blue").take_heard()) == 4
    sliver = scene.net.engine.datapaths[1].slivers["red"]
    assert sliver.counters["dropped: packet-in that is not wanted"] == 2
    scene.net.wait(1.0)
    scene.way(WEB)
    assert len(scene.tenant("red").take_heard()) == 1


def test_without_limits_seconds_do_not_count() -> None:
    scene = Scene(WEB_AND_REST)
    assert scene.clip.sharing_interval() is None


def test_the_number_of_flows_is_kept_by_the_mirror() -> None:
    scene = Scene(LIMITED)
    assert scene.net.engine.datapaths[1].slivers["red"].limits.flows is None
    sliver = scene.net.engine.datapaths[1].slivers["red"]
    scene.ask("red", add(ANY, FLOOD), add(ANY, FLOOD, priority=6))
    assert drive(scene.clip.count_flows(sliver), at(scene.switch)) == (2, [])

    def is_change(asked: m.FlowMod) -> bool:
        return drive(scene.clip.changes_flow(sliver, asked), at(scene.switch))[0]

    assert is_change(add(ANY, FLOOD))
    assert not is_change(add(ANY, FLOOD, priority=7))
    assert is_change(add(ANY, FLOOD, priority=7, command=of.OFPFC_MODIFY))
    full = errors.FLOW_MOD_FAILED_TABLE_FULL
    assert scene.refused("red", add(ANY, FLOOD, priority=7)) is full


def test_a_datapath_whose_ports_are_shared_out_is_not_sliced(
    caplog: pytest.LogCaptureFixture,
) -> None:
    policy = WEB_AND_REST.replace("6653]}", "6653], shares: {ceiling: 1M}}")
    assert Scene(policy).net.engine.datapaths == {}
    assert "slices share the bandwidth of its ports [1, 2, 3, 4]" in caplog.text


def test_a_flow_that_does_more_than_a_message_can_say_is_refused_whole() -> None:
    """In one piece, and in several, which are not sent one by one."""
    scene = Scene(BY_PORTS)
    floods = [Output(of.OFPP_FLOOD)] * 5000
    for match in (Match.of(in_port=1), ANY):
        assert scene.refused("red", add(match, *floods)) is errors.BAD_REQUEST_BAD_LEN
    assert scene.told("red") == []
    scene.net.wait(31)
    assert scene.switch in scene.net.peers.values()
    assert scene.on_switch() == []
    scene.ask("red", add(ANY, *floods[:4000]))
    assert scene.way(SSH).count(2) == 4000
