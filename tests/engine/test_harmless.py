"""What must alarm and what must not, as people here write it: a false alarm wakes everybody, a missed one is worse."""

import pytest

from bot.engine.danger import DangerWords
from tests.engine.play import shipped

WORDS = DangerWords(shipped().words.danger)

REAL = (
    # a threat to life
    "papa bawa pisau", "dia bawa pisau ke kamarku", "papa bawa pisau dari dapur",
    "mama bawa pisau ke dapur sambil marah",
    "bapak bawa parang ngejar mama", "om bawa parang ke rumah", "abah bawa mandau handak nimpas", "dia pegang pisau",
    "aku mau dibunuh papa", "aku mau dibunuh kayak ayam", "katanya aku mau dibunuh besok", "adikku dibunuh",
    "pas main ff aku mau dibunuh papa", "mau dibunuh gara gara main game", "ibu dibunuh bapak", "kucingku dibunuh papa",
    "bapak mau bunuh aku", "papa ngancam bunuh mama", "aku dicekik abang", "dicekik sampai sesak napas",
    "aku dikunci di kamar", "dikunci di kamar mandi dari pagi", "aku dikunci di lemari", "adik dikunci di mobil",
    "pintunya dikunci dari luar", "pintu dikunci aku ga bisa keluar", "ga bisa keluar kak dikunciin",
    "ga bisa keluar rumah",
    "ga bisa keluar kamar", "aku ga bisa keluar hp diambil", "ga dibolehin keluar sama sekali", "aku disekap om",
    "tanganku diikat", "aku diikat di kursi", "adikku diikat pakai tali", "kaki diikat kayak ayam",
    "mau dibakar bapak", "rumahku mau dibakar", "tanganku dibakar rokok", "aku dibakar pakai lilin",
    "bajuku dibakar mama",
    "disiram air panas", "kakakku disiram air panas mama", "aku disiram bensin", "ditusuk pakai gunting",
    "bapak ditusuk orang", "dibacok tetangga", "adikku pingsan", "mama ga sadar", "dia ga sadarkan diri",
    "kepalanya berdarah", "gusi berdarah habis dipukul", "hidungku berdarah ditonjok papa", "badarah kapalaku",
    "adik kejang", "aku ga bisa napas", "ditodong pisau", "adikku diculik", "bayi dibuang di sungai",
    # now
    "lagi dipukul papa", "dipukul sekarang", "aku dipukul papa mama sekarang tidak ada", "sekarang lagi digebukin",
    "dipukul lagi aku sekarang ga bisa jalan", "ga kuat dipukul lagi", "papa masih mukulin mama", "barusan ditampar",
    "dia lagi nendang adikku", "lagi diperkosa om", "aku ga mau dipukul lagi", "adikku diseret papa barusan",
    "dulu dipukul sekarang lagi dipukul lagi", "dulu dipukul sekarang makin parah",
    "dulu dipukul sekarang tidak dipukul tapi dicekik", "dulu dipukul sekarang tidak dipukul tapi ditendang",
    "pernah dicekik sekarang tidak bisa napas", "dulu pernah dipukul, sekarang tidak aman",
    "dulu dipukul sekarang tidak ada yang nolong", "dulu diperkosa sekarang tidak berani pulang",
    # beside an everyday sentence
    "papa bawa pisau ke dapur terus ke kamarku", "dia bawa parang ke kebun nyari aku", "aku sama ayam dikurung",
    "aku kayak ayam dikurung", "capek hidup di sini mau udahan", "motor dikunci aku dikunci",
    "tanganku diikat rambutku diikat",
    # the wish to die
    "aku mau mati", "mau mati aja rasanya", "capek hidup", "capek hidup di dunia ini", "capek hidup begini terus",
    "capek hidup di sini pengen mati", "capek hidup di sini dipukulin terus", "bosan hidup", "pengen bunuh diri",
    "mau minum racun", "mau minum baygon", "mau gantung diri", "ga mau hidup lagi", "aku sayat tangan", "mending mati",
    "ikan aku mati aku juga mau mati", "nangis mau mati ketawa",
)  # fmt: skip

