"""Prints a story as it happens: when, where, who, what; from the events of the double, so nothing is left out."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text

Json = dict[str, Any]

_WIDTH = 110
# Marks that keep a person's words from running into ours; on paper they are only noise.
_INVISIBLE = dict.fromkeys(map(ord, "\u2066\u2067\u2068\u2069\u200b"))
_KINDS = {
    "photo": "(foto)",
    "voice": "(pesan suara)",
    "video": "(film)",
    "document": "(berkas)",
    "location": "(lokasi)",
    "contact": "(kartu kontak)",
    "sticker": "(stiker)",
}


def clean(text: str) -> str:
    """`text` without invisible marks."""
    return text.translate(_INVISIBLE)


class Transcript:
    """Writes lines to a terminal or a file. `places` and `people` name chats (by key) and users (by id)."""

    def __init__(self, zone: ZoneInfo, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False, soft_wrap=False)
        if not self._console.is_terminal:
            self._console = Console(file=self._console.file, width=_WIDTH, highlight=False)
        self._zone = zone
        self._texts: dict[tuple[str, int], str] = {}
        self.places: dict[str, str] = {}
        self.people: dict[int, str] = {}

    def scene(self, title: str, at: datetime) -> None:
        """A heading."""
        self._console.print()
        self._console.rule(Text(f"{title} · {at:%d/%m/%Y %H.%M} WITA", style="bold"), align="left")

    def narrate(self, text: str) -> None:
        """A sentence of the narrator, in English."""
        self._console.print(Text(text, style="italic cyan"))

    def plain(self, text: str, style: str = "") -> None:
        """A line as it is."""
        self._console.print(Text(text, style=style))

    def event(self, event: Json) -> None:
        """One event of the double, as one line; events that nobody sees print nothing."""
        said = self._said(event)
        if said is None:
            return
        who, what = said
        at = datetime.fromtimestamp(event["at"], self._zone)
        row = Table.grid(padding=(0, 2))
        row.add_column(width=8, style="dim")
        row.add_column(width=22, style="green")
        row.add_column(width=_WIDTH - 34, overflow="fold")
        line = Text(f"{who}: ", style="bold")
        line.append_text(what)
        row.add_row(f"{at:%H.%M.%S}", self.places.get(event.get("chat", ""), "?"), line)
        self._console.print(row)

    def _said(self, event: Json) -> tuple[str, Text] | None:
        kind = event["kind"]
        if kind in {"message", "edit"}:
            return self._message(event["message"], edited=kind == "edit")
        if kind == "delete":
            before = clean(event["message"]["text"]) or _KINDS.get(event["message"]["kind"], "")
            return "Bot", Text(f"(menghapus pesan: {before.partition(chr(10))[0]})", style="dim")
        if kind == "press":
            return self._name(event["by"]), Text(f"menekan [{event['label']}]", style="yellow")
        if kind == "answer" and event["text"]:
            return f"Bot, hanya untuk {self._name(event['to'])}", Text(clean(event["text"]))
        return None

    def _message(self, note: Json, *, edited: bool) -> tuple[str, Text] | None:
        if note["kind"] == "service":
            return None
        words = clean(note["text"]) or _KINDS.get(note["kind"], f"({note['kind']})")
        key = (note["chat"], note["id"])
        before, self._texts[key] = self._texts.get(key, ""), words
        if edited:
            # An answered question only gains its answer: the rest was printed before.
            words = words.removeprefix(before).strip()
            if not words:
                return None
        text = Text("(diubah) " if edited else "", style="dim")
        text.append(words, style="not dim")
        for row in note["buttons"]:
            text.append("\n" + "  ".join(f"[{button['label']}]" for button in row), style="not dim blue")
        return ("Bot" if note["from"]["is_bot"] else self._name(note["from"]["id"])), text

    def _name(self, number: int) -> str:
        return self.people.get(number, str(number))
