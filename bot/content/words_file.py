"""words.yaml -> the words that are understood everywhere; kelurahan.yaml -> the places of the city."""

from bot.content.lines import Lines
from bot.content.nodes import Entries
from bot.content.shape import Reader, value
from bot.engine.script import Place, Words

#: Moves that the engine knows; each needs at least one word.
CONTROLS = ("kembali", "ulang", "lewati", "selesai", "kirim", "simpan", "keluar", "batal", "buka", "kode")
#: Tiers of danger words (FLOWS.md, rule 4), and the words that turn `violence` into `strong`.
TIERS = ("self", "strong", "violence", "weak", "now")
#: Beside the tiers, and not needed: everyday sentences in which a danger word is none.
HARMLESS = "harmless"
_NEEDED = ("control", "choices", "greetings", "danger", "neutral_forbidden")


def parse_words(root: Entries, reader: Reader, lines: Lines) -> Words | None:
    """The words, or None where something is missing. A word that stands in two lists of one part is a finding."""
    entries = root.entries
    reader.only(entries, (*_NEEDED, "thanks"))
    if not reader.needs(entries, *_NEEDED):
        return None
    parts: dict[str, dict[str, tuple[str, ...]]] = {}
    for key, known, optional in (
        ("control", CONTROLS, ()),
        ("choices", None, ()),
        ("danger", TIERS, (HARMLESS,)),
    ):
        within = reader.at(entries[key].line)
        map_ = within.entries(entries[key].value, key)
        if map_ is not None and known is not None:
            within.only(map_, (*known, *optional))
            within.needs(map_, *known)
        parts[key] = {}
        for name, line, words in within.lists(entries[key].value, key) if map_ is not None else ():
            parts[key][name] = words
            lines.put(reader.where.file, line, reader.where.file, key, name)
            if key != "choices":
                _no_word_twice(within.at(line, name), name, parts[key])
    return Words(
        control=parts["control"],
        choices=parts["choices"],
        greetings=reader.texts(value(entries, "greetings"), "greetings"),
        danger=parts["danger"],
        neutral_forbidden=reader.texts(value(entries, "neutral_forbidden"), "neutral_forbidden"),
        thanks=reader.texts(value(entries, "thanks"), "thanks"),
    )


def _no_word_twice(reader: Reader, name: str, lists: dict[str, tuple[str, ...]]) -> None:
    for other, words in lists.items():
        for word in set(words) & set(lists[name]) if other != name else ():
            reader.error("word_in_two_lists", word=word, first=other, second=name)


def parse_places(root: Entries, reader: Reader) -> tuple[Place, ...]:
    """The kecamatan with their kelurahan and other spellings."""
    reader.only(root.entries, ("kelurahan",))
    if not reader.needs(root.entries, "kelurahan"):
        return ()
    places: list[Place] = []
    seen: dict[str, int] = {}
    for node in reader.items(root.entries["kelurahan"].value, "kelurahan"):
        entries = reader.entries(node, "kelurahan")
        within = reader.at(node.line)
        if entries is None or not within.needs(entries, "kecamatan", "kelurahan"):
            continue
        within.only(entries, ("kecamatan", "words", "kelurahan"))
        kecamatan = within.text(entries["kecamatan"].value, "kecamatan") or ""
        kelurahan = within.texts(entries["kelurahan"].value, "kelurahan")
        for name in kelurahan:
            if name in seen:
                within.error("place_twice", name=name, first=seen[name])
            seen.setdefault(name, node.line)
        places.append(Place(kecamatan, within.texts(value(entries, "words"), "words"), kelurahan))
    return tuple(places)
