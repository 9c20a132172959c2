"""The shallow way: which messages take it, that it is the deep way's result, and what is kept.

`tests/property/test_proxy_shallow.py` compares the two for generated messages.
"""

from dataclasses import replace

import pytest

from slicer.openflow import constants as of
from slicer.openflow.actions import Group, Note, Output
from slicer.openflow.dialect import Dialect
from slicer.openflow.errors import EncodeError, MalformedError
from slicer.openflow.instructions import ApplyActions, GotoTable, MeterInstruction, WriteActions
from slicer.openflow.messages import FlowMod, PacketIn
from slicer.openflow.oxm import Match
from slicer.openflow.v10 import V10
from slicer.openflow.v13 import V13
from slicer.proxy.memory import FORGOTTEN, Account, Memory
from slicer.proxy.pipeline import shallow, translate
from slicer.proxy.pipeline.shallow import Translations
from slicer.proxy.pipeline.shallow_v10 import TranslationsV10
from slicer.proxy.pipeline.terms import GroupIds, Terms
from slicer.proxy.refusal import Refusal

TERMS = Terms(5, GroupIds())
TO_2 = ApplyActions((Output(2),))
ADD = FlowMod(9, cookie=3, table_id=4, priority=7, match=Match.of(in_port=1), instructions=(TO_2,))


