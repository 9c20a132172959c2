"""What is wrong with a policy, and where: problems that refuse it, notices that do not.

Invariant: every problem says file, line and column (from 1), what was found, what was expected.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from slicer.policy.document import Place


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One reason to refuse a policy."""

    file: str
    line: int
    column: int
    found: str
    expected: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}"
        return f"{where}: found {self.found}, expected {self.expected}"


@dataclass(frozen=True, slots=True, order=True)
class Notice:
    """Something in a policy that is allowed, but perhaps not meant."""

    file: str
    line: int
    column: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: warning: {self.text}"


class PolicyError(ValueError):
    """A policy was refused; `errors` are all the reasons, in the order of the file."""

    def __init__(self, errors: Iterable[Problem]) -> None:
        self.errors = tuple(sorted(set(errors)))
        super().__init__("\n".join(str(problem) for problem in self.errors))


@dataclass(slots=True)
class Report:
    """Collects problems and notices while one policy is read."""

    file: str
    problems: list[Problem] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    def problem(self, place: Place, found: str, expected: str) -> None:
        """Note a reason to refuse the policy."""
        self.problems.append(Problem(self.file, place.line, place.column, found, expected))

    def notice(self, place: Place, text: str) -> None:
        """Note something that is perhaps not meant."""
        self.notices.append(Notice(self.file, place.line, place.column, text))
