"""Listed: in what a sliver differs from a switch on purpose in OpenFlow 1.0 alone.

Beside these the entries of `listed.py` count, as far as OpenFlow 1.0 has what they are about.
Invariant: a difference that is in neither is a fault.
"""

from typing import Final

from slicer.openflow import errors as e
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import SetConfig
from tests.differential.listed import Asked, Refused

_MATCH_AT: Final = {Kind.FLOW_MOD: 8, Kind.FLOW_STATS_REQUEST: 12, Kind.AGGREGATE_REQUEST: 12}
_ICMP: Final = ((0x0800, 1), (0x86DD, 58))
_TYPE_AND_PROTO: Final = 1 << 4 | 1 << 5


def _matches_long_icmp(asked: Asked) -> bool:
    """Does a match name ICMP, and a type or a code of two bytes?"""
    if asked.kind not in _MATCH_AT:
        return False
    match = asked.frame[_MATCH_AT[asked.kind] :][:40]
    if len(match) < 40 or int.from_bytes(match[:4], "big") & _TYPE_AND_PROTO:
        return False
    is_icmp = (int.from_bytes(match[22:24], "big"), match[25]) in _ICMP
    return is_icmp and any((match[36], match[38]))


REFUSED: Final = (
    Refused(
        "A match on an ICMP type or code above 255",
        (e.BAD_MATCH_BAD_VALUE,),
        _matches_long_icmp,
    ),
    Refused(
        "Fragment handling other than normal, in OpenFlow 1.0",
        (e.BAD_REQUEST_EPERM,),
        lambda asked: isinstance(asked.message, SetConfig) and asked.message.flags != 0,
    ),
)
