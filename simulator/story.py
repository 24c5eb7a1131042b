"""`python -m simulator.story`: one whole story through the real bots, printed as a transcript.

A neighbour reports, two caseworkers reach for the case, one asks and closes it; then a child in danger whom nobody
answers until the clock makes them. Exit code 0 only if every step happened.
"""

import argparse
import contextlib
import io
import shutil
import signal
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import time, timedelta
from pathlib import Path

from simulator.backstage import DESK_TOKEN, INTAKE_TOKEN, ZONE, Backstage, Broken
from simulator.client import Telegram
from simulator.player import GROUP, Stage, Step, StepFailed, play
from simulator.steps import AnyOf, CasesAre, HasButton, Later, Narrates, Presses, Race, Says, Scene, Sees, answers
from simulator.transcript import Transcript

RATNA, ADIT = "Bu Ratna", "Adit"
DEWI, RAHMAT, HALIMAH = "Dewi", "Rahmat", "Bu Halimah"
REPORTERS = {RATNA: "id", ADIT: "id"}
STAFF = {DEWI: "caseworker", RAHMAT: "caseworker", HALIMAH: "coordinator"}
DESK_BOT = "petugas_contoh_bot"
MORNING, NIGHT = time(10, 0), time(22, 10)

QUESTION = "Terima kasih sudah bercerita. Hari ini anak itu sekolah atau di rumah?"
ANSWER = "Di rumah. Tadi pagi kulihat dia menyapu halaman."
COMFORT = "Kamu tidak sendiri. Polisi sudah di jalan. Kalau bisa, tunggu di dekat pintu."
SAFE = "polisi sudah datang kak, aku sudah sama nenek"


def opening() -> list[Step]:
    """Where we are; told while the bots are started."""
    return [
        Scene("Kantor"),
        Narrates(
            "In Balikpapan an office answers reports of violence against children. Whoever runs the bots has printed "
            "one code for the staff group and one for each member; every code works once."
        ),
    ]


def staff_comes() -> list[Step]:
    """The office: a group is bound, three people join."""
    joins: list[Step] = []
    for name in STAFF:
        joins += [Says(name, f"/start {{kode_{_word(name)}}}"), Sees(name, ("",))]
    return [
        Says(HALIMAH, "/hubungkan {kode_grup}", GROUP),
        Sees(GROUP, ("",)),
        *joins,
    ]


def neighbour_reports() -> list[Step]:
    """A dozen calm questions on the phone of a neighbour."""
    return [
        Scene("Seorang tetangga"),
        Narrates(f"{RATNA} hears a child next door crying at night. She has found the hotline's bot on a poster."),
        Says(RATNA, "halo"),
        *answers(
            RATNA,
            ("Mau apa", "[Mau cerita]"),
            ("dalam bahaya sekarang", "[Tidak]"),
            ("balas ke HP ini, aman", "[Tulis 'Ada pesan']"),
            ("cerita tentang siapa", "[Anak tetangga]"),
            ("sekarang di mana", "gang belakang Masjid Al Ikhlas, Gunung Sari"),
            ("Ceritakan sebisamu", "Hampir tiap malam anak sebelah menangis. Kemarin kulihat lengannya lebam."),
        ),
        Says(RATNA, "SELESAI"),
        *answers(RATNA, ("Boleh kukirim", "[Kirim sekarang]")),
        Sees(RATNA, ("Tersimpan", "Sudah sampai ke petugas", "luka atau sakit")),
        Narrates("Seconds later a card stands in the staff group. It names nobody and tells nothing of the story."),
        Sees(GROUP, ("K-",)),
        HasButton(DEWI, "Ambil", GROUP),
        Narrates(f"Meanwhile {RATNA} answers the short questions that remain; each answer joins the case at once."),
        Presses(RATNA, "Sedikit"),
        *answers(
            RATNA,
            ("paling mirip", "1"),
            ("Terakhir kejadian", "kemarin sore"),
            ("Siapa yang melakukannya", "[Keluarga lain]"),
            ("masih bisa mendekat", "[Ya, sering ketemu]"),
            ("Umur anak", "8"),
            ("Laki-laki atau perempuan", "[Laki-laki]"),
            ("mendengar, melihat", "tidak ada"),
            ("tulis KIRIM", "kirim"),
            ("Mau kode", "[Tidak]"),
            ("kata rahasia", "[Tidak]"),
            ("kubersihkan", "[Tidak]"),
        ),
        Sees(RATNA, ("Aku tetap di sini",)),
    ]


