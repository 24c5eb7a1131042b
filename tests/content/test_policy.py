"""eskalasi.yaml: what is refused, where, and that what is read is what is written."""

from pathlib import Path

import pytest

from bot.content.finding import Sheet
from bot.content.policy import Policy, parse_policy
from bot.content.yaml_reader import read

TEXT = (Path(__file__).parents[2] / "flows" / "eskalasi.yaml").read_text()


def parse(text: str) -> tuple[Policy | None, list[tuple[str, int]]]:
    sheet = Sheet()
    root = read("eskalasi.yaml", text, sheet)
    found = parse_policy(root, "eskalasi.yaml", sheet) if root else None
    return found, [(finding.rule, finding.line) for finding in sheet.findings]


def test_the_shipped_policy_is_read_and_survives_being_kept_on_a_case() -> None:
    found, findings = parse(TEXT)
    assert findings == []
    assert found is not None
    assert Policy.from_json(found.to_json()) == found


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("look: 5m", "look: 5", "policy_duration"),
        ("look: 5m", "look: 5m, lihat: 1m", "key_unknown"),
        ("look: 5m, ", "", "key_missing"),
        ("look: 5m", "look: 45m", "policy_order"),
        ("at: 150%, to: [koordinator]", "at: 150, to: [koordinator]", "policy_percent"),
        ("at: 150%, to: [koordinator]", "at: 90%, to: [koordinator]", "policy_climb"),
        ("to: [koordinator], where", "to: [kordinator], where", "policy_word"),
        ("at: 50%, to: [pemilik]", "at: 100%, to: [pemilik]", "policy_lapse"),
        ("monitoring: 4", "monitoring: banyak", "policy_number"),
        ("sweep: 12h", "sweep: 48h", "policy_sweep"),
        ("Melati, Mawar", "Melati, Melati", "policy_aliases"),
        ("  consent:\n", "  konsen:\n", "key_unknown"),
        ("task: 24h", "", "key_missing"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_line(old: str, new: str, rule: str) -> None:
    assert old in TEXT
    found, findings = parse(TEXT.replace(old, new, 1))
    assert found is None
    assert rule in [name for name, _ in findings]
    line = TEXT[: TEXT.index(old)].count("\n") + 1
    assert any(abs(at - line) <= 3 or rule in ("key_missing", "policy_order", "policy_climb") for _, at in findings)
