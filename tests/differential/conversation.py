"""Conversation: what controllers say to a switch and which packets come to it, step by step.

Values only, of any OpenFlow version: a step holds bytes, whether they mean something or not.
Invariant: a conversation is the whole input of a run; two runs of it on equal switches are equal.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Say:
    """A controller sends one frame; `speaker` says which one, 0 or 1, and `faults` how many faults
    the frame was given."""

    frame: bytes
    speaker: int = 0
    faults: int = 0


@dataclass(frozen=True, slots=True)
class Receive:
    """Packets come in by a port of the switch, one after the other."""

    port: int
    packets: tuple[bytes, ...]


Step = Say | Receive
Conversation = tuple[Step, ...]


def speakers(conversation: Conversation) -> int:
    """How many controllers take part: at least one."""
    said = (step.speaker for step in conversation if isinstance(step, Say))
    return max(said, default=0) + 1
