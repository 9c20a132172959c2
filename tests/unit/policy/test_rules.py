import pytest

from slicer.flowspace import Match
from slicer.policy import PolicyRule, PortSet
from slicer.policy.datapaths import DPID_FORM, LOCAL, PORT_FORM
from slicer.policy.document import Place
from tests.unit.policy.policies import complaints, policy

S1_S2 = "{s1: {dpid: 1}, s2: {dpid: 2}}"


def rule(fields: str, datapaths: str | None = None) -> PolicyRule:
    source = f"[{{slice: office, priority: 7, {fields}}}]"
    if datapaths is None:
        return policy(flowspace=source).flowspace[0]
    return policy(flowspace=source, datapaths=datapaths).flowspace[0]


def test_a_rule_of_slice_and_priority() -> None:
    assert policy(flowspace="[{slice: office, priority: 65000}]").flowspace == (
        PolicyRule("office", 65000, (Match.ANY,), None, None, Place(3, 13)),
    )


def test_datapaths_by_name_and_dpid() -> None:
    assert rule("datapaths: [s1, 0x2]", S1_S2).datapaths == frozenset({1, 2})
    assert rule("datapaths: s1", S1_S2).datapaths == frozenset({1})
    assert rule("datapaths: [3, 0000000000000010]").datapaths == frozenset({3, 16})


def test_ports_by_number_range_and_name() -> None:
    assert rule("ports: [1, 3-5, LOCAL, s1-eth1]").ports == PortSet(
        frozenset({1, 3, 4, 5, LOCAL}), frozenset({"s1-eth1"})
    )
    assert rule("ports: 2").ports == PortSet(frozenset({2}), frozenset())


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{}", ["found a mapping, expected a list of rules, each a mapping with slice, priority "
                "and more"]),
        ("[]", ["found an empty list, expected a list of rules, each a mapping with slice, "
                "priority and more"]),
        ("[3]", ["found '3', expected a mapping with the keys slice, priority, datapaths, ports, "
                 "match"]),
        ("[{}]", ["found no key 'priority', expected priority: in this mapping",
                  "found no key 'slice', expected slice: in this mapping"]),
        ("[{slice: offcie, priority: 1}]", ["found 'offcie', expected office (of the slices: "
                                            "office)"]),
        ("[{slice: video, priority: 1}]", ["found 'video', expected one of the slices: office"]),
        ("[{slice: [], priority: 1}]", ["found a list, expected the name of a slice"]),
        ("[{slice: office, priority: 0}]", ["found '0', expected a priority from 1 to 65000"]),
        ("[{slice: office, priority: 65001}]", ["found '65001', expected a priority from 1 to "
                                                "65000"]),
        ("[{slice: office, priority: high}]", ["found 'high', expected a priority from 1 to "
                                               "65000"]),
        ("[{slice: office, priority: 1, port: 3}]", ["found key 'port', expected ports (of slice, "
                                                     "priority, datapaths, ports, match)"]),
        ("[{slice: office, priority: 1, datapaths: []}]", ["found an empty list, expected a list "
                                                           "of datapaths, each a name or a dpid"]),
        ("[{slice: office, priority: 1, datapaths: [s1, [], 0]}]", [
            f"found '0', expected {DPID_FORM} (names need `datapaths:`)",
            f"found 's1', expected {DPID_FORM} (names need `datapaths:`)",
            "found a list, expected a datapath's name or dpid"]),
        ("[{slice: office, priority: 1, ports: [0, 9-3, 1-65280, a b, []]}]", [
            f"found '0', expected {PORT_FORM}, or a range such as 3-5",
            "found 'a b', expected a port: a number from 1 to 65279, LOCAL, or a port's name, or a "
            "range such as 3-5",
            f"found a list, expected {PORT_FORM}",
            "found ports 1-65280, expected a range within 1-65279",
            "found ports 9-3, expected a range within 1-65279"]),
        ("[{slice: office, priority: 1, ports: }]", ["found nothing, expected a list of ports: "
                                                     "numbers, ranges such as 3-5, or names"]),
        ("[{slice: office, priority: 1, ports: 1-4000, match: {vlan_vid: [1, 2]}}]", [
            "found 8000 combinations of values and ports, expected at most 4096 in one rule"]),
    ],
)  # fmt: skip
def test_what_is_no_rule_is_refused(source: str, expected: list[str]) -> None:
    assert sorted(complaints(flowspace=source)) == expected


def test_a_datapath_that_does_not_exist_is_refused() -> None:
    source = "[{slice: office, priority: 1, datapaths: [s11, 3, s1]}]"
    assert complaints(datapaths=S1_S2, flowspace=source) == [
        "found 's11', expected s1 (of the datapaths: s1, s2)",
        "found '3', expected one of the datapaths: s1, s2",
    ]


def test_everything_wrong_with_a_rule_is_said() -> None:
    source = "[{slice: x, priority: x, datapaths: x, ports: 0, match: {x: 1}}]"
    assert len(complaints(flowspace=source)) == 5
