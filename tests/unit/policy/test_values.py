import pytest

from slicer.flowspace import Match, Point
from slicer.policy import PortSet
from tests.unit.policy.policies import policy

DATAPATHS = "{s1: {dpid: 0x10}, s2: {dpid: 3}}"
SLICES = "{a: {controllers: [tcp:10.0.0.1:1, ptcp:7000]}, b: {controllers: ptcp:9000}}"
RULES = """
  - {slice: a, priority: 5, datapaths: s1, match: {eth_type: arp}}
  - {slice: a, priority: 4, ports: [eth1, 7]}
  - {slice: b, priority: 1}
"""
NAMED = policy(datapaths=DATAPATHS, slices=SLICES, flowspace=RULES)
UNNAMED = policy(slices=SLICES, flowspace="[{slice: a, priority: 1}]")


def test_which_datapaths_are_accepted() -> None:
    assert NAMED.accepts(0x10)
    assert not NAMED.accepts(1)
    assert UNNAMED.accepts(1)


def test_what_a_datapath_is_called() -> None:
    assert NAMED.datapath_name(0x10) == "s1"
    assert NAMED.datapath_name(0x11) == "0000000000000011"
    assert UNNAMED.datapath_name(0x10) == "0000000000000010"


def test_ports_by_name_are_those_that_the_datapath_has() -> None:
    ports = PortSet(frozenset({7}), frozenset({"eth1", "eth2"}))
    assert ports.resolve({"eth1": 1, "eth3": 3}) == frozenset({1, 7})


def test_the_flowspace_of_a_datapath() -> None:
    space = NAMED.flowspace_on(0x10, {"eth1": 1})
    assert space.owner(Point.of(port=5, eth_type=0x0806)) == "a"
    assert space.owner(Point.of(port=1, eth_type=0x0800)) == "a"
    assert space.owner(Point.of(port=7, eth_type=0x0800)) == "a"
    assert space.owner(Point.of(port=2, eth_type=0x0800)) == "b"
    elsewhere = NAMED.flowspace_on(3, {})
    assert elsewhere.owner(Point.of(port=5, eth_type=0x0806)) == "b"
    assert elsewhere.owner(Point.of(port=1, eth_type=0x0800)) == "b"


def test_a_rule_of_ports_that_are_not_there_owns_nothing() -> None:
    only = policy(flowspace="[{slice: office, priority: 1, ports: [eth9]}]")
    space = only.flowspace_on(1, {"eth1": 1})
    assert space.owner(Point.of(port=1)) is None
    assert space.ports_of("office") == frozenset()
    assert space.clip("office", Match.ANY) == []


@pytest.mark.parametrize(
    ("named", "slice_name", "controller", "dpid", "port"),
    [
        (True, "a", 0, 0x10, None),
        (True, "a", 1, 0x10, 7000),
        (True, "a", 1, 3, 7001),
        (True, "a", 1, 4, None),
        (True, "b", 0, 3, 9001),
        (False, "a", 1, 1, 7000),
        (False, "a", 1, 100, 7099),
        (False, "a", 1, 101, None),
        (False, "a", 1, 0, None),
    ],
)
def test_the_port_of_a_sliver(
    named: bool, slice_name: str, controller: int, dpid: int, port: int | None
) -> None:
    assert (NAMED if named else UNNAMED).listen_port(slice_name, controller, dpid) == port


def test_watchers_are_counted_after_the_controllers() -> None:
    slices = (
        "{a: {controllers: [tcp:10.0.0.1:1, ptcp:7000], watchers: [ptcp:7500, tcp:10.0.0.2:1]}}"
    )
    watched = policy(datapaths=DATAPATHS, slices=slices, flowspace="[{slice: a, priority: 1}]")
    assert [watched.listen_port("a", index, 3) for index in range(4)] == [None, 7001, 7501, None]


def test_there_is_no_port_above_65535() -> None:
    high = policy(slices="{office: {controllers: ptcp:65535}}")
    assert high.listen_port("office", 0, 1) == 65535
    assert high.listen_port("office", 0, 2) is None
