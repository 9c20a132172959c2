import pytest

from slicer.policy import document
from slicer.policy.document import (
    DocumentError,
    Mapping,
    Node,
    Place,
    Scalar,
    Sequence,
    read_document,
)


def plain(node: Node) -> object:
    """A node as lists, pairs and text."""
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return [(plain(key), plain(value)) for key, value in node.entries]


def test_nodes_keep_the_text_and_its_place() -> None:
    root = read_document("a: on\nb:\n  - 010\n  - 'x'\n")
    assert isinstance(root, Mapping)
    assert plain(root) == [("a", "on"), ("b", ["010", "x"])]
    (_, on), (_, items) = root.entries
    assert on == Scalar(Place(1, 4), "on", plain=True)
    assert isinstance(items, Sequence)
    assert items.items == (
        Scalar(Place(3, 5), "010", plain=True),
        Scalar(Place(4, 5), "x", plain=False),
    )


def test_a_key_may_stand_there_twice() -> None:
    assert plain(read_document("{a: 1, a: 2}")) == [("a", "1"), ("a", "2")]


@pytest.mark.parametrize(("text", "null"), [("", True), ("~", True), ("null", True), ("''", False)])
def test_what_is_nothing(text: str, null: bool) -> None:
    root = read_document(f"a: {text}")
    assert isinstance(root, Mapping)
    value = root.entries[0][1]
    assert isinstance(value, Scalar)
    assert value.is_null == null


def test_aliases_stand_for_what_they_name() -> None:
    assert plain(read_document("[&x [1, 2], *x, &y z, *y]")) == [["1", "2"], ["1", "2"], "z", "z"]
    assert plain(read_document("{a: &m {b: 1}, c: *m}")) == [
        ("a", [("b", "1")]),
        ("c", [("b", "1")]),
    ]


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "where", "said"),
    [
        ("", (1, 1), "found an empty file, expected a policy"),
        ("# nothing\n", (1, 1), "found an empty file, expected a policy"),
        ("a: [1", (2, 1), "found broken YAML (while parsing a flow sequence did not find"),
        ("a: b: c", (1, 5), "found broken YAML (mapping values are not allowed in this context)"),
        ("a:\n\t- b", (2, 1), "found broken YAML (while scanning for the next token found char"),
        ("a: 1\n---\nb: 2\n", (2, 1), "found a second document, expected one document in the file"),
        ("a: *x", (1, 4), "found alias *x, expected an anchor that ended before"),
        ("a: &x [*x]", (1, 8), "found alias *x, expected an anchor that ended before"),
        ("a: !!python/object:os.system x", (1, 4), "found the tag tag:yaml.org,2002:python/object"),
        ("a: !x [1]", (1, 4), "found the tag !x, expected plain YAML without tags"),
        ("a: \x00", (1, 4), "found the character '\\x00', expected printable text"),
        ("a:\nb \ud800", (2, 3), "found the character '\\ud800', expected printable text"),
        ("[" * 21 + "]" * 21, (1, 21), "found more than 20 levels, expected a policy's four or"),
        ("[" * 100_000, (1, 21), "found more than 20 levels"),
        (BOMB, (7, 20), "found more than 2000000 values, expected a smaller policy"),
    ],
)
def test_what_is_no_document_is_refused(text: str, where: tuple[int, int], said: str) -> None:
    with pytest.raises(DocumentError) as refused:
        read_document(text)
    assert str(refused.value).startswith(said)
    assert refused.value.place == Place(*where)


def test_a_document_of_any_size_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "MAX_LENGTH", 10)
    with pytest.raises(DocumentError, match="found 11 characters, expected a policy of at most 10"):
        read_document("a: 45678901")
