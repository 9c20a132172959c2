"""Again: when a flow-mod is kept, in which way, and that it is kept once."""

from dataclasses import replace

import pytest

from slicer.openflow.header import with_xid
from slicer.openflow.instructions import ApplyActions
from slicer.openflow.messages import FlowMod
from slicer.openflow.oxm import Match
from slicer.openflow.v10 import V10
from slicer.openflow.v13 import V13
from slicer.proxy.memory import Account, Memory
from slicer.proxy.pipeline.again import Again
from slicer.proxy.pipeline.shallow import Translations
from slicer.proxy.pipeline.shallow_v10 import TranslationsV10
from slicer.proxy.pipeline.terms import GroupIds, Terms
from tests.unit.proxy.pipeline.test_shallow import ADD, TERMS

TAG = TERMS.tag


class Scene:
    """One version's translations, and what they have kept."""

    def __init__(self, version: int = 4) -> None:
        self.memory = Memory()
        make = Translations if version == V13.version else TranslationsV10
        self.translations = make(Account(self.memory))
        self.dialect = V13 if version == V13.version else V10
        self.translated = 0
        again = self.translations._again
        assert isinstance(again, Again)
        self.same, self.alike = again._same.of(TAG), again._alike.of(TAG)

    def terms(self) -> Terms:
        self.translated += 1
        return TERMS

    def say(self, **changes: object) -> bytes:
        """A flow-mod like ADD, translated under another xid."""
        flow = replace(ADD, table_id=0) if self.dialect is V10 else ADD
        frame = self.dialect.encode(replace(flow, **changes))  # type: ignore[arg-type]
        made = self.translations.flow_mods(TAG, self.terms)(frame, 77)
        assert made is not None
        fresh = type(self.translations)().flow_mod(TERMS, frame)
        assert fresh is not None
        assert made == with_xid(fresh, 77)
        return made


def other(number: int) -> Match:
    """A match that none other is like."""
    return Match.of(in_port=1, eth_src=number + 1)


BOTH = pytest.mark.parametrize("version", [1, 4])


@BOTH
def test_what_comes_again_just_so_is_kept_once(version: int) -> None:
    scene = Scene(version)
    for kept in ((0, 0), (0, 1), (1, 0), (1, 0), (1, 0)):
        scene.say()
        assert (len(scene.same), len(scene.alike)) == kept
    assert scene.translated == 2


@BOTH
def test_what_comes_again_with_another_cookie_is_kept_by_the_rest(version: int) -> None:
    scene = Scene(version)
    for number in range(10):
        scene.say(cookie=number, idle_timeout=number, buffer_id=number)
    assert (len(scene.same), len(scene.alike)) == (0, 1)
    assert scene.translated == 2


@BOTH
def test_what_comes_with_one_of_two_cookies_is_kept_for_each(version: int) -> None:
    scene = Scene(version)
    for number in range(12):
        scene.say(cookie=number % 2)
    assert (len(scene.same), len(scene.alike)) == (2, 0)


@BOTH
def test_what_never_comes_again_is_not_kept(version: int) -> None:
    scene = Scene(version)
    for number in range(500):
        scene.say(priority=1000 + number, match=other(number))
    assert len(scene.same) == 0
    assert len(scene.alike) < 20
    assert scene.translated == 500


@BOTH
def test_what_was_forgotten_is_found_or_made_anew(version: int) -> None:
    scene = Scene(version)
    for number in range(60):
        scene.say(match=other(number % 10))
    assert len(scene.same) == 10
    for _ in range(4):
        assert scene.same.forget() > 0
        for number in range(10):
            scene.say(match=other(number))
    for _ in range(4):
        for number in range(10):
            scene.say(match=other(number))
    assert len(scene.same) == 10


@BOTH
def test_a_loop_goes_on_where_all_is_forgotten_meanwhile(version: int) -> None:
    scene = Scene(version)
    for _ in range(4):
        scene.say()
    translate = scene.translations.flow_mods(TAG, scene.terms)
    scene.memory.most = 0
    for _ in range(4):
        for number in (3, 4):
            frame = scene.dialect.encode(replace(ADD, table_id=0, match=other(number)))
            assert translate(frame, 1) == translate(frame, 1) is not None
    assert scene.memory.used == 0


def test_one_by_one_they_are_kept_likewise() -> None:
    scene = Scene()
    frame = V13.encode(ADD)
    for _ in range(2):
        assert scene.translations.kept_flow_mod(TAG, frame) is None
        made = scene.translations.flow_mod(TERMS, frame)
    for _ in range(2):
        assert scene.translations.kept_flow_mod(TAG, frame) == made
    assert (len(scene.same), len(scene.alike)) == (1, 0)


def test_of_a_flow_mod_that_may_change_nothing_is_kept() -> None:
    groups = GroupIds()
    translations = Translations()
    frame = V13.encode(FlowMod(9, instructions=(ApplyActions(()),)))
    for _ in range(4):
        assert translations.flow_mod(Terms(TAG, groups), frame) is not None
    assert translations.kept_flow_mod(TAG, frame) is None, "without a match"
