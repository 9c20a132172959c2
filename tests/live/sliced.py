"""What live tests of slices share: a switch with four hosts, the slicer over it, and flows read.

Invariant: what these return holds no counter or duration, so two readings can be compared.
"""

import re
from pathlib import Path

from tests.live.lab import ROOT, Lab, Process, command

LISTEN = "tcp:127.0.0.1:6633"


def hosts_and_switch(lab: Lab) -> None:
    """Four hosts at ports 1 to 4 of s1, which connects to the slicer."""
    lab.bridge("s1", 1)
    for number in range(1, 5):
        lab.host(f"h{number}", "s1", number, f"10.0.0.{number}/24")


def slicer(lab: Lab, policy: str, name: str = "slicer", folder: Path = ROOT) -> Process:
    """`ryu-manager slicer` with a policy, once s1 is sliced."""
    path = lab.folder / "policy.yaml"
    path.write_text(policy)
    process = lab.start_ryu(name, "slicer", folder=folder, SLICER_POLICY=str(path))
    process.wait_for_log("listening at tcp")
    if not command("ovs-vsctl", "get-controller", "s1"):
        lab.bridges["s1"].connect(LISTEN)
    process.wait_for_log(r"datapath 0000000000000001: \d+ of the slicer's flows")
    # Taken only while connected: how long Open vSwitch waits before it dials a second slicer.
    command("ovs-vsctl", "set", "controller", "s1", "max_backoff=1000")
    return process


def tenant_flows(tool: str) -> list[str]:
    """A tenant's flows as ovs-ofctl reads them from its sliver, without counters."""
    return flows(command("ovs-ofctl", "-O", "OpenFlow13", "dump-flows", tool))


def flows(dump: str) -> list[str]:
    """The lines of a dump that are flows, sorted, without what changes by itself."""
    varying = r" (duration|n_packets|n_bytes|idle_age|hard_age)=[^ ,]*,"
    lines = [line.strip() for line in dump.splitlines() if "actions=" in line]
    return sorted(re.sub(varying, "", f" {line}").strip() for line in lines)
