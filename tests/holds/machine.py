"""How hypothesis makes up stories for tests/holds/play.py: which acts there are, and how often each comes."""

from typing import Any, get_args

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.holds.play import REPORTERS, STRANGER, Play
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

Act = tuple[str, dict[str, Any]]

_reporters, _staff, _actors = (st.sampled_from(some) for some in (REPORTERS, tuple(STAFF), BOTH))
_go = st.sampled_from(("settle",) * 4 + ("poll", "wait"))
_small, _wide = st.integers(0, 3), st.integers(0, 400)
_words = st.sampled_from(WORDS)


def _act(times: int, name: str, /, **how: st.SearchStrategy[Any]) -> list[st.SearchStrategy[Act]]:
    """An act with its arguments, as often in the hat as it should come."""
    return [st.fixed_dictionaries(how).map(lambda drawn: (name, drawn))] * times


def _one_of(*acts: list[st.SearchStrategy[Act]]) -> st.SearchStrategy[Act]:
    hat = [one for some in acts for one in some]
    return st.integers(0, len(hat) - 1).flatmap(hat.__getitem__)


REPORTERS_DO = _one_of(
    _act(6, "say", who=_reporters, text=_words, go=_go),
    _act(1, "say_twice", who=_reporters, text=_words, then=_words),
    _act(
        1,
        "send",
        who=_reporters,
        kind=st.sampled_from(("voice", "photo")),
        caption=st.sampled_from(("", "foto *")),
        go=_go,
    ),
    _act(1, "edit", who=_reporters, pick=_small, go=_go),
    _act(2, "answer", who=_reporters, pick=_wide, go=_go),
    _act(
        2,
        "press",
        who=_reporters,
        pick=_small,
        where=st.sampled_from(("newest", "newest", "old", "other", "forged")),
        go=_go,
    ),
    _act(3, "report", who=_reporters, door=st.sampled_from(("lapor", "lapor", "darurat", "petugas"))),
    _act(1, "erase", who=_reporters),
    _act(1, "block", who=st.sampled_from((*REPORTERS, *STAFF)), back=st.booleans(), go=_go),
)
STAFF_DO = _one_of(
    _act(5, "take", who=_staff, then=st.sampled_from(("Balas pelapor",) * 2 + ("", "Catatan", "Tutup", "Kembalikan"))),
    _act(3, "reply", who=_staff),
    _act(2, "close_case", who=_staff),
    _act(4, "staff", who=_staff, label=st.sampled_from(LABELS), then=st.sampled_from(("", "", "teks *")), go=_go),
    _act(1, "staff_says", who=_staff, text=st.sampled_from(STAFF_WORDS), go=_go),
    _act(2, "old_button", who=st.sampled_from((*STAFF, STRANGER)), pick=_wide, go=_go),
)
TIME_DOES = _one_of(
    _act(4, "passes", seconds=st.sampled_from(LATER), go=_go),
    _act(2, "jumps", seconds=st.sampled_from(JUMPS), go=_go),
    _act(
        2,
        "part",
        actor=_actors,
        what=st.sampled_from(("poll", "poll one", "tick", "carry", "deliver", "fetch", "sweep")),
    ),
    _act(1, "settle"),
)
TROUBLE_DOES = _one_of(
    _act(2, "again", actor=_actors, pick=st.integers(0, 20)),
    _act(3, "fault", actor=_actors, what=st.sampled_from(FAULTS), times=st.integers(1, 3)),
    _act(1, "store_fails", times=st.integers(1, 3)),
    _act(1, "migrate", told=st.sampled_from(("update", "error")), go=_go),
    _act(6, "fuse", actor=_actors, where=st.sampled_from(get_args(Where)), number=st.integers(1, 12)),
    _act(1, "restart", actor=_actors),
    _act(1, "away", actor=_actors),
    _act(3, "backup", actor=_actors),
    _act(3, "restore", which=st.sampled_from((*BOTH, "both"))),
    _act(2, "meanwhile", what=st.sampled_from(("tick", "carry", "desk"))),
)
BEGINNINGS: tuple[tuple[Act, ...], ...] = (
    (),
    (("report", {"who": 101}),),
    (("report", {"who": 101}), ("take", {"who": 501})),
    (("report", {"who": 101, "door": "darurat"}), ("report", {"who": 102}), ("reply", {"who": 502})),
    (("backup", {"actor": "intake"}), ("report", {"who": 101}), ("backup", {"actor": "desk"})),
    (("report", {"who": 102}), ("take", {"who": 502, "then": "Tutup"}), ("backup", {"actor": "intake"})),
)


class Machine(RuleBasedStateMachine):
    """Any story at all; at its end everything comes to rest."""

    def __init__(self) -> None:
        super().__init__()
        self.play = Play()
        self.failed = False

    def teardown(self) -> None:
        try:
            if not self.failed:
                self.do(("settle", {}))
        finally:
            self.play.close()

    def do(self, act: Act) -> None:
        name, how = act
        self.failed = True  # until it is done
        self.play.step(name, **how)
        self.failed = False

    @initialize(acts=st.sampled_from(BEGINNINGS))
    def begins(self, acts: tuple[Act, ...]) -> None:
        for act in acts:
            self.do(act)

    @rule(act=REPORTERS_DO)
    def reporter(self, act: Act) -> None:
        self.do(act)

    @rule(act=STAFF_DO)
    def staff(self, act: Act) -> None:
        self.do(act)

    @rule(act=st.one_of(REPORTERS_DO, STAFF_DO))
    def anybody(self, act: Act) -> None:
        self.do(act)

    @rule(act=TIME_DOES)
    def time(self, act: Act) -> None:
        self.do(act)

    @rule(act=TROUBLE_DOES)
    def trouble(self, act: Act) -> None:
        self.do(act)
