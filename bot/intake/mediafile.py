"""What is known of a file somebody sent: sealed in its row, unsealed only to fetch it or to describe it to the desk."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import RowMapping

from bot.channels.inbound import File
from bot.intake.tools import Tools
from storage.intake_tables import SEALED_MEDIA


@dataclass(frozen=True, slots=True)
class Facts:
    """Handle at the platform (empty once stored), type, length; once stored: key, SHA-256 (hex), size, parts."""

    file_id: str
    mime: str
    seconds: int
    size: int
    key: str = ""
    sha256: str = ""
    parts: int = 0

    def __repr__(self) -> str:
        return "Facts()"


def facts_of(file: File) -> Facts:
    """What the channel says of a file."""
    return Facts(file.file_id, file.mime, file.seconds, file.size)


def seal(tools: Tools, media_id: bytes, facts: Facts) -> bytes:
    """The sealed column of a media row."""
    return tools.sessions.seal(SEALED_MEDIA, media_id, json.dumps(asdict(facts)).encode())


def unseal(tools: Tools, row: RowMapping) -> Facts:
    """What `seal` wrote."""
    return Facts(**json.loads(tools.sessions.open(SEALED_MEDIA, row["id"], row["sealed"])))


def described(tools: Tools, row: RowMapping) -> dict[str, Any]:
    """How a letter describes a stored file to the desk; the only place where its key leaves this actor."""
    facts = unseal(tools, row)
    return {
        "id": row["id"].hex(),
        "kind": row["kind"],
        "field": row["field"],
        "parts": facts.parts,
        "size": facts.size,
        "sha256": facts.sha256,
        "key": facts.key,
        "mime": facts.mime,
        "seconds": facts.seconds,
    }
