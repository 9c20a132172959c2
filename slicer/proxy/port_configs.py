"""Port configurations: what slices have configured of a datapath's ports.

They are the slices' own (OpenFlow 1.3.5 7.3.4.3); the datapath's port stays as it is. Not here:
what they do, and how they outlive the slicer. Invariant: only the bits that the enforcement knows
are kept.
"""

from __future__ import annotations

from slicer.openflow import errors
from slicer.openflow.messages import PortMod
from slicer.proxy.refusal import Refusal
from slicer.proxy.sliver import Sliver


class PortConfigs:
    """One datapath's."""

    def __init__(self, bits: int) -> None:
        """`bits` are those that can be configured, OFPPC_*."""
        self._bits = bits
        self._configs: dict[tuple[int, int], int] = {}

    def __bool__(self) -> bool:
        """Has anything been configured at all?"""
        return bool(self._configs)

    def of(self, tag: int, port: int) -> int:
        """What a slice has configured of a port, OFPPC_* bits."""
        return self._configs.get((tag, port), 0)

    def take(self, tag: int, port: int, config: int) -> None:
        """A slice has configured so much of a port."""
        self._configs[tag, port] = config

    def change(self, sliver: Sliver, asked: PortMod, refused: int = 0) -> int:
        """Take a port-mod; returns what was configured before. Raises Refusal, also where it would
        set one of the bits `refused`."""
        port = sliver.ports.get(asked.port_no)
        if port is None:
            raise Refusal(errors.PORT_MOD_FAILED_BAD_PORT, f"no port {asked.port_no}")
        if port.hw_addr != asked.hw_addr:
            raise Refusal(
                errors.PORT_MOD_FAILED_BAD_HW_ADDR,
                f"address {asked.hw_addr.hex(':')} of port {asked.port_no}, "
                f"expected {port.hw_addr.hex(':')}",
            )
        if asked.config & asked.mask & refused:
            raise Refusal(
                errors.BAD_REQUEST_EPERM,
                f"port configuration {asked.config & asked.mask:#x}, which holds for all slices",
            )
        mask = asked.mask & self._bits
        old = self.of(sliver.tag, asked.port_no)
        self.take(sliver.tag, asked.port_no, old & ~mask | asked.config & mask)
        return old
