"""What a flow does with a packet that matched it: the instructions of OpenFlow 1.3.5 7.2.4.

Values, not codecs. A flow's instructions are a tuple in the order of the wire.
Invariant: an instruction of any type is kept or its frame is malformed: none is dropped.
"""

from dataclasses import dataclass

from slicer.openflow.actions import Action


@dataclass(frozen=True, slots=True)
class Instruction:
    """Any instruction."""


@dataclass(frozen=True, slots=True)
class GotoTable(Instruction):
    """Go on with a later table."""

    table_id: int


@dataclass(frozen=True, slots=True)
class WriteMetadata(Instruction):
    """Set the bits of the metadata that the mask names."""

    metadata: int
    metadata_mask: int


@dataclass(frozen=True, slots=True)
class WriteActions(Instruction):
    """Add to the packet's action set."""

    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class ApplyActions(Instruction):
    """Carry out at once, in this order."""

    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class ClearActions(Instruction):
    """Empty the packet's action set."""


@dataclass(frozen=True, slots=True)
class MeterInstruction(Instruction):
    """Pass the packet through a meter first."""

    meter_id: int


@dataclass(frozen=True, slots=True)
class ExperimenterInstruction(Instruction):
    """An experimenter's instruction, unread; `data` follows the id, a multiple of 8 bytes."""

    experimenter: int
    data: bytes
