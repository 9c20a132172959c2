"""Settings: the engine's bounds and intervals, with their reasons.

Values only; where not everything above zero may be given, a field's metadata has `min` and `max`.
Invariant: every number bounds something that a peer could otherwise make grow, or says how long
something may last; times are in seconds, sizes in bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from slicer.proxy.memory import MOST

MOST_BUSY_POLL = 0.001
"""Longer, and others in the process would wait for it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What an engine is run with."""

    probe_interval: float = 5.0
    """A peer not heard from for so long is sent an echo request; after three times as long it is
    given up (Open vSwitch's inactivity probe works alike)."""
    greeting_timeout: float = 10.0
    """How long a connection may take until it is ready, but for a datapath's being set up."""
    contest_timeout: float = 1.0
    """How long a datapath has to answer when another connection claims its dpid."""
    audit_interval: float = 30.0
    """How often a datapath is read back, in case somebody else has changed it."""
    retry_first: float = 0.2
    retry_most: float = 1.0
    """A tenant controller is dialled again after these times: the first doubles up to the last."""
    unidentified_datapaths: int = 256
    """So many datapaths may be joining; more are not accepted yet, or refused if they are."""
    tenants_per_controller: int = 16
    """So many connections a sliver accepts on one listening port; more are refused."""
    outbox_events: int = 1 << 20
    """When more waits for a tenant that doesn't read, asynchronous messages to it are dropped."""
    outbox_replies: int = 8 << 20
    """When more waits for a tenant that doesn't read, its connection is closed."""
    datapath_backlog: int = 4 << 20
    datapath_pending: int = 32_768
    """With more bytes unsent to a datapath or kept of unanswered requests, or more of these,
    nothing more is read from the tenants that send to it."""
    bundles: int = 64
    bundle_messages: int = 1 << 17
    bundle_bytes: int = 32 << 20
    """What one tenant connection may have in bundles that are open; the datapath keeps it. More is
    refused."""
    operation_bytes: int = 64 << 20
    """So much a datapath may answer to one step of what a tenant asks for, where all answers are
    needed at once (flows by output, bundles with a limit of flows); more, and it is refused."""
    report_interval: float = 60.0
    """How often what has been counted since is logged, a line a sliver."""
    pieces_per_flow: int = 256
    """Of how many flows of an OpenFlow 1.0 datapath a tenant's one may be made, where the slice's
    own limit doesn't say."""
    flows_per_sliver: int = 65_536
    """So many flows of a sliver are kept account of on an OpenFlow 1.0 datapath, where the slice's
    own limit doesn't say."""
    flow_bytes_per_sliver: int = 192 << 20
    """So much memory they may take, where the slice's limit of flows is not for more: some thousand
    flows of hundreds of pieces, or all of 65,536 that are one."""
    remembered: int = MOST
    """Bytes of messages that are remembered with what became of them, of all datapaths of a process
    together; of more, some are forgotten, and cost again what they did."""
    busy_poll: float = field(default=0.0001, metadata={"min": 0.0, "max": MOST_BUSY_POLL})
    """So long the slicer looks for more to do before it sleeps, where it often finds something."""
