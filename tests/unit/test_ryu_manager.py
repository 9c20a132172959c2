"""`ryu-manager` as a process: what it loads, from where, and how it ends."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

RYU_MANAGER = str(Path(sys.executable).parent / "ryu-manager")
ROOT = Path(__file__).parents[2]

# An application whose green thread never rests, so that a signal finds it running.
APPLICATION = """
from ryu.base.app_manager import RyuApp
from ryu.lib import hub

class Restless(RyuApp):
    def start(self):
        super().start()
        return hub.spawn(self._spin)

    def _spin(self):
        print("started", flush=True)
        while True:
            sum(range(20_000))
            hub.sleep(0)

    def stop(self):
        super().stop()
        print("stopped", flush=True)

    def close(self):
        print("closed", flush=True)
"""


class Manager:
    """A running `ryu-manager` whose output is read line by line."""

    def __init__(self, *arguments: str, cwd: Path) -> None:
        environment = {**os.environ, "PYTHONPATH": str(cwd), "PYTHONUNBUFFERED": "1"}
        del environment["PYTEST_CURRENT_TEST"]  # it makes eventlet keep its warnings back
        self.process = subprocess.Popen(
            [RYU_MANAGER, *arguments],
            cwd=cwd,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.output = ""

    def read_until(self, words: str) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output += line
            if words in line:
                return
        pytest.fail(f"it ended before it wrote {words!r}:\n{self.output}")

    def end(self, *signals: int) -> int:
        """Send signals, wait for the end and return the exit status."""
        for number in signals:
            self.process.send_signal(number)
        try:
            self.output += self.process.communicate(timeout=20)[0]
        finally:
            self.process.kill()
        return self.process.returncode


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the application as a script and as a package."""
    (tmp_path / "restless.py").write_text(APPLICATION)
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text(APPLICATION)
    return tmp_path


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return str(server.getsockname()[1])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_and_closes_a_busy_application(folder: Path, number: int) -> None:
    manager = Manager("restless.py", cwd=folder)
    manager.read_until("started")
    assert manager.end(number) == 0
    assert manager.output.endswith("started\nstopped\nclosed\n"), manager.output


def test_a_signal_that_an_application_handles_ends_nothing(folder: Path) -> None:
    handling = APPLICATION.replace(
        "super().start()",
        "super().start()\n        import signal\n        signal.signal("
        "signal.SIGUSR1, lambda *_: print('handled', flush=True))",
    )
    (folder / "handling.py").write_text(handling)
    manager = Manager("handling.py", cwd=folder)
    manager.read_until("started")
    for _ in range(2):
        manager.process.send_signal(signal.SIGUSR1)
        manager.read_until("handled")
    assert manager.end(signal.SIGTERM) == 0
    assert manager.output.endswith("handled\nhandled\nstopped\nclosed\n"), manager.output


def test_a_sigterm_after_ctrl_c_does_not_cut_the_end_short(folder: Path) -> None:
    slow = APPLICATION.replace(
        "def stop(self):", "def stop(self):\n        print('slow', flush=True); hub.sleep(1)"
    )
    (folder / "slow.py").write_text(slow)
    manager = Manager("slow.py", cwd=folder)
    manager.read_until("started")
    manager.process.send_signal(signal.SIGINT)
    manager.read_until("slow")
    assert manager.end(signal.SIGTERM) == 0
    assert manager.output.endswith("stopped\nclosed\n"), manager.output


def test_a_second_ctrl_c_ends_an_application_that_does_not_stop(folder: Path) -> None:
    stuck = APPLICATION.replace(
        "def stop(self):", "def stop(self):\n        print('stuck', flush=True); hub.sleep(60)"
    )
    (folder / "stuck.py").write_text(stuck)
    manager = Manager("stuck.py", cwd=folder)
    manager.read_until("started")
    manager.process.send_signal(signal.SIGINT)
    manager.read_until("stuck")
    assert manager.end(signal.SIGINT) == -signal.SIGINT


def test_a_signal_while_an_application_is_made_closes_it(folder: Path) -> None:
    waits = APPLICATION + (
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        print('making', flush=True)\n"
        "        hub.sleep(60)\n"
    )
    (folder / "waits.py").write_text(waits)
    manager = Manager("restless.py", "waits.py", cwd=folder)
    manager.read_until("making")
    assert manager.end(signal.SIGTERM) == 0
    assert manager.output.endswith("making\nstopped\nclosed\n"), manager.output


def test_a_package_is_loaded_in_the_folder_that_holds_it(folder: Path) -> None:
    manager = Manager("package", cwd=folder)
    manager.read_until("started")
    assert manager.end(signal.SIGTERM) == 0


@pytest.mark.parametrize("arguments", [[], ["--enable-debugger"]])
def test_an_application_of_ryus_own_runs_without_a_warning(
    tmp_path: Path, arguments: list[str]
) -> None:
    port = free_port()
    manager = Manager(
        *("ryu.app.simple_switch_13", "--ofp-tcp-listen-port", port), *arguments, cwd=tmp_path
    )
    manager.read_until("instantiating app ryu.controller.ofp_handler")
    assert manager.end(signal.SIGTERM) == 0
    assert "Traceback" not in manager.output
    assert "Warning" not in manager.output
    assert "RLock" not in manager.output


def test_an_application_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    manager = Manager("no.such.application", cwd=tmp_path)
    assert manager.end() == 1
    assert "No module named 'no'" in manager.output


def test_the_command_line_is_ryus(tmp_path: Path) -> None:
    manager = Manager("--version", cwd=tmp_path)
    assert manager.end() == 0
    assert manager.output == "ryu-manager 4.34\n"


def test_web_sockets_of_ryus_still_find_their_name(tmp_path: Path) -> None:
    port = free_port()
    manager = Manager(
        *("ryu.app.ws_topology", "--wsapi-host", "127.0.0.1", "--wsapi-port", port),
        *("--ofp-tcp-listen-port", free_port()),
        cwd=tmp_path,
    )
    manager.read_until("wsgi starting up")
    with socket.create_connection(("127.0.0.1", int(port)), timeout=10) as client:
        client.sendall(
            b"GET /v1.0/topology/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            b"Sec-WebSocket-Version: 13\r\n\r\n"
        )
        assert client.recv(1000).startswith(b"HTTP/1.1 101 ")
        # A close frame, masked as a client's must be: the server answers with its own.
        client.sendall(b"\x88\x80\x00\x00\x00\x00")
        assert client.recv(1000).startswith(b"\x88")
    assert manager.end(signal.SIGTERM) == 0
    assert "Traceback" not in manager.output, manager.output


def test_the_package_names_its_application_without_importing_ryu() -> None:
    script = (
        "import sys, slicer; assert 'Slicer' in dir(slicer), dir(slicer);"
        "assert not {'ryu', 'eventlet'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, timeout=30)


def test_the_application_can_be_imported_without_ryu_manager() -> None:
    script = "from slicer import Slicer; assert Slicer.__module__ == 'slicer'"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, timeout=30)


def test_the_package_has_no_other_names() -> None:
    import slicer

    with pytest.raises(AttributeError, match="module 'slicer' has no attribute 'slice'"):
        _ = slicer.slice
