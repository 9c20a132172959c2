"""The match structure: its framing, and what is refused of it."""

import pytest

from slicer.openflow import errors
from slicer.openflow.errors import EncodeError, ErrorCode
from slicer.openflow.messages import FlowMod
from slicer.openflow.oxm import Match
from slicer.openflow.v13 import V13
from slicer.openflow.v13.match import decode_match, encode_match
from tests.unit.openflow.frames import flow_mod, match, oxm_tlv, pack, refused

IPV4 = oxm_tlv("eth_type", 0x0800)


def test_a_match_byte_by_byte() -> None:
    found = Match.of(in_port=1, eth_type=0x0800)
    raw = bytes.fromhex("00010012800000040000000180000a020800000000000000")
    assert encode_match(found) == raw
    assert decode_match(b"?" + raw + b"!", 1, 1 + len(raw)) == (found, 1 + len(raw))


def test_an_empty_match() -> None:
    assert encode_match(Match()).hex() == "0001000400000000"
    assert decode_match(encode_match(Match()), 0, 8) == (Match(), 8)


def test_padding_is_not_looked_at() -> None:
    assert V13.decode(flow_mod(pack("HHI", 1, 4, 5))) == FlowMod(5, priority=5)


@pytest.mark.parametrize(
    ("raw", "error", "text"),
    [
        (pack("HHI", 0, 4, 0), errors.BAD_MATCH_BAD_TYPE, "type 0, expected 1 (OXM)"),
        (pack("HHI", 1, 0, 0), errors.BAD_MATCH_BAD_LEN, "length 0, expected 4 to 8"),
        (pack("HHI", 1, 3, 0), errors.BAD_MATCH_BAD_LEN, "length 3"),
        (pack("HHI", 1, 24, 0), errors.BAD_MATCH_BAD_LEN, "length 24, expected 4 to 8"),
        (pack("HHI", 1, 9, 0), errors.BAD_MATCH_BAD_LEN, "length 9"),
        (pack("HHHH", 1, 6, 0x8000, 0), errors.BAD_MATCH_BAD_LEN, "2 bytes left for an OXM"),
        (pack("HHI", 1, 8, 0x80000604), errors.BAD_MATCH_BAD_LEN, "0x80000604 has 4 bytes"),
        (match(IPV4 + IPV4), errors.BAD_MATCH_DUP_FIELD, "eth_type"),
        (match(oxm_tlv("ip_proto", 6)), errors.BAD_MATCH_BAD_PREREQ, "ip_proto"),
    ],
)
def test_what_is_refused(raw: bytes, error: ErrorCode, text: str) -> None:
    refused(flow_mod(raw), error, text)


def test_a_payload_that_belies_its_header_is_not_written() -> None:
    with pytest.raises(EncodeError, match="0x80000004 has 3 bytes, expected 4"):
        encode_match(Match(((0x80000004, b"123"),)))
