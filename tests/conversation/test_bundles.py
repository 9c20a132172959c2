"""Bundles: changes of a tenant's that are carried out together, or not at all."""

from dataclasses import replace

import pytest

from slicer.openflow import bundles, errors
from slicer.openflow import constants as of
from slicer.openflow.actions import Group, Output
from slicer.openflow.bundles import Control, Step
from slicer.openflow.errors import ErrorCode
from slicer.openflow.groups import Bucket
from slicer.openflow.header import with_xid
from slicer.openflow.instructions import ApplyActions, GotoTable
from slicer.openflow.messages import (
    BarrierReply,
    BarrierRequest,
    EchoRequest,
    ErrorMessage,
    Experimenter,
    FlowMod,
    GroupMod,
    Message,
    MeterMod,
    PacketOut,
    RoleRequest,
)
from slicer.openflow.multipart import (
    FlowStatsReply,
    FlowStatsRequest,
    GroupDescReply,
    GroupDescRequest,
)
from slicer.openflow.oxm import Match
from slicer.openflow.v13 import V13
from slicer.proxy.settings import Settings
from tests.conversation.test_the_switch_as_database import POLICY, a_switch, own_flows, run
from tests.fakes.network import Network
from tests.fakes.tenant import FakeTenant

FLAGS = 3
OUTPUT = (ApplyActions((Output(1),)),)


def control(step: Step, number: int = 1, flags: int = FLAGS, xid: int = 5) -> Experimenter:
    return Control(number, step, flags).message(xid)


def add(message: Message, number: int = 1, flags: int = FLAGS) -> Experimenter:
    return bundles.add(number, flags, V13.encode(message))


def flow(priority: int, xid: int = 7) -> FlowMod:
    return FlowMod(xid, priority=priority, instructions=OUTPUT)


def group(number: int, command: int = of.OFPGC_ADD) -> GroupMod:
    bucket = Bucket(0, of.OFPP_ANY, of.OFPG_ANY, (Output(1),))
    return GroupMod(8, command, of.OFPGT_ALL, number, (bucket,))


def uses(number: int) -> FlowMod:
    return FlowMod(9, priority=9, instructions=(ApplyActions((Group(number),)),))


def refusals(heard: list[Message]) -> list[tuple[int, int, int]]:
    """(xid, type, code) of each message, which are all errors."""
    found = [each for each in heard if isinstance(each, ErrorMessage)]
    assert found == heard
    return [(each.xid, each.type, each.code) for each in found]


def groups_of(network: Network, tenant: FakeTenant) -> list[int]:
    (reply,) = network.say(tenant, GroupDescRequest(1))
    assert isinstance(reply, GroupDescReply)
    return [each.group_id for each in reply.entries]


OPEN, COMMIT = control(Step.OPEN_REQUEST), control(Step.COMMIT_REQUEST, xid=6)
OPENED = control(Step.OPEN_REPLY, flags=0)
COMMITTED = control(Step.COMMIT_REPLY, flags=0, xid=6)


def test_nothing_is_done_before_the_commit_and_all_with_it() -> None:
    network = run(POLICY, a_switch())
    red, blue = network.tenant("red"), network.tenant("blue")
    assert network.say(red, OPEN, add(flow(3)), add(group(5)), add(uses(5))) == [OPENED]
    assert own_flows(network, red) == []
    assert network.say(red, BarrierRequest(2), COMMIT) == [BarrierReply(2), COMMITTED]
    assert own_flows(network, red) == [(0, 3), (0, 9)]
    assert groups_of(network, red) == [5]
    assert own_flows(network, blue) == []


def test_a_bundle_that_fails_leaves_everything_as_it_was() -> None:
    switch = a_switch()
    network = run(POLICY, switch)
    red = network.tenant("red")
    network.say(red, group(5))
    before = set(switch.tables.flows), set(switch.groups)
    wrong = replace(group(5), xid=11)
    network.say(red, OPEN, add(flow(3)), add(group(6)), add(wrong), BarrierRequest(2))
    heard = network.say(red, COMMIT)
    exists = errors.GROUP_MOD_FAILED_GROUP_EXISTS
    assert refusals(heard) == [(11, *exists[:2]), (6, *errors.BUNDLE_FAILED_MSG_FAILED[:2])]
    assert isinstance(heard[0], ErrorMessage)
    assert heard[0].data == V13.encode(add(wrong))
    assert isinstance(heard[1], ErrorMessage)
    assert (heard[1].data, heard[1].experimenter) == (V13.encode(COMMIT), errors.ONF)
    assert (set(switch.tables.flows), set(switch.groups)) == before
    assert network.say(red, group(6)) == [], "its id was let go of"


