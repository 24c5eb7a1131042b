"""Every rule of the checkers has a broken example, and names rule, file and line exactly."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.content.parse import parse
from bot.content.sentences import finding_rules
from tests.content.sets import base, edited

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "broken.yaml").read_text(encoding="utf-8"))
#: Rules that other tests break: the policy's in test_policy.py, what depends on a live set in test_publish.py.
UNFILLED = re.compile(r"\{(like|key|name|field|value|id|count|limit|first|line|file|step|what|fix|level)\}")
ELSEWHERE = {"set_damaged", "field_removed", "field_retyped"}


def test_the_small_set_has_no_findings_but_hints() -> None:
    parsed = parse(base())
    assert parsed.content is not None
    assert {finding.level.value for finding in parsed.findings} == {"hint"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['rule']}-{case['file']}")
def test_a_mistake_is_named_with_rule_file_and_line_and_nothing_else(case: dict[str, Any]) -> None:
    files, line = edited(case)
    level = case.get("level", "error")
    findings = parse(files).findings
    assert not [one for one in findings if UNFILLED.search(str(one))], "a placeholder was left in what an admin reads"
    if level == "hint":
        assert (case["rule"], case["file"], line) in {(one.rule, one.file, one.line) for one in findings}
        return
    found = [one for one in findings if one.level != "hint" and one.rule not in case.get("more", ())]
    assert [(one.level.value, one.rule, one.file, one.line) for one in found] == [
        (level, case["rule"], case["file"], line)
    ]


def test_every_rule_with_sentences_is_broken_by_some_case() -> None:
    rules = {rule for rule in finding_rules() if not rule.startswith("policy_")}
    assert rules - ELSEWHERE == {case["rule"] for case in CASES}


def test_a_slip_of_the_pen_is_answered_with_the_right_spelling() -> None:
    files, _ = edited({"file": "lapor.yaml", "old": "ask: age", "new": "ask: aeg"})
    assert "age?" in parse(files).findings[-1].fix


def test_a_copy_of_a_script_is_named_with_the_file_that_it_copies() -> None:
    files = base()
    files["lapor - Copy.yaml"] = files["lapor.yaml"]
    (found,) = [one for one in parse(files).findings if one.level == "error"]
    assert found.file == "lapor.yaml" and "lapor - Copy.yaml" in found.what and found.step is None


def test_what_is_written_twice_in_one_place_is_found_once() -> None:
    files, _ = edited({"file": "eskalasi.yaml", "old": "to: [bertugas]", "new": "to: [petugas]"})
    assert [one.rule for one in parse(files).findings if one.level == "error"] == ["policy_word"]
