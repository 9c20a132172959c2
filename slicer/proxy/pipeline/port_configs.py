"""Port configurations: what slices have configured of a datapath's ports.

They are the slices' own (OpenFlow 1.3.5 7.3.4.3), the switch's port stays as it is; the flows in
emit bear them in their cookies, so that they survive a restart of the slicer. Not here: what they
do (`stages.py`). Invariant: only bits of PORT_CONFIG_BITS are kept.
"""

from __future__ import annotations

from collections.abc import Iterable

from slicer.openflow import errors
from slicer.openflow.messages import PortMod
from slicer.openflow.multipart import FlowStats
from slicer.proxy.pipeline import layout, translate
from slicer.proxy.pipeline.layout import Stage, StageCookie
from slicer.proxy.refusal import Refusal
from slicer.proxy.sliver import Sliver


class PortConfigs:
    """One datapath's."""

    def __init__(self) -> None:
        self._configs: dict[tuple[int, int], int] = {}

    def __bool__(self) -> bool:
        """Has anything been configured at all?"""
        return bool(self._configs)

    def learn(self, flows: Iterable[FlowStats]) -> None:
        """Take what the datapath's flows say."""
        for flow in flows:
            cookie = StageCookie.read(flow.cookie)
            if cookie is not None and cookie.stage is Stage.RECEIVED and cookie.config:
                self._configs[cookie.tag, layout.port_number(cookie.port)] = cookie.config

    def of(self, tag: int, port: int) -> int:
        """What a slice has configured of a port, OFPPC_* bits."""
        return self._configs.get((tag, port), 0)

    def change(self, sliver: Sliver, asked: PortMod) -> int:
        """Take a port-mod; returns what was configured before. Raises Refusal."""
        translate.check_port(asked.port_no)
        port = sliver.ports.get(asked.port_no)
        if port is None:
            raise Refusal(errors.PORT_MOD_FAILED_BAD_PORT, f"no port {asked.port_no}")
        if port.hw_addr != asked.hw_addr:
            raise Refusal(
                errors.PORT_MOD_FAILED_BAD_HW_ADDR,
                f"address {asked.hw_addr.hex(':')} of port {asked.port_no}, "
                f"expected {port.hw_addr.hex(':')}",
            )
        mask = asked.mask & layout.PORT_CONFIG_BITS
        old = self.of(sliver.tag, asked.port_no)
        self._configs[sliver.tag, asked.port_no] = old & ~mask | asked.config & mask
        return old
