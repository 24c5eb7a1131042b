"""layanan.yaml: telephone numbers that may stand in texts, each with its source and the day the office confirmed it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from bot.content.nodes import Entries
from bot.content.shape import ID, Reader, value
from bot.content.text import SERVICE

#: National numbers, always shown: police 110, emergency 112, ambulance 119, SAPA 129.
NATIONAL = frozenset({"110", "112", "119", "129"})
_NUMBER = re.compile(r"\+?[0-9][0-9 -]{1,18}[0-9]")
_KEYS = ("number", "label", "source", "confirmed")


@dataclass(frozen=True, slots=True)
class Service:
    """One number. `confirmed_at` is None until the office has confirmed it: then its lines are left out of texts."""

    number: str
    label: str
    source: str
    confirmed_at: date | None

    @property
    def shown(self) -> bool:
        """Whether people may be given this number."""
        return self.number in NATIONAL or self.confirmed_at is not None


def numbers(services: Mapping[str, Service]) -> dict[str, str]:
    """Placeholder name -> number, for `text.fill`: only numbers that people may be given."""
    return {f"{SERVICE}{key}": service.number for key, service in services.items() if service.shown}


def parse_services(root: Entries, reader: Reader) -> Mapping[str, Service]:
    """The services by key."""
    reader.only(root.entries, ("layanan",))
    services: dict[str, Service] = {}
    if not reader.needs(root.entries, "layanan"):
        return services
    for key, entry in (reader.entries(root.entries["layanan"].value, "layanan") or {}).items():
        within = reader.at(entry.line, key)
        if not ID.fullmatch(key):
            within.error("id_form", id=key)
        entries = within.entries(entry.value, key)
        if entries is None or not within.needs(entries, "number", "label", "source"):
            continue
        within.only(entries, _KEYS)
        number = within.text(entries["number"].value, "number") or ""
        if number and not _NUMBER.fullmatch(number):
            within.error("number_form", number=number)
        services[key] = Service(
            number,
            within.text(entries["label"].value, "label") or "",
            within.text(entries["source"].value, "source") or "",
            _day(within, within.text(value(entries, "confirmed"), "confirmed")),
        )
    return services


def _day(reader: Reader, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        reader.error("day_form", day=text)
        return None
