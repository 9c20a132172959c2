"""Cutting: a tenant's flow as the pieces of it that are its slice's.

For each region of the slice that the flow's match meets: the part that lies in it, divided until
every output is granted for all of a part or for none of it, in the words of OpenFlow 1.0. Not here:
which flows a tenant has, and the datapath's messages. Invariant: a flow is cut whole or refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from slicer.flowspace.match import Match as Region
from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.actions import Action, Output, PopQueue, SetQueue
from slicer.openflow.oxm import Match
from slicer.openflow.v10.match import has_no_wildcard
from slicer.proxy.clip import rewriting
from slicer.proxy.clip.effort import Effort
from slicer.proxy.clip.granting import Grant, Verdict, verdict
from slicer.proxy.clip.layers import Layers
from slicer.proxy.clip.regions import Held
from slicer.proxy.clip.rewriting import TAGGED, Rewrite
from slicer.proxy.clip.wording import Inexpressible, check_fields, express
from slicer.proxy.refusal import Refusal

WHOLE_PACKET = of.OFPCML_NO_BUFFER
"""The max_len of outputs to the controller: the slicer hands out no buffers, so tenants get whole
packets."""
MOST_EFFORT = 1 << 20
"""So many regions may be compared for one flow: a second or two."""

_FLOODS = (of.OFPP_FLOOD, of.OFPP_ALL)
_KEEPS_PORT = (of.OFPP_IN_PORT, of.OFPP_CONTROLLER)
_KEEPS_HEADER = (Output, SetQueue, PopQueue)


@dataclass(frozen=True, slots=True)
class Outlets:
    """Where a slice's packets may leave: its ports, and those of them that FLOOD stands for."""

    ports: frozenset[int] = frozenset()
    flooded: frozenset[int] = frozenset()

    def of(self, port: int) -> tuple[int, ...]:
        """The ports that an output stands for; none for a port that the slice doesn't have."""
        if port in _KEEPS_PORT:
            return (port,)
        if port == of.OFPP_ALL:
            return tuple(sorted(self.ports))
        if port == of.OFPP_FLOOD:
            return tuple(sorted(self.flooded))
        return (port,) if port in self.ports else ()


class Cut(NamedTuple):
    """One piece: its match, whose place among the layers it has, and what is done. `is_exact`: the
    tenant's match has no wildcard, so the flow is above all that have. `strays`: an output is left
    out, as it is not the slice's."""

    match: Match
    held: Held
    actions: tuple[Action, ...]
    is_exact: bool
    strays: bool = False


_Grants = Mapping[tuple[int, int], bool]
"""(place in the action list, port) -> is it granted?"""
_ALL_GRANTED: _Grants = MappingProxyType({})


def cut(
    layers: Layers,
    outlets: Outlets,
    slice_name: str,
    asked: tuple[Match, Region],
    actions: tuple[Action, ...],
    limit: int,
    effort: Effort | None = None,
) -> list[Cut]:
    """The pieces, at most `limit`, of a flow with this match (the region is what it means) and
    these actions; `effort` is what it may take, by itself the most. Raises Refusal:
    FLOW_MOD_FAILED/TABLE_FULL where that can't be done, BAD_ACTION/EPERM where an output is not
    the slice's for any of its packets."""
    rewriting.check(actions)
    region, is_exact = asked[1], has_no_wildcard(asked[0])
    if any(isinstance(each, Output) and each.port == of.OFPP_TABLE for each in actions):
        raise Refusal(errors.BAD_ACTION_BAD_OUT_PORT, "output to TABLE in a flow")
    cuts: list[Cut] = []
    judged: list[_Grants] = []
    everywhere = _carried_out_everywhere(layers, outlets, actions)
    effort = Effort(MOST_EFFORT) if effort is None else effort
    try:
        for held, owned in _owned(layers, slice_name, region, limit, effort):
            parts: Iterable[tuple[Region, _Grants]] = ((owned, _ALL_GRANTED),)
            if everywhere is None:
                parts = _settled(layers, outlets, held, owned, actions, limit, effort)
            for part, grants in parts:
                judged.append(grants)
                done, strays = everywhere, not all(grants.values())
                if done is None:
                    done = carried_out(actions, _granted(grants))
                words = _worded(layers, asked, part, limit)
                cuts += [Cut(each, held, done, is_exact, strays) for each in words]
                if len(cuts) > limit:
                    raise Inexpressible(f"more than {limit} pieces")
    except Inexpressible as why:
        found = f"a flow for {region} of which slice {slice_name} can't have just its own: {why}"
        raise Refusal(errors.FLOW_MOD_FAILED_TABLE_FULL, found) from why
    if any(each.strays for each in cuts):
        _check_outputs(judged, region, actions)
    return cuts


def _check_outputs(judged: Sequence[_Grants], region: Region, actions: tuple[Action, ...]) -> None:
    """Refuse an output that names its port and sends nothing there, of any part. Raises Refusal."""
    denied = {key for grants in judged for key, is_granted in grants.items() if not is_granted}
    granted = {key for grants in judged for key, is_granted in grants.items() if is_granted}
    for index, port in sorted(denied - granted):
        action = actions[index]
        if isinstance(action, Output) and action.port not in _FLOODS:
            raise Refusal(
                errors.BAD_ACTION_EPERM,
                f"{action!r} for {region}: at port {port:#x} none of it is the slice's",
            )


