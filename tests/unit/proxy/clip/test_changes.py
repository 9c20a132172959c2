"""Tenants' flow-mods, carried out on the pieces of their flows."""

from dataclasses import replace

import pytest

from slicer.openflow import actions as a
from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.messages import FlowMod, FlowRemoved, PacketIn
from slicer.openflow.oxm import Match, oxm
from slicer.proxy.settings import Settings
from tests.unit.proxy.clip.scene import (
    ANY,
    BY_PORTS,
    FLOOD,
    SSH,
    TO_1,
    TO_2,
    TO_3,
    TO_CONTROLLER,
    WEB,
    WEB_AND_REST,
    Scene,
    add,
    delete,
)

TELLS = of.OFPFF_SEND_FLOW_REM
MODIFY, MODIFY_STRICT = of.OFPFC_MODIFY, of.OFPFC_MODIFY_STRICT
IPV4 = Match.of(eth_type=0x0800)
AUDIT = Settings().audit_interval + 1


def modify(asked: FlowMod, command: int = MODIFY) -> FlowMod:
    """The modification that gives flows these actions."""
    return replace(asked, command=command, upsert=True)


# ---- adding ----


def test_a_flow_becomes_its_pieces() -> None:
    scene = Scene(WEB_AND_REST)
    scene.ask("red", add(ANY, TO_2, cookie=0xFFFF_FFFF_FFFF_FFFE))
    assert len(scene.on_switch()) == 2
    (told,) = scene.told("red")
    assert (told.priority, told.cookie, told.match) == (5, 0xFFFF_FFFF_FFFF_FFFE, ANY)
    assert told.instructions == add(ANY, TO_2).instructions
    assert scene.told("blue") == []


def test_adding_a_flow_again_replaces_it() -> None:
    scene = Scene(WEB_AND_REST)
    scene.ask("red", add(ANY, TO_2), add(ANY, TO_3, cookie=9))
    assert scene.way(WEB) == [3]
    assert [each.cookie for each in scene.told("red")] == [9]
    assert len(scene.on_switch()) == 2


def test_priorities_keep_their_order_in_a_layer() -> None:
    scene = Scene(WEB_AND_REST)
    scene.ask("blue", add(ANY, TO_2, priority=65_535))
    assert scene.way(WEB) == []
    assert scene.way(SSH) == [2]
    scene.ask("red", add(ANY, TO_3, priority=0), add(ANY, TO_2, priority=1))
    assert scene.way(WEB) == [2]


def test_all_pieces_or_none() -> None:
    scene = Scene(WEB_AND_REST, most_flows=7)
    assert len(scene.switch.tables.flows) == 6
    assert scene.refused("red", add(ANY, TO_2)) is errors.FLOW_MOD_FAILED_TABLE_FULL
    assert scene.on_switch() == []
    assert scene.told("red") == []
    scene.ask("blue", add(ANY, TO_2))
    assert scene.refused("blue", add(IPV4, TO_2)) is errors.FLOW_MOD_FAILED_TABLE_FULL
    assert [each.match for each in scene.told("blue")] == [ANY]


def test_what_could_not_be_replaced_is_as_it_was() -> None:
    scene = Scene(WEB_AND_REST)
    scene.ask("blue", add(ANY, TO_2, cookie=1))
    scene.switch.most_flows = 0
    full = errors.FLOW_MOD_FAILED_TABLE_FULL
    assert scene.refused("blue", add(ANY, TO_3, cookie=2)) is full
    assert [each.cookie for each in scene.told("blue")] == [1]
    assert scene.way(SSH) == [2]
    scene.ask("blue", delete())
    assert scene.on_switch() == []


def test_a_flow_of_others_packets_is_accepted_and_told() -> None:
    scene = Scene(WEB_AND_REST)
    scene.ask("red", add(Match.of(eth_type=0x0806), TO_2))
    assert scene.on_switch() == []
    assert len(scene.told("red")) == 1
    scene.ask("red", add(Match.of(eth_type=0x0806), TO_2, idle_timeout=5, priority=6))
    assert len(scene.told("red")) == 1


def test_an_overlap_is_found_among_the_tenants_own() -> None:
    scene = Scene(BY_PORTS)
    scene.ask("blue", add(ANY, TO_3))
    check = of.OFPFF_CHECK_OVERLAP
    scene.ask("red", add(IPV4, TO_2, flags=check))
    assert scene.refused("red", add(ANY, TO_2, flags=check)) is errors.FLOW_MOD_FAILED_OVERLAP
    scene.ask("red", add(IPV4, TO_1, flags=check))
    scene.ask("red", add(ANY, TO_2, flags=check, priority=6))


