"""Pulse: who is asked when, and who is given up."""

from slicer.workers.pulse import EVERY, LAST_WORDS, LATE, PATIENCE, PROMPT, Deed, Pulse


def asked() -> Pulse:
    """Worker 1 was asked at 100."""
    pulse = Pulse()
    pulse.heard(1, 100.0 - EVERY)
    assert pulse.due(99.9) == []
    assert pulse.next_due == 100.0
    assert pulse.due(100.0) == [(1, Deed.ASK)]
    return pulse


def silent() -> Pulse:
    """It has not answered until 200."""
    pulse = Pulse()
    pulse.heard(1, 200.0 - PATIENCE - EVERY)
    assert pulse.due(200.0 - PATIENCE) == [(1, Deed.ASK)]
    assert pulse.due(200.0) == [(1, Deed.ABORT)]
    return pulse


def test_nobody_is_asked_while_there_is_nobody() -> None:
    assert Pulse().next_due is None
    assert Pulse().due(1e9) == []


def test_one_that_answers_is_asked_again_and_again() -> None:
    pulse = asked()
    for now in (100.0 + PATIENCE, 1000.0, 2000.0):
        pulse.heard(1, now - 0.1)
        assert pulse.due(now) == []
        assert pulse.due(now - 0.1 + EVERY) == [(1, Deed.ASK)]


def test_it_is_asked_once_and_has_patience() -> None:
    pulse = asked()
    assert pulse.due(100.0 + PATIENCE - 0.1) == []
    assert pulse.next_due == 100.0 + PATIENCE


def test_one_that_says_nothing_may_say_where_it_hangs_and_is_killed() -> None:
    pulse = silent()
    assert pulse.due(200.0 + LAST_WORDS - 0.1) == []
    assert pulse.due(200.0 + LAST_WORDS) == [(1, Deed.KILL)]
    assert pulse.due(200.0 + LAST_WORDS) == []
    assert pulse.due(200.0 + 2 * LAST_WORDS) == [(1, Deed.KILL)], "until it has ended"
    pulse.ended(1)
    assert pulse.next_due is None


def test_what_it_says_then_comes_too_late() -> None:
    pulse = silent()
    pulse.heard(1, 200.5)
    assert pulse.due(200.0 + LAST_WORDS) == [(1, Deed.KILL)]
    assert not pulse.give_up(1, 200.5)


def test_one_may_be_given_up_for_another_reason() -> None:
    pulse = asked()
    assert pulse.give_up(1, 101.0)
    assert not pulse.give_up(1, 101.5)
    assert not pulse.give_up(2, 101.5)
    assert pulse.due(101.0 + LAST_WORDS) == [(1, Deed.KILL)]


def test_nobody_is_given_up_while_the_supervisor_does_not_listen() -> None:
    pulse = asked()
    late = 100.0 + PATIENCE + LATE
    assert pulse.due(late) == []
    assert pulse.due(late + LATE - 0.1) == []
    assert pulse.due(late + LATE) == [(1, Deed.ABORT)]
    pulse = asked()
    assert pulse.due(1e6) == []
    assert pulse.next_due == 1e6 + PATIENCE


def test_each_has_a_pulse_of_its_own() -> None:
    pulse = asked()
    pulse.heard(2, 100.0)
    assert pulse.due(100.0 + EVERY) == [(2, Deed.ASK)]
    pulse.heard(2, 101.0 + EVERY)
    pulse.ended(2)
    assert pulse.due(100.0 + PATIENCE) == [(1, Deed.ABORT)]


def test_one_that_is_asked_and_says_nothing_is_silent_until_it_does() -> None:
    pulse = asked()
    pulse.heard(2, 99.0)
    assert pulse.lively(100.0 + PROMPT - 0.1) == {1, 2}
    assert pulse.lively(100.0 + PROMPT) == {2}
    pulse.heard(1, 110.0)
    assert pulse.lively(110.0) == {1, 2}


def test_one_that_is_given_up_is_silent_whatever_it_says() -> None:
    pulse = silent()
    pulse.heard(1, 200.5)
    assert pulse.lively(200.5) == set()
