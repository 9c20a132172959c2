"""Peers: what is queued, what is asked of the outside, and that a closed one sends nothing."""

from slicer.proxy.peer import Peer


def make() -> tuple[Peer, list[Peer]]:
    touched: list[Peer] = []
    return Peer(3, "10.0.0.1:4000", 5.0, touched), touched


def test_a_new_peer_is_open_reads_and_has_been_heard_from() -> None:
    peer, touched = make()
    assert (peer.number, peer.address, peer.last_heard) == (3, "10.0.0.1:4000", 5.0)
    assert not peer.is_closed
    assert peer.reads
    assert peer.was_reading
    assert touched == []


def test_frames_leave_together_in_order_and_count_as_backlog() -> None:
    peer, touched = make()
    peer.send(b"one")
    peer.send(b"three")
    assert touched == [peer]
    assert peer.backlog == 8
    assert peer.take_outgoing() == b"onethree"
    assert peer.take_outgoing() == b""
    assert peer.backlog == 8, "they have not left for the network yet"
    peer.send(b"more")
    assert touched == [peer, peer]


def test_what_was_queued_before_closing_still_leaves_and_nothing_after() -> None:
    peer, touched = make()
    peer.send(b"goodbye")
    peer.close("enough")
    peer.send(b"too late")
    assert peer.is_closed
    assert peer.backlog == 7
    assert peer.take_outgoing() == b"goodbye"
    assert touched == [peer, peer]


def test_the_first_reason_for_closing_stays() -> None:
    peer, touched = make()
    peer.close("first")
    peer.close("second")
    assert peer.close_reason == "first"
    assert touched == [peer]


def test_reading_pauses_while_any_reason_for_it_is_left() -> None:
    peer, touched = make()
    peer.pause_reading("one")
    peer.pause_reading("other")
    peer.pause_reading("one")
    assert peer in touched
    assert not peer.reads
    peer.resume_reading("one")
    assert not peer.reads
    peer.resume_reading("never given")
    assert not peer.reads
    touched.clear()
    peer.resume_reading("other")
    assert peer.reads
    assert peer in touched


def test_the_bytes_are_cut_into_frames() -> None:
    peer, _ = make()
    assert peer.framer.feed(bytes.fromhex("0402000800000001 04")) == [
        bytes.fromhex("0402000800000001")
    ]
