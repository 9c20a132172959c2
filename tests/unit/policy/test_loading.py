from pathlib import Path

import pytest

from slicer.policy import Dial, Endpoint, Listen, PolicyError, load, parse
from tests.unit.policy.policies import complaints, problems, text

EXAMPLES = sorted((Path(__file__).parents[3] / "examples").glob("*.yaml"))


def refused(path: Path) -> list[str]:
    with pytest.raises(PolicyError) as error:
        load(path)
    return [str(problem).removeprefix(f"{path}:") for problem in error.value.errors]


def test_there_are_examples() -> None:
    assert "office-and-video.yaml" in [example.name for example in EXAMPLES]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_every_example_is_accepted(example: Path) -> None:
    assert load(example).source == str(example)


def test_the_classic_exercise() -> None:
    (example,) = (each for each in EXAMPLES if each.name == "office-and-video.yaml")
    policy = load(example)
    assert policy.listen == (Endpoint("127.0.0.1", 6633),)
    assert policy.slices["video"].controllers == (Dial(Endpoint("127.0.0.1", 6653)),)
    assert policy.slices["office"].controllers == (Listen(Endpoint("127.0.0.1", 7000)),)
    assert [(rule.slice, rule.priority) for rule in policy.flowspace] == [
        ("video", 100),
        ("video", 100),
        ("office", 1),
    ]
    assert policy.datapaths is not None
    assert policy.datapaths[1].name == "s1"


@pytest.mark.parametrize("code", Path(__file__).parents[3].joinpath("docs/policy.md").read_text()
                         .split("```yaml\n")[1:])  # fmt: skip
def test_every_example_in_the_documentation_is_accepted(code: str) -> None:
    parse(code.split("```")[0], "docs/policy.md")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert refused(tmp_path / "no.yaml") == [
        "1:1: found no file that can be read (No such file or directory), expected a policy file"
    ]
    assert refused(tmp_path) == [
        "1:1: found no file that can be read (Is a directory), expected a policy file"
    ]


def test_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes(b"listen: x\nslices: \xff\n")
    assert refused(path) == ["2:9: found the byte 0xff, expected UTF-8 text"]


def test_a_file_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + text().encode())
    assert load(path).slices


def test_a_text_that_is_no_yaml() -> None:
    (problem,) = problems("listen: [\n")
    assert problem.startswith("2:1: found broken YAML")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("- a\n", "1:1: found a list, expected a mapping with the keys listen, ovsdb, datapaths, "
                  "links, slices, flowspace"),
        ("hello\n", "1:1: found 'hello', expected a mapping with the keys listen, ovsdb, "
                    "datapaths, links, slices, flowspace"),
        ("null\n", "1:1: found nothing, expected a mapping with the keys listen, ovsdb, "
                   "datapaths, links, slices, flowspace"),
    ],
)  # fmt: skip
def test_a_text_that_is_no_policy(source: str, expected: str) -> None:
    assert problems(source) == [expected]


def test_sections_that_are_missing_or_misspelt() -> None:
    assert problems("slice: {}\n") == [
        "1:1: found key 'slice', expected slices (of listen, ovsdb, datapaths, links, slices, "
        "flowspace)",
        "1:1: found no key 'flowspace', expected flowspace: in this mapping",
        "1:1: found no key 'listen', expected listen: in this mapping",
        "1:1: found no key 'slices', expected slices: in this mapping",
    ]


@pytest.mark.parametrize(
    ("listen", "found"),
    [
        ("[]", "an empty list"),
        ("", "nothing"),
        ("{}", "a mapping"),
        ("ptcp:6633", "'ptcp:6633'"),
        ("[[]]", "a list"),
    ],
)
def test_where_to_listen(listen: str, found: str) -> None:
    (error,) = complaints(listen=listen)
    assert error.startswith(f"found {found}, expected")
    assert "tcp:host:port, where datapaths connect" in error


def test_all_errors_of_all_sections_are_shown_at_once() -> None:
    source = text(
        listen="x",
        datapaths="{s1: {dpid: x}}",
        slices="{office: {controllers: x}}",
        flowspace="[{slice: office, priority: x}, {slice: office, priority: 1, match: {x: 1}}]",
    )
    assert [line.split(":")[0] for line in problems(source)] == ["1", "2", "3", "4", "4"]


def test_overlaps_are_shown_beside_other_errors() -> None:
    source = text(
        listen="x",
        slices="{a: {controllers: tcp:h:1}, b: {controllers: tcp:h:2}}",
        flowspace="[{slice: a, priority: 1}, {slice: b, priority: 1}]",
    )
    assert [line.split(" ")[2] for line in problems(source)] == ["'x',", "a"]


def test_warnings_stand_in_the_order_of_the_file() -> None:
    policy = parse(
        text(
            slices="{a: {controllers: tcp:h:1}, b: {controllers: tcp:h:2}}",
            flowspace="[{slice: a, priority: 2}, {slice: a, priority: 1}]",
        ),
        "p",
    )
    assert [str(notice)[:4] for notice in policy.warnings] == ["p:2:", "p:3:"]
