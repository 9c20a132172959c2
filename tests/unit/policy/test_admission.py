"""Admission control: promises that a port or a link can't keep are refused, with the reason."""

import pytest

from tests.unit.policy.policies import complaints, policy, problems, text, warnings

TWO = "[{slice: office, priority: 1}, {slice: video, priority: 2, ports: [1, 2, eth3]}]"
S1 = "{s1: {dpid: 1, ports: {1: {capacity: 100M}}}, s2: {dpid: 2}}"


def slices(office: str, video: str) -> str:
    return (
        f"{{office: {{controllers: tcp:10.0.0.1:1, shares: {office}}}, "
        f"video: {{controllers: tcp:10.0.0.1:2, shares: {video}}}}}"
    )


def said(office: str, video: str, datapaths: str = S1, **sections: str) -> list[str]:
    return complaints(slices=slices(office, video), flowspace=TWO, datapaths=datapaths, **sections)


def test_guarantees_that_fit_are_admitted() -> None:
    assert said("{guarantee: 30M}", "{guarantee: 70%}") == []


def test_a_port_that_promises_more_than_it_has_is_named_with_by_how_much() -> None:
    assert said("{guarantee: 30.5M}", "{guarantee: 70%}") == [
        "found guarantees (office 30500k, video 70%) that exceed the capacity of s1:1 by 500k, "
        "expected no more than 100M"
    ]


def test_the_problem_is_where_the_capacity_is_written() -> None:
    source = text(
        datapaths=S1, slices=slices("{guarantee: 80M}", "{guarantee: 21M}"), flowspace=TWO
    )
    assert [line.split(": ")[0] for line in problems(source)] == ["2:35"]


def test_a_link_is_named_in_the_direction_that_is_overbooked() -> None:
    links = "[{ends: [s1:2, s2:7], capacity: 10M}]"
    assert said("{guarantee: 6M}", "{guarantee: 5M}", links=links) == [
        "found guarantees (office 6M, video 5M) that exceed the capacity of the link from s1:2 to "
        "s2:7 by 1M, expected no more than 10M"
    ]


def test_a_port_by_name() -> None:
    datapaths = "{s1: {dpid: 1, ports: {eth3: {capacity: 10M}, eth4: {capacity: 10M}}}}"
    assert said("{guarantee: 6M}", "{guarantee: 5M}", datapaths) == [
        "found guarantees (office 6M, video 5M) that exceed the capacity of s1:eth3 by 1M, "
        "expected no more than 10M"
    ]


def test_a_slice_that_has_not_got_the_port_takes_nothing_of_it() -> None:
    datapaths = "{s1: {dpid: 1, ports: {7: {capacity: 10M}}}}"
    assert said("{guarantee: 10M}", "{guarantee: 10M}", datapaths) == []


def test_percentages_are_too_many_whatever_the_capacity() -> None:
    assert said("{guarantee: 60%}", "{guarantee: 50%}", "{s1: {dpid: 1}}") == [
        "found guarantees (office 60%, video 50%) that exceed a port by 10 %, "
        "expected no more than 100 % for one port's slices"
    ]
    apart = "[{slice: office, priority: 1, ports: 1}, {slice: video, priority: 2, ports: 2}]"
    policy(slices=slices("{guarantee: 60%}", "{guarantee: 50%}"), flowspace=apart)


def test_a_share_of_one_port_is_admitted_there() -> None:
    more = "{guarantee: 30M, at: {s1:1: {guarantee: 10M}, s2:1: {guarantee: 99M}}}"
    assert said(more, "{guarantee: 90M}") == []
    assert said("{guarantee: 10M}", "{at: {s1:1: {guarantee: 91M}}}") == [
        "found guarantees (office 10M, video 91M) that exceed the capacity of s1:1 by 1M, "
        "expected no more than 100M"
    ]


def test_percentages_of_one_port_are_too_many_there() -> None:
    source = text(
        slices=slices("{guarantee: 50%}", "{at: {1:1: {guarantee: 60%}, 1:2: {share: 4}}}"),
        flowspace=TWO,
    )
    assert problems(source) == [
        "2:126: found guarantees (office 50%, video 60%) that exceed a port by 10 %, "
        "expected no more than 100 % for one port's slices"
    ]


def test_a_share_of_a_port_that_the_slice_has_not_is_noted() -> None:
    at = "{at: {1:7: {share: 2}, 1:2: {share: 2}, 1:eth3: {share: 2}, 1:eth9: {share: 2}}}"
    apart = "[{slice: office, priority: 1}, {slice: video, priority: 2, ports: [1, 2]}]"
    assert warnings(slices=slices("{share: 1}", at), flowspace=apart) == [
        "slice video owns nothing at 0000000000000001:7, to share"
    ]


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (
            "{ceiling: 200M}",
            "found a ceiling of 200M at s1:1, which carries 100M, "
            "expected a ceiling within the capacity, or a percentage",
        ),
        (
            "{guarantee: 50%, ceiling: 40M}",
            "found a guarantee of 50% at s1:1 (100M), expected at most the ceiling of 40M",
        ),
        (
            "{at: {s1:1: {ceiling: 101M}, s2:1: {ceiling: 5G}}}",
            "found a ceiling of 101M at s1:1, which carries 100M, "
            "expected a ceiling within the capacity, or a percentage",
        ),
    ],
)
def test_bounds_that_a_capacity_shows_to_be_wrong(share: str, expected: str) -> None:
    assert said(share, "{share: 2}") == [expected]


def test_a_broken_policy_is_no_trouble() -> None:
    assert said("{guarantee: -1}", "{guarantee: 50%}")[0].startswith("found '-1'")
