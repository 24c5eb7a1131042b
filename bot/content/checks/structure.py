"""Checks on single steps: which keywords go together, and what a kind of question needs (FLOWS.md, section 6)."""

from bot.content.answers import DATES, WITH_CHOICES
from bot.content.checks.material import Material
from bot.engine.script import Kind, Script, Step

#: A free answer without a label would stand nowhere in the report.
LABELLED_KINDS = frozenset({Kind.TEXT, Kind.PLACE, Kind.DATE, Kind.AGE, Kind.PHONE})
#: Questions about the conversation itself, whose answers no report holds.
_NEVER_REPORTED = frozenset({Kind.REVIEW, Kind.CODE, Kind.SECRET})
#: More choices than this are only typed numbers on WhatsApp (a list holds ten rows); above the second nobody reads on.
MANY_CHOICES, TOO_MANY_CHOICES = 10, 20
#: Words with which a question for yes or no begins.
_YES_NO = ("apakah", "mau", "boleh", "ada", "bisa", "sudah", "pernah", "punya", "masih", "apa kamu", "apa ada")
_NEED_ASK = ("label", "silent", "choices", "again")


def keywords_together(material: Material) -> None:
    """`ask` with `do`; `label`, `silent`, `choices` or `again` without `ask`; steps that do nothing."""
    for script, step in material.steps():
        at = material.lines.at
        if step.ask is not None and step.do is not None:
            material.sheet.error("ask_with_do", at(script.id, step.id, "do"))
        if step.ask is not None and step.say is None:
            material.sheet.error("ask_without_say", at(script.id, step.id, "ask"))
        given = {"label": step.label, "silent": step.silent, "choices": step.choices or step.doors, "again": step.again}
        for key in _NEED_ASK if step.ask is None else ():
            if given[key]:
                material.sheet.error("needs_ask", at(script.id, step.id, key), key=key)
        if (step.ask, step.say, step.do, step.goto) == (None, None, None, None):
            material.sheet.error("step_empty", at(script.id, step.id))


def kinds(material: Material) -> None:
    """Labels, choices and answers that a kind of question needs or can't have."""
    for script, step in material.steps():
        if step.ask is None:
            continue
        where = material.lines.at(script.id, step.id, "ask")
        if step.ask in LABELLED_KINDS and step.label is None:
            material.sheet.error("kind_needs_label", where, kind=step.ask)
        if step.choices and step.ask not in WITH_CHOICES:
            material.sheet.error("kind_without_choices", where, kind=step.ask)
        if step.ask in (Kind.CHOICE, Kind.CHOICES) and not (step.choices or step.doors):
            material.sheet.error("kind_needs_choices", where, kind=step.ask)
        if step.doors and step.ask is not Kind.CHOICE:
            material.sheet.error("doors_need_choice", where)
        if step.ask is Kind.TEXT and any(_asks_yes_or_no(text) for text in _questions(step)):
            material.sheet.warning("text_as_yes_no", where)
        if step.label is None and not step.doors and step.ask not in _NEVER_REPORTED:
            material.sheet.hint("unlabelled", material.lines.at(script.id, step.id))


def _questions(step: Step) -> tuple[str, ...]:
    if step.say is None:
        return ()
    return (step.say.text,) if step.say.text is not None else tuple(step.say.variants.values())


def _asks_yes_or_no(text: str) -> bool:
    before, mark, _ = text.replace("*", "").rpartition("?")
    sentence = before.replace("!", ".").replace("\n", ".").rpartition(".")[2].strip().lower()
    return bool(mark) and sentence.startswith(tuple(f"{word} " for word in _YES_NO))


def choice_lists(material: Material) -> None:
    """Dates from the fixed list only, yes always number 1, not too many."""
    for script, step in material.steps():
        where = material.lines.at(script.id, step.id, "choices")
        shown = [choice for choice in step.choices if choice.label is not None]
        if len(shown) > TOO_MANY_CHOICES:
            material.sheet.error("choices_too_many", where, count=len(shown), limit=TOO_MANY_CHOICES)
        elif len(shown) > MANY_CHOICES:
            material.sheet.warning("choices_many", where, count=len(shown), limit=MANY_CHOICES)
        for number, choice in enumerate(step.choices, start=1):
            place = material.lines.at(script.id, step.id, "choices", choice.id)
            if step.ask is Kind.DATE and choice.id not in DATES:
                material.sheet.error("date_choice", place, id=choice.id, known=", ".join(sorted(DATES)))
            if number > 1 and (choice.id == "ya" or "ya" in choice.words):
                material.sheet.error("yes_not_first", place, id=choice.id)


def doors(material: Material) -> None:
    """Two scripts with the same place on the first screen."""
    seen: dict[int, Script] = {}
    for script in material.scripts.values():
        if script.door is None:
            continue
        if script.door in seen:
            where = material.lines.at(script.id, "door")
            material.sheet.error("door_twice", where, door=script.door, first=seen[script.door].id)
        seen.setdefault(script.door, script)
