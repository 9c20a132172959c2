"""A tenant's groups (OpenFlow 1.3.5 5.6, 7.3.4.2): group-mods, and what is asked about groups.

One group on the datapath for one of the tenant's, under an id of the datapath's (`terms.py`), with
its buckets' actions translated like any others. Invariant: nothing here is about a group of another
tenant's or of the slicer's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.actions import Note
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
from slicer.proxy.pipeline import restore, translate
from slicer.proxy.pipeline.terms import Terms, note_of_group, read_note
from slicer.proxy.refusal import Refusal
from slicer.proxy.sliver import Sliver


def group_mod(sliver: Sliver, terms: Terms, asked: GroupMod) -> Plan:
    """Add, change or delete. Raises Refusal."""
    if asked.command == of.OFPGC_DELETE:
        return _delete(terms, asked)
    physical = terms.group(asked.group_id)
    if asked.group_id > of.OFPG_MAX:
        raise Refusal(errors.GROUP_MOD_FAILED_INVALID_GROUP, f"group {asked.group_id:#x}")
    if asked.command == of.OFPGC_MODIFY and physical is None:
        raise Refusal(errors.GROUP_MOD_FAILED_UNKNOWN_GROUP, f"no group {asked.group_id}")
    buckets = _buckets(sliver, terms, asked)
    if physical is not None:
        return Forward(replace(asked, group_id=physical, buckets=buckets))
    opened = terms.groups.open(terms.tag, asked.group_id)
    return Forward(
        replace(asked, group_id=opened, buckets=buckets),
        undo=lambda: terms.groups.undo_open(terms.tag, asked.group_id, opened),
    )


def _delete(terms: Terms, asked: GroupMod) -> Plan:
    if asked.group_id == of.OFPG_ALL:
        doomed = dict(terms.groups.of(terms.tag))
    else:
        physical = terms.group(asked.group_id)
        doomed = {} if physical is None else {asked.group_id: physical}
    for number in doomed:
        terms.groups.close(terms.tag, number)
    return _delete_all([replace(asked, group_id=each, buckets=()) for each in doomed.values()])


def _delete_all(group_mods: Sequence[GroupMod]) -> Steps[Sequence[Message]]:
    if group_mods:
        yield group_mods
    return []


def _buckets(sliver: Sliver, terms: Terms, asked: GroupMod) -> tuple[Bucket, ...]:
    buckets = tuple(_bucket(sliver, terms, each) for each in asked.buckets)
    if not buckets:
        if asked.type == of.OFPGT_INDIRECT:
            return ()
        note = note_of_group(terms.tag, asked.group_id, placeholder=True)
        return (Bucket(0, of.OFPP_ANY, of.OFPG_ANY, (note,)),)
    note = note_of_group(terms.tag, asked.group_id)
    first = replace(buckets[0], actions=(note, *buckets[0].actions))
    return (first, *buckets[1:])


def _bucket(sliver: Sliver, terms: Terms, asked: Bucket) -> Bucket:
    if asked.watch_port != of.OFPP_ANY and not sliver.owns_port(asked.watch_port):
        raise Refusal(
            errors.GROUP_MOD_FAILED_BAD_WATCH, f"watch port {asked.watch_port} isn't the sliver's"
        )
    watched = of.OFPG_ANY
    if asked.watch_group != of.OFPG_ANY:
        found = terms.group(asked.watch_group)
        if found is None:
            raise Refusal(
                errors.GROUP_MOD_FAILED_BAD_WATCH, f"no group {asked.watch_group} to watch"
            )
        watched = found
    actions = translate.action_set(terms, asked.actions)
    return replace(asked, watch_group=watched, actions=actions)


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
    buckets = () if noted[2] else tuple(_as_written(terms, each) for each in stored.buckets)
    return replace(stored, group_id=number, buckets=buckets)


def _as_written(terms: Terms, stored: Bucket) -> Bucket:
    watched = terms.tenants_group(stored.watch_group)
    own = tuple(each for each in stored.actions if not isinstance(each, Note))
    return replace(
        stored,
        watch_group=of.OFPG_ANY if watched is None else watched,
        actions=restore.actions(terms, own),
    )


def group_stats(terms: Terms, asked: GroupStatsRequest) -> Plan:
    """The counters of one of the tenant's groups or of all (7.3.5.9)."""
    physical = of.OFPG_ALL if asked.group_id == of.OFPG_ALL else terms.group(asked.group_id)
    if physical is None:
        return _answer(GroupStatsReply(asked.xid))

    def back(reply: Message) -> Message:
        assert isinstance(reply, GroupStatsReply)
        counted = (_counted(terms, each) for each in reply.entries)
        return replace(reply, entries=tuple(each for each in counted if each is not None))

    return Forward(replace(asked, group_id=physical), back)


def _counted(terms: Terms, stored: GroupStats) -> GroupStats | None:
    number = terms.tenants_group(stored.group_id)
    return None if number is None else replace(stored, group_id=number)


def _answer(*replies: Message) -> Steps[Sequence[Message]]:
    """A plan that needs nothing of the datapath."""
    yield from ()
    return replies
