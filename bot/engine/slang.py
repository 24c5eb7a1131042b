"""Spellings of chat Indonesian (with Banjar and Javanese), as tables: what is typed -> what is meant.

Own list, from everyday chats; regional words with another sense in Indonesian are left out.
"""

from collections.abc import Mapping
from itertools import groupby

_SPELLINGS: Mapping[str, str] = {
    "tidak": "ga gak gk g gag gx nga ngga nggak ngg nggk engga enggak kagak kaga "
    "ndak nda endak ndk ora mboten kada tdk tdak",
    "ya": "iya iy iyah iyap iye yah yap yup yep yoo ea hooh",
    "tahu": "tau taw",
    "tidak tahu": "gatau gtw gtau gatahu gatw ngertos",
    "pengen": "pgn pingin pengin kepengen ingin pngn",
    "mau": "mw mo handak arep",
    "adik": "adek ade dek",
    "orang tua": "ortu",
    "sekarang": "skrg skrng skg skrang skarang sekrang",
    "kemarin": "kmrn kemaren kmaren kmren kmrin kmarin kemrin",
    "tadi": "td tdi",
    "semalam": "smlm semalem smalam",
    "minggu": "mggu mgg mingu",
    "seminggu": "semingu semggu",
    "sampai": "sampe smpe smpai",
    "bulan": "bln",
    "tahun": "thn th taun",
    "hari": "hr ari",
    "malam": "mlm malem",
    "pagi": "pgi",
    "lagi": "lg lgi",
    "yang": "yg",
    "sudah": "udh sdh udah dah uda",
    "belum": "blm blum",
    "tanggal": "tgl",
    "barusan": "brusan brsan",
    "aku": "aq ak aku q gue gw",
    "orang": "org",
    "dengan": "dgn",
    "jangan": "jgn jan",
    "tolong": "tlg tlong tolng",
    "bisa": "bs bsa",
    "kelas": "kls klas kl",
    "banget": "bgt bngt",
    "bukan": "bkn",
    "cewek": "cwe cwek cewe",
    "cowok": "cwo cwok cowo",
    "bapak": "bpk bapa",
    "rumah": "rmh",
    "sekolah": "skolah sklh",
    "nomor": "no nmr nomer nomr",
}


def collapse(token: str) -> str:
    """Repeated letters once ("iyaaa" -> "iya"); digits stay."""
    return "".join(sign if not sign.isdigit() else "".join(run) for sign, run in groupby(token))


MEANT: Mapping[str, str] = {
    key: meant
    for meant, spellings in _SPELLINGS.items()
    for spelling in spellings.split()
    for key in (spelling, collapse(spelling))
}

#: Said to whoever reads, or for the tone: they change nothing at either end of an answer.
COURTESY = frozenset(
    (
        "kak ka kk min mimin pak bu bang bro sis gan mas mbak "
        "dong donk deh sih pang kok lah nih ni tuh aja saja ja hehe he wkwk"
    ).split()
)

#: What may follow a greeting and still only greets.
BLESSINGS = frozenset("wr wb warahmatullahi warohmatullohi wabarakatuh wabarokatuh".split())

#: Between several answers.
JOINTS = frozenset("dan sama juga n plus ama serta dn".split())

#: Words that turn a sentence round: an answer is never guessed across one of them.
NEGATIONS = frozenset("tidak bukan belum jangan tanpa tak".split())

NUMBERS: Mapping[str, int] = {
    word: value
    for value, words in enumerate(
        "nol|satu|dua|tiga|empat ampat|lima|enam|tujuh|delapan lapan|sembilan|sepuluh|sebelas".split("|")
    )
    for word in words.split()
}

ORDINALS: Mapping[str, int] = {
    "pertama": 1,
    "kesatu": 1,
    "kedua": 2,
    "ketiga": 3,
    "keempat": 4,
    "kelima": 5,
    "keenam": 6,
    "ketujuh": 7,
    "kedelapan": 8,
    "kesembilan": 9,
    "kesepuluh": 10,
}

#: Before a number that picks ("nomor satu", "yang ke 2").
NUMBER_LEADS = frozenset("nomor yang pilih pilihan opsi angka jawab jawaban ke".split())

#: Signs that are answers.
SIGNS: Mapping[str, str] = {"👍": " ya ", "👌": " ya ", "✅": " ya ", "👎": " tidak ", "❌": " tidak ", "🆘": " sos "}
