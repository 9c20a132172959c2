"""The `links` section."""

import pytest

from slicer.isolation import Rate
from slicer.policy.ends import END_FORM
from tests.unit.policy.policies import complaints, policy

DATAPATHS = "{s1: {dpid: 1, ports: {1: {capacity: 1G}}}, s2: {dpid: 2}}"


def test_a_link_gives_both_its_ends_a_capacity() -> None:
    links = "[{ends: [s1:2, s2:s2-eth1], capacity: 100M}, {ends: [s1:1, 2:3], capacity: 2G}]"
    made = policy(datapaths=DATAPATHS, links=links)
    first, second = made.links
    assert (first.ends, first.capacity) == (((1, 2), (2, "s2-eth1")), Rate(100_000_000))
    assert second.ends == ((1, 1), (2, 3))
    assert made.capacity(1, 2, "s1-eth2") == Rate(100_000_000)
    assert made.capacity(2, 1, "s2-eth1") == Rate(100_000_000)
    assert made.capacity(2, 1, "s2-eth9") is None
    assert made.capacity(1, 1, "s1-eth1") == Rate(10**9), "the least of port and link"


def test_a_dpid_needs_no_name() -> None:
    (link,) = policy(links="[{ends: [0000000000000007:1, 8:LOCAL], capacity: 1G}]").links
    assert link.ends == ((7, 1), (8, 0xFFFFFFFE))


CAPACITY_FORM = "a rate in bit/s such as 64k, 100M, 1.5G"


@pytest.mark.parametrize(
    ("links", "found", "expected"),
    [
        ("[]", "an empty list", "a list of links"),
        ("[{ends: [s1:1, s2:1]}]", "no key 'capacity'", "capacity: in this mapping"),
        ("[{ends: s1:1, capacity: 1G}]", "1 ends", "the two ends of a link"),
        ("[{ends: [s1:1, s2:1, s2:2], capacity: 1G}]", "3 ends", "the two ends of a link"),
        ("[{ends: [s1:1, s2:1], capacity: -1}]", "'-1'", CAPACITY_FORM),
        ("[{ends: [s1:1, s2], capacity: 1G}]", "'s2'", END_FORM),
        ("[{ends: [s1:1, s2:0], capacity: 1G}]", "'s2:0'", END_FORM),
        ("[{ends: [s1:1, s3:1], capacity: 1G}]", "'s3'", "one of the datapaths: s1, s2"),
        ("[{ends: [s1:1, 9:1], capacity: 1G}]", "'9'", "one of the datapaths: s1, s2"),
        (
            "[{ends: [s1:1, s1:1], capacity: 1G}]",
            "'s1:1' again",
            "each port in one link at most (first in line 3)",
        ),
    ],
)
def test_links_that_mean_nothing(links: str, found: str, expected: str) -> None:
    said = complaints(datapaths=DATAPATHS, links=links)
    assert said == [f"found {found}, expected {expected}"]
