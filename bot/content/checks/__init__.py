"""All checks on finished scripts (FLOWS.md, section 6): small functions, each writing what it finds onto the sheet."""

from collections.abc import Callable

from bot.content.checks import meeting, paths, references, structure, wording
from bot.content.checks.material import Material

#: In the order in which an admin should read what they find.
CHECKS: tuple[Callable[[Material], None], ...] = (
    references.contract,
    structure.keywords_together,
    structure.kinds,
    structure.choice_lists,
    structure.doors,
    references.targets,
    references.conditions,
    references.same_kind,
    references.variants,
    references.names_in_texts,
    references.names_in_messages,
    references.recorded,
    meeting.two_choices,
    meeting.elsewhere,
    meeting.openings,
    meeting.unused_synonyms,
    paths.reachable,
    paths.loops,
    wording.lengths,
    wording.labels,
    wording.long_sentences,
    wording.stars,
    wording.numbers,
    wording.neutral,
)


def check(material: Material) -> None:
    """Run them all."""
    for one in CHECKS:
        one(material)
