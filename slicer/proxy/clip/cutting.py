"""Cutting: a tenant's flow as the pieces of it that are its slice's.

For each region of the slice that the flow's match meets: the part that lies in it, divided until
every output is granted for all of a part or for none of it, in the words of OpenFlow 1.0. Not here:
which flows a tenant has, and the datapath's messages. Invariant: a flow is cut whole or refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from slicer.flowspace.match import Match as Region
from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.actions import Action, Output, PopQueue, SetQueue
from slicer.openflow.oxm import Match
from slicer.openflow.v10.match import has_no_wildcard
from slicer.proxy.clip import rewriting
from slicer.proxy.clip.granting import Grant, Verdict, verdict
from slicer.proxy.clip.layers import Held, Layers
from slicer.proxy.clip.rewriting import TAGGED, Rewrite, Sent, Way
from slicer.proxy.clip.wording import Inexpressible, check_fields, express
from slicer.proxy.refusal import Refusal

WHOLE_PACKET = of.OFPCML_NO_BUFFER
"""The max_len of outputs to the controller: the slicer hands out no buffers, so tenants get whole
packets."""
MOST_WORK = 4096
"""So many regions may be compared for one output."""

_FLOODS = (of.OFPP_FLOOD, of.OFPP_ALL)
_KEEPS_PORT = (of.OFPP_IN_PORT, of.OFPP_CONTROLLER)


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


@dataclass(frozen=True, slots=True)
class Cut:
    """One piece: its match, whose place among the layers it has, and what is done. `is_exact`: the
    tenant's match has no wildcard, so the flow is above all that have. `strays`: an output is left
    out, as it is not the slice's."""

    match: Match
    held: Held
    actions: tuple[Action, ...]
    is_exact: bool
    strays: bool = False


@dataclass(frozen=True, slots=True)
class _Part:
    region: Region
    grants: Mapping[tuple[int, int], bool]
    """(place in the action list, port) -> is it granted?"""


def cut(
    layers: Layers,
    outlets: Outlets,
    slice_name: str,
    asked: tuple[Match, Region],
    actions: tuple[Action, ...],
    limit: int,
) -> list[Cut]:
    """The pieces, at most `limit`, of a flow with this match (the region is what it means) and
    these actions. Raises Refusal:
    FLOW_MOD_FAILED/TABLE_FULL where that can't be done, BAD_ACTION/EPERM where an output is not
    the slice's for any of its packets."""
    rewriting.check(actions)
    match, region = asked
    is_exact = has_no_wildcard(match)
    if any(isinstance(each, Output) and each.port == of.OFPP_TABLE for each in actions):
        raise Refusal(errors.BAD_ACTION_BAD_OUT_PORT, "output to TABLE in a flow")
    cuts: list[Cut] = []
    wanted: set[tuple[int, int]] = set()
    granted: set[tuple[int, int]] = set()
    try:
        for held, owned in _owned(layers, slice_name, region, limit):
            for part in _settled(layers, outlets, held, owned, actions, limit):
                wanted |= {key for key in part.grants if _is_named(actions[key[0]])}
                granted |= {key for key, is_granted in part.grants.items() if is_granted}
                for words, done in _worded(layers, asked, part, actions, limit):
                    strays = not all(part.grants.values())
                    cuts.append(Cut(words, held, done, is_exact, strays))
                    if not is_exact and _has_to_be_first(words):
                        raise Inexpressible(f"{words} has no wildcard left")
                if len(cuts) > limit:
                    raise Inexpressible(f"more than {limit} pieces")
    except Inexpressible as why:
        found = f"a flow for {region} of which slice {slice_name} can't have just its own: {why}"
        raise Refusal(errors.FLOW_MOD_FAILED_TABLE_FULL, found) from why
    for index, port in sorted(wanted - granted):
        raise Refusal(
            errors.BAD_ACTION_EPERM,
            f"{actions[index]!r} for {region}: at port {port:#x} none of it is the slice's",
        )
    return cuts


def _is_named(action: Action) -> bool:
    """Does an output name its port, so that to send nothing there is worth an error?"""
    return isinstance(action, Output) and action.port not in _FLOODS


