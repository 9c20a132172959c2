from fractions import Fraction

import pytest

from slicer.isolation import Limits, Percent, Rate, Share
from slicer.policy import Dial, Endpoint, Listen, SlicePolicy
from slicer.policy.slices import CONTROLLER_FORM
from tests.unit.policy.policies import complaints, policy


def office(facts: str) -> SlicePolicy:
    return policy(slices=f"{{office: {facts}}}").slices["office"]


def errors(facts: str) -> list[str]:
    return complaints(slices=f"{{office: {facts}}}")


def test_a_slice_with_controllers_only() -> None:
    assert office("{controllers: [tcp:10.0.0.1:6653, ptcp:7000]}") == SlicePolicy(
        "office",
        (Dial(Endpoint("10.0.0.1", 6653)), Listen(Endpoint("127.0.0.1", 7000))),
        Limits(),
        Share(),
    )


def test_one_controller_needs_no_list() -> None:
    assert office("{controllers: tcp:10.0.0.1:6653}").controllers == (
        Dial(Endpoint("10.0.0.1", 6653)),
    )


def test_limits() -> None:
    limits = (
        "{packet_ins_per_second: 100, messages_per_second: 1000, bytes_per_second: 100000, "
        "outstanding_requests: 64, flows: 1000, groups: 0, meters: 0, outbox_bytes: 1048576}"
    )
    facts = f"{{controllers: tcp:10.0.0.1:1, limits: {limits}}}"
    assert office(facts).limits == Limits(100, 1000, 100_000, 64, 1000, 0, 0, 1_048_576)


def test_shares() -> None:
    facts = "{controllers: tcp:10.0.0.1:1, shares: {guarantee: 10M, share: 3, ceiling: 80%}}"
    assert office(facts).share == Share(Rate(10_000_000), 3, Percent(Fraction(80)))


def test_watchers_are_beside_the_controllers() -> None:
    read = office("{controllers: tcp:10.0.0.1:6653, watchers: [ptcp:7000, tcp:10.0.0.2:6653]}")
    assert read.controllers == (Dial(Endpoint("10.0.0.1", 6653)),)
    assert read.watchers == (Listen(Endpoint("127.0.0.1", 7000)), Dial(Endpoint("10.0.0.2", 6653)))
    assert read.met == read.controllers + read.watchers
    assert office("{controllers: tcp:10.0.0.1:6653}").watchers == ()
    assert office("{controllers: tcp:10.0.0.1:6653, watchers: ptcp:7000}").watchers == (
        Listen(Endpoint("127.0.0.1", 7000)),
    )


def test_one_controller_may_serve_many_slices() -> None:
    slices = policy(
        slices="{office: {controllers: tcp:10.0.0.1:1}, video: {controllers: tcp:10.0.0.1:1}}"
    ).slices
    assert slices["office"].controllers == slices["video"].controllers


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (
            "[]",
            [
                "found a list, expected a mapping with the keys controllers, watchers, limits, "
                "shares"
            ],
        ),
        ("{}", ["found no key 'controllers', expected controllers: in this mapping"]),
        (
            "{controllers: []}",
            [f"found an empty list, expected a list of controllers, each {CONTROLLER_FORM}"],
        ),
        ("{controllers: [[]]}", [f"found a list, expected {CONTROLLER_FORM}"]),
        ("{controllers: ssl:10.0.0.1:1}", [f"found 'ssl:10.0.0.1:1', expected {CONTROLLER_FORM}"]),
        (
            "{controllers: [tcp:10.0.0.1:1, tcp:10.0.0.1:1]}",
            ["found tcp:10.0.0.1:1 again, expected each controller once in a slice"],
        ),
        (
            "{controllers: tcp:10.0.0.1:1, limit: {}}",
            ["found key 'limit', expected limits (of controllers, watchers, limits, shares)"],
        ),
        (
            "{controllers: tcp:10.0.0.1:1, limits: 3, shares: 4}",
            [
                "found '3', expected a mapping with the keys packet_ins_per_second, "
                "messages_per_second, bytes_per_second, outstanding_requests, flows, groups, "
                "meters, outbox_bytes, pieces, over_limit",
                "found '4', expected a mapping with the keys guarantee, share, ceiling, at",
            ],
        ),
        (
            "{controllers: tcp:10.0.0.1:1, limits: {flows: -1, groups: .nan, meters: }}",
            [
                "found '-1', expected a number from 0 to 4294967295",
                "found '.nan', expected a number from 0 to 4294967295",
                "found nothing, expected a number from 0 to 4294967295",
            ],
        ),
        (
            "{watchers: ptcp:7000}",
            ["found no key 'controllers', expected controllers: in this mapping"],
        ),
        (
            "{controllers: tcp:10.0.0.1:1, watchers: []}",
            [f"found an empty list, expected a list of watchers, each {CONTROLLER_FORM}"],
        ),
        (
            "{controllers: tcp:10.0.0.1:1, watchers: ssl:10.0.0.1:1}",
            [f"found 'ssl:10.0.0.1:1', expected {CONTROLLER_FORM}"],
        ),
        (
            "{controllers: tcp:10.0.0.1:1, watchers: [tcp:10.0.0.2:1, tcp:10.0.0.2:1]}",
            ["found tcp:10.0.0.2:1 again, expected each watcher once in a slice"],
        ),
        (
            "{controllers: ptcp:7000, watchers: ptcp:7000}",
            [
                "found ptcp:7000:127.0.0.1, which is a controller of the slice, expected a "
                "watcher's own endpoint"
            ],
        ),
        (
            "{controllers: tcp:10.0.0.1:1, limits: {over_limit: drop}}",
            ["found 'drop', expected one of wait, refuse"],
        ),
        (
            "{controllers: tcp:10.0.0.1:1, limits: {messages_per_second: 0}}",
            ["found 0 messages_per_second, expected 1 to 4294967295"],
        ),
        (
            "{controllers: tcp:10.0.0.1:1, shares: {guarantee: -5M, share: 0, ceiling: []}}",
            [
                "found '-5M', expected a rate in bit/s such as 64k, 100M, 1.5G",
                "found '0', expected a weight from 1 to 1000000",
                "found a list, expected a rate such as 10M, or a percentage such as 30%",
            ],
        ),
        (
            "{controllers: tcp:10.0.0.1:1, shares: {guarantee: 20M, ceiling: 10M}}",
            ["found a guarantee of 20M, expected at most the ceiling of 10M"],
        ),
        (
            "{controllers: tcp:10.0.0.1:1, shares: {ceiling: 120%}}",
            ["found 120 %, expected above 0 and at most 100 %"],
        ),
    ],
)
def test_what_is_no_slice_is_refused(facts: str, expected: list[str]) -> None:
    assert errors(facts) == expected


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("[]", "found a list, expected a mapping from a slice's name to its controllers"),
        ("{}", "found no slices, expected at least one"),
        (
            "{a b: {controllers: tcp:10.0.0.1:1}}",
            "found 'a b', expected a name of letters, digits, '_', '.' and '-' that starts with a "
            "letter",
        ),
    ],
)
def test_what_is_no_section_is_refused(section: str, expected: str) -> None:
    assert complaints(slices=section)[0] == expected


def test_rules_may_name_a_slice_with_something_wrong_in_it() -> None:
    assert len(complaints(slices="{office: {controllers: x}}")) == 1


def test_a_slice_may_be_called_no() -> None:
    slices = policy(
        slices="{no: {controllers: tcp:10.0.0.1:1}}", flowspace="[{slice: no, priority: 1}]"
    ).slices
    assert list(slices) == ["no"]
