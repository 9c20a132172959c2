"""A tenant's groups: made, changed and deleted under ids of the datapath's, and read as written."""

from dataclasses import replace

import pytest

from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.actions import Action, DecNwTtl, Group, Note, Output, PushVlan
from slicer.openflow.errors import ErrorCode
from slicer.openflow.groups import Bucket
from slicer.openflow.instructions import ApplyActions
from slicer.openflow.messages import ErrorMessage, FlowMod, GroupMod, Message
from slicer.openflow.multipart import (
    Counter,
    GroupDesc,
    GroupDescReply,
    GroupStats,
    GroupStatsReply,
    GroupStatsRequest,
)
from slicer.openflow.oxm import Match
from slicer.openflow.v13 import V13
from slicer.proxy.enforcement import Forward
from slicer.proxy.pipeline import groups, layout
from slicer.proxy.pipeline.terms import GroupIds, Terms
from slicer.proxy.refusal import Refusal
from slicer.proxy.sliver import Sliver
from tests.fakes.network import port
from tests.fakes.switch import FakeSwitch
from tests.unit.proxy.parts import ports
from tests.unit.proxy.pipeline.driving import carry_out


def bucket(
    *actions: Action, watch_port: int = of.OFPP_ANY, watch_group: int = of.OFPG_ANY
) -> Bucket:
    return Bucket(3, watch_port, watch_group, actions)


def add(number: int, *buckets: Bucket, type_: int = of.OFPGT_ALL) -> GroupMod:
    return GroupMod(9, of.OFPGC_ADD, type_, number, buckets)


def delete(number: int) -> GroupMod:
    return GroupMod(9, of.OFPGC_DELETE, of.OFPGT_ALL, number)


class Groups:
    """A switch and two slivers' groups on it."""

    def __init__(self) -> None:
        self.switch = FakeSwitch(1, [port(1), port(2)])
        self.ids = GroupIds()
        self.red, self.blue = (self._sliver(name, tag) for name, tag in (("red", 5), ("blue", 6)))

    @staticmethod
    def _sliver(name: str, tag: int) -> Sliver:
        sliver = Sliver(name, "s1", 1, tag)
        sliver.ports = ports(1, 2)
        return sliver

    def terms(self, sliver: Sliver) -> Terms:
        return Terms(sliver.tag, self.ids)

    def say(self, sliver: Sliver, *asked: GroupMod) -> list[Message]:
        """What a tenant hears of its group-mods; what is carried out is confirmed."""
        heard: list[Message] = []
        for each in asked:
            plan = groups.group_mod(sliver, self.terms(sliver), each)
            answers = carry_out(plan, self.switch)
            if isinstance(plan, Forward) and plan.done is not None and not answers:
                plan.done()
            heard += answers
        return heard

    def described(self, sliver: Sliver) -> dict[int, GroupDesc]:
        """The groups that a tenant is told of, by its own ids."""
        (reply,) = carry_out(groups.group_desc(self.terms(sliver)), self.switch)
        assert isinstance(reply, GroupDescReply)
        return {each.group_id: each for each in reply.entries}


# ---- adding and changing ----


def test_two_tenants_groups_of_one_number_are_two_and_each_reads_its_own() -> None:
    bench = Groups()
    mine = add(1, bucket(DecNwTtl(), Output(1, 9)), bucket(Output(of.OFPP_FLOOD)))
    theirs = add(1, bucket(Output(2)), type_=of.OFPGT_INDIRECT)
    assert bench.say(bench.red, mine) == bench.say(bench.blue, theirs) == []
    assert len(bench.switch.groups) == 2
    assert bench.described(bench.red) == {1: GroupDesc(of.OFPGT_ALL, 1, mine.buckets)}
    assert bench.described(bench.blue) == {1: GroupDesc(of.OFPGT_INDIRECT, 1, theirs.buckets)}


def test_an_output_in_a_bucket_is_asked_for() -> None:
    bench = Groups()
    bench.say(bench.red, add(1, bucket(Output(1))))
    (there,) = bench.switch.groups.values()
    note, *actions = there.buckets[0].actions
    assert isinstance(note, Note)
    assert Output(1) not in actions
    assert actions[-1] == Output(of.OFPP_TABLE)


