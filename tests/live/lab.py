"""Lab: switches, hosts and processes for a live test, gone when the test ends.

It is for use inside `python -m mininet_topos.sandbox` only: bridges, links and hosts are made
in the sandbox's own network. It knows nothing of slices. Invariant: `close` removes every
bridge, host, link and process that the lab made, whatever state the test left them in.
"""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self, TypeVar

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
RYU_MANAGER = str(BIN / "ryu-manager")

POLL = 0.05
"""Seconds between two looks at a condition."""

DATAPATH = os.environ.get("LAB_DATAPATH", "netdev")
"""The bridges' datapath_type: netdev, the userspace one, or system, the kernel's."""
IS_KERNEL = DATAPATH == "system"
OVSDB = "unix:/run/openvswitch/db.sock"
"""Where the sandbox's Open vSwitch has its database."""

T = TypeVar("T")


def wait_for(condition: Callable[[], T], what: str, timeout: float = 10.0) -> T:
    """Call `condition` until its result is true, and return that.

    Args:
        condition: called every POLL seconds; what it raises ends the wait.
        what: what is awaited, for the error text.
        timeout: seconds.

    Raises:
        AssertionError: still false at the deadline; says what the last result was.
    """
    deadline = time.monotonic() + timeout
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"no {what} within {timeout} s; the last look gave {result!r}")
        time.sleep(POLL)
    return result


def command(*arguments: str, timeout: float = 10.0) -> str:
    """Run a command that must succeed and return its standard output.

    Raises:
        AssertionError: it failed or took longer than `timeout` seconds; shows its output.
    """
    try:
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=timeout)
    except subprocess.TimeoutExpired as error:
        raise AssertionError(f"{shlex.join(arguments)}: no end within {timeout} s") from error
    assert done.returncode == 0, (
        f"{shlex.join(arguments)}: exit status {done.returncode}\n{done.stdout}{done.stderr}"
    )
    return done.stdout


def connections(port: int) -> int:
    """Count the TCP connections to this port, on any address, that stand."""
    return len(command("ss", "-Htn", "state", "established", f"dport = :{port}").splitlines())


@dataclass(eq=False, slots=True)
class Process:
    """A process of the lab, in a session of its own; its output goes to `log_path`."""

    name: str
    popen: subprocess.Popen[bytes]
    log_path: Path

    @property
    def log(self) -> str:
        """What it has written so far, standard output and error together."""
        return self.log_path.read_text(errors="replace")

    @property
    def running(self) -> bool:
        """Tell whether it has not ended."""
        return self.popen.poll() is None

    def wait_for_log(self, pattern: str, timeout: float = 15.0) -> re.Match[str]:
        """Wait until its output matches a regular expression; fail at once if it ends first."""

        def look() -> re.Match[str] | None:
            ended = not self.running  # asked first: what it wrote at its end counts
            if (found := re.search(pattern, self.log, re.MULTILINE)) is None:
                assert not ended, (
                    f"{self.name} ended with status {self.popen.returncode} before it wrote "
                    f"{pattern!r}:\n{self.log}"
                )
            return found

        found = wait_for(look, f"{pattern!r} in the log of {self.name}", timeout)
        assert found is not None
        return found

    def send(self, number: int) -> None:
        """Send a signal to the process alone, not to its children."""
        self.popen.send_signal(number)

    def wait(self, timeout: float = 10.0) -> int:
        """Wait for its end; return its exit status (negative: the signal that ended it)."""
        return self.popen.wait(timeout)

    def stop(self, timeout: float = 10.0) -> int:
        """Send SIGTERM, wait for its end and return its exit status."""
        self.send(signal.SIGTERM)
        return self.wait(timeout)

    def kill(self) -> None:
        """End it and whatever it started with SIGKILL."""
        if self.running:
            os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait()


@dataclass(frozen=True, slots=True)
class Bridge:
    """An Open vSwitch bridge."""

    name: str
    dpid: int

    def ofctl(self, verb: str, *arguments: str, version: str = "OpenFlow13") -> str:
        """Run `ovs-ofctl VERB BRIDGE ARGUMENTS...` and return its output."""
        return command("ovs-ofctl", "-O", version, verb, self.name, *arguments)

    def set(self, *settings: str) -> None:
        """Set columns of its record in the database, such as `other_config:flow-limit=0`."""
        command("ovs-vsctl", "set", "bridge", self.name, *settings)

    def connect(self, *targets: str) -> None:
        """Set its controllers, such as `tcp:127.0.0.1:6633`; none: disconnect."""
        command("ovs-vsctl", "set-controller", self.name, *targets)


