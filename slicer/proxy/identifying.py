"""Identifying: asking a datapath that has connected who it is and what ports it has.

What follows from the answers is the datapath's affair. Invariant: a datapath that leaves a question
open is Unsuitable.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from slicer.openflow.messages import FeaturesReply, FeaturesRequest, Message, Port
from slicer.openflow.multipart import DescReply, DescRequest, PortDescReply, PortDescRequest
from slicer.proxy.enforcement import Unsuitable
from slicer.proxy.operation import Steps

Reply = TypeVar("Reply", bound=Message)


def identify(lists_ports: bool) -> Steps[tuple[FeaturesReply, DescReply, list[Port]]]:
    """Its features, its description and its ports. `lists_ports`: its features tell of its ports
    (OpenFlow 1.0 5.3.1). Raises Unsuitable."""
    asked = [FeaturesRequest(0), DescRequest(0)]
    features, desc, *ports, _ = yield asked if lists_ports else [*asked, PortDescRequest(0)]
    found = _only(features, FeaturesReply)
    listed = [part for parts in ports for part in parts if isinstance(part, PortDescReply)]
    described = [port for part in listed for port in part.entries]
    return found, _only(desc, DescReply), [*found.ports, *described]


def _only(parts: Iterable[Message], kind: type[Reply]) -> Reply:
    for part in parts:
        if isinstance(part, kind):
            return part
    raise Unsuitable(f"it answered a barrier but sent no {kind.__name__} before")