def _owned(
    layers: Layers, slice_name: str, region: Region, limit: int
) -> Iterator[tuple[Held, Region]]:
    """(what makes it so, the part of `region` that is the slice's for it), without what guards
    keep away anyhow."""
    seen: list[Region] = []
    for held in layers.held_by(slice_name, region):
        part = region & held.region
        if part is None or any(each.contains(part) for each in seen):
            continue
        seen.append(part)
        yield from ((held, each) for each in _uncovered(layers, held, part, limit))


def _uncovered(layers: Layers, held: Held, part: Region, limit: int) -> list[Region]:
    """The part, without what others hold of it in spite of this and no guard keeps away."""
    if layers.is_covered(held, part):
        return []
    left = [part]
    if layers.are_guarded:
        return left
    for other in layers.above(held, part):
        if not layers.is_guarded(other):
            left = [rest for each in left for rest in each.subtract(other.region)]
            if len(left) > limit:
                raise Inexpressible(f"more than {limit} pieces")
    return left


def _settled(
    layers: Layers,
    outlets: Outlets,
    held: Held,
    region: Region,
    actions: tuple[Action, ...],
    limit: int,
) -> Iterator[_Part]:
    """The region in parts of which each output's packets may leave all or none."""
    pending = [region]
    count = 0
    while pending:
        part = pending.pop()
        count += 1
        if count > limit:
            raise Inexpressible(f"more than {limit} parts that may leave by different ports")
        found = _grants(layers, outlets, held, part, actions)
        if isinstance(found, Region):
            inside = part & found
            assert inside is not None
            pending += [inside, *part.subtract(found)]
        else:
            yield _Part(part, found)


def _grants(
    layers: Layers, outlets: Outlets, held: Held, part: Region, actions: tuple[Action, ...]
) -> dict[tuple[int, int], bool] | Region:
    """Every output's verdict, or the region to divide the part by."""
    grants: dict[tuple[int, int], bool] = {}
    for way in rewriting.ways(part, actions, layers.vocabulary.is_open_vswitch):
        for sent in way.sent:
            for port in outlets.of(sent.port):
                found = _verdict(layers, held, way, sent, port)
                if isinstance(found, Region):
                    return found
                key = sent.index, port
                if grants.setdefault(key, found is Grant.YES) != (found is Grant.YES):
                    return TAGGED
    return grants


def _verdict(layers: Layers, held: Held, way: Way, sent: Sent, port: int) -> Verdict:
    return verdict(layers, held, way.case, leaving(sent.rewrite, port), MOST_WORK)


def leaving(rewrite: Rewrite, port: int) -> Rewrite:
    """What is done to a packet that leaves by a port; one that goes back, or to the controller, is
    judged where it came in."""
    return rewrite if port in _KEEPS_PORT else rewrite.then("port", port)


def _worded(
    layers: Layers,
    asked: tuple[Match, Region],
    part: _Part,
    actions: tuple[Action, ...],
    limit: int,
) -> Iterator[tuple[Match, tuple[Action, ...]]]:
    done = carried_out(actions, lambda index: _allowed(part.grants, index))
    if part.region == asked[1]:
        check_fields(part.region, layers.vocabulary)
        yield asked[0], done
        return
    for match in express(part.region, layers.vocabulary, limit):
        yield match, done


def _has_to_be_first(match: Match) -> bool:
    """Would the datapath put the flow above all with a wildcard, whatever its priority? Without a
    tag it can have one where no priority of a tag is (`v10.flows`)."""
    return has_no_wildcard(match) and match.get("vlan_vid") != 0


def _allowed(grants: Mapping[tuple[int, int], bool], index: int) -> Iterator[int]:
    return (port for (at, port), is_granted in grants.items() if at == index and is_granted)


def carried_out(
    actions: tuple[Action, ...], ports_at: Callable[[int], Iterator[int]]
) -> tuple[Action, ...]:
    """The actions with each output in place `i` made one to each of `ports_at(i)`. Queues are the
    operator's (decision 011), so packets stay in the default one."""
    done: list[Action] = []
    for index, action in enumerate(actions):
        if isinstance(action, Output):
            done += [
                Output(port, WHOLE_PACKET if port == of.OFPP_CONTROLLER else 0)
                for port in ports_at(index)
            ]
        elif not isinstance(action, SetQueue | PopQueue):
            done.append(action)
    return tuple(done)
