"""Rows: what a database says, read; what no database says, refused."""

from typing import Any

import pytest

from slicer.ovsdb import rows
from slicer.ovsdb.rows import Bridge, Interface, MalformedReply, Port, Present, Qos, Queue

U = ["uuid", "u1"]
EMPTY: list[Any] = ["set", []]
NONE: list[Any] = ["map", []]
ANSWERS: list[dict[str, Any]] = [
    {"rows": [{"datapath_id": "0000000000000001", "datapath_type": "", "ports": ["set", [U]]}]},
    {"rows": [{"_uuid": U, "name": "p1", "interfaces": ["uuid", "u2"], "qos": ["uuid", "u3"]}]},
    {"rows": [{"_uuid": ["uuid", "u2"], "type": "internal", "ofport": 65534}]},
    {
        "rows": [
            {
                "_uuid": ["uuid", "u3"],
                "type": "linux-htb",
                "queues": ["map", [[1, ["uuid", "u4"]]]],
                "other_config": ["map", [["max-rate", "5"]]],
                "external_ids": NONE,
            }
        ]
    },
    {"rows": [{"_uuid": ["uuid", "u4"], "other_config": NONE, "external_ids": NONE}]},
]


def test_what_a_database_says() -> None:
    assert rows.present(ANSWERS) == Present(
        (Bridge("0000000000000001", "", ("u1",)),),
        {"u1": Port("u1", "p1", ("u2",), "u3")},
        {"u2": Interface("internal", 65534)},
        {"u3": Qos("linux-htb", {1: "u4"}, {"max-rate": "5"}, {})},
        {"u4": Queue({}, {})},
    )


def test_what_is_not_there_yet_is_none() -> None:
    bridge = {"datapath_id": EMPTY, "datapath_type": "", "ports": EMPTY}
    port = {"_uuid": U, "name": "p1", "interfaces": EMPTY, "qos": EMPTY}
    interface = {"_uuid": U, "type": "", "ofport": EMPTY}
    answers = [{"rows": [each]} for each in (bridge, port, interface)]
    found = rows.present([*answers, {"rows": []}, {"rows": []}])
    assert found.bridges == (Bridge(None, "", ()),)
    assert (found.ports["u1"].qos, found.interfaces["u1"].ofport) == (None, None)


def test_one_number_of_one_row() -> None:
    assert rows.number({"rows": [{"cur_cfg": 5}]}, "cur_cfg") == 5
    wrong: tuple[Any, ...] = (
        {},
        None,
        {"rows": []},
        {"rows": [{"cur_cfg": EMPTY}]},
        {"rows": [{}]},
    )
    for answer in wrong:
        with pytest.raises(MalformedReply, match="found no cur_cfg in"):
            rows.number(answer, "cur_cfg")


@pytest.mark.parametrize(
    "answers",
    [
        [],
        [{}] * 5,
        [None] * 5,
        [{"rows": [{"datapath_id": "1", "datapath_type": "", "ports": "x"}]}, *ANSWERS[1:]],
        [ANSWERS[0], {"rows": [{"_uuid": ["named-uuid", "u1"]}]}, *ANSWERS[2:]],
        [*ANSWERS[:4], {"rows": [{"_uuid": U, "other_config": EMPTY, "external_ids": NONE}]}],
        [*ANSWERS[:4], {"rows": [{"_uuid": U, "other_config": ["map", [1]]}]}],
        *([*ANSWERS[:each], {"rows": []}, *ANSWERS[each + 1 :]] for each in range(1, 5)),
    ],
)
def test_what_no_database_says_is_refused(answers: list[Any]) -> None:
    with pytest.raises(MalformedReply, match="found an answer that no Open vSwitch gives"):
        rows.present(answers)
