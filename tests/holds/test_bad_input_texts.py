"""Whatever can be typed, wherever something can be typed: kept as it is, shown safely, never taken for anything else.

Nothing escapes a turn, nothing becomes a teknis case, every message that leaves holds what `strict` asks of it, and
nothing of it reaches the group.
"""

import itertools
import re
import unicodedata
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from telegram import MessageEntity

from simulator.telegram import utf16
from tests.conftest import Bench, Clock, Databases, Keys
from tests.e2e.harness import label, sentence
from tests.e2e.stage import GROUP, REPORTER, WORKER, Note
from tests.holds import corpus
from tests.holds.corpus import STORY, Text
from tests.holds.hardened import Copies, HardenedStage, StrictPhones, prepared

TEXTS = corpus.texts()
AT_ONCE = 8
WORDS = ("/start", "")
TO_THE_SECRET = "lapor tidak aman aku 0 sekolahku_sepi selesai kirim 0 0 0 0 0 0 0 0 kirim tidak ya".split()
# Where a reporter stands when they write; `kept`: words of a story are kept there whatever was asked.
PLACES: dict[str, tuple[tuple[str, ...], bool]] = {
    "nothing": ((), True),
    "a choice": (("lapor",), True),
    # Whoever calls for a human has sent their words, not yet what they answered about the child.
    "a place": (("lapor", "tidak", "aman", "aku"), False),
    "a story": (("lapor", "tidak", "aman", "aku", "0"), True),
    "a receipt": (("cek ceritaku",), False),
    "a telephone number": (("darurat", "boleh telepon aku"), True),
}
_people = itertools.count(7_600_000_001)


@pytest.fixture(scope="module")
def copies(request: pytest.FixtureRequest, keys: Keys) -> Iterator[Copies]:
    with prepared(request, "sqlite", keys) as made:
        yield made


@pytest.fixture
async def stage(copies: Copies, keys: Keys) -> AsyncIterator[HardenedStage]:
    with copies() as databases:
        made = HardenedStage(databases, keys, Clock())
        yield made
        assert not await made.teknis()
        group = "\n".join(note.text for note in made.private.chats[GROUP])
        assert not [marker for marker in (*corpus.markers(), STORY) if marker in group]
        await made.close()


