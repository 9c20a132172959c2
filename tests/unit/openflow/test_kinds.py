"""Kinds: all that OpenFlow 1.3.5 has."""

from slicer.openflow.kinds import Kind


def test_there_is_one_kind_for_each_message_and_multipart_body() -> None:
    plain_types, multipart_types = 30, 15
    assert len(Kind) == plain_types - 2 + 2 * multipart_types


def test_multipart_is_no_kind_of_its_own() -> None:
    assert not [kind for kind in Kind if kind.name in ("MULTIPART_REQUEST", "MULTIPART_REPLY")]
