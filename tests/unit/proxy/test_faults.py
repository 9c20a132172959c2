"""Faults: whoever calls goes on. What they cost is in tests/conversation/test_faults.py."""

from __future__ import annotations

import pytest

from slicer.proxy.faults import FAULT, at_cost_of, see_through
from tests.unit.proxy.parts import peer


def test_a_fault_ends_the_connection_and_is_logged_with_its_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    whose = peer()
    with at_cost_of(whose):
        raise ZeroDivisionError("oh")
    assert whose.close_reason == FAULT
    (record,) = caplog.records
    assert record.message == "a fault in the slicer; please report it"
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError


def test_without_a_fault_nothing_happens(caplog: pytest.LogCaptureFixture) -> None:
    whose = peer()
    with at_cost_of(whose):
        pass
    assert not whose.is_closed
    assert caplog.records == []


def test_what_is_to_end_the_process_is_no_fault() -> None:
    with pytest.raises(KeyboardInterrupt), at_cost_of(peer()):
        raise KeyboardInterrupt


def test_all_steps_are_taken_in_order(caplog: pytest.LogCaptureFixture) -> None:
    taken: list[str] = []
    see_through(lambda: taken.append("one"), lambda: 1 / 0, lambda: taken.append("three"))
    assert taken == ["one", "three"]
    assert [each.message for each in caplog.records] == ["a fault in the slicer; please report it"]
