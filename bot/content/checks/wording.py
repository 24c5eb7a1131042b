"""Checks on sentences: length, marks, telephone numbers, neutral words in what is pushed."""

import re
from collections.abc import Iterator

from bot.content.checks.material import Material, sentences_of
from bot.content.finding import Where
from bot.content.services import NATIONAL
from bot.content.text import PLACEHOLDER
from bot.engine.script import Kind, Script, Step
from bot.engine.text import plain

#: One message with its choices and footer (FLOWS.md, section 6): fits WhatsApp's 1,600 with room for numbers.
MAX_MESSAGE = 1_400
#: Buttons: up to three fit WhatsApp's reply buttons (20 characters), more become list rows (24).
MAX_BUTTON, MAX_ROW, FEW = 20, 24, 3
#: A label is one line of review and report.
MAX_LABEL = 60
#: Longer sentences are not read by a frightened child.
MAX_WORDS = 15
# As long as the longest state of an answer in a review.
_STATE = "tidak tahu"
_LONG_NUMBER = re.compile(r"(?<![\d.,])\+?\d{3,}|(?:\d{1,2}[ .-]){4,}\d")
_WHOLE_NUMBER = re.compile(r"\+?\d[\d .-]*\d")
_SENTENCE_END = re.compile(r"[.!?:]+(?:\s|$)|\n")


def _texts(material: Material) -> Iterator[tuple[str, Where]]:
    """Every sentence that anybody is shown, with its place."""
    for _, _, say, where in material.says():
        for text in sentences_of(say):
            yield text, where
    for messages in (material.umum, material.push, material.staff):
        for key, text in messages.texts.items():
            yield text, messages.at(key)


def _labels(material: Material) -> Iterator[tuple[str, Where]]:
    for script, step in material.steps():
        if step.label is not None:
            yield step.label, material.lines.at(script.id, step.id, "label")
    for script, step, choice in material.choices():
        if choice.label is not None:
            yield choice.label, material.lines.at(script.id, step.id, "choices", choice.id, "label")
    for script in material.scripts.values():
        yield script.label, material.lines.at(script.id, "label")


def numbers(material: Material) -> None:
    """Only the national numbers stand in texts; every other comes from layanan.yaml, once it is confirmed."""
    for text, where in (*_texts(material), *_labels(material)):
        wrong = [number for number in _LONG_NUMBER.findall(PLACEHOLDER.sub("", text)) if number not in NATIONAL]
        if wrong:
            whole = next((one for one in _WHOLE_NUMBER.findall(text) if wrong[0] in one), wrong[0])
            material.sheet.error("number_in_text", where, number=whole)


def stars(material: Material) -> None:
    """`*bold*` is the only mark, and it needs both its stars in one line."""
    for text, where in (*_texts(material), *_labels(material)):
        if any(line.count("*") % 2 for line in text.split("\n")):
            material.sheet.error("star_unpaired", where)


def long_sentences(material: Material) -> None:
    """More than fifteen words between two full stops."""
    staff = material.staff.file
    for text, where in _texts(material):
        longest = max((len(_words(sentence)) for sentence in _SENTENCE_END.split(text)), default=0)
        if longest > MAX_WORDS and where.file != staff:
            material.sheet.warning("sentence_long", where, count=longest, limit=MAX_WORDS)


def _words(sentence: str) -> list[str]:
    return [word for word in sentence.split() if re.search(r"\w", word)]


def labels(material: Material) -> None:
    """Labels fit where they are shown."""
    doors = [script for script in material.scripts.values() if script.door is not None]
    for script in doors:
        _label(material, script.label, len(doors), material.lines.at(script.id, "label"))
    for script, step in material.steps():
        if step.label is not None and len(step.label) > MAX_LABEL:
            where = material.lines.at(script.id, step.id, "label")
            material.sheet.error("label_long", where, label=step.label, limit=MAX_LABEL, count=len(step.label))
        shown = [choice for choice in step.choices if choice.label is not None]
        for choice in shown:
            where = material.lines.at(script.id, step.id, "choices", choice.id, "label")
            _label(material, str(choice.label), len(shown), where)


def _label(material: Material, label: str, beside: int, where: Where) -> None:
    limit = MAX_BUTTON if beside <= FEW else MAX_ROW
    if len(label) > limit:
        material.sheet.error("label_long", where, label=label, limit=limit, count=len(label))


def lengths(material: Material) -> None:
    """A message fits with its choices and its footer."""
    for script, step in material.steps():
        room = MAX_MESSAGE - _rows(material, script, step) - (_footer(material) if step.ask else 0)
        if step.say is not None and (longest := max(map(len, sentences_of(step.say)), default=0)) > room:
            material.sheet.error(
                "text_long", material.lines.at(script.id, step.id, "say"), count=longest, limit=max(room, 0)
            )
    for script, step, choice in material.choices():
        for text in sentences_of(choice.say) if choice.say else ():
            if len(text) > MAX_MESSAGE:
                where = material.lines.at(script.id, step.id, "choices", choice.id, "say")
                material.sheet.error("text_long", where, count=len(text), limit=MAX_MESSAGE)
    for messages in (material.umum, material.push, material.staff):
        for key, text in messages.texts.items():
            if len(text) > MAX_MESSAGE:
                material.sheet.error("text_long", messages.at(key), count=len(text), limit=MAX_MESSAGE)


def _rows(material: Material, script: Script, step: Step) -> int:
    """Characters of the numbered choices, or of a review's lines with their states."""
    if step.doors:
        shown = [other.label for other in material.scripts.values() if other.door is not None]
    else:
        shown = [choice.label for choice in step.choices if choice.label is not None]
    if step.ask is Kind.REVIEW:
        shown += [f"{other.label}: {_STATE}" for other in script.steps if other.ask and other.label]
    return sum(len(f"10. {label}\n") for label in shown)


def _footer(material: Material) -> int:
    return max((len(text) for key, text in material.umum.texts.items() if key.startswith("kaki")), default=0) + 2


def neutral(material: Material) -> None:
    """What may be pushed tells nothing to a parent who reads over the shoulder."""
    forbidden = [plain(word) for word in material.words.neutral_forbidden]
    for key, text in material.push.texts.items():
        # Parts of words count too: `laporan` holds `lapor`.
        found = next((word for word in forbidden if word and word in plain(text)), None)
        if found is not None:
            material.sheet.error("push_not_neutral", material.push.at(key), word=found)