def test_a_buffer_is_unknown_as_none_is_handed_out() -> None:
    scene = Scene()
    asked = add(ANY, TO_2, buffer_id=3)
    assert scene.refused("red", asked) is errors.BAD_REQUEST_BUFFER_UNKNOWN
    assert scene.told("red") == []


def test_a_sliver_has_no_more_flows_than_its_limit() -> None:
    scene = Scene(BY_PORTS.replace("6653]}", "6653], limits: {flows: 1}}"))
    scene.ask("red", add(ANY, TO_2))
    assert scene.refused("red", add(IPV4, TO_2)) is errors.FLOW_MOD_FAILED_TABLE_FULL
    scene.ask("red", add(ANY, TO_1))
    scene.ask("blue", add(ANY, TO_3), add(IPV4, TO_3))


def test_nor_a_flow_more_pieces_than_its_own() -> None:
    scene = Scene(WEB_AND_REST.replace("6653]}", "6653], limits: {pieces: 1}}"))
    assert scene.refused("red", add(ANY, TO_2)) is errors.FLOW_MOD_FAILED_TABLE_FULL
    scene.ask("red", add(Match.of(eth_type=0x0800, ip_proto=6, tcp_dst=80), TO_2))


def test_where_no_priority_is_left_a_flow_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene()
    monkeypatch.setattr(scene.clip._tenancy.layers, "span", 2)
    scene.ask("red", add(ANY, TO_2))
    assert scene.refused("red", add(ANY, TO_2, priority=6)) is errors.FLOW_MOD_FAILED_TABLE_FULL
    scene.ask("red", delete(), add(ANY, TO_2, priority=6))


# ---- pieces that are the same ----


def test_of_two_flows_with_one_piece_the_later_one_counts_until_it_goes() -> None:
    scene = Scene(WEB_AND_REST.replace("[80, 443]", "80"))
    scene.ask("red", add(ANY, TO_2), add(IPV4, TO_3))
    assert len(scene.on_switch()) == 1
    assert scene.way(WEB) == [3]
    scene.ask("red", delete(IPV4))
    assert scene.way(WEB) == [2]
    scene.ask("red", delete())
    assert scene.on_switch() == []


def test_the_earlier_one_can_go_first() -> None:
    scene = Scene(WEB_AND_REST.replace("[80, 443]", "80"))
    scene.ask("red", add(IPV4, TO_2), add(ANY, TO_3))
    strict = replace(delete(IPV4), command=of.OFPFC_DELETE_STRICT, priority=5)
    scene.ask("red", strict)
    assert scene.way(WEB) == [3]
    assert [each.match for each in scene.told("red")] == [ANY]


# ---- modifying ----


def test_modifying_gives_flows_other_actions_and_keeps_their_counters() -> None:
    scene = Scene(WEB_AND_REST)
    scene.ask("blue", add(ANY, TO_2), add(IPV4, TO_2, priority=6))
    assert scene.way(SSH) == [2]
    scene.ask("blue", modify(add(ANY, TO_3, cookie=9)))
    assert scene.way(SSH) == [3]
    told = {each.match: (each.cookie, each.packet_count) for each in scene.told("blue")}
    assert told == {ANY: (9, 0), IPV4: (9, 2)}


def test_modifying_nothing_adds() -> None:
    scene = Scene(WEB_AND_REST)
    scene.ask("blue", modify(add(IPV4, TO_2)))
    scene.ask("blue", modify(add(ANY, TO_2), MODIFY_STRICT))
    assert [each.match for each in scene.told("blue")] == [IPV4, ANY]


def test_modifying_strictly_means_one_flow() -> None:
    scene = Scene(WEB_AND_REST)
    scene.ask("blue", add(ANY, TO_2), add(IPV4, TO_2, priority=6))
    scene.ask("blue", modify(add(ANY, TO_3), MODIFY_STRICT))
    assert scene.way(SSH) == [2]


def test_if_one_of_the_flows_can_not_be_modified_none_is() -> None:
    scene = Scene(WEB_AND_REST)
    tcp = Match.of(eth_type=0x0800, ip_proto=6)
    scene.ask("blue", add(Match.of(eth_type=0x0806), TO_2), add(tcp, TO_2))
    as_web = modify(add(ANY, a.SetTpDst(80), TO_3))
    assert scene.refused("blue", as_web) is errors.BAD_ACTION_EPERM
    assert [each.instructions for each in scene.told("blue")] == [add(ANY, TO_2).instructions] * 2


# ---- deleting ----


