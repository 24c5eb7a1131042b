"""Places as people write them."""

import pytest

from bot.engine.places import PlaceFound, find_place
from tests.engine.play import shipped

KELURAHAN = {
    "dekat indomaret sepinggan": ("Balikpapan Selatan", "Sepinggan"),
    "sepingan": ("Balikpapan Selatan", "Sepinggan"),
    "sepinggan baru": ("Balikpapan Selatan", "Sepinggan Baru"),
    "gn sari ilir": ("Balikpapan Tengah", "Gunung Sari Ilir"),
    "manggar": ("Balikpapan Timur", "Manggar"),
    "manggar baru rt 5": ("Balikpapan Timur", "Manggar Baru"),
    "jalan mufakat manggar": ("Balikpapan Timur", "Manggar"),
    "margo mulyo": ("Balikpapan Barat", "Margomulyo"),
    "telagasari": ("Balikpapan Kota", "Telaga Sari"),
    "karang jati": ("Balikpapan Tengah", "Karang Jati"),
    "gn samarinda baru": ("Balikpapan Utara", "Gunung Samarinda Baru"),
    "km 5 batu ampar": ("Balikpapan Utara", "Batu Ampar"),
    "kel damai": ("Balikpapan Kota", "Damai"),
    "damai": ("Balikpapan Kota", "Damai"),
    "damai bahagia": ("Balikpapan Selatan", "Damai Bahagia"),
    "rumah nenek di TERITIP!": ("Balikpapan Timur", "Teritip"),
    "gunung sari": ("Balikpapan Tengah", None),
    "klandasan": ("Balikpapan Kota", None),
    "bpp timur": ("Balikpapan Timur", None),
    "balikpapan utara": ("Balikpapan Utara", None),
    "barat": ("Balikpapan Barat", None),
}
NOWHERE = ("rumah", "smp 5", "di kota", "aman dan damai", "jl damai", "gang manggar", "balikpapan", "gunung",
    "sungai", "baru",
           "manggar atau kariangau", "", "\x00", "😭")  # fmt: skip


@pytest.mark.parametrize(("text", "place"), KELURAHAN.items())
def test_place(text: str, place: tuple[str, str | None]) -> None:
    assert find_place(shipped().places, text) == PlaceFound(*place)


@pytest.mark.parametrize("text", NOWHERE)
def test_no_place_is_guessed(text: str) -> None:
    assert find_place(shipped().places, text) is None


def test_every_kelurahan_is_found_by_its_own_name() -> None:
    places = shipped().places
    assert sum(len(place.kelurahan) for place in places) == 34
    for place in places:
        for name in place.kelurahan:
            # "damai" is also an everyday word: alone in a sentence it needs a word that says it is a name.
            text = f"rumah di {'kelurahan ' if name == 'Damai' else ''}{name.lower()} dekat masjid"
            assert find_place(places, text) == PlaceFound(place.kecamatan, name)
