"""Play: the demo's acts in their order, on a network and processes that are given.

Invariant: each step has its time limit; what was started is in `Processes` and `Network`, for the
caller to end.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from mininet_topos.demo import hostility, rates, reaching
from mininet_topos.demo.facts import Ending, Facts, Reach
from mininet_topos.demo.network import SLICER_PORT, Network
from mininet_topos.demo.processes import Process, Processes
from mininet_topos.demo.progress import DemoError, Progress
from mininet_topos.diamond import DPIDS, FAST, SLOW, path

VIDEO_CONTROLLER: Final = 6653
OFFICE_CONTROLLER: Final = 6654
START_TIMEOUT: Final = 40.0
"""Seconds for Ryu to come up, on a machine that may be busy."""
REACH_TIMEOUT: Final = 60.0
HOSTILE_TIMEOUT: Final = 120.0
STOP_TIMEOUT: Final = 20.0
_COMPLAINTS: Final = ("Traceback", "closing its connection")


class Cast:
    """The slicer and the controllers."""

    def __init__(self, processes: Processes, policy: Path) -> None:
        self._processes = processes
        self._policy = policy

    def slicer(self) -> Process:
        """The slicer, under `ryu-manager`."""
        return self._processes.start_ryu("slicer", "slicer", SLICER_POLICY=str(self._policy))

    def video(self) -> Process:
        """Video's controller, which uses the fast path."""
        return self._path_switch("video", VIDEO_CONTROLLER, FAST)

    def office(self) -> Process:
        """Office's, which uses the slow one."""
        return self._path_switch("office", OFFICE_CONTROLLER, SLOW)

    def hostile(self, report: Path) -> Process:
        """The hostile one, where office's was."""
        return self._processes.start_ryu(
            "hostile",
            *("controllers.hostile", "--ofp-tcp-listen-port", str(OFFICE_CONTROLLER)),
            HOSTILE_REPORT=str(report),
            HOSTILE_DATAPATHS=str(len(DPIDS)),
            HOSTILE_DWELL=str(hostility.DWELL),
        )

    def _path_switch(self, name: str, port: int, middle: str) -> Process:
        ports = (f"{dpid}:{','.join(map(str, used))}" for dpid, used in path(middle).items())
        return self._processes.start_ryu(
            name,
            *("controllers/path_switch.py", "--ofp-tcp-listen-port", str(port)),
            PATH_SWITCH_PORTS=" ".join(ports),
        )


def play(
    net: Network, processes: Processes, progress: Progress, policy: Path, seconds: int
) -> Facts:
    """Run all acts.

    Args:
        seconds: how long each of the three bandwidth measurements lasts.

    Raises:
        DemoError: a step can't be done, or takes too long.
    """
    cast = Cast(processes, policy)
    slicer, office = set_up(net, cast, progress)
    with progress.step("who reaches whom", REACH_TIMEOUT) as say:
        reaches = reaching.try_all(net, say)
        refuse_dead_network(reaches)
    with progress.step("bandwidth, by iperf3", REACH_TIMEOUT + 3 * seconds) as say:
        transfers = rates.measure(net, seconds, say)
    with progress.step("a hostile tenant, in office's place", HOSTILE_TIMEOUT) as say:

        def replace_office(report: Path) -> Process:
            office.stop()
            return cast.hostile(report)

        seen = hostility.endure(net, processes, replace_office, say)
    with progress.step("office's own controller again", START_TIMEOUT + REACH_TIMEOUT) as say:
        wait_ready(cast.office())
        recovery = reaching.try_traffic(net, reaching.PING)
        say(f"ping {recovery.reached} of {len(recovery.pairs)}")
    with progress.step("the slicer ends", STOP_TIMEOUT) as say:
        ending = end(net, slicer)
        say("the switches keep their flows" if ending.kept else "the switches' flows have changed")
    return Facts(reaches, transfers, seen, recovery, ending)


def set_up(net: Network, cast: Cast, progress: Progress) -> tuple[Process, Process]:
    """Start the network, the slicer and both tenants' controllers; return the slicer and office's.

    Raises:
        DemoError: it takes too long, or one of them ends.
    """
    with progress.step("network", START_TIMEOUT) as say:
        slicer, video, office = cast.slicer(), cast.video(), cast.office()
        net.build()
        say("4 switches, 4 hosts")
    with progress.step("slicer, under ryu-manager", START_TIMEOUT) as say:
        slicer.wait_for_log(f"listening at tcp:127.0.0.1:{SLICER_PORT}", START_TIMEOUT)
        net.start()
        net.wait_connected(START_TIMEOUT)
        say("all switches are connected")
    with progress.step("tenants: video, office", START_TIMEOUT) as say:
        wait_ready(video)
        wait_ready(office)
        say("their controllers are ready")
    return slicer, office


def refuse_dead_network(reaches: Iterable[Reach]) -> None:
    """See that some of each kind of traffic gets through: without, there is nothing to measure.

    Raises:
        DemoError: none does.
    """
    dead = [reach.traffic for reach in reaches if not reach.reached]
    if dead:
        raise DemoError(
            f"found nobody who reaches anybody by {', '.join(dead)}, expected everybody"
        )


def wait_ready(controller: Process) -> None:
    """Wait until a tenant's controller has set up its flows on every switch.

    Raises:
        DemoError: it takes too long.
    """
    controller.wait_for_log(r"datapath \d+: ready", START_TIMEOUT, times=len(DPIDS))


def end(net: Network, slicer: Process) -> Ending:
    """Stop the slicer, and look at what it leaves."""
    before = [net.held(switch) for switch in DPIDS]
    status = slicer.stop()
    kept = before == [net.held(switch) for switch in DPIDS]
    lines = slicer.log.splitlines()
    complaints = [line for line in lines if any(word in line for word in _COMPLAINTS)]
    return Ending(status, tuple(complaints), kept)