def test_two_tenants_bundles_of_one_id_are_two() -> None:
    network = run(POLICY, a_switch())
    red, blue = network.tenant("red"), network.tenant("blue")
    for tenant, priority in ((red, 3), (blue, 4)):
        assert network.say(tenant, OPEN, add(flow(priority))) == [OPENED]
    assert network.say(red, control(Step.DISCARD_REQUEST)) == [control(Step.DISCARD_REPLY, flags=0)]
    assert network.say(blue, COMMIT) == [COMMITTED]
    assert (own_flows(network, red), own_flows(network, blue)) == ([], [(0, 4)])


def test_a_message_opens_a_bundle_if_need_be_and_a_closed_one_can_be_committed() -> None:
    network = run(POLICY, a_switch())
    red = network.tenant("red")
    assert network.say(red, add(flow(3)), control(Step.CLOSE_REQUEST)) == [
        control(Step.CLOSE_REPLY, flags=0)
    ]
    assert network.say(red, COMMIT) == [COMMITTED]
    assert own_flows(network, red) == [(0, 3)]


BACKWARDS = add(replace(flow(3), table_id=1, instructions=(GotoTable(1),)))
"""What the switch refuses as it reads it."""
REFUSED, AGAIN = errors.BAD_INSTRUCTION_BAD_TABLE_ID, errors.BUNDLE_FAILED_BAD_ID


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ([OPEN, OPEN, OPEN, OPEN], [None, AGAIN, None, AGAIN]),
        ([BACKWARDS, OPEN, OPEN, OPEN], [REFUSED, None, AGAIN, None]),
        ([BACKWARDS, BACKWARDS, OPEN, OPEN], [REFUSED, REFUSED, None, AGAIN]),
        ([OPEN, BACKWARDS, OPEN, OPEN], [None, REFUSED, AGAIN, None]),
        ([BACKWARDS, add(flow(4)), OPEN, OPEN], [REFUSED, AGAIN, None]),
        ([BACKWARDS, COMMIT, OPEN], [REFUSED, AGAIN, None]),
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
def test_what_opens_a_bundle_and_what_a_second_opening_ends(
    asked: list[Experimenter], expected: list[ErrorCode | None], at_once: bool
) -> None:
    network = run(POLICY, a_switch())
    red = network.tenant("red")
    says = [asked] if at_once else [[each] for each in asked]
    heard = [answer for messages in says for answer in network.say(red, *messages)]
    found = [(each.type, each.code) if isinstance(each, ErrorMessage) else None for each in heard]
    assert found == [error[:2] if error else None for error in expected]


