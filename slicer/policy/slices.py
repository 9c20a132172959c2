"""The `slices` section: who the tenants are, and what they may use.

Invariant: a slice that comes out has at least one controller, and meets nobody twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from slicer.isolation.limits import LIMITS, MAX_LIMIT, Limits, OverLimit
from slicer.isolation.rates import QuantityError
from slicer.policy.document import Node, Place
from slicer.policy.endpoints import Controller, controller_in
from slicer.policy.ends import Ends
from slicer.policy.reading import (
    Entry,
    entries_of,
    items_of,
    known_entries,
    name_of,
    number_of,
    one_of,
    quoted,
    text_of,
    value_of,
)
from slicer.policy.report import Report
from slicer.policy.shares import NO_SHARES, read_shares
from slicer.policy.values import SlicePolicy

CONTROLLER_FORM = (
    "tcp:host:port (the slicer connects to it) or ptcp:port[:host] (the slicer listens), "
    "IPv6 addresses in [brackets]"
)

_SLICE_KEYS = ("controllers", "watchers", "limits", "shares")
_OVER_LIMIT = "over_limit"
_LIMIT_KEYS = (*LIMITS, _OVER_LIMIT)


@dataclass(frozen=True, slots=True)
class PlacedController:
    """A controller or watcher, whose it is, and where it is written."""

    slice: str
    controller: Controller
    place: Place


@dataclass(frozen=True, slots=True)
class Slices:
    """What the section says. `places` holds also the slices with something wrong in them."""

    slices: Mapping[str, SlicePolicy]
    places: Mapping[str, Place]
    controllers: tuple[PlacedController, ...]


NO_SLICES = Slices(MappingProxyType({}), MappingProxyType({}), ())


def read_slices(node: Node, ends: Ends, report: Report) -> Slices:
    """The slices of the section by name, in the order written."""
    slices: dict[str, SlicePolicy] = {}
    places: dict[str, Place] = {}
    controllers: list[PlacedController] = []
    entries = entries_of(node, report, "a mapping from a slice's name to its controllers")
    if entries == []:
        report.problem(node.place, "no slices", "at least one")
    for entry in entries or ():
        name = name_of(entry, report)
        places[entry.key] = entry.place
        read = _slice(entry, ends, report, controllers)
        if name is not None and read is not None:
            slices[name] = read
    return Slices(MappingProxyType(slices), MappingProxyType(places), tuple(controllers))


def _slice(
    entry: Entry, ends: Ends, report: Report, placed: list[PlacedController]
) -> SlicePolicy | None:
    keys = known_entries(entry.value, report, _SLICE_KEYS, ("controllers",))
    if keys is None:
        return None
    controllers: dict[Controller, Place] = {}
    if "controllers" in keys:
        controllers = _controllers(keys["controllers"].value, "controller", {}, report)
    watchers: dict[Controller, Place] = {}
    if "watchers" in keys:
        watchers = _controllers(keys["watchers"].value, "watcher", controllers, report)
    met = controllers | watchers
    placed += (PlacedController(entry.key, each, at) for each, at in met.items())
    limits = _limits(keys["limits"].value, report) if "limits" in keys else Limits()
    shares = read_shares(keys["shares"].value, ends, report) if "shares" in keys else NO_SHARES
    if not controllers or limits is None or shares is None:
        return None
    share = shares.share, shares.at
    return SlicePolicy(entry.key, tuple(controllers), limits, *share, tuple(watchers))


def _controllers(
    node: Node, what: str, others: Mapping[Controller, Place], report: Report
) -> dict[Controller, Place]:
    controllers: dict[Controller, Place] = {}
    for item in items_of(node, report, f"a list of {what}s, each {CONTROLLER_FORM}"):
        controller = value_of(item, report, CONTROLLER_FORM, controller_in)
        if controller in controllers:
            report.problem(item.place, f"{controller} again", f"each {what} once in a slice")
        elif controller in others:
            found = f"{controller}, which is a controller of the slice"
            report.problem(item.place, found, f"a {what}'s own endpoint")
        elif controller is not None:
            controllers[controller] = item.place
    return controllers


def _limits(node: Node, report: Report) -> Limits | None:
    keys = known_entries(node, report, _LIMIT_KEYS)
    if keys is None:
        return None
    values: dict[str, Any] = {}
    if _OVER_LIMIT in keys:
        values[_OVER_LIMIT] = _over_limit(keys.pop(_OVER_LIMIT).value, report)
    for key, entry in keys.items():
        number = number_of(entry.value, report, 0, MAX_LIMIT, "a number")
        try:
            _one_limit(key, number)
        except QuantityError as error:
            report.problem(entry.value.place, error.found, error.expected)
        else:
            values |= {key: number} if number is not None else {}
    return Limits(**values)


def _one_limit(key: str, number: int | None) -> Limits:
    values: dict[str, Any] = {key: number}
    return Limits(**values)


def _over_limit(node: Node, report: Report) -> OverLimit:
    ways = tuple(way.value for way in OverLimit)
    text = text_of(node, report, one_of("", ways))
    if text in ways:
        return OverLimit(text)
    if text is not None:
        report.problem(node.place, quoted(text), one_of(text, ways))
    return OverLimit.WAIT
