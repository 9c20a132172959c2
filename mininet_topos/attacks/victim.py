"""Victim: what the victim does meanwhile, and what its hosts and its controller have seen.

It pings, transfers over one long TCP connection, and its controller asks and has packets come back.
Invariant: whatever is started here ends with the block, and its record is whole.
"""

import json
import re
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from mininet_topos.attacks.facts import Pings
from mininet_topos.demo.facts import Forged, Stream
from mininet_topos.demo.hostility import read_stream, read_witness
from mininet_topos.demo.network import Network, address
from mininet_topos.demo.processes import Process, Processes, tool
from mininet_topos.demo.progress import DemoError
from mininet_topos.demo.reaching import SERVER_TIMEOUT, echo_servers
from mininet_topos.diamond import FAST, HOST_PORTS, path

ENDS: Final = ("h1", "h3")
ATTACKERS_ENDS: Final = ("h2", "h4")
PORT: Final = 9999
ATTACKERS_PORT: Final = 5001
FIRST_SLIVER: Final = 7000
SOURCE_PORT: Final = 40000
MESSAGE_INTERVAL: Final = 0.02
PING_INTERVAL: Final = 0.05
KNOCK_INTERVAL: Final = 0.02
END_TIMEOUT: Final = 30.0
_COUNTED = re.compile(r"(\d+) packets transmitted, (\d+) received(.*?), [\d.]+% packet loss")
_NUMBER = re.compile(r"icmp_seq=(\d+)")


@dataclass(frozen=True, slots=True)
class Records:
    """What was seen, once the block has ended."""

    pings: Pings
    stream: Stream
    forged: tuple[Forged, ...]
    controller: Mapping[str, Any]


def controller(processes: Processes) -> Process:
    """The victim's controller, which joins its two hosts by the fast path."""
    places = []
    for dpid, ports in path(FAST).items():
        one, other = (ports[0], ports[-1])  # of a side switch: its first host, and the way
        places.append(f"{FIRST_SLIVER + dpid - 1}:{one},{other}")
    command = [sys.executable, "-m", "controllers.attacks.victim", *places]
    return processes.start("victim", command)


@contextmanager
def at_work(net: Network, processes: Processes) -> Iterator[Callable[[], Records]]:
    """Have the victim at work while the block runs; what is given then tells what was seen."""
    source, target = ENDS
    ends = (f"{address(source)}:{SOURCE_PORT}", f"{address(target)}:{PORT}")
    witnesses = {
        host: net.run(host, tool("witness", str(PORT), *ends), "witness") for host in HOST_PORTS
    }
    for witness in witnesses.values():
        witness.wait_for_log("^watching$", SERVER_TIMEOUT)
    own = controller(processes)
    own.wait_for_log("^ready$", SERVER_TIMEOUT)
    from_attacker, to_attacker = ATTACKERS_ENDS
    with echo_servers(net, {target: [PORT], to_attacker: [PORT, ATTACKERS_PORT]}):
        stream_to = (address(target), PORT, SOURCE_PORT, MESSAGE_INTERVAL)
        stream = net.run(source, tool("stream", *map(str, stream_to)), "stream")
        stream.wait_for_log('"back"', SERVER_TIMEOUT)
        ping = net.run(source, ["ping", "-n", "-i", str(PING_INTERVAL), address(target)], "ping")
        knock_at = (address(to_attacker), ATTACKERS_PORT, KNOCK_INTERVAL)
        knock = net.run(from_attacker, tool("knock", *map(str, knock_at)), "knock")
        yield lambda: Records(
            read_pings(ping.log),
            read_stream(stream.log),
            tuple(each for host, one in witnesses.items() for each in read_witness(host, one.log)),
            json.loads(own.log.splitlines()[-1]),
        )
        knock.stop()
        ping.popen.send_signal(signal.SIGINT)
        ping.finish(END_TIMEOUT, may_fail=True)
        stream.stop()
    own.popen.terminate()
    own.finish(END_TIMEOUT)
    for witness in witnesses.values():
        witness.stop()


def read_pings(log: str) -> Pings:
    """What `ping` has counted, but for one that was still on its way when ping was ended.

    Raises:
        DemoError: it has not come to its end.
    """
    counted = _COUNTED.search(log)
    if counted is None:
        raise DemoError(f"found {log[-300:]!r} from ping, expected its counts")
    sent, received = int(counted[1]), int(counted[2])
    last = max((int(number) for number in _NUMBER.findall(log)), default=0)
    return Pings(last if sent == last + 1 else sent, received, counted[3].strip(", "))
