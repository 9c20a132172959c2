"""Processes: logs, waiting with a limit, and an end for all of them."""

import sys
from pathlib import Path

import pytest

from mininet_topos.demo.processes import Processes, wait_for
from mininet_topos.demo.progress import DemoError


@pytest.fixture
def processes(tmp_path: Path) -> Processes:
    return Processes(tmp_path)


def test_what_is_awaited_comes_or_is_an_error() -> None:
    wait_for(lambda: True, "sign", 0)
    with pytest.raises(DemoError, match=r"found no sign within 0\.1 s"):
        wait_for(lambda: False, "sign", 0.1)


def test_a_log_is_awaited_until_it_has_so_many_different_lines(processes: Processes) -> None:
    shell = "echo port 1: ready; echo port 1: ready; sleep 0.2; echo port 2: ready; sleep 60"
    process = processes.start("talker", ["sh", "-c", shell])
    process.wait_for_log(r"port \d: ready", 5, times=2)
    assert process.running
    processes.close()
    assert not process.running


def test_an_end_before_the_awaited_line_shows_the_log(processes: Processes) -> None:
    process = processes.start("talker", ["sh", "-c", "echo no luck; exit 3"])
    with pytest.raises(DemoError, match=r"(?s)talker ended with status 3.*no luck"):
        process.wait_for_log("ready", 5)


def test_a_line_that_does_not_come_shows_the_log(processes: Processes) -> None:
    process = processes.start("talker", ["sh", "-c", "echo waiting; sleep 60"])
    process.wait_for_log("waiting", 5)
    with pytest.raises(DemoError, match=r"(?s)no 'ready' .1 times. from talker.*waiting"):
        process.wait_for_log("ready", 0.1)
    processes.close()


def test_each_process_has_a_log_of_its_own_though_names_are_shared(processes: Processes) -> None:
    for words in ("one", "two"):
        assert processes.start("talker", ["echo", words]).finish(5) == f"{words}\n"
    assert (processes.folder / "talker.log").read_text() == "one\ntwo\n"


def test_a_former_demos_log_is_overwritten(tmp_path: Path) -> None:
    for words in ("one", "two"):
        Processes(tmp_path).start("talker", ["echo", words]).finish(5)
    assert (tmp_path / "talker.log").read_text() == "two\n"


def test_a_failure_is_an_error(processes: Processes) -> None:
    with pytest.raises(DemoError, match="found status 4 of talker, expected 0"):
        processes.start("talker", ["sh", "-c", "exit 4"]).finish(5)


def test_a_failure_is_none_where_it_may_be(processes: Processes) -> None:
    process = processes.start("talker", ["sh", "-c", "echo no reply; exit 1"])
    assert process.finish(5, may_fail=True) == "no reply\n"


def test_one_that_goes_on_too_long_is_an_error(processes: Processes) -> None:
    with pytest.raises(DemoError, match=r"found no end of talker within 0\.1 s"):
        processes.start("talker", ["sleep", "60"]).finish(0.1)
    processes.close()


def test_one_that_ignores_sigterm_is_killed(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mininet_topos.demo.processes.STOP_TIMEOUT", 0.2)
    process = processes.start("deaf", ["sh", "-c", "trap '' TERM; echo deaf; sleep 60 & wait"])
    process.wait_for_log("deaf", 5)
    assert process.stop() == -9


def test_the_environment_is_added_to(processes: Processes) -> None:
    words = "import os; print(os.environ['WORD'], 'PATH' in os.environ)"
    process = processes.start("talker", [sys.executable, "-c", words], environment={"WORD": "a"})
    assert process.finish(10) == "a True\n"
