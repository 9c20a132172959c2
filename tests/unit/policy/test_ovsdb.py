"""The `ovsdb` keys."""

import pytest

from slicer.policy import parse
from slicer.policy.endpoints import Endpoint
from slicer.policy.ovsdb import FORM, LONGEST_PATH, Ovsdb, UnixSocket, ovsdb_in
from tests.unit.policy.policies import policy, problems, text

LONG = "unix:/" + "x" * LONGEST_PATH


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("unix:/run/openvswitch/db.sock", UnixSocket("/run/openvswitch/db.sock")),
        ("tcp:192.0.2.1:6640", Endpoint("192.0.2.1", 6640)),
        ("tcp:[2001:db8::1]:6640", Endpoint("2001:db8::1", 6640)),
    ],
)
def test_where_a_database_is(written: str, meant: Ovsdb) -> None:
    assert ovsdb_in(written) == meant
    assert str(meant) == written


NO_DATABASE = ["unix:db.sock", "unix:", LONG, "tcp:host", "ptcp:6640", "ssl:192.0.2.1:6640", "x"]


@pytest.mark.parametrize("written", NO_DATABASE)
def test_what_is_no_place_of_a_database(written: str) -> None:
    assert ovsdb_in(written) is None
    said = repr(written if len(written) <= 60 else written[:60] + "...")
    found = problems(f"ovsdb: '{written}'\n" + text())
    assert found == [f"1:8: found {said}, expected {FORM}"]


def test_nothing_and_a_list_are_no_place_either() -> None:
    assert problems("ovsdb:\n" + text()) == [f"1:7: found nothing, expected {FORM}"]
    assert problems("ovsdb: [a]\n" + text()) == [f"1:8: found a list, expected {FORM}"]
    (said,) = problems(text(datapaths="{s1: {dpid: 1, ovsdb: nowhere}}"))
    assert said == f"2:34: found 'nowhere', expected {FORM}"


def test_a_datapaths_own_counts_before_the_policys() -> None:
    datapaths = "{s1: {dpid: 1, ovsdb: 'unix:/one'}, s2: {dpid: 2}}"
    assert policy(datapaths=datapaths).ovsdb_of(2) is None
    both = parse("ovsdb: unix:/all\n" + text(datapaths=datapaths), "p")
    assert both.ovsdb_of(1) == UnixSocket("/one")
    assert both.ovsdb_of(2) == UnixSocket("/all")
    unnamed = parse("ovsdb: unix:/all\n" + text(), "p")
    assert unnamed.ovsdb_of(9) == UnixSocket("/all")
