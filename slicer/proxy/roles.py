"""Roles and asynchronous configuration: which of a sliver's controllers may change it, and which
hears of what (OpenFlow 1.3.5 6.3.4, 7.3.9, 7.3.10).

They are the sliver's, not the datapath's: the slicer itself stays equal there. Invariant: a sliver
has at most one master.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.kinds import Kind
from slicer.proxy.refusal import Refusal

NO_GENERATION = 0xFFFF_FFFF_FFFF_FFFF
"""What Open vSwitch answers while no generation id has been set."""

CHANGES = frozenset(
    {
        Kind.PACKET_OUT,
        Kind.FLOW_MOD,
        Kind.GROUP_MOD,
        Kind.PORT_MOD,
        Kind.TABLE_MOD,
        Kind.METER_MOD,
    }
)
"""What a slave is refused (6.3.4)."""


@dataclass(frozen=True, slots=True)
class AsyncConfig:
    """Bit n of a mask is for reason n; each pair is for (master and equal, slave).

    The defaults are those of Open vSwitch 3.1.
    """

    packet_in: tuple[int, int] = (1 << of.OFPR_NO_MATCH | 1 << of.OFPR_ACTION, 0)
    port_status: tuple[int, int] = (0b111, 0b111)
    flow_removed: tuple[int, int] = (0b1111, 0)

    def masks(self, role: int) -> Mapping[Kind, int]:
        """For which reasons a controller of this role gets a kind of asynchronous message."""
        is_slave = role == of.OFPCR_ROLE_SLAVE
        return {
            Kind.PACKET_IN: self.packet_in[is_slave],
            Kind.PORT_STATUS: self.port_status[is_slave],
            Kind.FLOW_REMOVED: self.flow_removed[is_slave],
        }

    @property
    def wants_invalid_ttl(self) -> bool:
        """Are packets whose TTL has run out wanted, in any role?"""
        return any(mask >> of.OFPR_INVALID_TTL & 1 for mask in self.packet_in)


KNOWN_REASONS = AsyncConfig((0b111, 0b111), (0b111, 0b111), (0b1111, 0b1111))
"""The reasons that OpenFlow 1.3 has; bits of others are not kept."""


def masked(asked: AsyncConfig) -> AsyncConfig:
    """The part of a configuration that is about known reasons."""

    def both(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
        return one[0] & other[0], one[1] & other[1]

    return AsyncConfig(
        both(asked.packet_in, KNOWN_REASONS.packet_in),
        both(asked.port_status, KNOWN_REASONS.port_status),
        both(asked.flow_removed, KNOWN_REASONS.flow_removed),
    )


class Generation:
    """The generation id of a sliver's master elections."""

    def __init__(self) -> None:
        self._value: int | None = None

    @property
    def value(self) -> int:
        """The greatest one seen, or NO_GENERATION."""
        return NO_GENERATION if self._value is None else self._value

    def check(self, asked: int, *, is_kept: bool = True) -> None:
        """Take a role request's generation id. Raises Refusal for a stale one: behind the one
        seen, by 64-bit arithmetic that wraps around (6.3.4). One that isn't kept makes no other
        stale."""
        if self._value is not None and (asked - self._value) & 1 << 63:
            raise Refusal(
                errors.ROLE_REQUEST_FAILED_STALE, f"generation {asked} after {self._value}"
            )
        if is_kept:
            self._value = asked
