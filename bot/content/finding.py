"""One type of finding for every checker of what admins edit, and the sheet on which checkers write."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.content import sentences
from bot.content.text import fill


class Level(StrEnum):
    """How bad: an error refuses publishing, a warning should be looked at, a hint only tells."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Where:
    """A place in a file: name relative to `flows/`, line from 1, and the step (or key) that the line belongs to."""

    file: str
    line: int
    step: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a checker found. `what` and `fix` are Indonesian, from `locales/findings.yaml`; `rule` is the key there."""

    level: Level
    file: str
    line: int
    step: str | None
    what: str
    fix: str
    rule: str = ""

    def shown(self, folder: str = "flows") -> str:
        """The finding as one line for an admin: `SALAH flows/lapor.yaml baris 12, langkah tempat: … Perbaiki: …`."""
        values = {
            "level": sentences.system(f"tingkat_{self.level}"),
            "file": f"{folder}/{self.file}",
            "line": str(self.line),
            "step": self.step or "",
            "what": self.what,
            "fix": self.fix,
        }
        return fill(sentences.system("temuan_langkah" if self.step else "temuan"), values)

    def __str__(self) -> str:
        return self.shown()

    def as_json(self) -> dict[str, str | int | None]:
        """The finding as a JSON object, for `flows check --json`."""
        return {
            "level": self.level.value,
            "file": self.file,
            "line": self.line,
            "step": self.step,
            "what": self.what,
            "fix": self.fix,
            "rule": self.rule,
        }


@dataclass(slots=True)
class Sheet:
    """Collects findings. Each method takes the rule (key of the sentence), the place, and values for the sentence."""

    findings: list[Finding] = field(default_factory=list)

    def error(self, rule: str, where: Where, **values: object) -> None:
        """Something that must not be published."""
        self._write(Level.ERROR, rule, where, values)

    def warning(self, rule: str, where: Where, **values: object) -> None:
        """Something that is probably not meant."""
        self._write(Level.WARNING, rule, where, values)

    def hint(self, rule: str, where: Where, **values: object) -> None:
        """Something worth knowing."""
        self._write(Level.HINT, rule, where, values)

    def errors(self) -> int:
        """How many errors stand on the sheet."""
        return sum(finding.level is Level.ERROR for finding in self.findings)

    def _write(self, level: Level, rule: str, where: Where, values: Mapping[str, object]) -> None:
        sentence = sentences.finding(rule)
        shown = {name: _short(str(value)) for name, value in values.items()}
        what, fix = (" ".join(fill(text, shown).split()) for text in (sentence.what, sentence.fix))
        self.findings.append(Finding(level, where.file, where.line, where.step, what, fix, rule))


def _short(value: str, limit: int = 120) -> str:
    return value if len(value) <= limit else value[: limit - 1] + "…"
