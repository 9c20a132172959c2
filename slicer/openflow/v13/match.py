"""The match structure: OpenFlow 1.3.5 7.2.3, and the OXM TLVs inside of it.

Only the framing of TLVs; what they may say is judged by `oxm_rules`.
Invariant: encode_match(decode_match(b)) is b, padding aside.
"""

from collections.abc import Iterable
from struct import Struct
from typing import Final

from slicer.openflow import errors
from slicer.openflow.errors import EncodeError, ErrorCode, MalformedError
from slicer.openflow.oxm import Match, Oxm
from slicer.openflow.v13.wire import TLV

OXM_HEADER: Final = Struct("!I")
OXM_MATCH: Final = 1
SHORTEST_MATCH: Final = 8
EMPTY_MATCH: Final = TLV.pack(OXM_MATCH, TLV.size) + bytes(4)


def decode_match(frame: bytes, offset: int, end: int) -> tuple[Match, int]:
    """The match at `offset`, and the offset after its padding, at most `end`.

    Raises MalformedError (BAD_MATCH).
    """
    if end - offset < SHORTEST_MATCH:
        raise MalformedError(
            errors.BAD_MATCH_BAD_LEN,
            f"{end - offset} bytes left for a match, expected at least {SHORTEST_MATCH}",
        )
    match_type, length = TLV.unpack_from(frame, offset)
    if match_type != OXM_MATCH:
        raise MalformedError(
            errors.BAD_MATCH_BAD_TYPE, f"match of type {match_type}, expected {OXM_MATCH} (OXM)"
        )
    if not TLV.size <= length <= end - offset or (length + 7 & ~7) > end - offset:
        raise MalformedError(
            errors.BAD_MATCH_BAD_LEN,
            f"match has length {length}, expected {TLV.size} to {end - offset} with its padding",
        )
    tlvs = decode_oxms(frame, offset + TLV.size, offset + length, errors.BAD_MATCH_BAD_LEN)
    return Match(tlvs), offset + (length + 7 & ~7)


def decode_oxms(frame: bytes, offset: int, end: int, error: ErrorCode) -> tuple[Oxm, ...]:
    """The OXM TLVs in frame[offset:end]. Raises MalformedError with `error`."""
    tlvs: list[Oxm] = []
    unpack = OXM_HEADER.unpack_from
    while offset < end:
        if end - offset < OXM_HEADER.size:
            raise MalformedError(
                error, f"{end - offset} bytes left for an OXM header, expected {OXM_HEADER.size}"
            )
        header: int = unpack(frame, offset)[0]
        start = offset + OXM_HEADER.size
        offset = start + (header & 0xFF)
        if offset > end:
            raise MalformedError(
                error,
                f"OXM {header:#010x} has {header & 0xFF} bytes, expected at most {end - start}",
            )
        tlvs.append((header, frame[start:offset]))
    return tuple(tlvs)


def encode_match(match: Match) -> bytes:
    """The match with its padding. Raises EncodeError for a TLV that belies its header."""
    if not match.oxms:
        return EMPTY_MATCH
    body = encode_oxms(match.oxms)
    length = TLV.size + len(body)
    return TLV.pack(OXM_MATCH, length) + body + bytes(-length % 8)


def encode_oxms(tlvs: Iterable[Oxm]) -> bytes:
    """The TLVs one after the other. Raises EncodeError for one that belies its header."""
    parts: list[bytes] = []
    for header, payload in tlvs:
        if header & 0xFF != len(payload):
            raise EncodeError(
                f"OXM {header:#010x} has {len(payload)} bytes, expected {header & 0xFF}"
            )
        parts += (OXM_HEADER.pack(header), payload)
    return b"".join(parts)