def test_bundles_that_nothing_has_opened_are_not_counted() -> None:
    network = Network(POLICY, Settings(bundles=1))
    network.plug(a_switch())
    red = network.tenant("red")
    network.say(red, BACKWARDS)
    assert network.say(red, control(Step.OPEN_REQUEST, 2)) == [control(Step.OPEN_REPLY, 2, flags=0)]


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ([control(Step.CLOSE_REQUEST)], errors.BUNDLE_FAILED_BAD_ID),
        ([control(Step.COMMIT_REQUEST)], errors.BUNDLE_FAILED_BAD_ID),
        ([control(Step.DISCARD_REQUEST)], errors.BUNDLE_FAILED_BAD_ID),
        ([control(Step.OPEN_REPLY)], errors.BUNDLE_FAILED_BAD_TYPE),
        ([OPEN, OPEN], errors.BUNDLE_FAILED_BAD_ID),
        ([OPEN, control(Step.CLOSE_REQUEST, flags=1)], errors.BUNDLE_FAILED_BAD_FLAGS),
        ([OPEN, control(Step.COMMIT_REQUEST, flags=1)], errors.BUNDLE_FAILED_BAD_FLAGS),
        ([OPEN, add(group(5), flags=1)], errors.BUNDLE_FAILED_BAD_FLAGS),
        ([OPEN, control(Step.CLOSE_REQUEST), add(group(5))], errors.BUNDLE_FAILED_BUNDLE_CLOSED),
        ([OPEN] + [control(Step.CLOSE_REQUEST)] * 2, errors.BUNDLE_FAILED_BUNDLE_CLOSED),
    ],
)
def test_what_the_switch_refuses_it_refuses_here_and_the_bundle_is_gone(
    asked: list[Experimenter], error: ErrorCode
) -> None:
    network = run(POLICY, a_switch())
    red = network.tenant("red")
    (refused,) = [each for each in network.say(red, *asked) if isinstance(each, ErrorMessage)]
    assert (refused.type, refused.code, refused.experimenter) == (*error[:2], errors.ONF)
    assert (refused.xid, refused.data) == (asked[-1].xid, V13.encode(asked[-1]))
    assert refusals(network.say(red, COMMIT)) == [(6, *errors.BUNDLE_FAILED_BAD_ID[:2])]
    assert network.say(red, OPEN, add(flow(3)), COMMIT) == [OPENED, COMMITTED]
    assert network.say(red, uses(5)) != [], "no group id is bound any more"


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (EchoRequest(7), errors.BUNDLE_FAILED_MSG_UNSUP),
        (MeterMod(7, of.OFPMC_ADD, of.OFPMF_KBPS, 1), errors.BUNDLE_FAILED_MSG_UNSUP),
        (FlowMod(7, command=of.OFPFC_DELETE, out_port=1), errors.BUNDLE_FAILED_MSG_UNSUP),
        (FlowMod(7, table_id=251), errors.FLOW_MOD_FAILED_BAD_TABLE_ID),
        (FlowMod(7, match=Match.of(reg0=6)), errors.BAD_MATCH_BAD_FIELD),
        (PacketOut(7, in_port=3, data=bytes(60)), errors.BAD_REQUEST_BAD_PORT),
    ],
)
def test_what_cannot_be_bundled_is_refused_and_the_bundle_stays(
    message: Message, error: ErrorCode
) -> None:
    network = run(POLICY.replace("ports: [1, p3]", "ports: [1]"), a_switch())
    blue = network.tenant("blue")
    network.say(blue, OPEN, add(flow(3)))
    heard = network.say(blue, add(message))
    assert refusals(heard) == [(7, *error[:2])]
    assert isinstance(heard[0], ErrorMessage)
    assert heard[0].data == V13.encode(add(message))
    assert network.say(blue, COMMIT) == [COMMITTED]
    assert own_flows(network, blue) == [(0, 3)]


def test_a_bundled_message_has_its_bundles_xid() -> None:
    network = run(POLICY, a_switch())
    frame = with_xid(V13.encode(add(flow(3))), 99)
    heard = network.say(network.tenant("red"), frame)
    assert refusals(heard) == [(99, *errors.BUNDLE_FAILED_MSG_BAD_XID[:2])]


def test_a_bundled_delete_of_all_groups_is_of_the_tenants_own() -> None:
    network = run(POLICY, a_switch())
    red, blue = network.tenant("red"), network.tenant("blue")
    for tenant in (red, blue):
        network.say(tenant, group(5), group(6))
    doom = group(of.OFPG_ALL, of.OFPGC_DELETE)
    assert network.say(red, OPEN, add(doom), add(group(5)), add(uses(5)), COMMIT) == [
        OPENED,
        COMMITTED,
    ]
    assert (groups_of(network, red), groups_of(network, blue)) == ([5], [5, 6])
    assert own_flows(network, red) == [(0, 9)]


def test_a_group_is_told_of_as_it_is_until_the_commit() -> None:
    network = run(POLICY, a_switch())
    red = network.tenant("red")
    network.say(red, group(5))
    emptied = replace(group(5, of.OFPGC_MODIFY), buckets=())
    network.say(red, OPEN, add(emptied))
    (reply,) = network.say(red, GroupDescRequest(1))
    assert isinstance(reply, GroupDescReply)
    assert reply.entries[0].buckets == group(5).buckets
    network.say(red, COMMIT)
    (reply,) = network.say(red, GroupDescRequest(1))
    assert isinstance(reply, GroupDescReply)
    assert reply.entries[0].buckets == ()


