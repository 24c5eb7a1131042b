"""The story that is told again for every crash point: a report with everything, its answers, other people beside it.

Nobody in it does anything because of a crash; whoever waits for an answer gets one.
"""

import json
import shutil
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

from storage.shared_tables import Actor
from tests.e2e.harness import label, sentence
from tests.e2e.story import CODE
from tests.holds.breakages import BROKEN_FILE, BROKEN_WORD
from tests.holds.city import INTAKE_BOT, City, Phone

SARI, TUTI, CHILD, NEIGHBOUR, CALLER = 7_300_000_001, 7_300_000_002, 7_400_000_001, 7_400_000_002, 7_400_000_003
REPORTERS: Final = CHILD
"""Ids of reporters begin here."""
A_BURST: Final = timedelta(seconds=3)
"""Longer than the end of a burst is waited for."""
CALL_BACK: Final = timedelta(seconds=11)
"""A message to a reporter waits ten seconds for "Batalkan"."""
A_PAUSE: Final = timedelta(seconds=10)
"""Longer than the first pause after something went wrong outside."""
WAITED: Final = timedelta(minutes=5, seconds=1)
"""A darurat that nobody takes is called out again."""

FILES: Final = {
    "photo": b"\xff\xd8\xff" + b"foto" * 40,
    "voice": b"OggS\x00\x02" + b"suara" * 40,
    "video": b"\x00\x00\x00\x18ftypmp42" + b"video" * 40,
    "document": b"%PDF-1.4\n" + b"surat" * 40,
}
WORDS: Final = ("ayah suka marah di rumah", "ibu hanya diam saja", "di rumah nenek sekarang")
NOTE, REPLY = "Sudah kuhubungi sekolahnya.", "Terima kasih sudah bercerita. Kamu sekarang di mana?"
SUMMARY: Final = "Sudah didampingi, keluarga aman."

Tell = Callable[[City], Awaitable[None]]


async def prepare(city: City) -> None:
    """Keys, tables, a group, a caseworker and a coordinator: what every story begins with stands in `city.folder`."""
    for verb in (("keys", "init"), ("db", "upgrade")):
        code, said = await city.berani(*verb)
        assert code == 0, said
    city.start()
    (sari, seat), (tuti, _) = staff(city)
    for words, phone, greeting in (
        (("Sari", "--role", "caseworker"), sari, "/start"),
        (("Tuti", "--role", "coordinator"), tuti, "/start"),
        (("--group",), seat, "/hubungkan"),
    ):
        code, said = await city.berani("staff", "invite", *words, "--json")
        assert code == 0, said
        await phone.ask(f"{greeting} {json.loads(said)['code']}")
    await city.stop()


def moved_in(city: City, prepared: Path) -> None:
    """The office of `prepared` stands in this city."""
    shutil.copytree(prepared / "var", city.folder / "var")


def set_back(prepared: Path, told: Path, folder: Path, actor: Actor) -> None:
    """In `folder` the office as it is in `told`, but for one actor's store, which is that of `prepared`."""
    shutil.copytree(told / "var", folder / "var")
    for ending in ("", "-wal", "-shm"):
        name = f"{actor}.db{ending}"
        (folder / "var" / name).unlink(missing_ok=True)
        if (prepared / "var" / name).exists():
            shutil.copy(prepared / "var" / name, folder / "var" / name)


def staff(city: City) -> tuple[tuple[Phone, Phone], tuple[Phone, Phone]]:
    """Sari and Tuti: their private chats, and where they sit in the group."""
    return city.worker(SARI, "Sari"), city.worker(TUTI, "Tuti")


async def urgent(city: City) -> None:
    """In danger, called out twice, taken, read, noted, answered, answered back, closed by two."""
    (sari, seat), (tuti, _) = staff(city)
    child = city.reporter(CHILD)
    began = child.newest()
    await child.ask("darurat", "bisa telepon")
    await child.wait(sentence("umum", "sampai"), began)
    await child.ask("bisa", "Di mana tempatnya")
    await child.ask("pasar segar", "Aman kalau petugas")
    await child.ask("aman", "Tulis apa saja")
    card = await seat.wait_for_button("Ambil")
    city.advance(WAITED / 2)
    sent = child.say(WORDS[1])
    await child.wait("kusimpan", sent)
    called = sari.newest()
    city.advance(WAITED / 2)
    await child.wait(sentence("umum", "darurat_menunggu"), sent)
    await seat.wait_for_button("Ambil", card.id)
    await sari.wait("K-0001", called)

    code = await taken(sari, seat)
    await opened(sari, "pasar segar")
    await noted(sari, NOTE)
    await replied(sari, child, REPLY)
    await answered(sari, child, WORDS[2])
    await child.ask("status", sentence("umum", "status_ditangani"))
    await closed(sari, tuti, child, code)