def _owned(
    layers: Layers, slice_name: str, region: Region, limit: int, effort: Effort
) -> Iterator[tuple[Held, Region]]:
    """(what makes it so, the part of `region` that is the slice's for it), without what guards
    keep away anyhow."""
    seen: list[Region] = []
    for held in layers.held_by(slice_name, region):
        part = region if held.region.contains(region) else region & held.region
        if part is None or (seen and any(each.contains(part) for each in seen)):
            continue
        seen.append(part)
        for each in _uncovered(layers, held, part, limit, effort):
            yield held, each


def _uncovered(
    layers: Layers, held: Held, part: Region, limit: int, effort: Effort
) -> list[Region]:
    """The part, without what others hold of it in spite of this and no guard keeps away."""
    if layers.is_covered(held, part):
        return []
    left = [part]
    if layers.are_guarded:
        return left
    for other in layers.above(held, part):
        if not layers.is_guarded(other):
            effort.spend(len(left))
            left = [rest for each in left for rest in each.subtract(other.region)]
            if len(left) > limit:
                raise Inexpressible(f"more than {limit} pieces")
    return left


def _carried_out_everywhere(
    layers: Layers, outlets: Outlets, actions: tuple[Action, ...]
) -> tuple[Action, ...] | None:
    """What is done where every packet may leave by every port, as nothing is rewritten and whoever
    owns a packet where it comes in owns it at each port. None where parts have to be judged."""
    if layers.name_ports:
        return None
    ports: dict[int, Sequence[int]] = {}
    for index, action in enumerate(actions):
        if not isinstance(action, _KEEPS_HEADER):
            return None
        if isinstance(action, Output):
            ports[index] = outlets.of(action.port)
    return carried_out(actions, ports)


def _settled(
    layers: Layers,
    outlets: Outlets,
    held: Held,
    region: Region,
    actions: tuple[Action, ...],
    limit: int,
    effort: Effort,
) -> Iterator[tuple[Region, _Grants]]:
    """The region in parts of which each output's packets may leave all or none."""
    pending = [region]
    count = 0
    while pending:
        part = pending.pop()
        count += 1
        if count > limit:
            raise Inexpressible(f"more than {limit} parts that may leave by different ports")
        found = _grants(layers, outlets, held, part, actions, effort)
        if isinstance(found, Region):
            inside = part & found
            assert inside is not None
            pending += [inside, *part.subtract(found)]
        else:
            yield part, found


def _grants(
    layers: Layers,
    outlets: Outlets,
    held: Held,
    part: Region,
    actions: tuple[Action, ...],
    effort: Effort,
) -> _Grants | Region:
    """Every output's verdict, or the region to divide the part by."""
    grants: dict[tuple[int, int], bool] = {}
    for way in rewriting.ways(part, actions, layers.vocabulary.is_open_vswitch):
        verdicts: dict[Rewrite, Verdict] = {}
        for sent in way.sent:
            for port in outlets.of(sent.port):
                effort.spend()
                rewrite = leaving(sent.rewrite, port) if layers.name_ports else sent.rewrite
                found = verdicts.get(rewrite)
                if found is None:
                    found = verdicts[rewrite] = verdict(layers, held, way.case, rewrite, effort)
                if isinstance(found, Region):
                    return found
                key = sent.index, port
                if grants.setdefault(key, found is Grant.YES) != (found is Grant.YES):
                    return TAGGED
    return grants


def leaving(rewrite: Rewrite, port: int) -> Rewrite:
    """What is done to a packet that leaves by a port; one that goes back, or to the controller, is
    judged where it came in."""
    return rewrite if port in _KEEPS_PORT else rewrite.then("port", port)


def _worded(
    layers: Layers, asked: tuple[Match, Region], part: Region, limit: int
) -> Sequence[Match]:
    match, region = asked
    if part is region or part == region:
        check_fields(region, layers.vocabulary)
        return (match,)
    found = express(part, layers.vocabulary, limit)
    if not has_no_wildcard(match):
        for words in found:
            if _has_to_be_first(words):
                raise Inexpressible(f"{words} has no wildcard left")
    return found


def _has_to_be_first(match: Match) -> bool:
    """Would the datapath put the flow above all with a wildcard, whatever its priority? Without a
    tag it can have one where no priority of a tag is (`v10.flows`)."""
    return has_no_wildcard(match) and match.get("vlan_vid") != 0


def _granted(grants: _Grants) -> Mapping[int, Sequence[int]]:
    """The ports that are granted, by the output's place in the action list."""
    ports: dict[int, list[int]] = {}
    for (index, port), is_granted in grants.items():
        if is_granted:
            ports.setdefault(index, []).append(port)
    return ports


def carried_out(
    actions: tuple[Action, ...], ports: Mapping[int, Sequence[int]]
) -> tuple[Action, ...]:
    """The actions with the output in each place made one to each of `ports` for that place. Queues
    are the operator's (decision 011), so packets stay in the default one."""
    done: list[Action] = []
    for index, action in enumerate(actions):
        if isinstance(action, Output):
            done += [_output(action, port) for port in ports.get(index, ())]
        elif not isinstance(action, SetQueue | PopQueue):
            done.append(action)
    carried = tuple(done)
    # What is as the tenant wrote it is in memory once.
    return actions if carried == actions else carried


def _output(asked: Output, port: int) -> Output:
    max_len = WHOLE_PACKET if port == of.OFPP_CONTROLLER else 0
    return asked if asked.port == port and asked.max_len == max_len else Output(port, max_len)
