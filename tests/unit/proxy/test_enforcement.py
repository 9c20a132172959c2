"""What an enforcement reports and plans."""

from slicer.openflow.messages import BarrierReply, BarrierRequest
from slicer.proxy.enforcement import Forward, Report, Unsuitable
from slicer.proxy.operation import OperationFailed


def test_a_report_counts_what_was_changed() -> None:
    report = Report(kept=9, added=1, removed=20, orphans=300, foreign=("table 3",))
    assert report.changes == 321
    assert Report(9, 0, 0, 0, ("table 3",)).changes == 0


def test_a_report_reads_as_a_sentence() -> None:
    assert str(Report(9, 1, 2, 3, ())) == (
        "9 of the slicer's flows and groups kept, 1 added, 2 removed, "
        "3 flows of former slices removed"
    )


def test_a_message_for_a_message_passes_its_replies_as_they_are() -> None:
    forward = Forward(BarrierRequest(0))
    reply = BarrierReply(7)
    assert forward.restore(reply) is reply
    assert forward.undo is None


def test_an_unsuitable_datapath_ends_an_operation() -> None:
    assert isinstance(Unsuitable("it has 8 tables"), OperationFailed)
