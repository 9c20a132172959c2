"""Table features: OpenFlow 1.3.5 7.3.5.5.

Invariant: properties are decoded by their type's row; a type without one keeps its bytes.
"""

from collections.abc import Callable
from functools import lru_cache
from struct import Struct
from typing import Any, Final

from slicer.openflow import constants as c
from slicer.openflow import errors
from slicer.openflow.errors import EncodeError
from slicer.openflow.oxm_fields import EXPERIMENTER as OXM_EXPERIMENTER
from slicer.openflow.table_features import (
    FeatureId,
    FeatureProperty,
    IdsProperty,
    NextTablesProperty,
    RawProperty,
    TableFeatures,
    TableFeaturesReply,
    TableFeaturesRequest,
)
from slicer.openflow.v13.match import OXM_HEADER
from slicer.openflow.v13.wire import (
    TLV,
    bad_length,
    check_least,
    padded,
    raw_text,
    text,
    varied_entries,
    walk,
)

_TABLE: Final = Struct("!HB5x32sQQII")
_NAME_ROOM: Final = 32
PROPERTIES_KEPT: Final = 2048
"""A switch's tables, 254 in Open vSwitch, have the same properties but for the next tables, so
each is read and written once."""
_ERROR: Final = errors.TABLE_FEATURES_FAILED_BAD_LEN


def _decode_types(kind: int, frame: bytes, start: int, stop: int) -> IdsProperty:
    """Instruction or action types; their TLVs are headers only, but for experimenters'."""
    found = walk(frame, start, stop, "instruction or action of a table", _ERROR, align=4)
    ids = tuple(FeatureId(each, frame[first + TLV.size : last]) for each, first, last in found)
    return IdsProperty(kind, ids)


def _encode_types(each: IdsProperty) -> bytes:
    return b"".join([TLV.pack(i.id, TLV.size + len(i.data)) + i.data for i in each.ids])


def _decode_fields(kind: int, frame: bytes, start: int, stop: int) -> IdsProperty:
    """OXM headers without payload; an experimenter's class is followed by its id."""
    ids: list[FeatureId] = []
    while start < stop:
        check_least("OXM id of a table", stop - start, OXM_HEADER.size, _ERROR)
        header = OXM_HEADER.unpack_from(frame, start)[0]
        end = start + OXM_HEADER.size * (2 if header >> 16 == OXM_EXPERIMENTER else 1)
        check_least("OXM id of a table", stop - start, end - start, _ERROR)
        ids.append(FeatureId(header, frame[start + OXM_HEADER.size : end]))
        start = end
    return IdsProperty(kind, tuple(ids))


def _encode_fields(each: IdsProperty) -> bytes:
    parts: list[bytes] = []
    for i in each.ids:
        expected = OXM_HEADER.size if i.id >> 16 == OXM_EXPERIMENTER else 0
        if len(i.data) != expected:
            raise EncodeError(f"OXM id {i.id:#010x} has {len(i.data)} bytes, expected {expected}")
        parts += (OXM_HEADER.pack(i.id), i.data)
    return b"".join(parts)


def _decode_tables(kind: int, frame: bytes, start: int, stop: int) -> NextTablesProperty:
    return NextTablesProperty(kind, tuple(frame[start:stop]))


def _encode_tables(each: NextTablesProperty) -> bytes:
    try:
        return bytes(each.table_ids)
    except ValueError:
        raise EncodeError(f"next tables {each.table_ids}, expected ids of 0 to 255") from None


_TYPES: Final = (IdsProperty, _decode_types, _encode_types)
_FIELDS: Final = (IdsProperty, _decode_fields, _encode_fields)
_TABLES: Final = (NextTablesProperty, _decode_tables, _encode_tables)