async def report(city: City) -> None:
    """Told on, photographed, spoken, sent, taken and read; beside it somebody's draft is erased."""
    (sari, seat), _ = staff(city)
    child, neighbour = city.reporter(CHILD), city.reporter(NEIGHBOUR, "Tetangga")
    await begin(child)
    await told(child, WORDS[0])
    await sent_file(child, "photo")
    await sent_file(child, "voice")
    await child.ask("selesai", "Boleh kukirim")
    sent = child.say("kirim")
    await child.wait(sentence("umum", "sampai"), sent)
    await taken(sari, seat)
    before = sari.newest()
    await opened(sari, *WORDS[:1])
    for kind in ("photo", "voice"):
        await sari.find(lambda note, kind=kind: kind in note.body, kind, before)  # type: ignore[misc]

    await neighbour.ask("lapor", "bahaya sekarang")
    await neighbour.ask("hapus", "Hapus?")
    await neighbour.ask("ya", "kuhapus")


async def troubles(city: City) -> None:
    """The group moves, Telegram stammers, somebody blocks the bot, turns, letters and files cannot be had."""
    (sari, seat), (tuti, _) = staff(city)
    child, stranger = city.reporter(CHILD), city.reporter(CALLER, "Orang")
    moved = city.migrate_unheard()
    for method in ("sendMessage", "getFile"):
        city.fault("refuse", method=method, bot=INTAKE_BOT)
    began = child.say("darurat")
    city.advance(A_PAUSE)
    await child.wait("bisa telepon", began)
    seat = city.seat(moved, seat)
    await seat.wait_for_button("Ambil")
    city.hear_again()
    await child.ask("bisa", "Di mana tempatnya")
    await child.ask("pasar segar", "Aman kalau petugas")
    await child.ask("aman", "Tulis apa saja")
    await sent_file(child, "video")
    await sent_file(child, "document")
    await sent_file(child, "voice", BROKEN_FILE)
    await child.ask(BROKEN_WORD, "terganggu")
    await tuti.wait("T-0001")
    sari.say(BROKEN_WORD)
    await tuti.wait("T-0002")

    before = sari.newest()
    await seat.press_when_there("Ambil")
    await sari.wait("K-0001", before)
    before = sari.newest()
    await opened(sari, "pasar segar")
    for kind in ("video", "document"):
        await sari.find(lambda note, kind=kind: kind in note.body, kind, before)  # type: ignore[misc]
    stranger.add_to_group(-5_000_001, city.intake_bot)
    stranger.add_to_group(-5_000_002, city.desk_bot)
    await city.settled()
    city.fault("refuse", method="sendMessage", bot=INTAKE_BOT, code=403, chat_id=str(CHILD), count=100)
    await sari.press_when_there("Balas pelapor")
    await sari.wait(sentence("petugas", "tanya_balas"), before)
    await sari.ask(REPLY, REPLY)
    city.advance(CALL_BACK)
    await sari.wait("tidak bisa dihubungi lagi", before)


async def outages(city: City) -> None:
    """In a conversation both tokens are refused for a while, and then intake's store cannot be written."""
    (sari, _), _ = staff(city)
    child = city.reporter(CHILD)
    await child.ask("/start", "Mau apa?")
    city.revoke(revoked=True)
    asked, sent = sari.say("/tugas"), child.say("lapor")
    for actor in ("intake", "desk"):
        await city.logged(f"token_revoked actor={actor}")
    city.revoke(revoked=False)
    city.advance(A_PAUSE)
    await child.wait("bahaya sekarang", sent)
    await sari.wait("Tidak ada kasus", asked)
    await child.ask("tidak", "balas ke HP ini")
    await sari.ask("/tugas", "Tidak ada kasus")
    for actor in ("intake", "desk"):
        await city.logged(f"token_revoked_over actor={actor}")
    with city.intake_locked():
        sent = child.say("aman")
        await city.logged(" store_down actor=intake")
    city.advance(A_PAUSE)
    await child.wait("tentang siapa", sent)


