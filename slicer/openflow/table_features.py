"""What a datapath's tables can do: OpenFlow 1.3.5 7.3.5.5.

Values, not codecs. Invariant: properties keep the order of the wire, and one of an unknown
type keeps its bytes.
"""

from dataclasses import dataclass
from typing import NamedTuple

from slicer.openflow.kinds import Kind
from slicer.openflow.messages import Message


@dataclass(frozen=True, slots=True)
class FeatureProperty:
    """Any property; `type` is an `OFPTFPT_*`."""

    type: int


class FeatureId(NamedTuple):
    """One instruction type, action type or OXM header; `data` is what an experimenter adds."""

    id: int
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class IdsProperty(FeatureProperty):
    """Instructions, actions or match fields that a table takes; `type` says which."""

    ids: tuple[FeatureId, ...] = ()


@dataclass(frozen=True, slots=True)
class NextTablesProperty(FeatureProperty):
    """The tables that a goto-table may name."""

    table_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class RawProperty(FeatureProperty):
    """An experimenter's property or one of an unknown type, unread."""

    data: bytes = b""


@dataclass(frozen=True, slots=True)
class TableFeatures:
    """7.3.5.5.1: one table."""

    table_id: int
    name: str
    metadata_match: int
    metadata_write: int
    config: int
    max_entries: int
    properties: tuple[FeatureProperty, ...] = ()


@dataclass(frozen=True, slots=True)
class TableFeaturesRequest(Message):
    """7.3.5.5; without entries it asks, with entries it sets."""

    kind = Kind.TABLE_FEATURES_REQUEST
    entries: tuple[TableFeatures, ...] = ()
    more: bool = False


@dataclass(frozen=True, slots=True)
class TableFeaturesReply(Message):
    """7.3.5.5."""

    kind = Kind.TABLE_FEATURES_REPLY
    entries: tuple[TableFeatures, ...] = ()
    more: bool = False
