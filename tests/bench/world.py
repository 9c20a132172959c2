"""World: a slicer in a process of its own between fake switches and fake controllers.

`slicer run` is pinned to a core of its own where there are two. Invariant: what was started is
ended, whatever happens between.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path

from tests.bench import controllers, relay, switches
from tests.bench.links import CORES, PARTIES_CORE, SLICER_CORE, Party
from tests.bench.wire import Answer, address

PATIENCE = 300.0
"""Seconds that the setting up of a network may take, where others use the machine too."""


@dataclass(frozen=True, slots=True)
class Network:
    """What is connected: switches, slices that own something on each, rules of the flowspace, the
    OpenFlow version that the tenants speak, what they answer, the version that the switches speak,
    the slicer's workers, which may use all cores (without a number it is one process on one of
    them), and its `busy_poll` in seconds, where it isn't the default."""

    switches: int = 1
    slices: int = 1
    rules: int = 1
    version: int = 4
    answer: Answer = Answer.FLOW_MOD
    datapath: int = 4
    workers: int | None = None
    busy_poll: float | None = None
    slices_on_each: int | None = None
    """Where it is given, each rule names one switch, and each switch has so many slices' rules."""

    @property
    def slivers(self) -> int:
        """Of all switches together."""
        each = self.slices if self.slices_on_each is None else self.slices_on_each
        return self.switches * each


@dataclass(frozen=True, slots=True)
class World:
    """A network that stands. `process` is the slicer's, 0 where there is none; `joining` is how
    many seconds it took until all controllers had all their switches."""

    network: Network
    switches: Party
    controllers: Party
    process: int
    joining: float

    def share_core(self) -> None:
        """Have the slicer's process run on the core of the fakes."""
        os.sched_setaffinity(self.process, {PARTIES_CORE})

    @property
    def memory(self) -> int:
        """Bytes that the slicer's process holds."""
        lines = Path(f"/proc/{self.process}/status").read_text().splitlines()
        (line,) = (each for each in lines if each.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024


def policy(network: Network, listening: int, controller: int) -> str:
    """The flowspace's rules are one for each address, the slices' in turn; a single one is for
    everything."""
    lines = [f"listen: [tcp:127.0.0.1:{listening}]", "slices:"]
    lines += [
        f"  s{number}: {{controllers: [tcp:127.0.0.1:{controller}]}}"
        for number in range(network.slices)
    ]
    lines.append("flowspace:")
    if network.rules == 1:
        lines.append("  - {slice: s0, priority: 10}")
    else:
        lines += [_rule(network, number) for number in range(network.rules)]
    return "\n".join(lines) + "\n"


def _rule(network: Network, number: int) -> str:
    owner, where = number % network.slices, ""
    if network.slices_on_each is not None:
        turn, switch = divmod(number, network.switches)
        owner = (switch + turn % network.slices_on_each) % network.slices
        where = f"datapaths: {switch + 1}, "
    match = f"eth_dst: '{address(number).to_bytes(6, 'big').hex(':')}'"
    return f"  - {{slice: s{owner}, priority: 10, {where}match: {{{match}}}}}"


@contextmanager
def sliced(network: Network) -> Iterator[World]:
    """Switches and controllers with the slicer between them."""
    with _parties() as (datapaths, tenants), tempfile.TemporaryDirectory() as folder:
        tenants.ask("speak", network.version, network.answer)
        listening = _free_port()
        path = Path(folder, "policy.yaml")
        path.write_text(policy(network, listening, tenants.ask("port")))
        with _slicer(path, listening, network) as process:
            start = time.monotonic()
            datapaths.ask(
                *("connect", network.switches, listening),
                *(network.datapath, network.answer, True),
                timeout=PATIENCE,
            )
            tenants.ask("ready", network.slivers, PATIENCE, timeout=PATIENCE + 5)
            joining = time.monotonic() - start
            time.sleep(0.3)
            yield World(network, datapaths, tenants, process.pid, joining)


@contextmanager
def direct(network: Network) -> Iterator[World]:
    """The same without the slicer: each switch has one controller, which speaks as the tenants."""
    with _parties() as (datapaths, tenants):
        datapaths.ask("set_up")
        tenants.ask("speak", network.version, network.answer)
        port = tenants.ask("port")
        start = time.monotonic()
        datapaths.ask("connect", network.switches, port, network.version, network.answer, False)
        tenants.ask("ready", network.switches, PATIENCE, timeout=PATIENCE + 5)
        yield World(network, datapaths, tenants, 0, time.monotonic() - start)


@contextmanager
def relayed(network: Network) -> Iterator[World]:
    """One switch and its controller with a relay between them, in the slicer's place."""
    context = get_context("spawn")
    with _parties() as (datapaths, tenants):
        datapaths.ask("set_up")
        tenants.ask("speak", network.version, network.answer)
        ours, theirs = context.Pipe()
        process = context.Process(target=relay.main, args=(theirs, tenants.ask("port")))
        process.start()
        try:
            assert process.pid is not None
            os.sched_setaffinity(process.pid, {SLICER_CORE})
            start = time.monotonic()
            datapaths.ask("connect", 1, ours.recv(), network.version, network.answer, False)
            tenants.ask("ready", 1, PATIENCE, timeout=PATIENCE + 5)
            yield World(network, datapaths, tenants, process.pid, time.monotonic() - start)
        finally:
            process.kill()
            process.join()


@contextmanager
def _parties() -> Iterator[tuple[Party, Party]]:
    datapaths, tenants = Party(switches.main), Party(controllers.main)
    try:
        yield datapaths, tenants
    finally:
        datapaths.end()
        tenants.end()


@contextmanager
def _slicer(path: Path, listening: int, network: Network) -> Iterator[subprocess.Popen[bytes]]:
    log, workers = path.with_suffix(".log"), network.workers
    command = [sys.executable, "-m", "slicer.cli", "run", str(path)]
    if workers is not None:
        command += ["--workers", str(workers)]
    if network.busy_poll is not None:
        settings = path.with_suffix(".conf")
        settings.write_text(f"[slicer]\nbusy_poll = {network.busy_poll}\n")
        command += ["--config-file", str(settings)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=_installed())
    os.sched_setaffinity(process.pid, {SLICER_CORE} if workers is None else CORES)
    try:
        _until_listening(process, listening, log)
        yield process
    except (RuntimeError, TimeoutError) as failed:
        process.send_signal(signal.SIGUSR1)
        time.sleep(1.0)
        raise RuntimeError(f"{failed}; the slicer says: {log.read_text()[-2000:]}") from failed
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@cache
def _installed() -> dict[str, str]:
    """An environment in which all is compiled, as by an installation: what compiles itself at each
    start keeps some 10 MB of that."""
    folder = tempfile.mkdtemp(prefix="slicer-bench-")
    atexit.register(shutil.rmtree, folder)
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": folder}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    everything = (
        "from slicer import cli, ryu_manager; ryu_manager.provide_already_handled(); "
        "import ryu.cmd.manager, slicer.app"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", everything], env=environment, check=True)
    return environment


def _until_listening(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"the slicer has ended: {log.read_text()[-2000:]}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError("the slicer does not listen")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        number: int = server.getsockname()[1]
        return number