def test_a_change_is_of_the_same_group() -> None:
    bench = Groups()
    bench.say(bench.red, add(1, bucket(Output(1))))
    changed = replace(add(1, bucket(Output(2))), command=of.OFPGC_MODIFY)
    assert bench.say(bench.red, changed) == []
    assert len(bench.switch.groups) == 1
    assert bench.described(bench.red)[1].buckets == changed.buckets


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (replace(add(7), command=of.OFPGC_MODIFY), errors.GROUP_MOD_FAILED_UNKNOWN_GROUP),
        (add(1, bucket(Output(1))), errors.GROUP_MOD_FAILED_GROUP_EXISTS),
        (add(7, type_=of.OFPGT_INDIRECT), errors.GROUP_MOD_FAILED_INVALID_GROUP),
        (add(of.OFPG_MAX + 1), errors.GROUP_MOD_FAILED_INVALID_GROUP),
    ],
)
def test_what_the_switch_refuses_leaves_everything_as_it_was(
    asked: GroupMod, error: ErrorCode
) -> None:
    bench = Groups()
    bench.say(bench.red, add(1, bucket(Output(2))))
    before = bench.described(bench.red)
    (answer,) = bench.say(bench.red, asked)
    assert isinstance(answer, ErrorMessage)
    assert (answer.type, answer.code) == error[:2]
    assert bench.described(bench.red) == before
    assert bench.ids.of(5) == [1]


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (add(1, bucket(watch_port=3)), errors.GROUP_MOD_FAILED_BAD_WATCH),
        (add(1, bucket(PushVlan(0x8100))), errors.BAD_ACTION_BAD_TYPE),
        (add(1, bucket(Note(b"123456"))), errors.BAD_ACTION_BAD_EXPERIMENTER),
        (add(1, bucket(Group(2)), bucket(Output(0xFF00))), errors.BAD_ACTION_BAD_OUT_PORT),
    ],
)
def test_what_could_reach_beyond_the_slice_is_refused(asked: GroupMod, error: ErrorCode) -> None:
    bench = Groups()
    for command in (of.OFPGC_ADD, of.OFPGC_MODIFY, of.OFPGC_DELETE):
        with pytest.raises(Refusal) as refused:
            bench.say(bench.red, replace(asked, command=command))
        assert refused.value.error == error
    assert bench.ids.of(5) == []
    assert [bench.ids.find(5, number) for number in (1, 2)] == [None, None]
    assert bench.switch.groups == {}


def test_a_port_of_the_slivers_can_be_watched() -> None:
    bench = Groups()
    watching = add(1, bucket(Output(1), watch_port=1), type_=of.OFPGT_FF)
    assert bench.say(bench.red, watching) == []
    assert bench.described(bench.red)[1].buckets == watching.buckets


@pytest.mark.parametrize("type_", [of.OFPGT_ALL, of.OFPGT_SELECT, of.OFPGT_FF])
def test_a_group_without_buckets_has_a_placeholder_that_nobody_sees(type_: int) -> None:
    bench = Groups()
    assert bench.say(bench.red, add(1, type_=type_)) == []
    (there,) = bench.switch.groups.values()
    assert len(there.buckets) == 1
    assert (there.buckets[0].watch_group == layout.NO_GROUP) is (type_ == of.OFPGT_FF)
    assert bench.described(bench.red) == {1: GroupDesc(type_, 1)}


# ---- groups that name groups ----


def test_a_group_names_others_by_the_tenants_ids() -> None:
    bench = Groups()
    chain = add(1, bucket(Group(2), watch_group=3))
    bench.say(bench.blue, add(2), add(3))
    bench.say(bench.red, add(2), add(3), chain)
    assert bench.described(bench.red)[1].buckets == chain.buckets
    physical = bench.ids.find(5, 1)
    assert physical is not None
    there = bench.switch.groups[physical].buckets[0]
    assert there.watch_group == bench.ids.find(5, 3)
    assert there.actions[-1] == Group(bench.ids.find(5, 2) or 0)


def test_a_group_is_read_as_written_after_what_it_names_has_gone() -> None:
    bench = Groups()
    chain = add(1, bucket(Group(2)))
    bench.say(bench.red, add(2), chain, delete(2))
    assert bench.described(bench.red) == {1: GroupDesc(of.OFPGT_ALL, 1, chain.buckets)}
    bench.say(bench.blue, *(add(number) for number in range(1, 9)))
    dangling = bench.ids.find(5, 2)
    assert dangling not in bench.switch.groups, "no other tenant has got its id"


