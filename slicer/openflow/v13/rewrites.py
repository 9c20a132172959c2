"""Rewrites of OpenFlow 1.0's (5.2.4) in the actions of 1.3, as Open vSwitch lists such flows.

For reading only: 1.3's actions say nothing of packets without the field, so a flow that is made of
them need not do the same. Ports stay as they are: Open vSwitch takes and gives their actions in 1.3
too. Invariant: what is in 1.3's actions already comes back as it is.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final

from slicer.openflow import actions as a
from slicer.openflow.actions import Action
from slicer.openflow.constants import OFPVID_PRESENT
from slicer.openflow.instructions import ApplyActions, Instruction
from slicer.openflow.oxm import Match, oxm

_ETHERTYPE: Final = 0x8100
_WORDS: Final[dict[type[Action], Callable[[Any], Action]]] = {
    a.SetVlanVid: lambda each: a.SetField(oxm("vlan_vid", OFPVID_PRESENT | each.vlan_vid)),
    a.SetVlanPcp: lambda each: a.SetField(oxm("vlan_pcp", each.vlan_pcp)),
    a.StripVlan: lambda each: a.PopVlan(),
    a.SetNwSrc: lambda each: a.SetField(oxm("ipv4_src", each.nw_src)),
    a.SetNwDst: lambda each: a.SetField(oxm("ipv4_dst", each.nw_dst)),
    a.SetNwTos: lambda each: a.SetField(oxm("ip_dscp", each.nw_tos >> 2)),
}
_NEED_TAG: Final = (a.SetVlanVid, a.SetVlanPcp)
_TAGGED_AFTER: Final[dict[type[Action], bool]] = {
    **dict.fromkeys((*_NEED_TAG, a.PushVlan), True),
    **dict.fromkeys((a.StripVlan, a.PopVlan), False),
}
"""What an action makes sure of: is there a VLAN tag after it, or may there be none?"""


def in_1_3(instructions: Iterable[Instruction], match: Match) -> tuple[Instruction, ...]:
    """The instructions of a flow with this match, without OpenFlow 1.0's rewrites."""
    return tuple(
        replace(each, actions=_reworded(each.actions, _says_tagged(match)))
        if isinstance(each, ApplyActions) and any(type(one) in _WORDS for one in each.actions)
        else each
        for each in instructions
    )


def _says_tagged(match: Match) -> bool:
    asked = match.get("vlan_vid")
    value = asked[0] if isinstance(asked, tuple) else asked
    return bool((value or 0) & OFPVID_PRESENT)


def _reworded(actions: Iterable[Action], is_tagged: bool) -> tuple[Action, ...]:
    found: list[Action] = []
    for each in actions:
        kind = type(each)
        if kind in _NEED_TAG and not is_tagged:
            found.append(a.PushVlan(_ETHERTYPE))
        found.append(_WORDS[kind](each) if kind in _WORDS else each)
        is_tagged = _TAGGED_AFTER.get(kind, is_tagged)
    return tuple(found)