def test_a_delete_means_the_tenants_own_flows_that_are_as_specific() -> None:
    scene = Scene(BY_PORTS)
    scene.ask("red", add(ANY, TO_2), add(IPV4, TO_2))
    scene.ask("blue", add(IPV4, TO_3))
    scene.ask("red", delete(IPV4))
    assert [each.match for each in scene.told("red")] == [ANY]
    assert len(scene.told("blue")) == 1


def test_a_delete_may_ask_for_an_output_as_the_tenant_wrote_it() -> None:
    scene = Scene(BY_PORTS)
    scene.ask("red", add(ANY, FLOOD), add(IPV4, TO_2))
    scene.ask("red", delete(out_port=2))
    assert [each.match for each in scene.told("red")] == [ANY]
    scene.ask("red", delete(out_port=of.OFPP_FLOOD))
    assert scene.told("red") == []


def test_the_tenant_hears_once_of_a_flow_that_is_gone() -> None:
    scene = Scene(WEB_AND_REST)
    scene.ask("red", add(ANY, TO_2, flags=TELLS, cookie=9), add(IPV4, TO_2, priority=6))
    assert scene.way(WEB) == [2]
    scene.ask("red", delete(IPV4))
    assert scene.way(WEB) == [2]
    (told,) = scene.say("red", delete())
    assert isinstance(told, FlowRemoved)
    assert (told.cookie, told.priority, told.match) == (9, 5, ANY)
    assert (told.reason, told.packet_count) == (of.OFPRR_DELETE, 1)


def test_it_hears_of_flows_that_had_no_piece_too() -> None:
    scene = Scene(WEB_AND_REST)
    scene.ask("red", add(Match.of(eth_type=0x0806), TO_2, flags=TELLS))
    (told,) = scene.say("red", delete())
    assert isinstance(told, FlowRemoved)


def test_open_vswitch_tells_of_deleted_flows_after_a_barrier() -> None:
    scene = Scene(WEB_AND_REST)
    scene.ask("red", add(ANY, TO_2, flags=TELLS))
    assert scene.way(WEB) == [2]
    late: list[FlowRemoved] = []
    say = scene.switch._say
    scene.switch._say = (  # type: ignore[method-assign]
        lambda message: late.append(message) if isinstance(message, FlowRemoved) else say(message)
    )
    scene.ask("red", delete())
    for each in late:
        say(each)
    scene.net.run()
    (told,) = scene.tenant("red").take_heard()
    assert isinstance(told, FlowRemoved)
    assert told.packet_count == 1


def test_one_that_it_never_tells_of_is_forgotten_in_time() -> None:
    scene = Scene(WEB_AND_REST)
    scene.ask("red", add(ANY, TO_2, flags=TELLS))
    say = scene.switch._say
    scene.switch._say = (  # type: ignore[method-assign]
        lambda message: None if isinstance(message, FlowRemoved) else say(message)
    )
    scene.ask("red", delete())
    mirror = scene.clip._tenancy.mirror
    assert len(mirror.leaving) == 2
    scene.net.wait(31.0)
    assert len(mirror.leaving) == 2
    scene.net.wait(31.0)
    assert len(mirror.leaving) == 0
    assert scene.tenant("red").take_heard() == []


# ---- the datapath's own doing ----


def test_a_flow_is_over_when_its_last_piece_is() -> None:
    scene = Scene(WEB_AND_REST)
    scene.ask("red", add(ANY, TO_2, flags=TELLS, idle_timeout=10))
    scene.switch.pass_time(6)
    assert scene.way(WEB) == [2]
    scene.switch.pass_time(6)
    scene.net.run()
    assert scene.tenant("red").take_heard() == []
    assert len(scene.told("red")) == 1
    scene.switch.pass_time(6)
    scene.net.run()
    (told,) = scene.tenant("red").take_heard()
    assert isinstance(told, FlowRemoved)
    assert (told.reason, told.packet_count) == (of.OFPRR_IDLE_TIMEOUT, 1)
    assert scene.told("red") == []


def test_a_tenant_that_did_not_ask_hears_nothing() -> None:
    scene = Scene(WEB_AND_REST)
    scene.ask("red", add(ANY, TO_2, hard_timeout=5))
    scene.switch.pass_time(5)
    scene.net.run()
    assert scene.tenant("red").take_heard() == []
    assert scene.told("red") == []


