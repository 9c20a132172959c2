"""Hello and negotiation, with the bytes that controllers and switches really send."""

from typing import cast

import pytest

from slicer.openflow import errors
from slicer.openflow.dialect import Dialect
from slicer.openflow.errors import EncodeError, ErrorCode, MalformedError
from slicer.openflow.hello import decode_hello, encode_hello, negotiate
from slicer.openflow.messages import Hello


def versions(*found: int) -> frozenset[int]:
    return frozenset(found)


@pytest.mark.parametrize(
    ("frame", "hello"),
    [
        ("0100000800000001", Hello(1, versions(1), has_bitmap=False)),
        ("0600000800000011", Hello(0x11, versions(6), has_bitmap=False)),
        ("04000010000000020001000800000010", Hello(2, versions(4))),
        ("0400001000000002000100080000001f", Hello(2, versions(1, 2, 3, 4))),
        # Bit 0 stands for no version, and a bitmap without any is as good as none.
        ("04000010000000020001000800000001", Hello(2, versions(4), has_bitmap=False)),
        ("0400000c0000000200010004", Hello(2, versions(4), has_bitmap=False)),
        # An unknown element ahead of the bitmap, padded to 8 bytes.
        ("040000180000000200090005610000000001000800000012", Hello(2, versions(1, 4))),
        # Two words: versions 4 and 33.
        ("04000018000000020001000c000000100000000200000000", Hello(2, versions(4, 33))),
        # A second word that is not whole.
        ("04000012000000020001000a00000010ffff", Hello(2, versions(4))),
        # Less than an element at the end is padding.
        ("0400000b00000002000100", Hello(2, versions(4), has_bitmap=False)),
    ],
)
def test_reading_a_hello(frame: str, hello: Hello) -> None:
    assert decode_hello(bytes.fromhex(frame)) == hello


@pytest.mark.parametrize(
    ("frame", "error", "text"),
    [
        ("0402000800000001", errors.BAD_REQUEST_BAD_TYPE, "type 2, expected a hello"),
        ("0400000700000001", errors.BAD_REQUEST_BAD_LEN, "header says 7"),
        ("0000000800000001", errors.BAD_REQUEST_BAD_VERSION, "version 0"),
        ("0400000c0000000100010000", errors.BAD_REQUEST_BAD_LEN, "length 0, expected 4 to 4"),
        ("0400000c0000000100010008", errors.BAD_REQUEST_BAD_LEN, "length 8, expected 4 to 4"),
    ],
)
def test_a_hello_that_is_none(frame: str, error: ErrorCode, text: str) -> None:
    with pytest.raises(MalformedError) as caught:
        decode_hello(bytes.fromhex(frame))
    assert caught.value.error == error
    assert text in str(caught.value)


def test_writing_a_hello() -> None:
    highest = Hello(1, versions(255))
    assert decode_hello(encode_hello(highest)) == highest
    assert encode_hello(highest).endswith(bytes.fromhex("8000000000000000"))
    assert encode_hello(Hello(1, versions(1, 4))).hex() == "04000010000000010001000800000012"
    assert encode_hello(Hello(1, versions(4), has_bitmap=False)).hex() == "0400000800000001"


@pytest.mark.parametrize(
    ("hello", "text"),
    [
        (Hello(1, versions()), r"versions \[\], expected 1 to 255"),
        (Hello(1, versions(0, 4)), r"versions \[0, 4\]"),
        (Hello(1, versions(256)), r"versions \[256\]"),
        (Hello(1, versions(1, 4), has_bitmap=False), "needs a bitmap"),
        (Hello(-1, versions(4)), "Hello"),
    ],
)
def test_a_hello_that_can_not_be_written(hello: Hello, text: str) -> None:
    with pytest.raises(EncodeError, match=text):
        encode_hello(hello)


V10, V13, V14 = (cast(Dialect, f"dialect {name}") for name in ("1.0", "1.3", "1.4"))


@pytest.mark.parametrize(
    ("supported", "hello", "chosen"),
    [
        ({4: V13}, Hello(1, versions(1, 4, 5)), V13),
        ({4: V13}, Hello(1, versions(6), has_bitmap=False), V13),
        ({1: V10, 4: V13}, Hello(1, versions(1), has_bitmap=False), V10),
        ({1: V10, 4: V13}, Hello(1, versions(1, 2)), V10),
        ({1: V10, 4: V13, 5: V14}, Hello(1, versions(1, 4)), V13),
        ({4: V13}, Hello(1, versions(1), has_bitmap=False), None),
        ({4: V13}, Hello(1, versions(1, 5)), None),
        # Without a bitmap, the peer takes the lower of both: 1.2, which we don't speak.
        ({1: V10, 4: V13}, Hello(1, versions(3), has_bitmap=False), None),
        ({}, Hello(1, versions(4)), None),
    ],
)
def test_negotiation(supported: dict[int, Dialect], hello: Hello, chosen: Dialect | None) -> None:
    assert negotiate(supported, hello) is chosen
