"""Slivering: a slice has the ports at which it owns anything."""

import pytest

from slicer.flowspace.match import Match as Region
from slicer.flowspace.rule import Rule
from slicer.flowspace.space import FlowSpace
from slicer.proxy.slivering import owned_ports
from tests.unit.proxy.parts import ports

RED = Rule("red", 1, Region.ANY, ports=frozenset({1}))
BLUE = Rule("blue", 1, Region.ANY, ports=frozenset({2}))


@pytest.mark.parametrize(
    ("rules", "owned"),
    [
        ([RED], [1]),
        ([Rule("red", 1, Region.ANY)], [1, 2]),
        ([RED, Rule("red", 1, Region.ANY, ports=frozenset({2, 9}))], [1, 2]),
        ([BLUE], []),
    ],
)
def test_a_slice_has_the_ports_that_its_rules_name_and_that_are_there(
    rules: list[Rule], owned: list[int]
) -> None:
    assert list(owned_ports(FlowSpace(rules), "red", ports(1, 2))) == owned
