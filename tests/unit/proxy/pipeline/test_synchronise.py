"""Synchronising: what differs is mended in a safe order, and all else is left as it is."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from slicer.flowspace.match import Match as Region
from slicer.flowspace.rule import Rule
from slicer.flowspace.space import FlowSpace
from slicer.openflow import constants as of
from slicer.openflow.actions import Note, Output
from slicer.openflow.groups import Bucket
from slicer.openflow.instructions import ApplyActions
from slicer.openflow.messages import FlowMod, GroupMod, Message, SetConfig
from slicer.openflow.multipart import FlowStats, GroupDesc
from slicer.openflow.oxm import Match
from slicer.openflow.v13 import V13
from slicer.proxy.enforcement import Report, Unsuitable
from slicer.proxy.operation import OTHERS_TURN, Steps
from slicer.proxy.pipeline import tags
from slicer.proxy.pipeline.layout import Stage, StageCookie
from slicer.proxy.pipeline.stages import Stages, build
from slicer.proxy.pipeline.synchronise import (
    MATCH_FRAGMENTS,
    Present,
    differences,
    own_flows,
    synchronise,
)
from slicer.proxy.pipeline.terms import note_of_group
from tests.fakes.network import port
from tests.fakes.switch import FakeSwitch
from tests.unit.proxy.pipeline.driving import at, drive

RED, BLUE = Rule("red", 2, Region.of(eth_type=0x0806)), Rule("blue", 1, Region.ANY)
FOREIGN = FlowMod(0, cookie=7, table_id=0, priority=9, match=Match.of(in_port=7))


def wanted(*rules: Rule) -> Stages:
    return build(FlowSpace(rules or (RED,)), {"red": 1, "blue": 2}, {"red": {1: 0}, "blue": {1: 0}})


def stored(flow: FlowMod) -> FlowStats:
    """The flow as a switch gives it back."""
    return FlowStats(
        flow.table_id,
        *(1, 0, flow.priority, 0, 0, flow.flags, flow.cookie, 0, 0),
        flow.match,
        flow.instructions,
    )


def present(stages: Stages, fragments: int = MATCH_FRAGMENTS) -> Present:
    """What a switch holds that has been given these stages."""
    return Present(
        tuple(map(stored, stages.flows.values())),
        tuple(
            GroupDesc(group.type, group.group_id, group.buckets) for group in stages.groups.values()
        ),
        0,
        fragments,
    )


def compared(holds: Present, stages: Stages) -> tuple[list[Message], list[Message]]:
    """What is to be added, and what removed."""
    own, _ = drive(own_flows(holds.flows), lambda message: [])
    return differences(own, holds, stages)


# ---- differences ----


def test_a_switch_that_holds_what_it_should_needs_nothing() -> None:
    assert compared(present(wanted()), wanted()) == ([], [])


def test_an_empty_switch_needs_everything_from_the_end_of_the_pipeline_on() -> None:
    adding, removing = compared(Present((), (), 0, 0), wanted())
    config, *rest = adding
    assert config == SetConfig(0, MATCH_FRAGMENTS, of.OFPCML_NO_BUFFER)
    groups = [each for each in rest if isinstance(each, GroupMod)]
    flows = [each for each in rest if isinstance(each, FlowMod)]
    assert rest == [*groups, *flows]
    assert {each.command for each in groups} == {of.OFPGC_ADD}
    tables = [each.table_id for each in flows]
    assert tables == sorted(tables, reverse=True)
    assert len(flows) == len(wanted().flows)
    assert removing == []


def test_the_order_of_a_matchs_fields_is_no_difference() -> None:
    holds = present(wanted())
    turned = tuple(
        replace(flow, match=Match(tuple(reversed(flow.match.oxms)))) for flow in holds.flows
    )
    assert compared(replace(holds, flows=turned), wanted()) == ([], [])


@pytest.mark.parametrize(
    "change",
    [
        {"cookie": int(StageCookie(Stage.ADMIT, 9))},
        {"flags": 0},
        {"instructions": ()},
        {"idle_timeout": 1},
        {"hard_timeout": 1},
    ],
)
def test_a_flow_that_was_changed_is_set_again(change: dict[str, object]) -> None:
    holds = present(wanted())
    at_fault = next(index for index, flow in enumerate(holds.flows) if flow.cookie == ADMIT_OF_RED)
    flows = list(holds.flows)
    flows[at_fault] = replace(flows[at_fault], **change)  # type: ignore[arg-type]
    (mended,), removing = compared(replace(holds, flows=tuple(flows)), wanted())
    assert isinstance(mended, FlowMod)
    assert (mended.command, mended.cookie) == (of.OFPFC_ADD, ADMIT_OF_RED)
    assert removing == []


ADMIT_OF_RED = int(StageCookie(Stage.ADMIT, 1))


def test_a_flow_too_many_is_removed_strictly_as_the_switch_wrote_it() -> None:
    holds = present(wanted(RED, BLUE))
    adding, removing = compared(holds, wanted(RED))
    assert adding == []
    assert [type(each) for each in removing] == [FlowMod, FlowMod]
    blue = [flow for flow in holds.flows if StageCookie.read(flow.cookie) in BLUES]
    assert removing == [
        FlowMod(
            0,
            table_id=flow.table_id,
            command=of.OFPFC_DELETE_STRICT,
            priority=flow.priority,
            match=flow.match,
        )
        for flow in sorted(blue, key=lambda flow: flow.table_id)
    ]


BLUES = (StageCookie(Stage.ADMIT, 2), StageCookie(Stage.OWNER, 2))


def test_groups_are_added_changed_and_removed_around_the_flows_that_use_them() -> None:
    holds = present(wanted())
    first, *others = holds.groups
    stale = GroupDesc(of.OFPGT_ALL, 0x8009_FFFB, first.buckets)
    changed = replace(others[0], buckets=())
    kept = others[1:]
    unused = stored(FlowMod(0, cookie=int(StageCookie(Stage.SPREAD, 9)), table_id=252, priority=3))
    adding, removing = compared(
        replace(holds, groups=(stale, changed, *kept), flows=(*holds.flows, unused)), wanted()
    )
    assert [(each.group_id, each.command) for each in adding if isinstance(each, GroupMod)] == [
        (first.group_id, of.OFPGC_ADD),
        (changed.group_id, of.OFPGC_MODIFY),
    ]
    assert [type(each) for each in removing] == [FlowMod, GroupMod]
    assert removing[1] == GroupMod(0, of.OFPGC_DELETE, of.OFPGT_ALL, 0x8009_FFFB)


def test_what_is_not_the_slicers_is_left_alone() -> None:
    holds = present(wanted())
    bucket = Bucket(0, of.OFPP_ANY, of.OFPG_ANY, (Output(1),))
    groups = (*holds.groups, GroupDesc(of.OFPGT_ALL, 7, (bucket,)))
    flows = (*holds.flows, stored(FOREIGN))
    assert compared(replace(holds, flows=flows, groups=groups), wanted()) == ([], [])


@pytest.mark.parametrize("fragments", [0, 1, 2, -1])
def test_fragments_are_matched_whatever_the_switch_did(fragments: int) -> None:
    adding, _ = compared(present(wanted(), fragments), wanted())
    assert adding == [SetConfig(0, 3, of.OFPCML_NO_BUFFER)]


# ---- the operation ----


class Bench:
    """A switch, and slicers for changing policies that come and go."""

    def __init__(self) -> None:
        self.switch = FakeSwitch(1, [port(1)])
        self.learnt: list[Present] = []
        self.deaf = False
        """Does it ignore what would change it?"""
        self.sent: Sequence[Message] = ()

    def hold(self, *messages: Message) -> None:
        for message in messages:
            self.switch.receive(V13.encode(message))

    def run(self, *rules: Rule) -> Report:
        names = list(dict.fromkeys(rule.slice for rule in rules))

        def plan(bound: dict[str, int], seen: set[int]) -> Steps[Stages]:
            given = tags.assign(names, bound, seen)
            yield OTHERS_TURN
            return build(FlowSpace(rules), given, {name: {1: 0} for name in names})

        def answers(message: Message) -> list[Message]:
            changes = isinstance(message, FlowMod | GroupMod | SetConfig)
            return [] if changes and self.deaf else at(self.switch)(message)

        report, self.sent = drive(synchronise(plan, self.learnt.append), answers)
        return report

    def tags(self) -> dict[str, int]:
        groups = tuple(self.switch.groups.values())
        described = [GroupDesc(each.type, each.group_id, each.buckets) for each in groups]
        return tags.read_bindings([], described)[0]


def test_a_new_switch_is_given_everything_and_then_nothing() -> None:
    bench = Bench()
    first = bench.run(RED, BLUE)
    assert first == Report(0, first.added, 0, 0, ())
    assert first.added == len(bench.switch.tables.flows) + len(bench.switch.groups) + 1
    assert bench.switch.fragments == MATCH_FRAGMENTS
    again = bench.run(RED, BLUE)
    assert again == Report(first.added - 1, 0, 0, 0, ())
    assert not [each for each in bench.sent if isinstance(each, FlowMod | GroupMod | SetConfig)]
    assert len(bench.learnt) == 2
    assert bench.learnt[0].flows == ()
    assert len(bench.learnt[1].flows) == len(bench.switch.tables.flows)


def tenants_flow(tag: int, priority: int = 5) -> FlowMod:
    return FlowMod(0, table_id=4, priority=priority, match=Match.of(reg0=tag))


def test_a_slice_that_goes_takes_its_flows_and_groups_and_leaves_its_tag_unused() -> None:
    bench = Bench()
    bench.run(RED, BLUE)
    red, blue = bench.tags()["red"], bench.tags()["blue"]
    note = note_of_group(blue, 1, {})
    bucket = Bucket(0, of.OFPP_ANY, of.OFPG_ANY, (note, Output(1)))
    bench.hold(
        tenants_flow(red),
        tenants_flow(blue),
        tenants_flow(blue, 6),
        GroupMod(0, of.OFPGC_ADD, of.OFPGT_ALL, 77, (bucket,)),
    )
    report = bench.run(RED, replace(BLUE, slice="green"))
    assert report.orphans == 2
    tagged = {flow.match.get("reg0") for flow in bench.switch.tables.flows.values()}
    assert tagged == {None, red}
    assert 77 not in bench.switch.groups
    assert bench.tags() == {"red": red, "green": max(red, blue) + 1}


def test_a_slice_of_which_only_tenants_flows_are_left_is_still_seen() -> None:
    bench = Bench()
    bench.hold(tenants_flow(1), tenants_flow(3))
    report = bench.run(RED)
    assert report.orphans == 2
    assert bench.tags() == {"red": 2}, "tags 1 and 3 were borne when it was chosen"


def test_flows_of_somebody_elses_are_left_and_reported() -> None:
    bench = Bench()
    bench.hold(FOREIGN, FlowMod(0, cookie=8, table_id=9, priority=3, match=Match.of(in_port=2)))
    report = bench.run(RED)
    assert report.foreign == (
        "table 0, priority 9, cookie 0x7",
        "table 9, priority 3, cookie 0x8",
    )
    left = [flow.cookie for flow in bench.switch.tables.flows.values()]
    assert {7, 8} <= set(left)
    assert bench.run(RED).foreign == report.foreign


def test_everything_is_added_before_anything_is_removed() -> None:
    bench = Bench()
    bench.run(RED)
    bench.run(BLUE)
    deletes = {
        (FlowMod, of.OFPFC_DELETE),
        (FlowMod, of.OFPFC_DELETE_STRICT),
        (GroupMod, of.OFPGC_DELETE),
    }
    removals = [
        (type(each), each.command) in deletes
        for each in bench.sent
        if isinstance(each, FlowMod | GroupMod)
    ]
    assert removals == sorted(removals)
    assert any(removals)
    assert not all(removals)


def test_a_switch_that_does_not_hold_what_it_is_given_is_unsuitable() -> None:
    bench = Bench()
    bench.deaf = True
    with pytest.raises(Unsuitable, match="not as they were set, 0 were not removed, first of them"):
        bench.run(RED)


def test_a_note_is_given_back_as_it_was_written() -> None:
    bench = Bench()
    bench.run(replace(RED, slice="a slice with a long name"))
    notes = [
        action
        for flow in bench.switch.tables.flows.values()
        for each in flow.instructions
        if isinstance(each, ApplyActions)
        for action in each.actions
        if isinstance(action, Note)
    ]
    assert [note.note.rstrip(b"\0") for note in notes] == [b"a slice with a long name"]