def test_a_piece_that_is_not_known_is_nobodys() -> None:
    scene = Scene(BY_PORTS)
    scene.ask("red", add(ANY, TO_2))
    (piece, _) = scene.on_switch()[0], scene.on_switch()
    scene.ask("red", delete())
    counters = scene.net.engine.datapaths[1].counters
    before = counters["dropped: flow-removed of no slice"]
    scene.switch._say(scene.switch._removed(piece, of.OFPRR_DELETE))
    scene.net.run()
    assert counters["dropped: flow-removed of no slice"] == before + 1


def test_packets_that_no_flow_takes_come_as_misses_while_none_asks_for_packets() -> None:
    scene = Scene(WEB_AND_REST)

    def reason() -> int:
        assert scene.way(WEB) == []
        (told,) = scene.tenant("red").take_heard()
        assert isinstance(told, PacketIn)
        assert told.buffer_id == of.OFP_NO_BUFFER
        assert len(told.data) == told.total_len
        return told.reason

    assert reason() == of.OFPR_NO_MATCH
    scene.ask("red", add(ANY, a.SetField(oxm("eth_dst", 7)), TO_CONTROLLER))
    assert reason() == of.OFPR_ACTION
    scene.ask("red", delete())
    assert reason() == of.OFPR_NO_MATCH


NO_COOKIE = 0xFFFF_FFFF_FFFF_FFFF


def test_a_cookie_of_all_ones_leaves_a_flow_its_own() -> None:
    scene = Scene()
    scene.ask("red", add(ANY, TO_2, cookie=9), modify(add(ANY, TO_3, cookie=NO_COOKIE)))
    assert [each.cookie for each in scene.told("red")] == [9]
    scene.ask("red", add(ANY, TO_2, cookie=NO_COOKIE))
    assert [each.cookie for each in scene.told("red")] == [9]


def test_a_change_with_a_cookie_of_all_ones_adds_none() -> None:
    scene = Scene()
    scene.ask("red", modify(add(ANY, TO_2, cookie=NO_COOKIE)))
    assert scene.told("red") == []
    assert scene.refused("red", modify(add(ANY, a.Output(0xFFFF_FFF9), cookie=NO_COOKIE)))


def test_of_several_faults_that_of_the_actions_is_told() -> None:
    scene = Scene()
    scene.ask("red", add(ANY, TO_2))
    vendors = a.ExperimenterAction(0x2320, b"")
    bad = add(Match.of(in_port=1), vendors, flags=of.OFPFF_CHECK_OVERLAP)
    assert scene.refused("red", bad) is errors.BAD_ACTION_BAD_EXPERIMENTER
    good = add(Match.of(in_port=1), TO_2, flags=of.OFPFF_CHECK_OVERLAP)
    assert scene.refused("red", good) is errors.FLOW_MOD_FAILED_OVERLAP


# ---- refused while more is under way ----


def test_of_two_in_a_row_that_are_refused_the_first_does_not_come_back() -> None:
    scene = Scene()
    match = Match.of(in_port=1)
    scene.ask("red", add(match, TO_1, cookie=1))
    for before in (1, 0):
        scene.switch.most_flows = 0
        full = scene.say("red", add(match, TO_2, cookie=2), add(match, FLOOD, cookie=3))
        assert len(full) == 2
        assert [each.cookie for each in scene.told("red")] == [1] * before
        scene.net.wait(AUDIT)
        assert scene.net.engine.datapaths.keys() == {1}
        scene.switch.most_flows = 100
        scene.ask("red", delete())
    scene.ask("red", add(match, TO_2))


def test_one_that_is_deleted_before_it_is_refused_is_over_once() -> None:
    scene = Scene()
    for _ in range(2):
        scene.switch.most_flows = len(scene.switch.tables.flows)
        scene.say("red", add(Match.of(in_port=1), TO_2), delete())
        scene.net.wait(2 * AUDIT)
        assert scene.net.engine.datapaths.keys() == {1}
        scene.switch.most_flows = 100
        scene.ask("red", add(Match.of(in_port=2), TO_2))
    assert len(scene.on_switch()) == 1


def test_one_that_goes_is_over_even_if_there_is_no_room_for_what_was_beneath() -> None:
    scene = Scene(WEB_AND_REST.replace("[80, 443]", "80"))
    scene.ask("red", add(ANY, TO_2), add(IPV4, TO_3, flags=TELLS))
    scene.switch.most_flows = 0
    said = scene.say("red", delete(IPV4))
    assert [each.match for each in said if isinstance(each, FlowRemoved)] == [IPV4]
    assert scene.clip._tenancy._slots["red"]._users == {5: 1}
    scene.net.wait(AUDIT)
    assert scene.net.engine.datapaths.keys() == {1}
    assert scene.told("red") == []
    assert scene.on_switch() == []
