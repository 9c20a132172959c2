"""The `shares` of a slice: the keys that it has, everywhere and at single ports."""

from fractions import Fraction

import pytest

from slicer.isolation import Percent, Rate, Share
from slicer.policy import SlicePolicy
from tests.unit.policy.policies import complaints, policy

S1 = "{s1: {dpid: 1}, s2: {dpid: 2}}"


def sections(shares: str) -> dict[str, str]:
    slices = f"{{office: {{controllers: tcp:10.0.0.1:1, shares: {shares}}}}}"
    return {"slices": slices, "datapaths": S1}


def office(shares: str) -> SlicePolicy:
    return policy(**sections(shares)).slices["office"]


def test_one_port_has_what_is_said_of_it_and_else_what_holds_everywhere() -> None:
    made = office("{guarantee: 1M, share: 2, at: {s1:2: {share: 5}, 2:LOCAL: {ceiling: 30%}}}")
    assert made.share == Share(Rate(1_000_000), 2)
    assert {port: each.share for port, each in made.at.items()} == {
        (1, 2): Share(Rate(1_000_000), 5),
        (2, 0xFFFFFFFE): Share(Rate(1_000_000), 2, Percent(Fraction(30))),
    }


def test_a_port_is_asked_for_by_number_and_name() -> None:
    made = office("{at: {s1:eth2: {share: 5}, s1:3: {share: 6}}}")
    weights = [made.share_of(*port).share for port in ((1, 2, "eth2"), (1, 3, "eth2"), (2, 3, "x"))]
    assert weights == [5, 6, 1]


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ("{at: {s1:0: {share: 5}}}", "found 's1:0', expected a datapath's name"),
        ("{at: {s3:1: {share: 5}}}", "found 's3', expected one of the datapaths: s1, s2"),
        ("{at: {s1:1: {share: 5}, 1:1: {share: 5}}}", "found '1:1' again, expected each port once"),
        ("{at: {s1:1: {weight: 5}}}", "found key 'weight', expected one of guarantee"),
        ("{at: {s1:1: 5}}", "found '5', expected a mapping with the keys guarantee, share, ceil"),
        ("{at: {s1:1: {share: 0}}}", "found '0', expected a weight from 1"),
        ("{at: {s1:1: {guarantee: -5M}}}", "found '-5M', expected a rate"),
        ("{at: [s1:1]}", "found a list, expected a mapping from a datapath's name"),
        (
            "{ceiling: 5M, at: {s1:1: {guarantee: 6M}}}",
            "found a guarantee of 6M, expected at most the ceiling of 5M",
        ),
    ],
)
def test_what_is_no_share_of_a_port_is_refused(shares: str, expected: str) -> None:
    (said,) = complaints(**sections(shares))
    assert said.startswith(expected)