@dataclass(frozen=True, slots=True)
class Host:
    """A network namespace with one interface, `eth0`, that is plugged into a bridge."""

    lab: "Lab"
    name: str
    ip: str
    mac: str

    def argv(self, run: str | Sequence[str]) -> list[str]:
        """Return the command line that runs `run` in the host: a shell's text, or arguments."""
        words = ["sh", "-c", run] if isinstance(run, str) else list(run)
        return ["ip", "netns", "exec", self.name, *words]

    def run(
        self, run: str | Sequence[str], timeout: float = 10.0
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the host to its end; its status and output are the test's to judge.

        Raises:
            subprocess.TimeoutExpired: no end within `timeout` seconds.
        """
        return subprocess.run(self.argv(run), capture_output=True, text=True, timeout=timeout)

    def popen(self, run: str | Sequence[str], name: str) -> Process:
        """Start a command in the host; `name` names its log."""
        return self.lab.start(self.argv(run), name)

    def ping(self, address: str, count: int = 3, interval: float = 0.1) -> int:
        """Ping an address, waiting at most a second for the last reply; return the replies."""
        done = self.run(
            ["ping", "-n", "-c", str(count), "-i", str(interval), "-W", "1", address],
            timeout=count * interval + 10,
        )
        received = re.search(r"(\d+) received", done.stdout)
        assert received is not None, f"{self.name}: ping said {done.stdout}{done.stderr}"
        return int(received[1])


@dataclass(eq=False, slots=True)
class Lab:
    """Makes bridges, hosts, links and processes, and takes them away again."""

    folder: Path
    bridges: dict[str, Bridge] = field(default_factory=dict)
    hosts: dict[str, Host] = field(default_factory=dict)
    processes: dict[str, Process] = field(default_factory=dict)
    _links: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def bridge(self, name: str, dpid: int, *controllers: str) -> Bridge:
        """Make a bridge that forwards nothing by itself and speaks OpenFlow 1.0 to 1.5."""
        command(
            *("ovs-vsctl", "add-br", name, "--", "set", "bridge", name),
            *(f"datapath_type={DATAPATH}", "fail_mode=secure"),
            f"other_config:datapath-id={dpid:016x}",
            "other_config:disable-in-band=true",
        )
        bridge = self.bridges[name] = Bridge(name, dpid)
        if controllers:
            bridge.connect(*controllers)
        return bridge

    def uncached(self) -> None:
        """Make the datapath forget no table for speed, so a packet sees the last flow-mod."""
        command("ovs-vsctl", "set", "Open_vSwitch", ".", "other_config:flow-limit=0")

    def host(self, name: str, bridge: str, port: int, ip: str, mac: str | None = None) -> Host:
        """Make a host on a port of a bridge.

        Args:
            name: at most 10 characters.
            bridge: the bridge's name.
            port: the OpenFlow port number.
            ip: address and prefix length; an IPv6 one switches the host's IPv6 on.
            mac: the host's address; made of the bridge's dpid and the port if None.
        """
        dpid = self.bridges[bridge].dpid
        mac = mac or f"02:00:00:{dpid & 0xFF:02x}:00:{port & 0xFF:02x}"
        command("ip", "netns", "add", name)
        host = self.hosts[name] = Host(self, name, ip.split("/")[0], mac)
        end = f"{bridge}-p{port}"
        command(
            *("ip", "link", "add", end, "type", "veth"),
            *("peer", "name", "eth0", "address", mac, "netns", name),
        )
        self._links.append(end)
        self._plug(bridge, port, end)
        if ":" not in ip:
            _silence_ipv6(host.argv("cat > /proc/sys/net/ipv6/conf/eth0/disable_ipv6"))
        # Nothing computes a checksum left to the hardware: TCP would hang.
        command(*host.argv(["ethtool", "-K", "eth0", "tx", "off"]))
        nodad = ["nodad"] if ":" in ip else []
        command(*host.argv(["ip", "address", "add", ip, "dev", "eth0", *nodad]))
        for interface in ("lo", "eth0"):
            command(*host.argv(["ip", "link", "set", interface, "up"]))
        return host

    def link(self, one: str, port: int, other: str, other_port: int) -> None:
        """Join a port of one bridge to a port of another (or the same) with a cable."""
        end, other_end = f"{one}-p{port}", f"{other}-p{other_port}"
        command("ip", "link", "add", end, "type", "veth", "peer", "name", other_end)
        self._links.append(end)
        self._plug(one, port, end)
        self._plug(other, other_port, other_end)

    def _plug(self, bridge: str, port: int, interface: str) -> None:
        _silence_ipv6(["tee", f"/proc/sys/net/ipv6/conf/{interface}/disable_ipv6"])
        command("ip", "link", "set", interface, "up")
        command(
            *("ovs-vsctl", "add-port", bridge, interface),
            *("--", "set", "interface", interface, f"ofport_request={port}"),
        )

    def start(
        self, arguments: Sequence[str], name: str, folder: Path = ROOT, **environment: str
    ) -> Process:
        """Start a process whose output goes to a log; a failing test shows the log.

        Args:
            arguments: the program and its arguments.
            name: its name in `processes`; one that has ended may be replaced.
            folder: the working folder.
            environment: variables to set on top of the test's own.
        """
        if name in self.processes:
            assert not self.processes[name].running, f"{name} is still running"
        log_path = self.folder / f"{name}.log"
        with log_path.open("ab") as log:
            popen = subprocess.Popen(
                list(arguments),
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.processes[name] = Process(name, popen, log_path)
        return self.processes[name]

    def start_ryu(
        self, name: str, *arguments: str, folder: Path = ROOT, **environment: str
    ) -> Process:
        """Start `ryu-manager ARGUMENTS...`; the rest is as in `start`."""
        return self.start([RYU_MANAGER, *arguments], name, folder, **environment)

    def close(self) -> None:
        """Take everything away, processes first."""
        for process in self.processes.values():
            process.kill()
        for bridge in self.bridges:
            command("ovs-vsctl", "--if-exists", "del-br", bridge)
        for link in self._links:
            command("ip", "link", "delete", link)
        for host in self.hosts:
            command("ip", "netns", "delete", host)


def _silence_ipv6(writer: Sequence[str]) -> None:
    """Switch IPv6 off on an interface, so that no neighbour discovery disturbs a count.

    A kernel without IPv6 has no such switch, and is silent.
    """
    subprocess.run(list(writer), input=b"1", capture_output=True, timeout=10)
