"""The front: it has one log of all, and leaves nobody behind."""

from __future__ import annotations

import logging
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import eventlet
import pytest
from eventlet.green import socket

from slicer.proxy.settings import Settings
from slicer.workers import front as module
from slicer.workers.front import Front
from tests.unit.serving import until
from tests.unit.workers.running import POLICY, ROOT, free_port, is_alive

log = logging.getLogger(__name__)


class Kept(logging.Handler):
    """Keeps all records, from the set-up of a test on."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


class Scene:
    """A front that runs, and its log."""

    def __init__(self, folder: Path, kept: Kept) -> None:
        path = folder / "policy.yaml"
        self.port = free_port()
        path.write_text(POLICY.format(port=self.port))
        self.front = Front(str(path), 2, Settings())
        self.kept = kept
        self.thread = eventlet.spawn(self.front.run)
        self.wait_for("worker 2 of 2 is process")

    @property
    def messages(self) -> list[str]:
        return [each.getMessage() for each in self.kept.records]

    def wait_for(self, pattern: str) -> None:
        with eventlet.Timeout(20, AssertionError(f"no {pattern!r} in {self.messages}")):
            while not any(re.search(pattern, each) for each in self.messages):
                eventlet.sleep(0.01)

    @property
    def pids(self) -> list[int]:
        """All processes that there have been."""
        found = re.findall(r"is process (\d+)", "\n".join(self.messages))
        return [self.front._process.pid, *map(int, found)]

    def end(self) -> None:
        self.front.stop()
        self.thread.wait()


@pytest.fixture
def scene(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Scene]:
    root, kept = logging.getLogger(), Kept()
    root.addHandler(kept)
    with caplog.at_level(logging.INFO), eventlet.Timeout(60):
        scene = Scene(tmp_path, kept)
        yield scene
        scene.end()
    root.removeHandler(kept)


def are_gone(pids: list[int]) -> bool:
    return not any(map(is_alive, pids))


def test_what_all_have_to_say_is_in_one_log(scene: Scene) -> None:
    with socket.create_connection(("127.0.0.1", scene.port)) as client:
        assert client.recv(100)
        scene.wait_for(r"^worker [12]: a datapath has connected from 127\.0\.0\.1")
    names = {each.name for each in scene.kept.records}
    assert {"slicer.proxy.engine", "slicer.workers.supervisor"} <= names


def test_it_has_what_was_counted_logged(scene: Scene) -> None:
    scene.front.log_counted(log)
    scene.wait_for("^counted since the start: the supervisor: nothing")
    for number in (1, 2):
        scene.wait_for(f"^worker {number}: counted since the start: nothing")


def test_when_it_stops_all_end(scene: Scene) -> None:
    pids = scene.pids
    scene.end()
    assert are_gone(pids)
    assert "worker 1 has ended: exit status 0" in scene.messages
    scene.front.log_counted(log)


def test_a_supervisor_that_is_killed_is_started_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAUSE", 0.1)
    before = scene.pids
    os.kill(before[0], signal.SIGKILL)
    scene.wait_for(r"the supervisor has ended with status -9; a new one in 0\.1 s")
    until(lambda: are_gone(before))
    with eventlet.Timeout(20):
        while len(scene.pids) < len(before) + 2:
            eventlet.sleep(0.01)
    with socket.create_connection(("127.0.0.1", scene.port)) as client:
        assert client.recv(100)


def test_one_that_does_not_end_is_killed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ENDING", 0.2)
    pids = scene.pids
    os.kill(pids[0], signal.SIGSTOP)
    scene.end()
    assert "the supervisor has not ended in 0.2 s: it is killed" in scene.messages
    until(lambda: are_gone(pids))


def test_it_can_be_stopped_while_there_is_no_supervisor(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAUSE", 0.5)
    pids = scene.pids
    os.kill(pids[0], signal.SIGKILL)
    scene.wait_for("the supervisor has ended with status -9")
    scene.front.log_counted(log)
    scene.end()
    assert are_gone(pids)


def test_ryus_options_say_where_all_of_it_is_logged(tmp_path: Path) -> None:
    (tmp_path / "slicer.yaml").write_text(POLICY.format(port=free_port()))
    settings, logged = tmp_path / "slicer.conf", tmp_path / "all.log"
    settings.write_text("[slicer]\nworkers = 2\n")
    command = [
        *(str(Path(sys.executable).parent / "ryu-manager"), "--config-file", str(settings)),
        *("--log-file", str(logged), "--nouse-stderr", "slicer"),
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE) as ryu:
        end = time.monotonic() + 60
        while not logged.exists() or "worker 2 of 2 is process" not in logged.read_text():
            assert time.monotonic() < end
            time.sleep(0.05)
        ryu.terminate()
        assert ryu.wait(30) == 0
        assert ryu.stderr is not None
        assert ryu.stderr.read() == b""
    assert logged.read_text().count("\nworker 2: counted since the start: nothing\n") == 1
    pids = re.findall(r"is process (\d+)", logged.read_text())
    assert len(pids) == 2
    assert are_gone([*map(int, pids)])
