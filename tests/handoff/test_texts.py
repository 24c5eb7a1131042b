"""Sentences for staff: every key that the code names exists, and every button fits."""

import ast
import re
from pathlib import Path

import pytest
import yaml

from bot.content.staff_keys import STAFF
from bot.content.text import placeholders
from handoff import closing, report, teknis
from storage.desk_tables import KINDS, LEVELS, STATES
from tests.handoff.conftest import FLOWS

HANDOFF = FLOWS.parent / "handoff"
SHIPPED: dict[str, str] = yaml.safe_load((FLOWS / "messages" / "petugas.yaml").read_text())
FAMILIES = {
    "urgensi_": LEVELS,
    "keadaan_": STATES,
    "jenis_": KINDS,
    "hasil_": closing.OUTCOMES,
    "bidang_": report.FIELDS,
    "kirim_": ("waiting", "cancelled", "handed_over", "sent", "shown", "held", "blocked", "failed"),
    "halaman_": ("note", "reply", "closing"),
    "macet_": ("unclaimed", "untouched", "silent", "consent"),
    "status_": ("tidak_tahu", "dilewati"),
    "berkas_": ("voice", "audio", "photo", "video", "document", "menyusul"),
    "tugas_": ("hapus",),
    "kejadian_teknis_": (*teknis.KNOWN, "lain"),
    "kejadian_tanda_": ("diam", "hapus", "aman", "unreachable", "reachable", "read", "lain"),
    "kejadian_": ("dibuka_lagi", "urgensi", "lost_answer", "lost_file", "berkas"),
    "tombol_": ("balas", "catatan", "tutup", "kembalikan", "urgensi", "nomor"),
}


def words_in(path: Path) -> set[str]:
    """Every text in a module that looks like a key."""
    texts = (node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant))
    return {text for text in texts if isinstance(text, str) and re.fullmatch(r"[a-z_]+", text)}


def words_in_code() -> set[str]:
    """The same for all of handoff."""
    return set().union(*(words_in(path) for path in HANDOFF.glob("*.py")))


def test_every_sentence_that_is_built_from_a_closed_list_exists() -> None:
    wanted = {family + one for family, ones in FAMILIES.items() for one in ones}
    assert wanted - SHIPPED.keys() == set()


def test_every_sentence_is_used() -> None:
    from_lists = {family + one for family, ones in FAMILIES.items() for one in ones}
    assert SHIPPED.keys() - from_lists - words_in_code() == set()


@pytest.mark.parametrize("path", sorted(HANDOFF.glob("*.py")), ids=lambda path: Path(path).stem)
def test_every_key_named_in_the_code_exists(path: Path) -> None:
    source = path.read_text()
    named = re.findall(r"(?:texts\(\s*|button\(\s*work,\s*)\"([a-z_]+)\"", source)
    assert set(named) - SHIPPED.keys() == set()


def test_the_registry_knows_each_key_with_its_placeholders() -> None:
    assert {key: frozenset(placeholders(text)) for key, text in SHIPPED.items()} == STAFF


def test_buttons_fit_on_a_phone() -> None:
    for key, text in SHIPPED.items():
        if key.startswith(("tombol_", "hasil_")):
            assert len(text.replace("{kode}", "K-0001")) <= 24, key


def test_windows_are_short_enough_for_telegram() -> None:
    """200 characters (core.telegram.org/bots/api#answercallbackquery), with the longest name that staff can have."""
    windows = words_in(HANDOFF / "presses.py") & SHIPPED.keys()
    assert "sudah_diambil" in windows
    for key in windows:
        assert len(SHIPPED[key].replace("{nama}", "x" * 66).replace("{kode}", "K-0001")) <= 200, key


def test_stars_are_paired() -> None:
    assert [key for key, text in SHIPPED.items() if text.count("*") % 2] == []
