"""Words that are no answer to the open question: which are kept all the same, and how the others are asked back."""

from bot.engine.answering import Place
from bot.engine.script import Kind
from bot.engine.talk import CEK, DARURAT, TEMANI, Talk
from bot.engine.text import has_letters, word_count

#: From this many words on a text is never lost, wherever it was written (FLOWS.md section 3).
A_STORY = 3
#: How often running an answer is asked back before a human is offered.
PATIENCE = 3
_EMERGENCY = frozenset({DARURAT, TEMANI, CEK})
_CLOSED = frozenset({Kind.CHOICE, Kind.CHOICES})


def worth_keeping(talk: Talk, here: Place, text: str) -> bool:
    """Whether words that are no answer are kept: a story, words of danger, and whatever is said in an emergency.

    "dia datang" are two words and may be the last ones; "aku takut" must not be met with "aku belum paham".
    """
    kind = here[2].ask
    if kind in {Kind.SECRET, Kind.CODE}:
        return False
    if word_count(text) >= A_STORY:
        return True
    # A slip in a telephone number must not stand among the answers.
    if not has_letters(text) or (kind is Kind.PHONE and any(sign.isdigit() for sign in text)):
        return False
    return _emergency(talk, here) or talk.lexicon.danger.find(text) is not None


def ask_back(talk: Talk, here: Place, *, several: bool) -> None:
    """Say why the question comes again. `several`: more than one answer was given where one is asked.

    In an emergency nobody reads that they are not understood: the question alone comes again.
    """
    kind = here[2].ask
    talk.set(unclear=talk.session.unclear + 1)
    if _emergency(talk, here):
        key = "nomor_salah" if kind is Kind.PHONE else "pilih_satu" if kind in _CLOSED else ""
    elif talk.session.unclear >= PATIENCE:
        key = "tidak_paham_lagi"
    else:
        key = "pilih_satu" if several else "nomor_salah" if kind is Kind.PHONE else "tidak_paham"
    talk.say_key(key)


def _emergency(talk: Talk, here: Place) -> bool:
    return talk.session.sent == "alarm" or here[1].id in _EMERGENCY
