"""What live tests of bandwidth share: a row of switches, a pair of hosts for each slice, and rates.

Slice number i has the hosts ci (at the row's left end) and sih (at its right end), of which ci
sends to sih, and owns what is of their network, 10.0.i.0/24. Between two switches is one link,
whose capacity the policy names. Invariant: rates are of what is sent to a host's interface, so they
count whole frames, as a port's capacity does.
"""

import os
import time
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

from tests.live.lab import IS_KERNEL, OVSDB, Host, Lab, Process, command, wait_for
from tests.live.sliced import LISTEN

LEFT, RIGHT = 11, 12
"""The ports of the links."""
CAPACITY = float(os.environ.get("LAB_CAPACITY", "100e6"))
"""bit/s. Less than usual is for machines that are emulated: what counts are parts of it."""
SENT = 8
"""The column of /proc/net/dev with the bytes that an interface has sent (proc(5))."""
FIRST_PORT = 7000
BETWEEN_SLICES = 100


def policy(shares: Sequence[str], switches: int) -> str:
    """A policy with one slice for each of these shares, in a row of so many switches; on the kernel
    datapath it is queues that hold the slices to them."""
    names = [f"s{number}" for number in range(1, switches + 1)]
    lines = [f"listen: [{LISTEN}]", *([f"ovsdb: {OVSDB}"] if IS_KERNEL else []), "datapaths:"]
    lines += [f"  {name}: {{dpid: {number}}}" for number, name in enumerate(names, 1)]
    lines.append("links:")
    lines += [
        f"  - {{ends: [{one}:{RIGHT}, {other}:{LEFT}], capacity: {CAPACITY:.0f}}}"
        for one, other in pairwise(names)
    ]
    # The last switch's ports to the hosts are as fast as the links, but nobody shares them.
    lines.append("slices:")
    lines += [
        f"  slice{i}: {{controllers: [ptcp:{port_of(i)}], shares: {share}}}"
        for i, share in enumerate(shares, 1)
    ]
    lines.append("flowspace:")
    for i in range(1, len(shares) + 1):
        fields = ("ipv4_src", "ipv4_dst", "arp_spa", "arp_tpa")
        for priority, field in enumerate(fields, 10 * i):
            match = f"match: {{{field}: 10.0.{i}.0/24}}"
            ports = f"ports: [{i}, {LEFT}, {RIGHT}]"
            lines.append(f"  - {{slice: slice{i}, priority: {priority}, {ports}, {match}}}")
    return "\n".join(lines) + "\n"


def port_of(slice_number: int, switch: int = 1) -> int:
    """Where a slice's sliver on a switch is met."""
    return FIRST_PORT + BETWEEN_SLICES * (slice_number - 1) + switch - 1


def row(lab: Lab, shares: Sequence[str], switches: int) -> Process:
    """Switches, hosts and the slicer, with flows of every slice's that join its hosts."""
    for number in range(1, switches + 1):
        lab.bridge(f"s{number}", number)
    for number in range(1, switches):
        lab.link(f"s{number}", RIGHT, f"s{number + 1}", LEFT)
    for i in range(1, len(shares) + 1):
        lab.host(f"c{i}", "s1", i, f"10.0.{i}.1/24")
        lab.host(f"s{i}h", f"s{switches}", i, f"10.0.{i}.2/24", f"02:00:00:ff:00:{i:02x}")
    process = sliced(lab, policy(shares, switches))
    for number in range(1, switches + 1):
        for i in range(1, len(shares) + 1):
            process.wait_for_log(rf"listening at ptcp:{port_of(i, number)}")
            join(i, number, switches)
    for i in range(1, len(shares) + 1):
        client, server = pair(lab, i)
        wait_for(partial(_reaches, client, server), f"reply within slice {i}")
    return process


def sliced(lab: Lab, text: str, name: str = "slicer") -> Process:
    """`ryu-manager slicer` with a policy that names the bridges, once all of them are sliced."""
    path = lab.folder / "policy.yaml"
    path.write_text(text)
    process = lab.start_ryu(name, "slicer", SLICER_POLICY=str(path))
    process.wait_for_log("listening at tcp")
    for bridge in lab.bridges.values():
        if not command("ovs-vsctl", "get-controller", bridge.name):
            bridge.connect(LISTEN)
    for bridge in lab.bridges.values():
        where = rf"{bridge.name} \({bridge.dpid:016x}\)"
        process.wait_for_log(rf"{where}: \d+ of the slicer's flows", timeout=30)
        command("ovs-vsctl", "set", "controller", bridge.name, "max_backoff=1000")
    return process


def join(slice_number: int, switch: int, switches: int) -> None:
    """The flows of a slice's tenant on one switch: from the left to the right and back."""
    tool = f"tcp:127.0.0.1:{port_of(slice_number, switch)}"
    left = slice_number if switch == 1 else LEFT
    right = slice_number if switch == switches else RIGHT
    for one, other in ((left, right), (right, left)):
        flow = f"in_port={one},actions=output:{other}"
        command("ovs-ofctl", "-O", "OpenFlow13", "add-flow", tool, flow)


def _reaches(client: Host, server: Host) -> bool:
    return client.ping(server.ip, 1) == 1


def pair(lab: Lab, slice_number: int) -> tuple[Host, Host]:
    """The host that sends and the one that receives."""
    return lab.hosts[f"c{slice_number}"], lab.hosts[f"s{slice_number}h"]


def send(lab: Lab, slice_number: int, *options: str) -> Process:
    """Have iperf3 send within a slice until it is killed."""
    client, server = pair(lab, slice_number)
    name = f"server{slice_number}"
    if name not in lab.processes:
        lab.processes[name] = server.popen(["iperf3", "-s", "--forceflush"], name)
        lab.processes[name].wait_for_log("Server listening")
    run = ["iperf3", "-c", server.ip, "-t", "300", "--forceflush", *options]
    process = client.popen(run, f"client{slice_number}")
    process.wait_for_log(r"connected to")
    return process


UDP = ("-u", "-b", f"{1.5 * CAPACITY:.0f}", "-l", "1400")
"""Half as much again as the port carries."""


def received(lab: Lab, slices: Sequence[int]) -> Mapping[int, int]:
    """Bits that the last switch has sent to the slices' receiving hosts. All are read at once:
    commands in the hosts take long enough to spoil a second."""
    lines = Path("/proc/self/net/dev").read_text().splitlines()
    counters = {
        name.strip(): rest.split() for name, _, rest in (each.partition(":") for each in lines)
    }
    return {i: int(counters[f"s{len(lab.bridges)}-p{i}"][SENT]) * 8 for i in slices}


def rates(lab: Lab, slices: Sequence[int], seconds: float) -> dict[int, float]:
    """What each slice gets of the capacity from now on, 1.0 for all of it."""
    start, before = time.monotonic(), received(lab, slices)
    time.sleep(seconds)
    took, after = time.monotonic() - start, received(lab, slices)
    return {i: (after[i] - before[i]) / took / CAPACITY for i in slices}
