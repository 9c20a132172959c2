from slicer.policy import Notice, PolicyError, Problem
from slicer.policy.document import Place
from slicer.policy.report import Report


def test_a_problem_reads_like_a_compilers() -> None:
    problem = Problem("slicer.yaml", 12, 9, "'foo'", "one of the slices: office, video")
    assert str(problem) == (
        "slicer.yaml:12:9: found 'foo', expected one of the slices: office, video"
    )


def test_a_notice_says_that_it_is_one() -> None:
    assert str(Notice("slicer.yaml", 1, 2, "hm")) == "slicer.yaml:1:2: warning: hm"


def test_an_error_holds_every_problem_once_in_the_order_of_the_file() -> None:
    late, early = Problem("p", 10, 1, "a", "b"), Problem("p", 9, 5, "c", "d")
    error = PolicyError([late, early, late])
    assert error.errors == (early, late)
    assert str(error) == "p:9:5: found c, expected d\np:10:1: found a, expected b"


def test_a_report_collects() -> None:
    report = Report("p")
    report.problem(Place(1, 2), "a", "b")
    report.notice(Place(3, 4), "c")
    assert report.problems == [Problem("p", 1, 2, "a", "b")]
    assert report.notices == [Notice("p", 3, 4, "c")]
