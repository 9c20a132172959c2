"""Groups and meters: the parts that requests and statistics about them share.

Values of OpenFlow 1.3.5 7.3.4.2 (buckets) and 7.3.4.4 (bands), not codecs.
Invariant: buckets, actions and bands keep the order of the wire.
"""

from dataclasses import dataclass

from slicer.openflow.actions import Action


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bucket of a group."""

    weight: int
    watch_port: int
    watch_group: int
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Band:
    """Any meter band; rates are in kbit/s or packets/s, bursts in kbit or packets."""


@dataclass(frozen=True, slots=True)
class DropBand(Band):
    """Drop what exceeds the rate."""

    rate: int
    burst_size: int


@dataclass(frozen=True, slots=True)
class DscpRemarkBand(Band):
    """Raise the drop precedence of what exceeds the rate."""

    rate: int
    burst_size: int
    prec_level: int


@dataclass(frozen=True, slots=True)
class ExperimenterBand(Band):
    """An experimenter's band, unread; `data` follows the experimenter id."""

    rate: int
    burst_size: int
    experimenter: int
    data: bytes = b""
