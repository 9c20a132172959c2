"""What a slice may say in all is divided among workers."""

import pytest

from slicer.policy import Policy, parse
from slicer.workers.limits import divided

POLICY = """
listen: [tcp:127.0.0.1:6633]
slices:
  red:
    controllers: [ptcp:7000]
    limits: {messages_per_second: 7, bytes_per_second: 100001, flows: 9, packet_ins_per_second: 5}
  blue: {controllers: [ptcp:7100]}
flowspace: [{slice: red, priority: 2, ports: [1]}, {slice: blue, priority: 1}]
"""


def policy() -> Policy:
    return parse(POLICY, "policy.yaml")


def test_the_parts_are_no_more_than_the_whole() -> None:
    limits = divided(policy(), 2).slices["red"].limits
    assert (limits.messages_per_second, limits.bytes_per_second) == (3, 50_000)


def test_what_is_a_slivers_is_not_divided() -> None:
    limits = divided(policy(), 2).slices["red"].limits
    assert (limits.flows, limits.packet_ins_per_second) == (9, 5)


def test_one_worker_and_no_limit_leave_all_as_it_is() -> None:
    assert divided(policy(), 1) == policy()
    assert divided(policy(), 2).slices["blue"] == policy().slices["blue"]


def test_what_is_too_small_to_be_divided_is_refused() -> None:
    text = "found messages_per_second: 7 of slice red, expected at least 8, one for each worker"
    with pytest.raises(ValueError, match=text):
        divided(policy(), 8)
