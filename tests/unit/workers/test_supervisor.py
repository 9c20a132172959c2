"""The supervisor and its workers as processes, with the test in the front's place."""

from __future__ import annotations

import os
import resource
import signal
import socket
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from slicer.workers.messages import Count
from tests.unit.workers.running import PATIENCE, Running, running

SERVER = "127.0.0.1"


@pytest.fixture
def subject(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as subject:
        subject.start()
        yield subject


def is_open(client: socket.socket) -> bool:
    client.setblocking(False)
    try:
        return bool(client.recv(1000))
    except BlockingIOError:
        return True
    except ConnectionResetError:
        return False
    finally:
        client.settimeout(PATIENCE)


def test_connections_are_spread_evenly(subject: Running) -> None:
    clients = [subject.connect() for _ in range(6)]
    assert Counter(number for _, number in clients) == {1: 3, 2: 3}
    for client, number in clients:
        if number == 2:
            client.close()
            subject.wait_for("worker 2: datapath at .* disconnected")
    assert [subject.connect()[1] for _ in range(3)] == [2, 2, 2]


@pytest.mark.parametrize(
    ("number", "how"), [(signal.SIGKILL, "killed by SIGKILL"), (signal.SIGTERM, "exit status 0")]
)
def test_a_worker_that_ends_is_replaced_and_only_its_connections_end(
    subject: Running, number: int, how: str
) -> None:
    clients = [subject.connect() for _ in range(4)]
    first = subject.pids[1]
    os.kill(first, number)
    subject.wait_for(rf"worker 1 has ended: {how}; a new one in 0\.2 s")
    subject.wait_for("worker 1 of 2 is process")
    assert subject.pids[1] != first
    assert [worker for client, worker in clients if is_open(client)] == [2, 2]
    assert [subject.connect()[1] for _ in range(2)] == [1, 1]


def test_a_worker_that_cant_be_started_is_tried_again(subject: Running) -> None:
    supervisor = subject.process.pid
    limits = resource.prlimit(supervisor, resource.RLIMIT_NOFILE)
    resource.prlimit(supervisor, resource.RLIMIT_NOFILE, (3, limits[1]))
    os.kill(subject.pids[1], signal.SIGKILL)
    subject.wait_for(r"can't start worker 1: .*Too many open files; again in 0\.4 s")
    resource.prlimit(supervisor, resource.RLIMIT_NOFILE, limits)
    subject.wait_for("worker 1 of 2 is process")
    assert [subject.connect()[1] for _ in range(2)] == [1, 2]


def test_while_there_is_no_worker_datapaths_wait(subject: Running) -> None:
    for pid in subject.pids.values():
        os.kill(pid, signal.SIGKILL)
    for _ in subject.pids:
        subject.wait_for("has ended: killed by SIGKILL")
    assert subject.connect()[1] in (1, 2)


def test_while_no_worker_has_room_datapaths_wait(tmp_path: Path) -> None:
    with running(tmp_path) as subject:
        one_each = {"unidentified_datapaths": 1, "greeting_timeout": 600.0}
        subject.setup = replace(subject.setup, settings=one_each)
        subject.start()
        clients = [subject.connect() for _ in range(2)]
        waiting = [socket.create_connection((SERVER, subject.port)) for _ in range(100)]
        for client, number in clients:
            client.close()
            found = subject.wait_for(r"worker (\d): a datapath has connected")
            assert int(found[1]) == number
        subject.say(Count())
        said = [subject.wait_for(r"worker (\d): counted since the start: (.*)") for _ in range(2)]
        assert sorted(each.groups() for each in said) == [("1", "nothing"), ("2", "nothing")]
        assert sum(map(greeted, waiting)) == 2
        for each in waiting:
            each.close()


def greeted(client: socket.socket) -> bool:
    client.setblocking(False)
    try:
        return bool(client.recv(1000))
    except BlockingIOError:
        return False


def test_a_worker_that_does_not_hear_is_killed(subject: Running) -> None:
    os.kill(subject.pids[1], signal.SIGSTOP)
    for _ in range(2000):
        subject.say(Count())
        if any("does not listen" in each for each in subject.lines):
            break
        subject.wait_for("since the start: the supervisor|does not listen")
    subject.wait_for("worker 1 has ended: killed by SIGKILL")


def test_a_worker_that_takes_no_connection_leaves_it_to_others(subject: Running) -> None:
    os.kill(subject.pids[1], signal.SIGTERM)
    assert subject.connect()[1] in (1, 2)


def test_a_worker_that_hears_nothing_has_nobody_wait_for_it(tmp_path: Path) -> None:
    small = "from slicer.workers import supervisor; supervisor.UNREAD = 1"
    with running(tmp_path, first=small) as subject:
        subject.start()
        os.kill(subject.pids[1], signal.SIGSTOP)
        clients = [socket.create_connection((SERVER, subject.port)) for _ in range(40)]
        for _ in range(3):
            subject.wait_for("worker 2: a datapath has connected")
        time.sleep(0.5)
        subject.say(Count())
        subject.wait_for("^counted since the start: the supervisor")
        for each in clients:
            each.close()


def test_what_was_counted_is_logged_by_each_when_asked_and_at_the_end(subject: Running) -> None:
    os.kill(subject.pids[1], signal.SIGKILL)
    subject.wait_for("worker 1 of 2")
    subject.say(Count())
    subject.wait_for("^counted since the start: the supervisor: workers ended 1$")
    subject.wait_for("^worker 2: counted since the start: nothing$")
    subject.lines.clear()
    subject.front.shutdown(socket.SHUT_WR)
    rest = subject.rest()
    for line in ("the supervisor: workers ended 1", "nothing"):
        assert f"counted since the start: {line}" in rest


def test_when_the_front_ends_all_end(subject: Running) -> None:
    client, _ = subject.connect()
    subject.front.shutdown(socket.SHUT_WR)
    rest = subject.rest()
    for number in (1, 2):
        assert f"worker {number} has ended: exit status 0" in rest
    assert subject.process.wait(PATIENCE) == 0
    assert subject.all_gone()
    assert not is_open(client)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((SERVER, subject.port))


def test_when_the_front_is_gone_all_end(
    subject: Running, capfd: pytest.CaptureFixture[str]
) -> None:
    subject.say(Count())
    subject.process.send_signal(signal.SIGSTOP)
    subject.say(Count())
    subject.front.close()
    subject.process.send_signal(signal.SIGCONT)
    assert subject.all_gone()
    assert subject.process.wait(PATIENCE) == 0
    assert "Traceback" not in capfd.readouterr().err


def test_when_the_supervisor_is_killed_its_workers_end(subject: Running) -> None:
    subject.connect()
    subject.process.kill()
    assert subject.all_gone()


def test_a_worker_that_is_stuck_does_not_keep_the_others_from_ending(subject: Running) -> None:
    os.kill(subject.pids[1], signal.SIGSTOP)
    subject.process.send_signal(signal.SIGTERM)
    assert "worker 1 has ended: killed by SIGKILL" in subject.rest()
    assert subject.process.wait(PATIENCE) == 0
    assert subject.all_gone()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGUSR1])