_Row = tuple[
    type[FeatureProperty], Callable[[int, bytes, int, int], FeatureProperty], Callable[[Any], bytes]
]
_ROWS: Final[dict[int, _Row]] = {
    c.OFPTFPT_INSTRUCTIONS: _TYPES,
    c.OFPTFPT_INSTRUCTIONS_MISS: _TYPES,
    c.OFPTFPT_NEXT_TABLES: _TABLES,
    c.OFPTFPT_NEXT_TABLES_MISS: _TABLES,
    c.OFPTFPT_WRITE_ACTIONS: _TYPES,
    c.OFPTFPT_WRITE_ACTIONS_MISS: _TYPES,
    c.OFPTFPT_APPLY_ACTIONS: _TYPES,
    c.OFPTFPT_APPLY_ACTIONS_MISS: _TYPES,
    c.OFPTFPT_MATCH: _FIELDS,
    c.OFPTFPT_WILDCARDS: _FIELDS,
    c.OFPTFPT_WRITE_SETFIELD: _FIELDS,
    c.OFPTFPT_WRITE_SETFIELD_MISS: _FIELDS,
    c.OFPTFPT_APPLY_SETFIELD: _FIELDS,
    c.OFPTFPT_APPLY_SETFIELD_MISS: _FIELDS,
}
"""Property type -> its class, and how what follows its type and length is read and written."""

_RAW: Final[_Row] = (
    RawProperty,
    lambda kind, frame, start, stop: RawProperty(kind, frame[start:stop]),
    lambda each: each.data,
)


def _decode_properties(frame: bytes, offset: int, end: int) -> tuple[FeatureProperty, ...]:
    found: list[FeatureProperty] = []
    while offset < end:
        check_least("table property", end - offset, TLV.size, _ERROR)
        kind, length = TLV.unpack_from(frame, offset)
        after = offset + (length + 7 & ~7)
        if length < TLV.size or after > end:
            expected = f"{TLV.size} to {end - offset} with its padding"
            raise bad_length(f"table property of type {kind}", length, expected, _ERROR)
        found.append(_decode_property(kind, frame[offset + TLV.size : offset + length]))
        offset = after
    return tuple(found)


@lru_cache(maxsize=PROPERTIES_KEPT)
def _decode_property(kind: int, body: bytes) -> FeatureProperty:
    _, decode, _ = _ROWS.get(kind, _RAW)
    return decode(kind, body, 0, len(body))


@lru_cache(maxsize=PROPERTIES_KEPT)
def _encode_property(each: FeatureProperty) -> bytes:
    cls, _, encode = _ROWS.get(each.type, _RAW)
    if type(each) is not cls:
        raise EncodeError(f"table property {each!r}, expected a {cls.__name__} for its type")
    body = encode(each)
    return padded(TLV.pack(each.type, TLV.size + len(body)) + body)


def _decode_table(frame: bytes, offset: int) -> tuple[TableFeatures, int]:
    left = len(frame) - offset
    check_least("table features", left, _TABLE.size, _ERROR)
    length, table_id, name, *values = _TABLE.unpack_from(frame, offset)
    if not _TABLE.size <= length <= left:
        raise bad_length("table features", length, f"{_TABLE.size} to {left}", _ERROR)
    end = offset + length
    properties = _decode_properties(frame, offset + _TABLE.size, end)
    fields: tuple[Any, ...] = (table_id, text(name), *values, properties)
    return TableFeatures(*fields), end


def _encode_table(t: TableFeatures) -> bytes:
    properties = b"".join([_encode_property(each) for each in t.properties])
    head = _TABLE.pack(
        _TABLE.size + len(properties),
        t.table_id,
        raw_text("table name", t.name, _NAME_ROOM),
        t.metadata_match,
        t.metadata_write,
        t.config,
        t.max_entries,
    )
    return head + properties


TABLE_FEATURES_REQUEST: Final = varied_entries(TableFeaturesRequest, _decode_table, _encode_table)
TABLE_FEATURES_REPLY: Final = varied_entries(TableFeaturesReply, _decode_table, _encode_table)
