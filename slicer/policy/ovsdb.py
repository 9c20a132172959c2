"""Where a switch's database is: `unix:/path` or `tcp:host:port`.

The spellings are those of Open vSwitch (ovs-vsctl(8), --db). Invariant: a path is absolute and fits
a socket's address.
"""

from dataclasses import dataclass

from slicer.policy.document import Node
from slicer.policy.endpoints import Endpoint, endpoint_in
from slicer.policy.reading import value_of
from slicer.policy.report import Report

LONGEST_PATH = 107
"""Bytes: unix(7)."""
FORM = f"unix:/path (of {LONGEST_PATH} bytes at most) or tcp:host:port, where an OVSDB server is"
_UNIX = "unix:"


@dataclass(frozen=True, slots=True)
class UnixSocket:
    """A socket in the file system."""

    path: str

    def __str__(self) -> str:
        return f"{_UNIX}{self.path}"


Ovsdb = UnixSocket | Endpoint


def ovsdb_in(text: str) -> Ovsdb | None:
    """The database server that is named here, else None."""
    if not text.startswith(_UNIX):
        return endpoint_in(text)
    path = text.removeprefix(_UNIX)
    fits = path.startswith("/") and len(path.encode()) <= LONGEST_PATH
    return UnixSocket(path) if fits else None


def ovsdb_of(node: Node, report: Report) -> Ovsdb | None:
    """The database server that a policy names."""
    return value_of(node, report, FORM, ovsdb_in)