def shown(text: str) -> str:
    """What of a text people may see: written here once more, from the promise and not from the code."""
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    text = re.sub("\r\n?|[\u2028\u2029]", "\n", text)
    bidi = set("\u061c\u200e\u200f") | {chr(c) for c in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
    return "".join(c for c in text if c in "\n\t" or (unicodedata.category(c) != "Cc" and c not in bidi))


def pressed_together(text: str) -> str:
    """Without white space, isolation and the look-alike of `*`: long texts are cut at spaces."""
    return "".join(text.replace("\u2068", "").replace("\u2069", "").replace("∗", "*").split())


def in_story(one: Text) -> bool:
    """Whether a text of the corpus is words and nothing else, whoever reads it."""
    return STORY in one.text and not one.text.lstrip().startswith("/")


async def tell(stage: HardenedStage, person: int, texts: list[str]) -> None:
    """A report of this person whose story is these texts, sent."""
    for word in ("lapor", "tidak", "aman", "aku", "0"):
        await stage.feed("intake", stage.message(person, word))
    for text in texts:
        await stage.feed("intake", stage.message(person, text))
    for word in ("selesai", "kirim"):
        await stage.feed("intake", stage.message(person, word))
    await stage.drain()


async def test_a_story_of_all_of_them_reaches_its_officer_as_it_was_told_and_is_shown_safely(
    databases: Databases, keys: Keys
) -> None:
    stage = HardenedStage(databases, keys, Clock())
    await stage.open()
    texts = [one.text for one in TEXTS if one.steers is not True and one.text.strip() and one.text[0] != "/"]
    texts = [text for text in texts if any(unicodedata.category(c)[0] in "LNS" for c in text)]
    await tell(stage, REPORTER, texts)
    [(_, pages)] = await stage.cases()
    kept = [page.body["words"] for page in pages if page.kind == "answer" and page.body["field"] == "cerita"]
    assert not [text for text in texts if STORY in text and text not in kept], "kept as they were written"
    await stage.press_label(label("tombol_ambil"), GROUP)
    news = await stage.press_label(label("tombol_buka"))
    report = pressed_together("".join(note.text for note in news))
    missing = [text for text in kept if text and pressed_together(shown(text)) not in report]
    assert not missing, missing[:3]
    for note in news:
        untouched(stage.private, note)
    assert not [note for note in stage.private.chats[GROUP] if STORY in note.text]
    await stage.close()


def untouched(phones: Any, note: Note) -> None:
    """Nothing that Telegram makes tappable stands outside words that are shown untouched."""
    assert isinstance(phones, StrictPhones)
    codes = [(one.offset, one.offset + one.length) for one in phones.marks[note.id] if one.type == MessageEntity.CODE]
    for found in utf16.found(note.text):
        start, end = found["offset"], found["offset"] + found["length"]
        assert any(start < last and first < end for first, last in codes), utf16.cut(note.text, found)


@pytest.mark.parametrize("place", PLACES)
async def test_a_reporter_may_write_anything_anywhere(stage: HardenedStage, place: str, bench: Bench) -> None:
    there, keeps = PLACES[place]
    kept: list[str] = []
    few = "darurat" in there  # each of these is a case that rings
    chosen = TEXTS[(0 if bench.long else list(PLACES).index(place) % 4) :: 12 if few else bench.rounds(4, 1)]
    for some in _chunks([(next(_people), one) for one in chosen]):
        for word in there:
            await stage.feed("intake", *(stage.message(person, word) for person, _ in some))
        await stage.drain()
        before = {person: len(stage.public.chats[person]) for person, _ in some}
        await stage.feed("intake", *(stage.message(person, one.text) for person, one in some))
        await stage.drain()
        for person, one in some:
            said = "\n".join(note.text for note in stage.public.chats[person][before[person] :])
            assert 0 < len(said) < 2000, f"{one.name}: {said!r}"
            if one.steers is False:
                assert not [key for key in ("dihapus", "keluar") if said == sentence("umum", key)], one.name
            kept += [one.text] if keeps and in_story(one) else []
        await stage.feed("intake", *(stage.message(person, "petugas") for person, _ in some[:1]))
        await stage.drain()
    found = {page.body.get("words") for _, pages in await stage.cases() for page in pages if page.kind == "answer"}
    first = [some[0][1].text for some in _chunks([(0, one) for one in chosen])]
    assert not [text for text in first if text in kept and text not in found], "asked for a human, they are read"


def _chunks(people: list[tuple[int, Text]]) -> list[list[tuple[int, Text]]]:
    return [people[at : at + AT_ONCE] for at in range(0, len(people), AT_ONCE)]


async def test_what_was_taken_as_kata_rahasia_opens_and_nothing_else_does(stage: HardenedStage, bench: Bench) -> None:
    short = [one for one in TEXTS if one.text.strip() and len(one.text.split()) < 4 and one.text[0] != "/"]
    set_by = 0
    for one in short[:: bench.rounds(12, 1)]:
        person = next(_people)
        for word in TO_THE_SECRET:
            await stage.feed("intake", stage.message(person, word))
        await stage.drain()
        said = await stage.turn("intake", stage.message(person, one.text), chat=person)
        if not any(sentence("umum", "kata_dipasang") in note.text for note in said):
            continue
        set_by += 1
        for word, answer in (("bukanitu", "kata_salah"), (one.text, "tidak_ada_pesan")):
            [asked] = await stage.turn("intake", stage.message(person, "buka"), chat=person)
            assert asked.text == sentence("umum", "kata_minta")
            [answered] = await stage.turn("intake", stage.message(person, word), chat=person)
            assert answered.text == sentence("umum", answer), one.name
    assert set_by > 2


@pytest.fixture
async def owned(stage: HardenedStage) -> HardenedStage:
    """Somebody called for help and is answered: the case is high enough to need a second person."""
    for word in ("darurat", "0", "0", "aman", STORY):
        await stage.turn("intake", stage.message(REPORTER, word), chat=REPORTER)
    await stage.press_label(label("tombol_ambil"), GROUP)
    await stage.press_label(label("tombol_buka"))
    return stage


def staff_texts(step: int) -> list[Text]:
    return [one for one in TEXTS if any(unicodedata.category(c)[0] in "LNS" for c in one.text) and one.text[0] != "/"][
        ::step
    ]


@pytest.mark.parametrize("verb", ["tombol_catatan", "tombol_balas", "tombol_urgensi", "tombol_tutup"])
async def test_staff_may_write_anything_anywhere(owned: HardenedStage, verb: str, bench: Bench) -> None:
    stage = owned
    levels = itertools.cycle(("urgensi_tinggi", "urgensi_darurat"))
    chosen = staff_texts(bench.rounds(6, 1))
    for one in chosen:
        if verb == "tombol_urgensi":
            await stage.press_label(label(verb))
            await stage.press_label(label(next(levels)))
        elif verb == "tombol_tutup":
            await stage.press_label(label(verb))
            await stage.press_label(label("hasil_ditangani"))
        else:
            await stage.press_label(label(verb))
        before = len(stage.public.chats[REPORTER])
        said = await stage.turn("desk", stage.message(WORKER, one.text), chat=WORKER)
        assert said, one.name
        if verb == "tombol_balas":
            await stage.passes_by(12)
            heard = "".join(note.text for note in stage.public.chats[REPORTER][before:])
            assert pressed_together(shown(one.text)) in pressed_together(heard), one.name
        else:
            assert len(stage.public.chats[REPORTER]) == before, "what is internal reaches no reporter"
    await stage.press_label(label("tombol_buka")) if verb == "tombol_tutup" else None
    news = await stage.turn("desk", stage.message(WORKER, "/kasus"), chat=WORKER)
    assert news
    before = len(stage.private.chats[WORKER])
    await stage.press_label(label("tombol_buka_kode").strip() + " K-0001")
    report = pressed_together("".join(note.text for note in stage.private.chats[WORKER][before:]))
    if verb != "tombol_tutup":
        missing = [one.name for one in chosen if pressed_together(shown(one.text)) not in report]
        assert not missing


async def test_no_text_is_a_code_or_a_command_of_the_group(stage: HardenedStage) -> None:
    strangers = {next(_people): one for one in TEXTS}
    for some in _chunks(list(strangers.items())):
        updates = [stage.message(person, f"{word} {one.text}"[:4096]) for person, one in some for word in WORDS]
        updates += [stage.message(person, f"/hubungkan {one.text}"[:4096], GROUP) for person, one in some]
        await stage.feed("desk", *updates)
        await stage.drain()
    assert not [person for person in strangers if stage.private.chats.get(person)]
    assert not stage.private.chats[GROUP]
