"""Word tables: which messages only thank, greet or nod."""

import pytest

from bot.engine.lexicon import lexicon
from bot.engine.text import forms
from tests.engine.play import shipped

POLITE = (
    *("makasih", "Makasih kak", "makasihhh ya kak", "iya makasih kak", "mksh", "terima kasih banyak", "trims min"),
    *("ok", "oke kak", "okee siap", "siap", "baik bu", "halo", "kak", "assalamualaikum wr wb", "makasih 🙏", "🙏🙏"),
    *("👍", "❤️", "👍🏻", "ok makasih banyak kak", "suwun", "matur nuwun", "makasih udah bantu", "amin", "sama sama"),
)
CONTENT = (
    *("", "iya", "ya", "makasih tapi dia datang lagi", "ok dia pukul lagi", "kak tolong", "makasih, dia masih di sini"),
    *("😭", "🆘", "makasih 🆘", "?", "halo?1", "...", "tidak", "belum", "1", "aku mau mati makasih", "makasih " * 40),
)


@pytest.mark.parametrize("text", POLITE)
def test_thanks_and_greetings_alone_are_only_polite(text: str) -> None:
    assert lexicon(shipped()).only_polite(forms(text))


@pytest.mark.parametrize("text", CONTENT)
def test_whatever_says_more_or_cries_is_not_only_polite(text: str) -> None:
    assert not lexicon(shipped()).only_polite(forms(text))
