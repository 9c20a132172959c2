"""FlowQuota: the bound is never below what can be there."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from slicer.isolation.flow_quota import FlowQuota


def test_it_is_full_until_somebody_has_counted() -> None:
    quota = FlowQuota(5)
    assert quota.is_full()
    quota.counting()(0)
    assert not quota.is_full()


def test_no_limit_is_never_full() -> None:
    assert not FlowQuota(None).is_full()


def test_no_flows_at_all() -> None:
    quota = FlowQuota(0)
    quota.counting()(0)
    assert quota.is_full()


def test_what_is_added_after_the_question_counts_beside_the_answer() -> None:
    quota = FlowQuota(3)
    counted = quota.counting()
    quota.add()
    counted(1)
    assert not quota.is_full()
    quota.add()
    assert quota.is_full()


@given(st.lists(st.sampled_from(["add", "expire", "ask", "answer"]), max_size=40))
def test_the_bound_is_never_below_the_number_of_flows(events: list[str]) -> None:
    """The switch answers in order: with the number that it had when the question came."""
    quota = FlowQuota(4)
    there = 0
    asked: list[tuple[Callable[[int], None], int]] = []
    for event in events:
        if event == "add" and not quota.is_full():
            quota.add()
            there += 1
        elif event == "expire":
            there = max(there - 1, 0)
        elif event == "ask":
            asked.append((quota.counting(), there))
        elif event == "answer" and asked:
            answer, number = asked.pop(0)
            answer(number)
        assert there <= 4
