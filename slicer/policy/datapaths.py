"""The `datapaths` section: names for dpids, and what is known of their ports.

Invariant: every datapath that comes out has its own name and its own dpid.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from slicer.flowspace.text import PORT_NAMES
from slicer.isolation.rates import Rate, parse_rate
from slicer.policy.document import Node, Place
from slicer.policy.ovsdb import ovsdb_of
from slicer.policy.reading import (
    Entry,
    entries_of,
    known_entries,
    name_of,
    number_in,
    quantity_of,
    quoted,
    text_of,
)
from slicer.policy.report import Report
from slicer.policy.values import DatapathFacts, PortFacts

MAX_PORT = 0xFEFF
"""The highest port number: Open vSwitch's fit 16 bits, less the reserved ones."""

LOCAL = PORT_NAMES["LOCAL"]
DPID_FORM = "a dpid: a number, 0x and hexadecimal digits, or 16 hexadecimal digits"
PORT_FORM = f"a port: a number from 1 to {MAX_PORT}, LOCAL, or a port's name"

_HEX_DPID = re.compile(r"[0-9a-fA-F]{16}|[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){7}", re.ASCII)
_PORT_NAME = re.compile(r"[A-Za-z_][^\s,:/\"'\[\]{}]{0,62}", re.ASCII)


def read_datapaths(node: Node, report: Report) -> Mapping[int, DatapathFacts]:
    """The datapaths of the section, by dpid, in the order written."""
    expected = "a mapping from a datapath's name to its dpid and ports"
    found: dict[int, tuple[DatapathFacts, Place]] = {}
    for entry in entries_of(node, report, expected) or ():
        facts = _datapath(entry, report)
        if facts is None:
            continue
        if facts.dpid in found:
            first = found[facts.dpid][0].name
            report.problem(entry.place, f"the dpid of {first} again", "each dpid once")
        else:
            found[facts.dpid] = (facts, entry.place)
    return MappingProxyType({dpid: facts for dpid, (facts, _) in found.items()})


def dpid_in(text: str) -> int | None:
    """The dpid written here: 1, 0x1, 0000000000000001 or 00:00:00:00:00:00:00:01."""
    dpid = int(text.replace(":", ""), 16) if _HEX_DPID.fullmatch(text) else number_in(text)
    return dpid if dpid is not None and 1 <= dpid < 1 << 64 else None


def port_in(text: str) -> int | str | None:
    """The port written here: its number, or the name by which a datapath will know it."""
    if text in ("LOCAL", "local"):
        return LOCAL
    number = number_in(text)
    if number is not None:
        return number if 1 <= number <= MAX_PORT else None
    return text if _PORT_NAME.fullmatch(text) and text not in PORT_NAMES else None


def _datapath(entry: Entry, report: Report) -> DatapathFacts | None:
    name = name_of(entry, report)
    keys = known_entries(entry.value, report, ("dpid", "ports", "ovsdb"), ("dpid",))
    if keys is None:
        return None
    ports = _ports(keys["ports"].value, report) if "ports" in keys else {}
    ovsdb = ovsdb_of(keys["ovsdb"].value, report) if "ovsdb" in keys else None
    if "dpid" not in keys:
        return None
    text = text_of(keys["dpid"].value, report, DPID_FORM)
    dpid = None if text is None else dpid_in(text)
    if text is not None and dpid is None:
        report.problem(keys["dpid"].value.place, quoted(text), DPID_FORM + ", not 0")
    if name is None or dpid is None:
        return None
    return DatapathFacts(name, dpid, MappingProxyType(ports), ovsdb)


def _ports(node: Node, report: Report) -> dict[int | str, PortFacts]:
    ports: dict[int | str, PortFacts] = {}
    for entry in entries_of(node, report, "a mapping from port to what is known of it") or ():
        port = port_in(entry.key)
        keys = known_entries(entry.value, report, ("capacity",))
        if port is None:
            report.problem(entry.place, quoted(entry.key), PORT_FORM)
        elif port in ports:
            report.problem(entry.place, f"port {quoted(entry.key)} again", "each port once")
        elif keys is not None:
            capacity = capacity_of(keys["capacity"].value, report) if keys else None
            ports[port] = PortFacts(capacity, entry.place)
    return ports


def capacity_of(node: Node, report: Report) -> Rate | None:
    """The rate written here."""
    return quantity_of(node, report, "a capacity in bit/s such as 100M", parse_rate)
