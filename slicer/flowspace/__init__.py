"""The algebra of header space: fields, matches, points, and who owns what.

    packet bytes -> packet.parse -> Point -> FlowSpace.owner -> slice
                                     Match -> FlowSpace.clip  -> the slice's part of it

Standard library only. Knows no OpenFlow version, no wire and no switch, but what Open
vSwitch can match and how it reads a packet, because Open vSwitch enforces it.
"""

from slicer.flowspace.classifier import Classifier
from slicer.flowspace.fields import FIELDS, UNNAMEABLE, Field, HeaderError
from slicer.flowspace.fragments import FragmentHazard
from slicer.flowspace.match import Match
from slicer.flowspace.packet import parse
from slicer.flowspace.point import Point
from slicer.flowspace.rule import Rule
from slicer.flowspace.space import Conflict, FlowSpace, TooManyPiecesError

__all__ = [
    "FIELDS",
    "UNNAMEABLE",
    "Classifier",
    "Conflict",
    "Field",
    "FlowSpace",
    "FragmentHazard",
    "HeaderError",
    "Match",
    "Point",
    "Rule",
    "TooManyPiecesError",
    "parse",
]
