"""Host: what a datapath asks of the engine that holds it.

Invariant: nothing here sends anything by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from slicer.flowspace.space import FlowSpace
from slicer.isolation.entitlements import Entitlements
from slicer.isolation.intake import Intake
from slicer.isolation.limits import Limits
from slicer.openflow.messages import Port
from slicer.policy.ovsdb import Ovsdb
from slicer.proxy.events import ArrangeQueues

if TYPE_CHECKING:
    from slicer.proxy.datapath import Datapath


class View(Protocol):
    """What a datapath asks about the policy."""

    def flowspace_on(self, dpid: int, port_names: Mapping[str, int]) -> FlowSpace:
        """The policy's part for a datapath."""

    def entitlements_on(
        self, dpid: int, space: FlowSpace, ports: Mapping[int, Port]
    ) -> Entitlements:
        """What slices may have of a datapath."""

    def ovsdb_of(self, dpid: int) -> Ovsdb | None:
        """Where a datapath's queues are set up, or None."""

    def name_of(self, dpid: int) -> str:
        """What people call a datapath."""

    def limits_of(self, slice_name: str) -> Limits:
        """What a slice may use."""

    def intake_of(self, slice_name: str) -> Intake | None:
        """What a slice's controllers may say, on all datapaths together."""

    def watchers_intake_of(self, slice_name: str) -> Intake | None:
        """Likewise its watchers."""


class Host(Protocol):
    """What a datapath asks of the engine."""

    @property
    def view(self) -> View:
        """What the policy says."""

    def identified(self, datapath: Datapath, now: float) -> None:
        """The dpid is known; may the datapath stay?"""

    def synchronised(self, datapath: Datapath, now: float) -> None:
        """The slivers are as the policy says; the first time it is not READY yet."""

    def shared(self, datapath: Datapath, now: float) -> None:
        """The ports' bandwidth has been divided anew."""

    def arrange(self, asked: ArrangeQueues) -> None:
        """Have a datapath's queues set up; `sharing.arranged` of that datapath is called after."""
