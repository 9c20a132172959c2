"""Setting up in turns: a datapath with many rules keeps nobody waiting, and what tenants ask for
meanwhile counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from slicer.flowspace.match import Match as Region
from slicer.flowspace.rule import Rule
from slicer.flowspace.space import FlowSpace
from slicer.openflow import constants as of
from slicer.openflow.messages import FlowMod, Message, PortMod
from slicer.proxy.operation import A_TURN, OTHERS_TURN, Result, Steps
from slicer.proxy.pipeline.enforcement import Pipeline
from tests.unit.proxy.pipeline.bench import Bench
from tests.unit.proxy.pipeline.driving import at, carry_out, drive

RULES = 3 * A_TURN
MANY = FlowSpace(
    [
        *(
            Rule("red", 9, Region.of(eth_type=0x0800, ipv4_dst=number))
            for number in range(1, RULES)
        ),
        Rule("blue", 1, Region.ANY),
    ]
)


def observed(steps: Steps[Result], see: Callable[[Sequence[Message]], None]) -> Steps[Result]:
    """The same steps, each seen before it is taken."""
    messages = next(steps)
    while True:
        see(messages)
        replies = yield messages
        try:
            messages = steps.send(replies)
        except StopIteration as stop:
            result: Result = stop.value
            return result


def synchronise(bench: Bench, see: Callable[[Sequence[Message]], None]) -> int:
    """How much was changed."""
    steps = bench.pipeline.synchronise(MANY, lambda name: [1, 2])
    report, _ = drive(observed(steps, see), at(bench.switch))
    return report.changes


def test_no_turn_of_a_new_datapath_is_long_and_others_have_theirs_between() -> None:
    bench, seen = Bench(), list[Sequence[Message]]()
    bench.pipeline = Pipeline(b"a secret")
    assert synchronise(bench, seen.append) > 2 * RULES
    assert max(map(len, seen)) == A_TURN
    made = compared = 2 * RULES // A_TURN - 1
    assert seen.count(OTHERS_TURN) >= made + compared


def test_where_tenants_are_what_is_wanted_is_sent_in_the_turn_in_which_it_is_known() -> None:
    bench, seen = Bench(), list[Sequence[Message]]()
    changes = synchronise(bench, seen.append)
    (sent,) = (each for each in seen if any(isinstance(message, FlowMod) for message in each))
    assert len(sent) == changes > 2 * RULES


def test_where_nothing_is_to_be_changed_too() -> None:
    bench, seen = Bench(), list[Sequence[Message]]()
    synchronise(bench, lambda messages: None)
    assert synchronise(bench, seen.append) == 0
    assert seen.count(OTHERS_TURN) >= 2 * (2 * RULES // A_TURN - 1)


@pytest.mark.parametrize("moment", range(1, 18, 4))
def test_what_a_tenant_configures_meanwhile_is_set_up(moment: int) -> None:
    bench, turns = Bench(), list[int]()

    def see(messages: Sequence[Message]) -> None:
        turns.append(len(messages))
        if len(turns) == moment:
            address = bench.red.ports[1].hw_addr
            asked = PortMod(7, 1, address, of.OFPPC_NO_FWD, of.OFPPC_NO_FWD)
            assert carry_out(bench.pipeline.port_mod(bench.red, asked), bench.switch) == []

    synchronise(bench, see)
    assert len(turns) > moment
    assert synchronise(bench, lambda messages: None) == 0
    assert bench.pipeline.port_config(bench.red.tag, 1) == of.OFPPC_NO_FWD
