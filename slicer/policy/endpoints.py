"""Where connections come from and go to: `tcp:host:port` and `ptcp:port[:host]`.

The spellings are those of Open vSwitch (ovs-vsctl(8), set-controller), except that `ptcp`
without a host listens on 127.0.0.1 and not on every address: who may connect there speaks
for the slice, so opening it to others is left to whoever writes the policy.

Invariant: an endpoint's port is from 1 to 65535.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

DEFAULT_LISTEN_HOST = "127.0.0.1"

_TCP = re.compile(r"tcp:(\[[^\[\]]*\]|[^:\[\]]+):([0-9]{1,5})", re.ASCII)
_PTCP = re.compile(r"ptcp:([0-9]{1,5})(?::(\[[^\[\]]*\]|[^:\[\]]+))?", re.ASCII)
_HOST = re.compile(r"(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?"
                   r"(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*", re.ASCII)  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class Endpoint:
    """A host (name, IPv4 or IPv6 address without brackets) and a TCP port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"tcp:{_bracketed(self.host)}:{self.port}"

    def clashes(self, other: "Endpoint") -> bool:
        """Whether two sockets could not listen on both."""
        return self.port == other.port and (
            self.host == other.host
            or is_among_every(other.host, self.host)
            or is_among_every(self.host, other.host)
        )


@dataclass(frozen=True, slots=True)
class Dial:
    """A tenant controller, or a watcher, that the slicer connects to."""

    endpoint: Endpoint

    def __str__(self) -> str:
        return str(self.endpoint)


@dataclass(frozen=True, slots=True)
class Listen:
    """Where a slice's controllers or watchers connect: one port per sliver, the first at `base`."""

    base: Endpoint

    def __str__(self) -> str:
        return f"ptcp:{self.base.port}:{_bracketed(self.base.host)}"


Controller = Dial | Listen


def is_among_every(host: str, every: str) -> bool:
    """Whether `every` stands for all addresses of a kind, and `host` may be one of them."""
    return every == "::" or (every == "0.0.0.0" and ":" not in host)


def endpoint_in(text: str) -> Endpoint | None:
    """The endpoint that `tcp:host:port` names; None for anything else."""
    found = _TCP.fullmatch(text)
    return None if found is None else _endpoint(found[1], found[2])


def controller_in(text: str) -> Controller | None:
    """The controller that `tcp:host:port` or `ptcp:port[:host]` names, else None."""
    dialled = endpoint_in(text)
    if dialled is not None:
        return Dial(dialled)
    found = _PTCP.fullmatch(text)
    base = None if found is None else _endpoint(found[2] or DEFAULT_LISTEN_HOST, found[1])
    return None if base is None else Listen(base)


def _endpoint(host: str, port: str) -> Endpoint | None:
    name = _host(host)
    return Endpoint(name, int(port)) if name is not None and 1 <= int(port) <= 65535 else None


def _host(text: str) -> str | None:
    """The host without brackets, addresses in their usual form; None if it is none."""
    bare = text[1:-1] if text.startswith("[") else text
    try:
        address = ip_address(bare)
    except ValueError:
        # A name that ends like an IPv4 address is a mistyped one (RFC 1123 2.1).
        named = bare is text and _HOST.fullmatch(text) and not text.rpartition(".")[2].isdigit()
        return text if named else None
    bracketed = bare is not text
    return str(address) if isinstance(address, IPv6Address) == bracketed else None


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
