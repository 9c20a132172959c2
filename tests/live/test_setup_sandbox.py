"""The sandbox: passes status and signals through, sees nothing else, and leaves nothing."""

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mininet_topos import sandbox
from tests.live.lab import ROOT, command, wait_for

SANDBOX = [sys.executable, "-m", "mininet_topos.sandbox", "--"]
pytestmark = pytest.mark.usefixtures("ovs")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SANDBOX, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60
    )


def start_sleeper(token: str) -> subprocess.Popen[bytes]:
    """Start a sandbox whose command waits in a trap, and wait until that runs."""
    script = f"trap 'exit 42' TERM INT; sleep 1{token} & wait; exit 1"
    process = subprocess.Popen([*SANDBOX, "sh", "-c", script], cwd=ROOT)
    wait_for(lambda: count_of(f"sleep 1{token}"), "command in the sandbox")
    return process


def count_of(words: str) -> int:
    """Count the processes with exactly this command line."""
    return command("ps", "-eo", "args").splitlines().count(words)


@pytest.mark.parametrize("status", [0, 7])
def test_passes_the_exit_status_through(status: int) -> None:
    assert run("sh", "-c", f"exit {status}").returncode == status


def test_reports_the_signal_that_ended_the_command_as_a_shell_does() -> None:
    assert run("sh", "-c", "kill -KILL $$").returncode == 128 + signal.SIGKILL


def test_has_an_open_vswitch_and_a_network_of_its_own() -> None:
    command("ovs-vsctl", "add-br", "outer", "--", "set", "bridge", "outer", "datapath_type=netdev")
    try:
        inner = run("sh", "-ec", "ovs-vsctl list-br; ip -br link; ovs-vsctl add-br inner")
        assert inner.returncode == 0, inner.stderr
        assert "outer" not in inner.stdout
        assert inner.stdout.startswith("lo ")
        assert command("ovs-vsctl", "list-br") == "outer\n"
    finally:
        command("ovs-vsctl", "del-br", "outer")


def test_two_run_side_by_side() -> None:
    make = "ovs-vsctl add-br s1 -- set bridge s1 datapath_type=netdev && ip netns add h1 && sleep 1"
    both = [subprocess.Popen([*SANDBOX, "sh", "-c", make], cwd=ROOT) for _ in range(2)]
    assert [one.wait(60) for one in both] == [0, 0]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_passes_a_signal_on(number: int) -> None:
    process = start_sleeper("0001")
    process.send_signal(number)
    assert process.wait(10) == 42


def test_ctrl_c_on_the_terminal_reaches_the_command_once() -> None:
    count = "import signal, sys, time; n = []; signal.signal(2, lambda *_: n.append(1));"
    count += "print('ready', flush=True); time.sleep(2); sys.exit(40 + len(n))"
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        os.execv(sys.executable, [*SANDBOX, sys.executable, "-c", count])
    seen = b""
    while b"ready" not in seen:
        seen += os.read(terminal, 1000)
    os.write(terminal, b"\x03")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 41


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_is_left_when_it_is_ended(number: int) -> None:
    switches = count_of_switches()
    process = start_sleeper("0002")
    assert count_of_switches() == switches + 1
    process.send_signal(number)
    process.wait(10)
    wait_for(lambda: count_of("sleep 10002") == 0, "end of the command")
    wait_for(lambda: count_of_switches() == switches, "end of Open vSwitch")


def count_of_switches() -> int:
    return len([p for p in command("ps", "-eo", "comm").splitlines() if p == "ovs-vswitchd"])


def test_a_process_left_behind_ends_with_the_command() -> None:
    assert run("sh", "-c", "setsid sleep 10003 & exit 5").returncode == 5
    wait_for(lambda: count_of("sleep 10003") == 0, "end of the process left behind")


def test_an_unknown_command_is_one_clear_line() -> None:
    done = run("no-such-command")
    assert done.returncode == 1
    reason = "No such file or directory"
    assert done.stderr == f"sandbox: found no way to run 'no-such-command': {reason}\n"


HIDE_TUN = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /dev/net && exec "$@"', "sh"]
DROP_RIGHTS = ["setpriv", "--bounding-set=-sys_admin"]


@pytest.mark.parametrize(
    ("lacking", "text"),
    [
        (HIDE_TUN, "found no usable /dev/net/tun (No such file or directory), "),
        (DROP_RIGHTS, "found that unshare() is refused (Operation not permitted), "),
    ],
)
def test_what_the_machine_lacks_is_one_clear_line(lacking: list[str], text: str) -> None:
    done = subprocess.run(
        [*lacking, *SANDBOX, "true"], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"sandbox: {text}")
    assert done.stderr.count("\n") == 1


def test_another_user_than_root_is_told_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert sandbox.main(["--", "true"]) == 1
    assert capsys.readouterr().err == "sandbox: found user id 1000, expected root: use sudo\n"


@pytest.mark.parametrize(("arguments", "status"), [([], 2), (["--"], 2), (["--help"], 0)])
def test_without_a_command_it_says_how_to_use_it(
    arguments: list[str], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sandbox.main(arguments) == status
    assert capsys.readouterr().err.startswith("usage: python -m mininet_topos.sandbox -- COMMAND")


def test_an_open_vswitch_that_does_not_start_is_shown(tmp_path: Path) -> None:
    broken = tmp_path / "ovs-vswitchd"
    broken.write_text("#!/bin/sh\necho broken on purpose; exit 9\n")
    broken.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(
        [*SANDBOX, "true"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "'ovs-vswitchd" in done.stderr
    assert "failed with status 9:\nbroken on purpose\n" in done.stderr
    assert "last lines of ovsdb-server.log:" in done.stderr


def test_mininet_runs_in_it() -> None:
    script = (
        "from mininet.net import Mininet\n"
        "from mininet.node import OVSSwitch\n"
        "net = Mininet(controller=None)\n"
        "s1 = net.addSwitch('s1', cls=OVSSwitch, datapath='user', failMode='secure')\n"
        "for name in 'h1', 'h2': net.addLink(net.addHost(name), s1)\n"
        "net.start()\n"
        "s1.cmd('ovs-ofctl add-flow s1 actions=NORMAL')\n"
        "lost = net.pingAll()\n"
        "net.stop()\n"
        "raise SystemExit(int(lost))\n"
    )
    done = run(sys.executable, "-c", script)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_knows_that_it_is_inside() -> None:
    assert sandbox.inside()