class Counting:
    """How often a tenant's message was decoded."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.decoded = 0
        self.version = V13.version
        self.encode = V13.encode
        monkeypatch.setattr(shallow, "V13", self)

    def decode(self, frame: bytes) -> object:
        self.decoded += 1
        return V13.decode(frame)


# ---- flow-mods ----


@pytest.mark.parametrize(
    "asked",
    [
        ADD,
        replace(ADD, command=of.OFPFC_MODIFY_STRICT, match=Match(), priority=0),
        replace(ADD, instructions=(WriteActions((Output(of.OFPP_CONTROLLER),)), GotoTable(9))),
        replace(ADD, instructions=()),
        FlowMod(9, command=of.OFPFC_DELETE, table_id=of.OFPTT_ALL),
        FlowMod(9, command=of.OFPFC_DELETE_STRICT, table_id=250),
    ],
    ids=str,
)
def test_a_flow_mod_is_as_the_deep_way_has_it(asked: FlowMod) -> None:
    translations = Translations()
    for _ in range(2):
        found = translations.flow_mod(TERMS, V13.encode(asked))
        assert found is not None
        assert V13.decode(found) == translate.flow_mod(TERMS, asked)


@pytest.mark.parametrize(
    "asked",
    [
        replace(ADD, table_id=251),
        replace(ADD, table_id=of.OFPTT_ALL),
        FlowMod(9, command=of.OFPFC_DELETE, out_port=1),
        FlowMod(9, command=of.OFPFC_DELETE_STRICT, out_group=1),
        FlowMod(9, command=of.OFPFC_DELETE, table_id=252),
        replace(ADD, instructions=(ApplyActions((Group(1),)),)),
        replace(ADD, instructions=(WriteActions((Output(1), Group(1))),)),
        replace(ADD, instructions=(MeterInstruction(1), ApplyActions((Output(1),)))),
        replace(ADD, match=Match.of(reg0=6)),
    ],
    ids=str,
)
def test_what_has_to_be_judged_goes_the_deep_way(asked: FlowMod) -> None:
    translations = Translations()
    assert translations.flow_mod(TERMS, V13.encode(asked)) is None
    assert translations.flow_mod(TERMS, V13.encode(asked)) is None


def test_a_command_that_there_is_not_goes_the_deep_way() -> None:
    frame = bytearray(V13.encode(ADD))
    frame[25] = 5
    assert Translations().flow_mod(TERMS, bytes(frame)) is None


def test_instructions_are_translated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counting = Counting(monkeypatch)
    translations = Translations()
    for priority in range(1, 50):
        translations.flow_mod(TERMS, V13.encode(replace(ADD, priority=priority)))
    assert counting.decoded == 1
    translations.flow_mod(Terms(6, GroupIds()), V13.encode(ADD))
    assert counting.decoded == 2, "another tag"


@pytest.mark.parametrize(
    ("translations", "dialect", "most"),
    [(Translations(), V13, 127), (TranslationsV10(), V10, 256)],
    ids=["1.3", "1.0"],
)
def test_long_instructions_are_not_remembered(
    translations: Translations | TranslationsV10, dialect: Dialect, most: int
) -> None:
    """KEPT of them would take half a gigabyte for each datapath, and tenants can say that many."""
    for outputs, kept in ((most, 1), (most + 1, 1)):
        instructions = (ApplyActions((Output(2),) * outputs),)
        asked = dialect.encode(replace(ADD, table_id=0, instructions=instructions))
        assert translations.flow_mod(TERMS, asked) is not None
        assert len(translations._instructions) == kept


def test_a_table_miss_flow_is_not_taken_for_another() -> None:
    to_controller = (ApplyActions((Output(of.OFPP_CONTROLLER),)),)
    plain = replace(ADD, instructions=to_controller)
    missed = replace(plain, match=Match(), priority=0)
    translations = Translations()
    for asked in (plain, missed, plain):
        found = translations.flow_mod(TERMS, V13.encode(asked))
        assert found is not None
        assert V13.decode(found) == translate.flow_mod(TERMS, asked)


def test_a_refused_instruction_is_refused_each_time() -> None:
    translations = Translations()
    frame = V13.encode(replace(ADD, instructions=(ApplyActions((Note(b"123456"),)),)))
    for _ in range(2):
        with pytest.raises(Refusal):
            translations.flow_mod(TERMS, frame)


def test_a_translation_that_no_frame_holds_is_an_encode_error() -> None:
    many = replace(ADD, instructions=(ApplyActions((Output(2),) * 3000),))
    with pytest.raises(EncodeError):
        Translations().flow_mod(TERMS, V13.encode(many))


# ---- packet-ins ----

IN = PacketIn(
    7, of.OFP_NO_BUFFER, 4, of.OFPR_ACTION, 4, 9, Match.of(in_port=3, reg0=5, reg1=5), b"data"
)


def test_a_packet_in_is_the_tenants_with_its_port_and_reason() -> None:
    translations = Translations()
    for data in (b"data", b"other"):
        found = translations.packet_in(V13.encode(replace(IN, data=data)))
        assert found is not None
        tag, port, reason, frame, is_table_miss = found
        assert (tag, port, reason, is_table_miss) == (5, 3, of.OFPR_ACTION, False)
        mine = replace(IN, xid=0, table_id=3, match=Match.of(in_port=3), data=data)
        assert V13.decode(frame) == mine


def test_a_packet_ins_match_is_translated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counting = Counting(monkeypatch)
    translations = Translations()
    for number in range(50):
        translations.packet_in(V13.encode(replace(IN, data=bytes(number), cookie=number)))
    assert counting.decoded == 1
    translations.packet_in(V13.encode(replace(IN, table_id=5)))
    assert counting.decoded == 2


def test_a_packet_in_from_admit_has_no_flows_cookie() -> None:
    found = Translations().packet_in(V13.encode(replace(IN, table_id=0, cookie=0x51CE)))
    assert found is not None
    restored = V13.decode(found[3])
    assert isinstance(restored, PacketIn)
    assert restored.cookie == 0xFFFF_FFFF_FFFF_FFFF


def test_a_packet_in_without_a_tag_is_nobodys() -> None:
    translations = Translations()
    for _ in range(2):
        assert translations.packet_in(V13.encode(replace(IN, match=Match.of(in_port=3)))) is None


def test_a_packet_in_cut_short_is_malformed() -> None:
    with pytest.raises(MalformedError):
        Translations().packet_in(bytes.fromhex("040a000a000000010000"))


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shallow, "KEPT", 8)
    translations = Translations()
    for number in range(1, 30):
        translations.packet_in(V13.encode(replace(IN, match=Match.of(in_port=number, reg0=5))))
        to_port = replace(ADD, instructions=(ApplyActions((Output(number),)),))
        assert translations.flow_mod(TERMS, V13.encode(to_port)) is not None
    for kept in (translations._packet_ins, translations._instructions):
        assert 0 < len(kept) <= 8


def test_whole_flow_mods_are_kept_when_they_come_again_within_a_bound_of_bytes() -> None:
    memory = Memory(5_000)
    translations = Translations(Account(memory))
    for number in range(1, 30):
        frame = V13.encode(replace(ADD, match=Match.of(in_port=number)))
        assert translations.flow_mod(TERMS, frame) is not None
        assert translations.flow_mod(TERMS, frame) == translations.kept_flow_mod(5, frame)
        assert 0 < memory.used <= 5_000
    assert memory.counters[FORGOTTEN] > 0


def test_a_flow_mod_with_a_group_is_translated_each_time() -> None:
    translations = Translations()
    frame = V13.encode(replace(ADD, instructions=(ApplyActions((Group(1),)),)))
    assert translations.flow_mod(TERMS, frame) is None
    assert translations.kept_flow_mod(5, frame) is None


def test_one_slice_can_not_make_anothers_instructions_be_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shallow, "KEPT", 8)
    translations = Translations()
    hostile = replace(TERMS, tag=TERMS.tag + 1)
    translations.flow_mod(TERMS, V13.encode(ADD))
    for number in range(1, 30):
        asked = replace(ADD, instructions=(ApplyActions((Output(number),)),))
        translations.flow_mod(hostile, V13.encode(asked))
    assert any(tag == TERMS.tag for tag, *_ in translations._instructions)