def test_a_bundle_that_nobody_uses_expires_and_its_opener_hears_of_it() -> None:
    switch = a_switch()
    network = run(POLICY, switch)
    red = network.tenant("red")
    network.say(red, OPEN, add(group(5)), BarrierRequest(2))
    red.take_heard()
    switch.pass_time(11)
    network.run()
    (told,) = red.take_heard()
    assert isinstance(told, ErrorMessage)
    assert (told.xid, told.type, told.code) == (OPEN.xid, *errors.BUNDLE_FAILED_TIMEOUT[:2])
    assert told.data == V13.encode(OPEN)
    assert refusals(network.say(red, COMMIT)) == [(6, *errors.BUNDLE_FAILED_BAD_ID[:2])]


def test_a_bundle_ends_with_its_connection() -> None:
    switch = a_switch()
    network = run(POLICY, switch)
    red = network.tenant("red")
    network.say(red, OPEN, add(group(5)))
    datapath = network.engine.datapaths[1]
    assert datapath.of_bundles
    network.unplug(red)
    assert not datapath.of_bundles
    assert switch._bundles._open == {}


def test_a_slave_bundles_nothing() -> None:
    network = run(POLICY, a_switch())
    red = network.tenant("red")
    network.say(red, RoleRequest(1, of.OFPCR_ROLE_SLAVE, 0))
    for asked in (OPEN, add(flow(3))):
        assert refusals(network.say(red, asked)) == [(asked.xid, *errors.BAD_REQUEST_IS_SLAVE[:2])]


def test_open_bundles_are_bounded() -> None:
    network = Network(POLICY, Settings(bundles=2, bundle_messages=3))
    network.plug(a_switch())
    red = network.tenant("red")
    for number in (1, 2):
        network.say(red, control(Step.OPEN_REQUEST, number))
    assert refusals(network.say(red, control(Step.OPEN_REQUEST, 3))) == [
        (5, *errors.BUNDLE_FAILED_OUT_OF_BUNDLES[:2])
    ]
    assert network.say(red, *(add(flow(each), 1 + each % 2) for each in range(3))) == []
    assert refusals(network.say(red, add(flow(3)))) == [(7, *errors.BUNDLE_FAILED_MSG_TOO_MANY[:2])]
    assert network.say(red, COMMIT) == [COMMITTED]
    assert network.say(red, add(flow(4), 2)) == []


def test_a_loose_modify_in_a_bundle_modifies_table_misses_too() -> None:
    network = run(POLICY, a_switch())
    red = network.tenant("red")
    to_controller = (ApplyActions((Output(of.OFPP_CONTROLLER),)),)
    network.say(red, flow(0), flow(5))
    modify = FlowMod(7, command=of.OFPFC_MODIFY, instructions=to_controller)
    assert network.say(red, OPEN, add(modify), COMMIT) == [OPENED, COMMITTED]
    (reply,) = network.say(red, FlowStatsRequest(1))
    assert isinstance(reply, FlowStatsReply)
    assert {each.instructions for each in reply.entries} == {to_controller}


def test_other_experimenters_are_refused() -> None:
    network = run(POLICY, a_switch())
    heard = network.say(network.tenant("red"), Experimenter(9, 0x2320, 24, bytes(4)))
    assert refusals(heard) == [(9, *errors.BAD_REQUEST_BAD_EXPERIMENTER[:2])]


def test_a_delete_in_a_bundle_is_not_of_a_group_that_is_made_before_the_commit() -> None:
    net = run(POLICY, a_switch())
    red, blue = net.tenant("red"), net.tenant("blue")
    assert net.say(red, add(group(1, of.OFPGC_DELETE))) == []
    assert net.say(red, group(1), uses(1), BarrierRequest(2)) == [BarrierReply(2)]
    assert net.say(red, COMMIT) == [COMMITTED]
    assert groups_of(net, red) == [1]
    assert refusals(net.say(blue, group(1))) == []
    assert groups_of(net, blue) == [1]