@pytest.mark.parametrize(
    "by_hand", [bucket(Group(9999)), bucket(Output(1), watch_group=9999)], ids=["uses", "watches"]
)
def test_a_group_that_somebody_has_changed_by_hand_is_left_out_and_said_so(
    by_hand: Bucket, caplog: pytest.LogCaptureFixture
) -> None:
    bench = Groups()
    bench.say(bench.red, add(1, bucket(Output(1))), add(2))
    physical = bench.ids.find(5, 1)
    assert physical is not None
    there = bench.switch.groups[physical]
    noted = replace(by_hand, actions=(there.buckets[0].actions[0], *by_hand.actions))
    bench.switch.groups[physical] = replace(there, buckets=(noted,))
    assert bench.described(bench.red).keys() == {2}
    assert "a group with a tenant's note is not the slicer's" in caplog.text


def test_groups_of_others_are_not_shown() -> None:
    bench = Groups()
    for foreign in (add(500, bucket(Output(1))), add(0x8005_FFFB, bucket(Note(b"red\0\0\0")))):
        bench.switch.receive(V13.encode(foreign))
    bench.say(bench.blue, add(1))
    assert bench.described(bench.red) == {}


# ---- deleting ----


def test_a_deleted_group_is_gone_and_nobody_elses() -> None:
    bench = Groups()
    for sliver in (bench.red, bench.blue):
        bench.say(sliver, add(1), add(2))
    assert bench.say(bench.red, delete(1)) == []
    assert bench.described(bench.red).keys() == {2}
    assert bench.described(bench.blue).keys() == {1, 2}


def test_all_groups_are_all_of_the_tenants() -> None:
    bench = Groups()
    bench.switch.receive(V13.encode(add(500, bucket(Output(1)))))
    for sliver in (bench.red, bench.blue):
        bench.say(sliver, add(1), add(2))
    assert bench.say(bench.red, delete(of.OFPG_ALL)) == []
    assert bench.described(bench.red) == {}
    assert bench.described(bench.blue).keys() == {1, 2}
    assert 500 in bench.switch.groups
    assert bench.ids.of(5) == []


@pytest.mark.parametrize("number", [7, of.OFPG_ANY, of.OFPG_ALL])
def test_what_is_not_there_can_be_deleted(number: int) -> None:
    bench = Groups()
    bench.say(bench.blue, add(7))
    assert bench.say(bench.red, delete(number)) == []
    assert bench.described(bench.blue).keys() == {7}


def test_with_a_group_go_the_flows_that_use_it() -> None:
    bench = Groups()
    bench.say(bench.red, add(1))
    physical = bench.ids.find(5, 1)
    assert physical is not None
    uses = (ApplyActions((Group(physical),)),)
    flow = FlowMod(0, table_id=1, match=Match.of(reg0=5), instructions=uses)
    bench.switch.receive(V13.encode(flow))
    assert len(bench.switch.tables.flows) == 1
    bench.say(bench.red, delete(1))
    assert len(bench.switch.tables.flows) == 0


# ---- counters ----


def counted(bench: Groups, sliver: Sliver, asked: int, *entries: GroupStats) -> list[GroupStats]:
    """What a tenant is told when the switch answers with these entries."""
    plan = groups.group_stats(bench.terms(sliver), GroupStatsRequest(9, asked))
    assert isinstance(plan, Forward)
    restored = plan.restore(GroupStatsReply(0, entries))
    assert isinstance(restored, GroupStatsReply)
    return list(restored.entries)


def test_counters_are_of_the_tenants_own_groups() -> None:
    bench = Groups()
    bench.say(bench.red, add(1, bucket(Output(1))), add(2))
    bench.say(bench.blue, add(1))
    mine, empty, theirs = (
        bench.ids.find(tag, number) or 0 for tag, number in ((5, 1), (5, 2), (6, 1))
    )
    one = (Counter(4, 400),)
    stats = [GroupStats(each, 0, 4, 400, 1, 2, one) for each in (theirs, mine, empty, 0x8005_FFFB)]
    assert counted(bench, bench.red, of.OFPG_ALL, *stats) == [
        GroupStats(1, 0, 4, 400, 1, 2, one),
        GroupStats(2, 0, 4, 400, 1, 2, ()),
    ]


@pytest.mark.parametrize(
    ("asked", "meant"),
    [(1, "its own"), (2, layout.NO_GROUP), (of.OFPG_ALL, of.OFPG_ALL), (of.OFPG_ANY, of.OFPG_ANY)],
)
def test_counters_are_asked_for_by_the_datapaths_id(asked: int, meant: int | str) -> None:
    bench = Groups()
    bench.say(bench.blue, add(1), add(2))
    bench.say(bench.red, add(1))
    plan = groups.group_stats(bench.terms(bench.red), GroupStatsRequest(9, asked))
    assert isinstance(plan, Forward)
    expected = bench.ids.find(5, 1) if meant == "its own" else meant
    assert plan.message == GroupStatsRequest(9, int(expected or 0))
