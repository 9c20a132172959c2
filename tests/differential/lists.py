"""Lists: which entries of the list count for which version of OpenFlow.

Invariant: every entry counts for some version.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from slicer.openflow.v10 import V10
from slicer.openflow.v13 import V13
from tests.differential import listed, listed10, listed_apart, listed_clip
from tests.differential import sent as packets
from tests.differential.entries import Answered, Apart, Refused, Renamed, Sent, Told, Untold

Entry = Refused | Renamed | Answered | Told | Untold | Sent | Apart


@dataclass(frozen=True, slots=True)
class List:
    """In what a sliver differs from a switch on purpose."""

    refused: tuple[Refused, ...] = listed.REFUSED
    renamed: tuple[Renamed, ...] = listed.RENAMED
    answered: tuple[Answered, ...] = listed.ANSWERED
    told: tuple[Told, ...] = listed.TOLD
    untold: tuple[Untold, ...] = listed.UNTOLD
    sent: tuple[Sent, ...] = packets.SENT
    apart: tuple[Apart, ...] = listed_apart.APART

    @property
    def otherwise(self) -> tuple[Entry, ...]:
        """What is said and sent otherwise."""
        return (*self.answered, *self.told, *self.untold, *self.sent, *self.apart)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All of them."""
        return (*self.refused, *self.renamed, *self.otherwise)


BY_VERSION: Final[Mapping[int, List]] = {
    V13.version: List(),
    V10.version: List(
        refused=(*listed.REFUSED, *listed10.REFUSED),
        told=(*listed.TOLD, *listed10.TOLD),
        sent=(*packets.SENT, *listed10.SENT),
        apart=(*listed_apart.APART, *listed10.APART),
    ),
}

_TENANTS = BY_VERSION[V10.version]
CLIPPED: Final = List(
    refused=(*_TENANTS.refused, *listed_clip.REFUSED),
    answered=(*listed_clip.ANSWERED, *_TENANTS.answered),
    told=(*_TENANTS.told, *listed_clip.TOLD),
    sent=_TENANTS.sent,
    apart=(*_TENANTS.apart, *listed_clip.APART),
)
"""Those of tenants of OpenFlow 1.0, where datapaths speak nothing else."""