def one_takes_it() -> list[Step]:
    """Two reach for the case, one has it, asks, hears and closes."""
    return [
        Scene("Dua petugas, satu kasus"),
        Narrates(f"{DEWI} and {RAHMAT} press the same button in the same moment."),
        Race(DEWI, RAHMAT, "Ambil", prize="Buka", bot=DESK_BOT),
        Narrates("{pemenang} was first; {yang_kalah} is told who has it. The card says so too."),
        Sees("yang_kalah", ("{pemenang}",)),
        Sees(GROUP, ("{pemenang}",)),
        Sees(RATNA, (AnyOf(("sekarang menangani ceritamu", "Ada pesan. Balas BUKA.")),)),
        Presses("pemenang", "Buka"),
        Sees("pemenang", ("Masjid Al Ikhlas", "lengannya lebam")),
        Later(timedelta(minutes=20), f"{RATNA} has put her phone away; anybody may be holding it now."),
        Presses("pemenang", "Balas pelapor"),
        Sees("pemenang", ("",)),
        Says("pemenang", QUESTION),
        HasButton("pemenang", "Batalkan"),
        Later(timedelta(seconds=11), "the message could still be called back for 10 seconds; now it goes out."),
        Sees(RATNA, ("Ada pesan. Balas BUKA.",)),
        Narrates("The screen says nothing that gives her away. She asks for the message when she is alone."),
        Says(RATNA, "buka"),
        Sees(RATNA, (QUESTION,)),
        Says(RATNA, ANSWER),
        Sees("pemenang", ("Pesan baru",)),
        Presses("pemenang", "Buka"),
        Sees("pemenang", (ANSWER,)),
        Presses("pemenang", "Tutup"),
        Presses("pemenang", "Ditangani"),
        Sees("pemenang", ("ringkasan",)),
        Says("pemenang", "Keluarga dikunjungi bersama Pak RT, anak dibawa ke puskesmas, didampingi sekolah."),
        Sees("pemenang", ("ditutup",)),
        Sees(RATNA, (AnyOf(("selesai menangani ceritamu", "Ada pesan. Balas BUKA.")),)),
    ]


def child_in_danger() -> list[Step]:
    """Nobody answers a child at night, until everybody is called."""
    return [
        Scene("Seorang anak, malam hari", NIGHT),
        Narrates(f"{ADIT} is twelve. He writes from under his blanket."),
        Says(ADIT, "kak"),
        *answers(ADIT, ("Mau apa", "[Mau cerita]"), ("dalam bahaya sekarang", "[Ya, sekarang]")),
        Sees(ADIT, ("Telepon 112 sekarang", "memanggil petugas")),
        Narrates("The case exists and everybody on duty is called before he is asked anything more."),
        Sees(GROUP, ("darurat",)),
        *answers(
            ADIT,
            ("bisa telepon", "[Tidak bisa bicara]"),
            ("Di mana", "rumah nenek, dekat Pasar Segar"),
            ("Aman kalau petugas balas", "[Aman]"),
        ),
        Sees(ADIT, ("Tulis apa saja",)),
        Later(timedelta(minutes=5, seconds=10), "nobody has taken it. The staff are called again, the child is told."),
        Sees(ADIT, ("Belum ada petugas yang menjawab",)),
        Sees(GROUP, ("K-",)),
        Sees(RAHMAT, ("K-",)),
        Sees(DEWI, ("K-",)),
        Later(timedelta(minutes=10), "a quarter of an hour. The coordinator is called too, the child is told again."),
        Sees(ADIT, ("Belum ada petugas yang menjawab",)),
        Sees(HALIMAH, ("K-",)),
        Presses(RAHMAT, "Ambil", GROUP),
        Sees(ADIT, ("sekarang menangani ceritamu",)),
        Presses(RAHMAT, "Buka"),
        Sees(RAHMAT, ("Pasar Segar",)),
        Sees(ADIT, ("sudah membaca",)),
        Presses(RAHMAT, "Balas pelapor"),
        Sees(RAHMAT, ("",)),
        Says(RAHMAT, COMFORT),
        HasButton(RAHMAT, "Batalkan"),
        Later(timedelta(seconds=11), "nothing was called back."),
        Sees(ADIT, (COMFORT,)),
        Says(ADIT, SAFE),
        Sees(RAHMAT, (AnyOf((SAFE, "Pesan baru")),)),
        Narrates("Such a case is not closed by one person alone: the coordinator must agree."),
        Presses(RAHMAT, "Tutup"),
        Presses(RAHMAT, "Diserahkan"),
        Sees(RAHMAT, ("ringkasan",)),
        Says(RAHMAT, "Polisi dan nenek menjaga anak. Pendampingan diteruskan besok pagi."),
        Sees(HALIMAH, ("Pendampingan diteruskan",)),
        Presses(HALIMAH, "Setuju ditutup"),
        Sees(RAHMAT, ("ditutup",)),
        Sees(ADIT, ("selesai menangani ceritamu",)),
    ]


