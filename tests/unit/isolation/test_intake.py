"""Intake: messages and bytes, both or neither, and the bound on what is admitted."""

from hypothesis import given
from hypothesis import strategies as st

from slicer.isolation.intake import LONGEST_MESSAGE, Intake
from slicer.isolation.limits import Limits


def test_without_a_limit_everything_may_come() -> None:
    intake = Intake(Limits(), 0.0)
    assert not intake.is_limited
    assert intake.admit(LONGEST_MESSAGE, 0.0) == 0


def test_a_seconds_worth_of_messages_may_come_at_once_and_then_they_wait() -> None:
    intake = Intake(Limits(messages_per_second=2), 10.0)
    assert intake.is_limited
    assert [intake.admit(8, 10.0) for _ in range(3)] == [0, 0, 0.5]
    assert intake.admit(8, 10.5) == 0


def test_bytes_are_counted_as_well_and_the_longest_message_can_always_pass() -> None:
    intake = Intake(Limits(bytes_per_second=1000), 0.0)
    assert intake.admit(LONGEST_MESSAGE, 0.0) == 0
    assert intake.admit(500, 0.0) == 0.5


def test_what_one_bucket_holds_back_is_not_taken_from_the_other() -> None:
    intake = Intake(Limits(messages_per_second=1, bytes_per_second=100_000), 0.0)
    assert intake.admit(60_000, 0.0) == 0
    assert intake.admit(40_000, 0.0) == 1
    assert intake.admit(40_000, 0.0) == 1, "no bytes were taken for the one that waits"
    assert intake.admit(100_000, 1.0) == 0


@given(
    st.integers(1, 100),
    st.integers(1, 100_000),
    st.lists(st.tuples(st.floats(0, 2), st.integers(8, LONGEST_MESSAGE)), max_size=60),
)
def test_no_more_is_admitted_than_a_seconds_worth_and_what_time_earns(
    messages: int, octets: int, said: list[tuple[float, int]]
) -> None:
    intake = Intake(Limits(messages_per_second=messages, bytes_per_second=octets), 0.0)
    now, admitted, size = 0.0, 0, 0
    for passing, length in said:
        now += passing
        if not intake.admit(length, now):
            admitted += 1
            size += length
    assert admitted <= messages * (1 + now) + 1e-6
    assert size <= max(octets, LONGEST_MESSAGE) + octets * now + 1e-3
