"""Small policies for the tests, and what is said of them.

`policy` fills in the sections that a test does not speak of; a section is YAML flow text.
"""

from slicer.policy import Policy, PolicyError, parse


def text(
    *,
    listen: str = "[tcp:127.0.0.1:6633]",
    datapaths: str | None = None,
    links: str | None = None,
    slices: str = "{office: {controllers: [tcp:10.0.0.1:6653]}}",
    flowspace: str = "[{slice: office, priority: 1}]",
) -> str:
    """A policy of these sections, one a line: listen is line 1, flowspace the last."""
    lines = [f"listen: {listen}", f"slices: {slices}", f"flowspace: {flowspace}"]
    if datapaths is not None:
        lines.insert(1, f"datapaths: {datapaths}")
    if links is not None:
        lines.insert(-2, f"links: {links}")
    return "\n".join(lines) + "\n"


def policy(**sections: str) -> Policy:
    """The policy of these sections, which must be accepted."""
    return parse(text(**sections), "p")


def problems(source: str) -> list[str]:
    """What is wrong with a policy, each as `line:column: found ..., expected ...`."""
    try:
        parse(source, "p")
    except PolicyError as error:
        return [str(problem).removeprefix("p:") for problem in error.errors]
    return []


def complaints(**sections: str) -> list[str]:
    """What is wrong with these sections, without the places."""
    return [line.split(": ", 1)[1] for line in problems(text(**sections))]


def warnings(**sections: str) -> list[str]:
    """What a policy of these sections is warned of, without the places."""
    return [notice.text for notice in policy(**sections).warnings]