async def put_back(city: City) -> None:
    """One of the two stores is a copy from before the report: that is found out, and staff are told."""
    city.long_ago()
    staff(city)
    child = city.reporter(CHILD)
    child.chat.started = True  # in the life that the copy does not know of
    await city.settled()
    await child.ask("status", "kode dari HP lain")


async def opened(sari: Phone, *parts: str) -> None:
    """ "Buka": the report stands in her chat and holds these parts."""
    before = sari.newest()
    await sari.press_when_there("Buka")
    await sari.wait_for_button("Balas pelapor", before)
    shown = "".join(note.words for note in sari.shown(before))
    assert all(shown.count(part) == 1 for part in parts), shown


async def answered(sari: Phone, child: Phone, text: str) -> None:
    """The child writes to its officer, who reads it."""
    heard = sari.newest()
    await told(child, text)
    notice = await sari.wait_for_button("Buka", heard)
    sari.press("Buka", notice.id)
    await sari.wait(text, notice.id)


async def begin(child: Phone) -> None:
    """Up to the first word of the story."""
    await child.ask("/start", "Mau apa?")
    await child.ask("lapor", "bahaya sekarang")
    asked = await child.press_when_there("Tidak")
    await child.wait("balas ke HP ini", asked.id)
    await child.ask("aman", "tentang siapa")
    await child.ask("aku", "di mana")
    await child.ask("dekat pasar segar", "Ceritakan sebisamu")


async def told(child: Phone, text: str) -> None:
    """A part of the story, kept."""
    sent = child.say(text)
    child.city.advance(A_BURST)
    await child.wait("kusimpan", sent)


async def sent_file(child: Phone, kind: str, data: bytes = b"") -> None:
    """A file, kept."""
    sent = child.send(kind, data or FILES[kind])
    child.city.advance(A_BURST)
    if kind != "voice":
        asked = await child.press_when_there("Tidak", sent)
        child.city.advance(A_BURST)
        sent = asked.id
    await child.wait("kusimpan", sent)
    child.city.advance(A_PAUSE)
    await child.city.settled()  # a file that is fetched later comes to the case by another letter


async def taken(sari: Phone, seat: Phone) -> str:
    """ "Ambil" on the newest card; the code of the case."""
    before = sari.newest()
    card = await seat.press_when_there("Ambil")
    code = str(CODE.findall(card.words)[0])
    await sari.wait(code, before)
    return code


async def noted(sari: Phone, text: str) -> None:
    """ "Catatan"."""
    before = sari.newest()
    await sari.press_when_there("Catatan")
    await sari.wait(sentence("petugas", "tanya_catatan"), before)
    await sari.ask(text, "Dicatat")


async def replied(sari: Phone, child: Phone, text: str) -> None:
    """ "Balas pelapor", which leaves after ten seconds and arrives."""
    before, newest = sari.newest(), child.newest()
    await sari.press_when_there("Balas pelapor")
    await sari.wait(sentence("petugas", "tanya_balas"), before)
    await sari.ask(text, text)
    sari.city.advance(CALL_BACK)
    await child.wait(text, newest)
    # Of two copies only the one that was recorded is changed.
    await sari.find(lambda one: text in one.words and not one.inline, "a reply that has left", before)


async def closed(sari: Phone, tuti: Phone, child: Phone, code: str) -> None:
    """ "Tutup" with an outcome, a summary and somebody's consent."""
    before, consenting, newest = sari.newest(), tuti.newest(), child.newest()
    await sari.press_when_there("Tutup")
    await sari.press_when_there(label("hasil_ditangani"), before)
    await sari.wait_for_button(label("tombol_batal"), before)
    sari.say(SUMMARY)
    await tuti.press_when_there(label("tombol_setuju"), consenting)
    await sari.wait(f"{code} ditutup", before)
    await child.wait(sentence("umum", "ditutup"), newest)


STORIES: Final[dict[str, Tell]] = {
    "report": report,
    "urgent": urgent,
    "troubles": troubles,
    "outages": outages,
    "intake put back": put_back,
    "desk put back": put_back,
}
AFTERWARDS: Final[dict[str, Actor]] = {"intake put back": "intake", "desk put back": "desk"}
"""Stories that begin after the report, with one store as it was before it."""
UNSURE: Final = frozenset({"outages"})
"""Stories in which a process that dies takes with it what it meant to tell staff: no case of theirs is counted on."""
BROKEN: Final = frozenset({"troubles"})
"""Stories in which the program is broken on purpose: see breakages."""
