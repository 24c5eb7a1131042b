"""The scripts that ship: nothing to mend in them, and the wording rules that no checker can hold."""

import re

import pytest

from bot.content.checks.material import sentences_of
from bot.content.content import Content
from bot.content.parse import parse, read_dir
from bot.content.services import NATIONAL, numbers
from bot.content.text import fill
from tests.content.sets import FLOWS

#: Never asked, never promised, no word for a person or a deed that accuses or frightens.
NEVER_SAID = (
    "kenapa",
    "mengapa",
    "pasti aman",
    "100%",
    "tanpa jejak.",
    "korban",
    "pelaku",
    "perkosa",
    "cabul",
    "aib",
    "bukti",
)


@pytest.fixture(scope="module")
def content() -> Content:
    parsed = parse(read_dir(FLOWS))
    assert parsed.content is not None, [str(one) for one in parsed.findings if one.level == "error"]
    return parsed.content


def test_shipped_scripts_have_no_errors_and_no_warnings() -> None:
    assert [str(one) for one in parse(read_dir(FLOWS)).findings if one.level != "hint"] == []


def test_nothing_said_to_a_reporter_asks_why_or_promises_too_much(content: Content) -> None:
    for text in _said(content):
        assert not [word for word in NEVER_SAID if word in text.lower()], text


def test_the_first_message_says_that_it_is_a_bot_that_no_name_is_needed_and_112(content: Content) -> None:
    first = " ".join(sentences_of(step.say)[0] for step in content.scripts.scripts["salam"].steps if step.say)
    for word in ("bot", "Nama tidak perlu", "112", "petugas"):
        assert word in first
    assert len(first.split()) < 60


def test_doors_are_danger_story_question_and_last_the_own_story(content: Content) -> None:
    doors = sorted((one.door, one.id) for one in content.scripts.scripts.values() if one.door is not None)
    assert [name for _, name in doors] == ["darurat", "lapor", "ragu", "status"]


def test_every_telephone_number_is_national_or_left_out_until_it_is_confirmed(content: Content) -> None:
    shown = numbers(content.services)
    assert set(shown.values()) == NATIONAL
    assert fill("Telepon 112.\nAtau {layanan.uptd_ppa}.", shown) == "Telepon 112."


def test_help_answers_whether_it_is_safe_who_reads_and_what_comes_next(content: Content) -> None:
    openers = {word: one.id for one in content.scripts.scripts.values() for word in one.words}
    said = " ".join(_said(content))
    for words in re.findall(r"Tulis ([A-Z ]+)\.", said):
        assert words.lower() in openers or words.lower() in _controls(content), words


def _controls(content: Content) -> set[str]:
    words = content.scripts.words.control
    return set(words) | {word for listed in words.values() for word in listed}


def _said(content: Content) -> list[str]:
    steps = [step for script in content.scripts.scripts.values() for step in script.steps]
    says = [step.say for step in steps] + [choice.say for step in steps for choice in step.choices]
    texts = [text for say in says if say for text in sentences_of(say)]
    return [*texts, *content.scripts.messages.values(), *content.scripts.push.values()]