HARMLESS = (
    "nyamuk dibunuh", "nyamuknya dibunuh kakak", "kecoa dibunuh mama", "semut dibunuh pakai semprotan",
    "tikus dibunuh kucing",
    "ularnya sudah dibunuh warga", "lalat itu dibunuh", "dibunuh musuh di game", "aku dibunuh musuh di game",
    "dibunuh di ff",
    "main ml dibunuh terus", "main ff aku dibunuh musuh", "aku dibunuh lawan pas main ml", "dibunuh musuh pas main ff",
    "di roblox aku dibunuh terus", "di pubg aku dibunuh musuh", "di film itu orangnya dibunuh",
    "nonton film yang dibunuh itu",
    "bawa pisau ke dapur", "mama bawa pisau ke dapur", "bawa pisau buat masak", "bawa pisau buat potong kue",
    "pegang pisau buat potong sayur", "bawa parang ke kebun", "kai bawa parang ke kebun",
    "bawa parang buat tebas rumput",
    "bawa mandau buat tari", "bawa golok ke kebun", "bawa celurit ke sawah",
    "ayam dibakar", "ayamnya dibakar", "ayam di bakar", "ikan dibakar", "ikannya lagi dibakar", "sate dibakar",
    "jagung dibakar",
    "sampah dibakar", "sampahnya dibakar tetangga", "rumput dibakar", "lahan dibakar",
    "ga bisa keluar rumah karena hujan", "ga bisa keluar soalnya hujan", "gak bisa keluar hujan deras",
    "ga bisa keluar karena banjir",
    "ga bisa keluar karena macet", "ga bisa keluar dari grup", "ga bisa keluar dari game", "ga dibolehin keluar malam",
    "rambut diikat", "rambutku diikat dua", "kambing diikat di pohon", "sapinya diikat", "tali sepatu diikat",
    "motor dikunci", "hp dikunci", "hpku dikunci pakai sandi", "akunku dikunci", "sepeda dikunci",
    "ayam dikurung", "burung dikurung", "mie disiram air panas", "kopi disiram air panas", "sate ditusuk",
    "bakso ditusuk",
    "gusi berdarah habis sikat gigi", "ga sadar diri dia tu", "ga sadar udah malam", "pohon ditimpas",
    "ditodong traktiran",
    "lagi nendang bola", "sekarang lagi nendang bola", "bola ditendang barusan", "lagi mukul bedug",
    "barusan mukul nyamuk",
    "rumahnya mau dijual sekarang", "motor mau dijual sekarang", "disuruh foto ktp barusan",
    "dulu dipukul sekarang tidak", "dulu dipukul sekarang udah enggak", "dulu dipukul papa sekarang ga pernah lagi",
    "dulu dikunci sekarang tidak", "dulu dipukul sekarang sudah aman", "dulu dipukul papa sekarang tidak dipukul lagi",
    "dulu pernah ditampar tapi ga lagi",
    "capek hidup di sini", "cape hidup di sini", "capek hidup di kota", "bosan hidup di kos", "mau mati ketawa",
    "mau mati gaya",
    "ikan mau mati", "bunganya mau mati",
)  # fmt: skip


@pytest.mark.parametrize("text", REAL)
def test_a_real_one_is_never_missed(text: str) -> None:
    found = WORDS.find(text)
    assert found is not None
    assert found.tier in {"strong", "self"}


@pytest.mark.parametrize("text", HARMLESS)
def test_an_everyday_sentence_wakes_nobody(text: str) -> None:
    found = WORDS.find(text)
    assert found is None or found.tier == "weak"


def test_both_tables_are_long_enough_to_mean_something() -> None:
    assert len(set(REAL)) >= 60
    assert len(set(HARMLESS)) >= 60


def test_beside_any_other_danger_an_everyday_sentence_hides_nothing() -> None:
    for text in ("ayam dibakar aku dicekik", "bawa pisau ke dapur aku takut", "nyamuk dibunuh papa ngamuk"):
        found = WORDS.find(text)
        assert found is not None
        assert found.tier == "strong", text


def test_every_harmless_sentence_of_the_list_holds_a_word_of_danger() -> None:
    danger = shipped().words.danger
    without = DangerWords({name: words for name, words in danger.items() if name != "harmless"})
    for sentence in danger["harmless"]:
        found = without.find(f"{sentence} sekarang")
        assert found is not None, sentence
        assert found.tier in {"strong", "self"}, sentence