def test_some_signals_are_the_fronts_affair(subject: Running, number: int) -> None:
    for pid in (subject.process.pid, *subject.pids.values()):
        os.kill(pid, number)
    assert {subject.connect()[1], subject.connect()[1]} == {1, 2}


def test_a_port_that_cant_be_had_is_an_error_in_the_log(tmp_path: Path) -> None:
    with running(tmp_path) as subject, socket.create_server((SERVER, subject.port)):
        subject.say(subject.setup)
        subject.wait_for(f"can't listen for datapaths at tcp:127.0.0.1:{subject.port}: .* in use")


def test_a_policy_that_cant_be_used_any_more_ends_it(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with running(tmp_path) as subject:
        (tmp_path / "policy.yaml").write_text("slices: {}\n")
        subject.say(subject.setup)
        assert subject.process.wait(PATIENCE) == 2
    assert "slicer: the policy can't be used:\n" in capfd.readouterr().err


def test_a_front_that_says_nothing_ends_it(tmp_path: Path) -> None:
    with running(tmp_path) as subject:
        subject.front.close()
        assert subject.process.wait(PATIENCE) == 0


IMPATIENT = """
from slicer.workers import pulse
pulse.EVERY, pulse.PATIENCE, pulse.LAST_WORDS = 0.2, 2.0, 0.5
"""
ENDLESS = """
from slicer.proxy.engine import Engine
def endless(self, event, now):
    while True:
        pass
Engine._datapath_connected = endless
"""


def test_a_worker_in_an_endless_loop_says_where_it_is_and_is_replaced(tmp_path: Path) -> None:
    with running(tmp_path, first=IMPATIENT + ENDLESS) as subject:
        subject.start()
        first = dict(subject.pids)
        with socket.create_connection((SERVER, subject.port)):
            found = subject.wait_for(r"worker (\d) has not answered for long: it is killed")
        number = int(found[1])
        subject.wait_for(rf"worker {number} was ended where it was:\nFatal .*(?s:.*) in endless\n")
        subject.wait_for(rf"worker {number} has ended: killed by SIGABRT; a new one in 0\.2 s")
        subject.wait_for(f"worker {number} of 2 is process")
        assert subject.pids[number] != first[number]
        assert subject.pids[3 - number] == first[3 - number]
        subject.say(Count())
        subject.wait_for("the supervisor: workers ended 1, workers killed 1$")


def test_a_worker_that_can_say_nothing_any_more_is_killed(tmp_path: Path) -> None:
    with running(tmp_path, first=IMPATIENT) as subject:
        subject.start()
        os.kill(subject.pids[1], signal.SIGSTOP)
        subject.wait_for("worker 1 has not answered for long: it is killed")
        subject.wait_for("worker 1 has ended: killed by SIGKILL")
        subject.wait_for("worker 1 of 2 is process")


PATIENT = IMPATIENT + "pulse.PATIENCE, pulse.PROMPT = 60.0, 0.2\n"


def test_a_worker_that_is_silent_gets_no_connections_while_another_is_not(tmp_path: Path) -> None:
    with running(tmp_path, first=PATIENT) as subject:
        subject.start()
        os.kill(subject.pids[1], signal.SIGSTOP)
        time.sleep(1.0)
        assert [subject.connect()[1] for _ in range(4)] == [2] * 4
        os.kill(subject.pids[1], signal.SIGCONT)
        time.sleep(1.0)
        assert [subject.connect()[1] for _ in range(4)] == [1] * 4


def test_where_all_are_silent_connections_are_handed_on_nevertheless(tmp_path: Path) -> None:
    with running(tmp_path, workers=1, first=PATIENT) as subject:
        subject.start()
        os.kill(subject.pids[1], signal.SIGSTOP)
        time.sleep(1.0)
        with socket.create_connection((SERVER, subject.port), timeout=PATIENCE) as client:
            os.kill(subject.pids[1], signal.SIGCONT)
            assert client.recv(100), "a hello"


def test_a_worker_that_answers_is_left_alone(tmp_path: Path) -> None:
    with running(tmp_path, first=IMPATIENT) as subject:
        subject.start()
        time.sleep(4.5)
        assert subject.connect()[1] in (1, 2)
        assert not any("answered" in each for each in subject.lines)
