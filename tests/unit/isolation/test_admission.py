"""Admission: which ports and links promise more than they carry."""

from slicer.isolation import Rate, Share
from slicer.isolation.admission import Cable, Overbooking, network, overbooked

A, B = (1, 1), (2, 1)
SHARES = {"x": Share(Rate(60)), "y": Share(Rate(50))}


def test_each_direction_of_a_link_by_itself() -> None:
    graph = network({}, [Cable((A, B), Rate(100))], {A: SHARES, B: {"x": SHARES["x"]}})
    assert list(overbooked(graph)) == [Overbooking(A, B, 100, 10, SHARES)]


def test_the_tighter_of_port_and_link_is_named() -> None:
    cable = Cable((A, B), Rate(90))
    assert list(overbooked(network({A: Rate(80)}, [cable], {A: SHARES}))) == [
        Overbooking(A, None, 80, 30, SHARES)
    ]
    assert list(overbooked(network({A: Rate(200)}, [cable], {A: SHARES}))) == [
        Overbooking(A, B, 90, 20, SHARES)
    ]


def test_what_fits_is_not_named() -> None:
    assert list(overbooked(network({A: Rate(110)}, [], {A: SHARES}))) == []
