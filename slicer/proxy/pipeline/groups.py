"""A tenant's groups (OpenFlow 1.3.5 5.6, 7.3.4.2): group-mods, and what is asked about groups.

One group on the datapath for one of the tenant's, under an id of the datapath's (`terms.py`), with
its buckets' actions translated like any others. Invariant: nothing here is about a group of another
tenant's or of the slicer's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.actions import Group, Note
from slicer.openflow.groups import Bucket
from slicer.openflow.messages import GroupMod, Message
from slicer.openflow.multipart import (
    GroupDesc,
    GroupDescReply,
    GroupDescRequest,
    GroupStats,
    GroupStatsReply,
    GroupStatsRequest,
)
from slicer.proxy.enforcement import Forward, Plan
from slicer.proxy.operation import Steps
from slicer.proxy.pipeline import layout, restore, translate
from slicer.proxy.pipeline.terms import Terms, note_of_group, read_note
from slicer.proxy.refusal import Refusal
from slicer.proxy.sliver import Sliver


def group_mod(sliver: Sliver, terms: Terms, asked: GroupMod, *, is_bundled: bool = False) -> Plan:
    """Add, change or delete. Raises Refusal."""
    if asked.command == of.OFPGC_DELETE:
        buckets = tuple(_bucket(sliver, terms, each) for each in asked.buckets)
        return _delete(terms, replace(asked, buckets=buckets))
    if asked.group_id > of.OFPG_MAX:
        return Forward(_translated(sliver, terms, asked))
    _check_room(sliver, terms, asked)
    names = frozenset(_named(asked.buckets))
    empty = not asked.buckets
    ask = terms.groups.change_later if is_bundled else terms.groups.change
    change = ask(terms.tag, asked.group_id, names, is_empty=empty)
    try:
        translated = _translated(sliver, terms, asked)
    except Refusal:
        change.undo()
        raise
    return Forward(translated, done=change.done, undo=change.undo)


def _named(buckets: tuple[Bucket, ...]) -> Iterator[int]:
    """The groups that buckets name, by the tenant's ids."""
    for bucket in buckets:
        numbers = [each.group_id for each in bucket.actions if isinstance(each, Group)]
        yield from (each for each in (bucket.watch_group, *numbers) if each <= of.OFPG_MAX)


def _delete(terms: Terms, asked: GroupMod) -> Steps[Sequence[Message]]:
    every = asked.group_id == of.OFPG_ALL
    doomed = terms.groups.of(terms.tag) if every else [asked.group_id]
    yield [
        replace(asked, group_id=physical)
        for physical in [*map(terms.group, doomed)] or [layout.NO_GROUP]
    ]
    for number in doomed:
        terms.groups.end(terms.tag, number)
    return []


def _translated(sliver: Sliver, terms: Terms, asked: GroupMod) -> GroupMod:
    physical = terms.group(asked.group_id)
    buckets = tuple(_bucket(sliver, terms, each) for each in asked.buckets)
    named = {number: terms.group(number) for number in _named(asked.buckets)}
    empty = not buckets
    if empty and asked.type != of.OFPGT_INDIRECT:
        # One of a fast-failover group has to watch something; this never lives.
        watched = layout.NO_GROUP if asked.type == of.OFPGT_FF else of.OFPG_ANY
        buckets = (Bucket(0, of.OFPP_ANY, watched, ()),)
    if buckets:
        note = note_of_group(terms.tag, asked.group_id, named, placeholder=empty)
        buckets = (replace(buckets[0], actions=(note, *buckets[0].actions)), *buckets[1:])
    return replace(asked, group_id=physical, buckets=buckets)


def _bucket(sliver: Sliver, terms: Terms, asked: Bucket) -> Bucket:
    if asked.watch_port != of.OFPP_ANY and not sliver.owns_port(asked.watch_port):
        raise Refusal(
            errors.GROUP_MOD_FAILED_BAD_WATCH, f"watch port {asked.watch_port} isn't the sliver's"
        )
    actions = translate.action_set(terms, asked.actions)
    return replace(asked, watch_group=terms.group(asked.watch_group), actions=actions)


def group_desc(terms: Terms) -> Plan:
    """The tenant's groups, as it wrote them (7.3.5.10)."""

    def back(reply: Message) -> Message:
        assert isinstance(reply, GroupDescReply)
        described = (_described(terms, each) for each in reply.entries)
        return replace(reply, entries=tuple(each for each in described if each is not None))

    return Forward(GroupDescRequest(0), back)


def _described(terms: Terms, stored: GroupDesc) -> GroupDesc | None:
    number = terms.tenants_group(stored.group_id)
    noted = read_note(stored.buckets)
    if number is None or noted is None:
        return None
    written = () if noted.is_placeholder else stored.buckets
    try:
        buckets = tuple(_as_written(terms, each) for each in written)
    except restore.NotOurs as why:
        restore.leave_out(terms, "group with a tenant's note", why, stored)
        return None
    return replace(stored, group_id=number, buckets=buckets)


def _as_written(terms: Terms, stored: Bucket) -> Bucket:
    watched = terms.tenants_group(stored.watch_group)
    if watched is None:
        raise restore.NotOurs(f"watched group {stored.watch_group} is not the tenant's")
    own = tuple(each for each in stored.actions if not isinstance(each, Note))
    return replace(stored, watch_group=watched, actions=restore.actions(terms, own))


def _check_room(sliver: Sliver, terms: Terms, asked: GroupMod) -> None:
    limit = sliver.limits.groups
    if limit is None or asked.command != of.OFPGC_ADD:
        return
    there = terms.groups.of(terms.tag)
    if len(there) >= limit and asked.group_id not in there:
        raise Refusal(
            errors.GROUP_MOD_FAILED_OUT_OF_GROUPS,
            f"one group more than the {limit} that the slice may have here",
        )


def group_stats(terms: Terms, asked: GroupStatsRequest) -> Plan:
    """The counters of one of the tenant's groups or of all (7.3.5.9)."""
    physical = of.OFPG_ALL if asked.group_id == of.OFPG_ALL else terms.group(asked.group_id)

    empty = terms.groups.empty(terms.tag)

    def back(reply: Message) -> Message:
        assert isinstance(reply, GroupStatsReply)
        counted = (_counted(terms, empty, each) for each in reply.entries)
        return replace(reply, entries=tuple(each for each in counted if each is not None))

    return Forward(replace(asked, group_id=physical), back)


def _counted(terms: Terms, empty: frozenset[int], stored: GroupStats) -> GroupStats | None:
    number = terms.tenants_group(stored.group_id)
    if number is None:
        return None
    counters = () if number in empty else stored.bucket_stats
    return replace(stored, group_id=number, bucket_stats=counters)
