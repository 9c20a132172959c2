"""Flows: what an Open vSwitch bridge holds, as `ovs-ofctl` prints it, seen past the slicer.

Which flows are whose is read from the switch itself: the admit flows in table 0 carry the slice's
name in a `note` and load the slice's tag; a tenant's flow matches on that tag in reg0. Invariant:
what is taken for a slice's is only what matches on its tag.
"""

import re
from collections import Counter
from collections.abc import Iterable

from mininet_topos.demo.progress import DemoError

_ADMIT = re.compile(r"load:(0x[0-9a-f]+)->NXM_NX_REG0\[\].*note:([0-9a-f.]+)")

_COUNTER = re.compile(r"n_packets=(\d+)")


def lines(printed: str) -> frozenset[str]:
    """The flows or groups in what `ovs-ofctl --no-stats dump-flows` or `dump-groups` printed."""
    return frozenset(
        line.strip()
        for line in printed.splitlines()
        if "actions=" in line and not line.startswith(("OFPST", "NXST"))
    )


def tags(flows: Iterable[str]) -> dict[str, int]:
    """Each slice's tag, by the slice's name."""
    found: dict[str, int] = {}
    for flow in flows:
        admit = _ADMIT.search(flow)
        if admit is not None:
            name = bytes.fromhex(admit[2].replace(".", "")).rstrip(b"\0").decode()
            found[name] = int(admit[1], 16)
    return found


def admitted(flows: Iterable[str]) -> dict[str, int]:
    """How many packets each slice has been admitted, from table 0's flows with their counters."""
    counts: Counter[str] = Counter()
    for flow in flows:
        counter = _COUNTER.search(flow)
        if counter is not None:
            counts.update(dict.fromkeys(tags([flow]), int(counter[1])))
    return counts


def of_slice(flows: Iterable[str], name: str) -> frozenset[str]:
    """The flows of a slice's own.

    Raises:
        DemoError: no flow admits packets to that slice, so its tag is unknown.
    """
    held = frozenset(flows)
    tag = tags(held).get(name)
    if tag is None:
        raise DemoError(f"found no flow that admits packets to slice {name}, expected one")
    pattern = re.compile(rf"(?:^|[ ,])reg0={tag:#x}(?:[ ,]|$)")
    return frozenset(flow for flow in held if pattern.search(flow.split("actions=")[0]))
