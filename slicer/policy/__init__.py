"""The policy: a YAML file in, one frozen Policy out, or every reason why not.

    text -> document.py (nodes with places) -> datapaths, slices, rules (values, errors)
         -> checks.py (what the rules mean together) -> values.Policy

`docs/policy.md` describes the file key by key.
"""

from slicer.policy.endpoints import Controller, Dial, Endpoint, Listen
from slicer.policy.given import give, take
from slicer.policy.loading import load, parse
from slicer.policy.report import Notice, PolicyError, Problem
from slicer.policy.values import (
    DatapathFacts,
    Policy,
    PolicyRule,
    PortFacts,
    PortSet,
    SlicePolicy,
    flowspace_of,
)

__all__ = [
    "Controller",
    "DatapathFacts",
    "Dial",
    "Endpoint",
    "Listen",
    "Notice",
    "Policy",
    "PolicyError",
    "PolicyRule",
    "PortFacts",
    "PortSet",
    "Problem",
    "SlicePolicy",
    "flowspace_of",
    "give",
    "load",
    "parse",
    "take",
]
