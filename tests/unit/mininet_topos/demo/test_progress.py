"""Progress: a line a step, and a limit that holds."""

import io
import re
import signal
import time

import pytest
from rich.console import Console

from mininet_topos.demo.progress import DemoError, Progress, limit, uninterrupted


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=80)


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_step_is_shown_with_its_mark_its_time_and_its_last_word(console: Console) -> None:
    with Progress(console).step("network", 5) as say:
        say("first")
        say("4 switches")
    assert re.fullmatch(r"✓ network +\d\.\d s  4 switches\n", shown(console))


def test_a_step_that_fails_is_shown_as_such(console: Console) -> None:
    with pytest.raises(ZeroDivisionError), Progress(console).step("network", 5):
        raise ZeroDivisionError
    assert shown(console).startswith("✗ network")


def test_a_step_ends_within_its_limit(console: Console) -> None:
    began = time.monotonic()
    with (
        pytest.raises(DemoError, match=r"network: found no end, expected one within 0\.1 s"),
        Progress(console).step("network", 0.1),
    ):
        time.sleep(10)
    assert time.monotonic() - began < 5


def test_a_limit_is_over_with_its_block() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with limit(0.1, "block"):
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 0
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
    assert signal.getsignal(signal.SIGALRM) is before


def test_a_signal_waits_for_a_block_that_must_be_done_whole() -> None:
    done = []

    def interrupted() -> None:
        with uninterrupted():
            signal.raise_signal(signal.SIGINT)
            done.append("whole")

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert done == ["whole"]


def test_signals_are_handled_as_before_after_such_a_block() -> None:
    before = signal.getsignal(signal.SIGINT)
    with uninterrupted():
        pass
    assert signal.getsignal(signal.SIGINT) is before
