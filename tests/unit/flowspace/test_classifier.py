from slicer.flowspace import Classifier, Match, Point

WEB = Match.of(eth_type=0x0800, ip_proto=6, tcp_dst=80)
TCP = Match.of(eth_type=0x0800, ip_proto=6)
PACKET = Point.of(eth_type=0x0800, ip_proto=6, tcp_dst=80)


def test_an_empty_classifier_finds_nothing() -> None:
    assert Classifier[str]([]).find(PACKET) is None


def test_the_first_of_several_that_match_wins() -> None:
    assert Classifier([(TCP, "tcp"), (WEB, "web")]).find(PACKET) == "tcp"
    assert Classifier([(WEB, "web"), (TCP, "tcp")]).find(PACKET) == "web"
    assert Classifier([(WEB, "one"), (WEB, "two")]).find(PACKET) == "one"


def test_a_later_table_may_hold_the_better_entry() -> None:
    other = Match.of(eth_type=0x0800, ip_proto=17)
    entries = [(other, "udp"), (WEB, "web"), (TCP, "tcp")]
    assert Classifier(entries).find(PACKET) == "web"


def test_an_entry_may_be_none() -> None:
    assert Classifier([(WEB, None), (TCP, "tcp")]).find(PACKET) is None
