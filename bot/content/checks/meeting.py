"""Checks on words: each whole message must lead to one thing only."""

from collections.abc import Iterator

from bot.content.checks.material import Material, heard
from bot.engine.script import Choice, Effect, Script, Step, Target

#: A choice may share a control word where it does the same: (effect, target) that each control word stands for.
_SAME_EFFECT = {"kirim": Effect.SUBMIT, "kode": Effect.RECEIPT}
_SAME_TARGET = {"batal": "back", "simpan": "stop"}


def two_choices(material: Material) -> None:
    """Within one question a word, or a number, means one choice."""
    for script, step in material.steps():
        met: dict[str, Choice] = {}
        shown = [choice.id for choice in step.choices if choice.label is not None]
        for choice in step.choices:
            where = material.lines.at(script.id, step.id, "choices", choice.id)
            for word in words_of(material, choice):
                other = met.setdefault(word, choice)
                if other is not choice:
                    material.sheet.error("word_two_choices", where, word=word, first=other.id, second=choice.id)
                if word.isdecimal() and choice.id in shown and word != str(shown.index(choice.id) + 1):
                    material.sheet.error("word_is_number", where, word=word, id=choice.id)


def words_of(material: Material, choice: Choice) -> Iterator[str]:
    """Every word that means this choice, each once: id, label, its own words, those of `words.yaml`."""
    given = (choice.id, choice.label or "", *choice.words, *material.words.choices.get(choice.id, ()))
    yield from dict.fromkeys(word for word in map(heard, given) if word)


def elsewhere(material: Material) -> None:
    """A choice must not take a word that at every other question means something else."""
    controls = {heard(word): move for move, words in material.words.control.items() for word in (move, *words)}
    scripts = {heard(word): script.id for script in material.scripts.values() for word in script.words}
    for script, step, choice in material.choices():
        where = material.lines.at(script.id, step.id, "choices", choice.id)
        for word in words_of(material, choice):
            control, opens = controls.get(word), scripts.get(word)
            if control is not None and not _same_move(control, choice):
                material.sheet.error("word_is_control", where, word=word, id=choice.id, control=control.upper())
            if opens is not None and opens != script.id and not _leads_to(opens, script, step, choice):
                material.sheet.error("word_opens_script", where, word=word, id=choice.id, script=opens)


def _same_move(control: str, choice: Choice) -> bool:
    target = choice.goto.kind if choice.goto else None
    return (
        (control in _SAME_EFFECT and choice.do is _SAME_EFFECT[control])
        or (control in _SAME_TARGET and target == _SAME_TARGET[control])
        or (choice.goto is not None and choice.goto.script == control)
    )


def _leads_to(opens: str, script: Script, step: Step, choice: Choice) -> bool:
    target: Target | None = choice.goto or step.goto
    return target is not None and (target.script or script.id) == opens


def openings(material: Material) -> None:
    """Words that open a script: one script only, no control word, no greeting."""
    taken = {
        heard(word): f"words.yaml control {key}" for key, words in material.words.control.items() for word in words
    }
    taken |= {heard(word): "words.yaml, greetings" for word in material.words.greetings}
    for script in material.scripts.values():
        for word in dict.fromkeys(map(heard, script.words)):
            if word in taken:
                material.sheet.error("opening_taken", material.lines.at(script.id, "words"), word=word, by=taken[word])
            taken.setdefault(word, f"{script.id}.yaml")


def unused_synonyms(material: Material) -> None:
    """Synonyms in `words.yaml` for a choice that no script has: probably a slip of the pen."""
    known = {choice.id for _, _, choice in material.choices()} | {"tidak_tahu"}
    for name in material.words.choices:
        if name not in known:
            material.sheet.warning("synonym_unused", material.lines.at("words.yaml", "choices", name), id=name)