def ending() -> list[Step]:
    """Nothing floats."""
    return [
        Scene("Akhir"),
        Narrates("No case is left without somebody: both are closed."),
        CasesAre((("laporan", "closed", "sedang"), ("laporan", "closed", "darurat"))),
    ]


def whole() -> list[Step]:
    """The story from beginning to end."""
    return [*staff_comes(), *neighbour_reports(), *one_takes_it(), *child_in_danger(), *ending()]


def _word(name: str) -> str:
    return name.rpartition(" ")[2].lower()


def prepare(stage: Stage) -> None:
    """Everything before the first line: people, group, keys, databases, invitations, the service."""
    telegram, backstage, paper = stage.telegram, stage.backstage, stage.transcript
    intake = telegram.bot(INTAKE_TOKEN, username="pelapor_contoh_bot", first_name="Berani Lapor")
    desk = telegram.bot(DESK_TOKEN, username=DESK_BOT, first_name="Meja Petugas")
    for name, bot in [*((n, intake) for n in REPORTERS), *((n, desk) for n in STAFF)]:
        person = stage.people[name] = telegram.person(name, language_code="id")
        seat = stage.seats[name] = person.chat(bot)
        paper.people[person.id], paper.places[seat.key] = name, f"HP {name}"
    members = [stage.people[name] for name in STAFF]
    stage.group = telegram.group("Petugas Jaga", members[-1], members[:-1], [desk])
    paper.places[stage.group.key] = "Grup Petugas Jaga"
    backstage.berani("keys", "init")
    backstage.berani("db", "upgrade")
    wanted = {"kode_grup": ["--group"]} | {
        f"kode_{_word(name)}": [name, "--role", role] for name, role in STAFF.items()
    }
    # Verbs may run beside the service, so nobody waits for anybody.
    with ThreadPoolExecutor() as together:
        service = together.submit(backstage.start_service)
        made = {key: together.submit(backstage.berani_json, "staff", "invite", *words) for key, words in wanted.items()}
        stage.known |= {key: future.result()["code"] for key, future in made.items()}
        service.result()


def tell(workdir: Path, paper: Transcript) -> int:
    """Plays the whole story in `workdir`; returns the exit code."""
    backstage = Backstage(workdir)
    backstage.move_to(MORNING)
    paper.plain("Berani Lapor: from a phone to a closed case. Every name here is made up.", "bold")
    paper.narrate("The real bots run as they would for real people; only Telegram is a double on this machine.")
    telegram: Telegram | None = None
    failure = ""
    try:
        telegram = Telegram(backstage.start_double())
        stage = Stage(telegram=telegram, backstage=backstage, transcript=paper)
        play(stage, opening())
        prepare(stage)
        play(stage, whole())
    except (Broken, StepFailed) as trouble:
        failure = f"{trouble}\n\n{backstage.tails()}"
    finally:
        codes = backstage.end()
        if telegram is not None:
            telegram.close()
    if not failure and any(codes.values()):
        failure = f"not everything ended cleanly: {codes}"
    if failure:
        paper.plain(f"\n{failure}", "bold red")
        return 1
    paper.plain("\nEvery step happened.", "bold green")
    return 0


def main() -> None:
    """Reads the command line; exits 0 if every step happened, else 1."""
    parser = argparse.ArgumentParser(prog="python -m simulator.story", description="Plays one whole story.")
    parser.add_argument("--workdir", type=Path, help="keeps databases, keys and logs there (default: thrown away)")
    chosen = parser.parse_args()
    # A story that is stopped still ends its processes.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    workdir = chosen.workdir or Path(tempfile.mkdtemp(prefix="berani-demo-"))
    workdir.mkdir(parents=True, exist_ok=True)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # a story is read while it happens, also through a pipe
    with contextlib.suppress(KeyboardInterrupt):
        try:
            sys.exit(tell(workdir.resolve(), Transcript(ZONE)))
        finally:
            if chosen.workdir is None:
                shutil.rmtree(workdir, ignore_errors=True)
    sys.exit(1)


if __name__ == "__main__":
    main()
