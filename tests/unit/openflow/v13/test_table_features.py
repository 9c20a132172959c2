"""Table features: properties of every type, and what is refused of them."""

import pytest

from slicer.openflow import errors
from slicer.openflow.errors import EncodeError
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
from slicer.openflow.v13 import V13
from tests.unit.openflow.frames import multipart, pack, refused, tlv

PROPERTIES = (
    IdsProperty(0, (FeatureId(1), FeatureId(0xFFFF, b"\0\0\x12\x34"))),
    NextTablesProperty(2, (1, 2, 3)),
    IdsProperty(8, (FeatureId(0x80000004), FeatureId(0xFFFF5406, b"ONF\0"))),
    RawProperty(0xFFFE, b"12345"),
)
RAW = (
    pack("HHHHHHI4x", 0, 16, 1, 4, 0xFFFF, 8, 0x1234)[:16]
    + pack("HHBBBx", 2, 7, 1, 2, 3)
    + pack("HHII4s", 8, 16, 0x80000004, 0xFFFF5406, b"ONF\0")
    + pack("HH5s7x", 0xFFFE, 9, b"12345")
)


def table(properties: bytes = b"", length: int | None = None) -> bytes:
    found = 64 + len(properties) if length is None else length
    return pack("HB5x32sQQII", found, 1, b"edge", 2, 3, 4, 5) + properties


@pytest.mark.parametrize(
    ("message_type", "cls"), [(18, TableFeaturesRequest), (19, TableFeaturesReply)]
)
def test_tables(message_type: int, cls: type[TableFeaturesRequest | TableFeaturesReply]) -> None:
    raw = multipart(12, table(RAW) + table(), flags=1, message_type=message_type)
    first = TableFeatures(1, "edge", 2, 3, 4, 5, PROPERTIES)
    message = cls(5, (first, TableFeatures(1, "edge", 2, 3, 4, 5)), more=True)
    assert V13.encode(message) == raw
    assert V13.decode(raw) == message


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (bytes(63), "table features has 63 bytes, expected at least 64"),
        (table(length=0), "table features has 0 bytes, expected 64 to 64"),
        (table(length=72), "table features has 72 bytes"),
        (table(bytes(3)), "table property has 3 bytes, expected at least 4"),
        (table(tlv(0, bytes(4), length=0)), "table property of type 0 has 0 bytes"),
        (table(tlv(0, bytes(4), length=9)), "table property of type 0 has 9 bytes"),
        (table(pack("HHHH", 0, 7, 1, 4)), "instruction or action of a table has 3 bytes"),
        (table(pack("HHHH", 0, 8, 1, 0)), "instruction or action of a table of type 1 has 0"),
        (table(pack("HHHH", 4, 8, 1, 8)), "of type 1 has 8 bytes, expected 4 to 4"),
        (table(pack("HHHH", 8, 6, 0x8000, 0)), "OXM id of a table has 2 bytes"),
        (
            table(pack("HHI", 8, 8, 0xFFFF0004)),
            "OXM id of a table has 4 bytes, expected at least 8",
        ),
    ],
)
def test_what_is_refused(raw: bytes, text: str) -> None:
    refused(multipart(12, raw), errors.TABLE_FEATURES_FAILED_BAD_LEN, text)


@pytest.mark.parametrize(
    ("each", "text"),
    [
        (NextTablesProperty(2, (256,)), r"next tables \(256,\), expected ids of 0 to 255"),
        (NextTablesProperty(0, (1,)), "expected a IdsProperty for its type"),
        (RawProperty(8, b""), "expected a IdsProperty for its type"),
        (IdsProperty(99), "expected a RawProperty for its type"),
        (IdsProperty(8, (FeatureId(0x80000004, b"1234"),)), "0x80000004 has 4 bytes, expected 0"),
        (IdsProperty(8, (FeatureId(0xFFFF0004),)), "0xffff0004 has 0 bytes, expected 4"),
    ],
)
def test_what_can_not_be_written(each: FeatureProperty, text: str) -> None:
    tables = (TableFeatures(1, "", 0, 0, 0, 0, (each,)),)
    with pytest.raises(EncodeError, match=text):
        V13.encode(TableFeaturesRequest(5, tables))
