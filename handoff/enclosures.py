"""What travels beside a letter from intake: the sealed answers and the parts of files that it lists."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from storage.intake_tables import ANSWERS, BLOBS
from storage.letters import Letter


@dataclass(frozen=True)
class Enclosures:
    """Sealed answers by id, sealed parts of files by (file id, part)."""

    answers: Mapping[bytes, bytes] = field(default_factory=dict, repr=False)
    parts: Mapping[tuple[bytes, int], bytes] = field(default_factory=dict, repr=False)


def read(peer: Connection, letter: Letter) -> Enclosures:
    """Fetches what a letter lists out of intake's store. What is not there is simply missing here."""
    answers = [bytes.fromhex(answer) for answer, _ in letter.body.get("answers") or ()]
    media = [bytes.fromhex(one["id"]) for one in letter.body.get("media") or ()]
    found = peer.execute(select(ANSWERS.c.id, ANSWERS.c.wire).where(ANSWERS.c.id.in_(answers))) if answers else ()
    parts = peer.execute(select(BLOBS).where(BLOBS.c.media_id.in_(media))) if media else ()
    return Enclosures(
        answers={row.id: row.wire for row in found}, parts={(row.media_id, row.part): row.sealed for row in parts}
    )
