"""A finished set of what admins edit: everything that conversations and the desk read from `flows/`."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.content.finding import Finding
from bot.content.policy import Policy
from bot.content.services import Service
from bot.content.urgency import UrgencyRule
from bot.engine.script import ScriptSet


@dataclass(frozen=True, slots=True)
class Content:
    """One set. `hash` is SHA-256 (hex) of its files; `record` gives codes by field and choice; `staff` texts by key."""

    hash: str
    scripts: ScriptSet
    urgency: tuple[UrgencyRule, ...]
    record: Mapping[str, Mapping[str, str]]
    policy: Policy
    staff: Mapping[str, str]
    services: Mapping[str, Service]


@dataclass(frozen=True, slots=True)
class Parsed:
    """What reading a set gave: the content, unless there were errors, and the findings in the order of the files."""

    content: Content | None
    findings: tuple[Finding, ...]


class ContentBroken(Exception):
    """A set has errors: run `berani flows check`, mend what it names, and publish again.

    `folder` is where its files lie, for whoever shows the findings.
    """

    def __init__(self, findings: tuple[Finding, ...], folder: str = "flows") -> None:
        self.findings, self.folder = findings, folder
        places = sorted({f"{finding.file}:{finding.line}" for finding in findings if finding.level == "error"})
        super().__init__(f"errors in {', '.join(places)}")
