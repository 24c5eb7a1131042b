"""A place as people write it ("dekat indomaret sepinggan", "gn sari") -> kecamatan, and kelurahan if one is named."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rapidfuzz import fuzz

from bot.engine.script import Place
from bot.engine.text import plain


@dataclass(frozen=True, slots=True)
class PlaceFound:
    """What was recognised; `kelurahan` is None where only the kecamatan is sure."""

    kecamatan: str
    kelurahan: str | None = None


_SPELLINGS: Mapping[str, str] = {
    "gn": "gunung",
    "gng": "gunung",
    "gunng": "gunung",
    "sei": "sungai",
    "krg": "karang",
    "bpp": "balikpapan",
    "bppn": "balikpapan",
    "balikpapn": "balikpapan",
    "kel": "kelurahan",
    "kec": "kecamatan",
}
#: Words of everyday speech that are names only where something around them says so.
_EVERYDAY = frozenset({"damai", "kota", "timur", "selatan", "tengah", "utara", "barat"})
_NAMING = frozenset({"kelurahan", "kecamatan", "balikpapan", "daerah", "wilayah"})
#: A street is called after a place without lying in it.
_STREETS = frozenset({"jl", "jln", "jalan", "gang", "gg"})
_LONGEST = 3
#: Letters from which on the beginning of a name says something.
_BEGINNING = 8
_SURE = 90
_MARGIN = 5


def find_place(places: tuple[Place, ...], text: str) -> PlaceFound | None:
    """The place that the text names; None if none is, or several that lie apart."""
    tokens = [_SPELLINGS.get(token, token) for token in plain(text[:400]).split()]
    names = list(_names(places))
    for similar in (False, True):
        found = [hit for window in _windows(tokens) if (hit := _hit(names, tokens, *window, similar=similar))]
        if found:
            return _agreed(found)
    return None


def _names(places: tuple[Place, ...]) -> Iterator[tuple[str, PlaceFound]]:
    for place in places:
        for word in (place.kecamatan, *place.words):
            yield _squeezed(word), PlaceFound(place.kecamatan)
        for name in place.kelurahan:
            yield _squeezed(name), PlaceFound(place.kecamatan, name)


def _squeezed(name: str) -> str:
    return "".join(_SPELLINGS.get(token, token) for token in plain(name).split())


def _windows(tokens: list[str]) -> Iterator[tuple[int, int]]:
    for width in range(min(_LONGEST, len(tokens)), 0, -1):
        for first in range(len(tokens) - width + 1):
            yield first, first + width


def _hit(
    names: list[tuple[str, PlaceFound]], tokens: list[str], first: int, last: int, *, similar: bool
) -> tuple[int, int, PlaceFound] | None:
    written = "".join(tokens[first:last])
    if not _means_a_place(tokens, first, last, written):
        return None
    meant = _similar(names, written) if similar else {place for name, place in names if name == written}
    if not similar and not meant and len(written) >= _BEGINNING:
        # "gunung sari" begins two names of one kecamatan: the kecamatan is sure, the kelurahan is not.
        begun = {place for name, place in names if place.kelurahan and name.startswith(written)}
        if last - first > 1 or len(begun) > 1:
            meant = {PlaceFound(place.kecamatan) for place in begun} if len(begun) > 1 else begun
    if len(meant) != 1:
        return None
    return first, last, next(iter(meant))


def _similar(names: list[tuple[str, PlaceFound]], written: str) -> set[PlaceFound]:
    if len(written) < 6:
        return set()
    scored = sorted(((fuzz.ratio(written, name), name, place) for name, place in names), key=lambda row: -row[0])
    best, name, place = scored[0]
    rival = next((score for score, _, other in scored[1:] if other != place), 0.0)
    return {place} if best >= _SURE and rival <= best - _MARGIN and name not in _EVERYDAY else set()


def _means_a_place(tokens: list[str], first: int, last: int, written: str) -> bool:
    before = tokens[first - 1] if first else ""
    if before in _STREETS:
        return False
    if written not in _EVERYDAY:
        return True
    after = tokens[last] if last < len(tokens) else ""
    return len(tokens) == 1 or before in _NAMING or after == "balikpapan"


def _agreed(found: list[tuple[int, int, PlaceFound]]) -> PlaceFound | None:
    """Of overlapping hits the longest counts; what remains must lie in one kecamatan."""
    kept: list[tuple[int, int, PlaceFound]] = []
    for first, last, place in found:
        if all(last <= begin or first >= end for begin, end, _ in kept):
            kept.append((first, last, place))
    districts = {place.kecamatan for _, _, place in kept}
    if len(districts) != 1:
        return None
    named = {place.kelurahan for _, _, place in kept if place.kelurahan}
    return PlaceFound(districts.pop(), named.pop() if len(named) == 1 else None)
