"""Sliver: one slice on one datapath, which is what a tenant controller sees as a switch.

It knows its tag, its ports and the tenants that are connected to it, controllers and watchers. It
translates nothing: that is the enforcement's. Invariant: `ports` holds only ports that the
datapath has now.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from slicer.isolation.flow_quota import FlowQuota
from slicer.isolation.intake import Intake
from slicer.isolation.limits import Limits
from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.messages import Port, PortStatus
from slicer.proxy.allowance import Allowance
from slicer.proxy.notice import OPENFLOW_1_0, Notice
from slicer.proxy.refusal import Refusal
from slicer.proxy.roles import Generation

if TYPE_CHECKING:
    from slicer.proxy.tenant import Tenant


class Sliver:
    """A slice's part of a datapath; `datapath` is what people call it."""

    def __init__(
        self,
        slice_name: str,
        datapath: str,
        dpid: int,
        tag: int,
        limits: Limits = Limits(),  # noqa: B008  (a frozen value)
        intake: Intake | None = None,
        watchers_intake: Intake | None = None,
    ) -> None:
        self.slice = slice_name
        self.datapath = datapath
        self.dpid = dpid
        self.tag = tag
        self.limits = limits
        self.controllers = Allowance(limits, intake)
        self.watchers = Allowance(limits, watchers_intake)
        self.flow_quota = FlowQuota(limits.flows)
        self.ports: dict[int, Port] = {}
        self.connections: list[Tenant] = []
        """Whoever is connected to it."""
        self.tenants: list[Tenant] = []
        """Those of them that have greeted."""
        self.generation = Generation()
        self.counters: Counter[str] = Counter()
        """What was refused, dropped or limited, by reason."""

    def __str__(self) -> str:
        return f"{self.slice} on {self.datapath}"

    def set_role(self, tenant: Tenant, role: int, generation: int) -> None:
        """Give a tenant the role it asks for; a former master becomes a slave (OpenFlow 1.3.5
        6.3.4). Raises Refusal for a stale generation id. A watcher can't be master, and makes no
        generation id stale: it takes nothing from the controllers."""
        if tenant.is_watcher and role == of.OFPCR_ROLE_MASTER:
            raise Refusal(errors.ROLE_REQUEST_FAILED_UNSUP, "a watcher that would be master")
        if role in (of.OFPCR_ROLE_MASTER, of.OFPCR_ROLE_SLAVE):
            self.generation.check(generation, is_kept=not tenant.is_watcher)
        if role == of.OFPCR_ROLE_MASTER:
            for other in self.tenants:
                if other is not tenant and other.role == of.OFPCR_ROLE_MASTER:
                    other.role = of.OFPCR_ROLE_SLAVE
        if role != of.OFPCR_ROLE_NOCHANGE:
            tenant.role = role

    def owns_port(self, number: int) -> bool:
        """Is this 32-bit port number one of the sliver's?"""
        return number in self.ports

    def set_ports(self, ports: Mapping[int, Port], by: Tenant | None = None) -> None:
        """Take the ports that the sliver has from now on, and tell its tenants what has changed
        (OpenFlow 1.3.5 7.4.3), but for the one that changed it: Open vSwitch doesn't either, before
        OpenFlow 1.5, as some controllers would answer with another port-mod."""
        for status in _changes(self.ports, ports):
            self.offer(Notice.of(status), by)
        self.ports = dict(ports)

    def offer(self, notice: Notice, by: Tenant | None = None) -> None:
        """Send an asynchronous message to those of the sliver's controllers that want it."""
        for tenant in self.tenants:
            if tenant is not by and tenant.wants(notice):
                tenant.offer(notice)

    @property
    def hears_of_misses(self) -> bool:
        """Is there a controller that gets the packets which no flow matches? A watcher is none:
        it hears of them if a controller does."""
        return any(
            tenant.dialect.version == OPENFLOW_1_0 and not tenant.is_watcher
            for tenant in self.tenants
        )


def _changes(old: Mapping[int, Port], new: Mapping[int, Port]) -> list[PortStatus]:
    gone = [PortStatus(0, of.OFPPR_DELETE, old[each]) for each in old if each not in new]
    added = [PortStatus(0, of.OFPPR_ADD, new[each]) for each in new if each not in old]
    changed = [
        PortStatus(0, of.OFPPR_MODIFY, new[each])
        for each in new
        if each in old and old[each] != new[each]
    ]
    return gone + added + changed
