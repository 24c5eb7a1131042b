"""The rules by which hypothesis makes up stories for tests/holds/play.py, the likely beside the unlikely."""

from typing import Any, get_args

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from tests.holds.play import REPORTERS, STRANGER, Go, Play
from tests.holds.town import BOTH, FAULTS, STAFF, Where

WORDS = (
    *("/start", "lapor", "lewati", "0", "1", "2", "3", "kirim", "kirim", "hapus", "ya", "tidak", "aman", "selesai"),
    *(
        "keluar",
        "status",
        "buka",
        "ulang",
        "kembali",
        "darurat",
        "batal",
        "simpan",
        "petugas",
        "kode",
        "menu",
        "temani",
    ),
    *("aku dipukul lagi tadi malam *", "dia datang terus ke rumah *", "aku takut *", "tolong dia bawa pisau *"),
    *("dekat masjid besar *", "terima kasih", "kemarin sore", "kelas 5"),
)
LABELS = (
    *("Ambil di grup", "Ambil", "Buka", "Balas pelapor", "Catatan", "Tutup", "Ditangani", "Setuju ditutup", "Belum"),
    *("Kembalikan", "Ubah urgensi", "DARURAT", "RENDAH", "Batalkan", "Batal", "Sudah kuurus"),
)
STAFF_WORDS = ("teks *", "/tugas", "/kasus", "/mengambang")
LATER = (1, 11, 70, 200, 900, 3700, 8 * 3600, 25 * 3600, 3 * 86400)
JUMPS = (*LATER, -1, -90, -600, -3700, -86400)

reporters, staff = st.sampled_from(REPORTERS), st.sampled_from(tuple(STAFF))
go: st.SearchStrategy[Go] = st.sampled_from(("settle", "settle", "settle", "settle", "poll", "wait"))
small, wide, actors = st.integers(0, 3), st.integers(0, 400), st.sampled_from(BOTH)


class Machine(RuleBasedStateMachine):
    """Any story at all; at its end everything comes to rest."""

    def __init__(self) -> None:
        super().__init__()
        self.play = Play()
        self.failed = False

    def do(self, name: str, **how: Any) -> None:
        self.failed = True  # until it is done
        self.play.step(name, **how)
        self.failed = False

    def teardown(self) -> None:
        try:
            if not self.failed:
                self.do("settle")
        finally:
            self.play.close()

    # --- reporters ----------------------------------------------------------------------------------------------------

    @rule(who=reporters, text=st.sampled_from(WORDS), go=go)
    def say(self, **how: Any) -> None:
        self.do("say", **how)

    @rule(who=reporters, text=st.sampled_from(WORDS), then=st.sampled_from(WORDS))
    def say_twice(self, who: int, text: str, then: str) -> None:
        self.do("say", who=who, text=text, go="wait")
        self.do("say", who=who, text=then)

    @rule(
        who=reporters, kind=st.sampled_from(("voice", "photo")), caption=st.sampled_from(("", "ini fotonya *")), go=go
    )
    def send(self, **how: Any) -> None:
        self.do("send", **how)

    @rule(who=reporters, pick=small, go=go)
    def edit(self, **how: Any) -> None:
        self.do("edit", **how)

    @rule(who=reporters, pick=wide, go=go)
    def answer(self, **how: Any) -> None:
        self.do("answer", **how)

    @rule(who=reporters, pick=small, where=st.sampled_from(("newest", "newest", "old", "other", "forged")), go=go)
    def press(self, **how: Any) -> None:
        self.do("press", **how)

    @rule(who=reporters, door=st.sampled_from(("lapor", "lapor", "darurat", "petugas")))
    def report(self, **how: Any) -> None:
        self.do("report", **how)

    @rule(who=st.sampled_from((*REPORTERS, *STAFF)), back=st.booleans(), go=go)
    def block(self, **how: Any) -> None:
        self.do("block", **how)

    # --- staff --------------------------------------------------------------------------------------------------------

    @rule(who=staff, then=st.sampled_from(("", "Balas pelapor", "Balas pelapor", "Catatan", "Tutup", "Kembalikan")))
    def take(self, **how: Any) -> None:
        self.do("take", **how)

    @rule(who=staff, label=st.sampled_from(LABELS), then=st.sampled_from(("", "", "teks *")), go=go)
    def staff_presses(self, **how: Any) -> None:
        self.do("staff", **how)

    @rule(who=staff, text=st.sampled_from(STAFF_WORDS), go=go)
    def staff_says(self, **how: Any) -> None:
        self.do("staff_says", **how)

    @rule(who=st.sampled_from((*STAFF, STRANGER)), pick=wide, go=go)
    def old_button(self, **how: Any) -> None:
        self.do("old_button", **how)

    # --- the outside --------------------------------------------------------------------------------------------------

    @rule(actor=actors, what=st.sampled_from(("poll", "poll one", "tick", "carry", "deliver", "fetch", "sweep")))
    def part(self, **how: Any) -> None:
        self.do("part", **how)

    @rule(seconds=st.sampled_from(LATER), go=go)
    def passes(self, **how: Any) -> None:
        self.do("passes", **how)

    @rule(seconds=st.sampled_from(JUMPS), go=go)
    def jumps(self, **how: Any) -> None:
        self.do("jumps", **how)

    @rule(actor=actors, pick=st.integers(0, 20))
    def again(self, **how: Any) -> None:
        self.do("again", **how)

    @rule(actor=actors, what=st.sampled_from(FAULTS), times=st.integers(1, 3))
    def fault(self, **how: Any) -> None:
        self.do("fault", **how)

    @rule(times=st.integers(1, 3))
    def store_fails(self, **how: Any) -> None:
        self.do("store_fails", **how)

    @rule(told=st.sampled_from(("update", "error")), go=go)
    def migrate(self, **how: Any) -> None:
        self.do("migrate", **how)

    @rule(actor=actors, where=st.sampled_from(get_args(Where)), number=st.integers(1, 12))
    def fuse(self, **how: Any) -> None:
        self.do("fuse", **how)

    @rule(actor=actors)
    def restart(self, **how: Any) -> None:
        self.do("restart", **how)

    @rule(actor=actors)
    def away(self, **how: Any) -> None:
        self.do("away", **how)

    @rule(actor=actors)
    def backup(self, **how: Any) -> None:
        self.do("backup", **how)

    @precondition(lambda self: self.play.has_copies)
    @rule(which=st.sampled_from((*BOTH, "both")))
    def restore(self, **how: Any) -> None:
        self.do("restore", **how)

    @rule(what=st.sampled_from(("tick", "carry", "desk")))
    def meanwhile(self, **how: Any) -> None:
        self.do("meanwhile", **how)

    @rule()
    def settle(self) -> None:
        self.do("settle")
