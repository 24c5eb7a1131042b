"""Tells a story in a city, with a death on the way or without one, and reads what is left behind."""

import difflib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from pprint import pformat
from typing import Any, Final

import yaml

from tests.holds.city import ACTOR_OF, City
from tests.holds.crash_points import CHECKOUT
from tests.holds.kill_story import REPORTERS, Tell, moved_in
from tests.holds.ledger import Auditor, Books, Said, Story, said
from tests.holds.nursery import Nursery

APOLOGY: Final = str(yaml.safe_load((CHECKOUT / "locales" / "system.yaml").read_text("utf-8"))["gangguan"])
"""What is said while nothing can be written down: once in each life of a process."""


async def retell(
    nursery: Nursery, prepared: Path, folder: Path, tell: Tell, plan: Mapping[str, Any] | None = None, **more: Any
) -> tuple[City, Story, Said]:
    """Tells the story; `plan`: point and occurrence of the death, or a file for counts. What is left, and what was in
    flight at the death."""
    whole = {"point": "", "occurrence": 0, "actors": ACTOR_OF, **(plan or {})}
    async with City(nursery, folder, plan=whole, **more) as city:
        moved_in(city, prepared)
        auditor, in_flight = Auditor(city), Said()

        async def on_death() -> None:
            in_flight.update(await auditor.in_flight())

        city.on_death, city.idle = on_death, auditor.idle
        city.start()
        await tell(city)
        await city.settled()
        await city.stop()
        return city, Story(auditor.books(), said(city)), in_flight


def faults(found: Story, measure: Story, in_flight: Said, *, unsure: bool = False) -> list[str]:
    """Everything in which a story differs from the undisturbed one, and may not. `unsure`: see kill_story.UNSURE."""
    if unsure:
        found, measure = _of_reporters(found), _of_reporters(measure)
    wrong = [
        f"{name}: {_difference(getattr(found.books, name), getattr(measure.books, name))}"
        for name in ("cases", "audit", "firings", "rows", "outbox")
        if getattr(found.books, name) != getattr(measure.books, name)
    ]
    wrong += [f"never said: {one}" for one in measure.said - found.said]
    wrong += [f"said twice: {one}" for one in doubled(found, measure) - in_flight]
    return wrong


def doubled(found: Story, measure: Story) -> Said:
    """What stands in a chat more often than it should."""
    return found.said - measure.said


def _of_reporters(story: Story) -> Story:
    """Without the cases that staff make of trouble in the program, and without what they are told."""
    books = story.books
    kept = {
        "cases": tuple(case for case in books.cases if not case[0].startswith("T-")),
        "audit": Counter({key: n for key, n in books.audit.items() if not key[0].startswith("T-") and key[0]}),
        "firings": Counter({key: n for key, n in books.firings.items() if not key[0].startswith("T-")}),
        "rows": Counter(
            {key: n for key, n in books.rows.items() if key.startswith("intake.") and key != "intake.meta"}
        ),
        "outbox": Counter({key: n for key, n in books.outbox.items() if key.startswith("intake ")}),
    }
    said = Counter({key: n for key, n in story.said.items() if key[0] >= REPORTERS and key[1] != APOLOGY})
    return Story(Books(**kept), said)  # type: ignore[arg-type]


def _difference(found: Any, wanted: Any) -> str:
    if isinstance(found, Counter):
        return f"more {dict(found - wanted)}, less {dict(wanted - found)}"
    before, after = (pformat(one, width=200).splitlines() for one in (wanted, found))
    return "\n".join(difflib.unified_diff(before, after, "wanted", "found", n=0, lineterm=""))
