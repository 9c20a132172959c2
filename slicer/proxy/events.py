"""What the engine is told (events) and what it asks for (commands).

They are values and know no socket. A peer number is given out by whoever runs the engine, one for
each connection, and is never used again. What there is one of for each message (`DataReceived`,
`Send`, `Written`) is changed by nobody, but not frozen, as frozen ones take three times as long to
make. Invariant: every command about a peer names a peer that an event has brought and no event has
closed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from slicer.isolation.queues import PortQueues
from slicer.policy.ovsdb import Ovsdb


@dataclass(frozen=True, slots=True)
class DatapathEndpoint:
    """A place where datapaths connect to the slicer."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"tcp:{_bracketed(self.host)}:{self.port}"


@dataclass(frozen=True, slots=True)
class ControllerEndpoint:
    """A place where one sliver and one of its tenant controllers meet, or one of its watchers.

    `index` is the controller's position among those that its slice meets: the same host and port
    may serve several slices, so an address alone names nothing. `passive` means that the slicer
    listens.
    """

    slice: str
    dpid: int
    index: int
    host: str
    port: int
    passive: bool
    is_watchers: bool = False

    def __str__(self) -> str:
        if self.passive:
            return f"ptcp:{self.port}:{_bracketed(self.host)}"
        return f"tcp:{_bracketed(self.host)}:{self.port}"


Endpoint = DatapathEndpoint | ControllerEndpoint


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


@dataclass(frozen=True, slots=True)
class Connected:
    """A connection stands: accepted at a listening endpoint, or dialled. `address` is the other
    side's, for people to read."""

    endpoint: Endpoint
    peer: int
    address: str


@dataclass(frozen=True, slots=True)
class DialFailed:
    """A dialled endpoint could not be reached."""

    endpoint: ControllerEndpoint
    reason: str


@dataclass(frozen=True, slots=True)
class ListenFailed:
    """An endpoint could not be listened on."""

    endpoint: Endpoint
    reason: str


@dataclass(slots=True)
class DataReceived:
    """Bytes from a peer, cut as the network pleased."""

    peer: int
    data: bytes


@dataclass(slots=True)
class Written:
    """`count` bytes of earlier `Send` commands have left for the network."""

    peer: int
    count: int


@dataclass(frozen=True, slots=True)
class Disconnected:
    """A connection is gone, for a reason that the slicer did not ask for."""

    peer: int
    reason: str


@dataclass(frozen=True, slots=True)
class TimePassed:
    """`now` has reached `Engine.next_deadline`."""


@dataclass(frozen=True, slots=True)
class QueuesArranged:
    """The queues that a datapath has now: (slice, port number) -> the queue's id at that port.
    What isn't among them the switch has no queues for; `notes` say why where people should know."""

    peer: int
    queues: Mapping[tuple[str, int], int]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QueuesRefused:
    """A datapath's queues could not be set up."""

    peer: int
    reason: str


@dataclass(frozen=True, slots=True)
class Granted:
    """The `Claim` for this peer holds: it may be the datapath of its dpid."""

    peer: int


@dataclass(frozen=True, slots=True)
class Denied:
    """The `Claim` for this peer does not hold."""

    peer: int
    reason: str


@dataclass(frozen=True, slots=True)
class Challenged:
    """In another engine a connection from `address` has said a dpid that is held in this one:
    `Defend` or `Release` follows, unless that has happened meanwhile."""

    dpid: int
    address: str


Event = (
    Connected
    | DialFailed
    | ListenFailed
    | DataReceived
    | Written
    | Disconnected
    | TimePassed
    | QueuesArranged
    | QueuesRefused
    | Granted
    | Denied
    | Challenged
)


@dataclass(slots=True)
class Send:
    """Send these bytes, after those of earlier commands."""

    peer: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Close:
    """Close the connection once what was to be sent is sent, or at once if that takes long. No
    `Disconnected` event follows."""

    peer: int


@dataclass(frozen=True, slots=True)
class Dial:
    """Connect to an endpoint; `Connected` or `DialFailed` follows, once."""

    endpoint: ControllerEndpoint


@dataclass(frozen=True, slots=True)
class Listen:
    """Accept connections at an endpoint until `StopListening`."""

    endpoint: Endpoint


@dataclass(frozen=True, slots=True)
class StopListening:
    """Accept no more connections there; those that stand are not touched."""

    endpoint: Endpoint


@dataclass(frozen=True, slots=True)
class PauseReading:
    """Read nothing more from a peer until `ResumeReading`: its sender has to wait."""

    peer: int


@dataclass(frozen=True, slots=True)
class ResumeReading:
    """Read from a peer again."""

    peer: int


@dataclass(frozen=True, slots=True)
class ArrangeQueues:
    """Have a datapath's ports hold these queues, and no others that the slicer has made there.
    `QueuesArranged` or `QueuesRefused` follows within seconds, once."""

    peer: int
    dpid: int
    where: Ovsdb
    ports: Mapping[int, PortQueues]


@dataclass(frozen=True, slots=True)
class Claim:
    """Ask whether this peer may be the datapath of a dpid, among engines that share the network;
    `Granted` or `Denied` follows. `address` is where it is connected from."""

    peer: int
    dpid: int
    address: str


@dataclass(frozen=True, slots=True)
class Release:
    """A dpid that was claimed, and perhaps granted, is wanted no more."""

    dpid: int


@dataclass(frozen=True, slots=True)
class Defend:
    """The holder of a dpid that was challenged stays, for this reason."""

    dpid: int
    reason: str


@dataclass(frozen=True, slots=True)
class Joined:
    """A datapath has become ready; asked for, once, where dpids are shared."""

    peer: int


@dataclass(frozen=True, slots=True)
class Left:
    """A datapath's connection, identified or not, is over; asked for where dpids are shared."""

    peer: int


Command = (
    Send
    | Close
    | Dial
    | Listen
    | StopListening
    | PauseReading
    | ResumeReading
    | Claim
    | Release
    | Defend
    | Joined
    | Left
    | ArrangeQueues
)
