"""What a turn's effects leave behind: which letters list what, what a quick exit takes away."""

from typing import Any

from sqlalchemy import select

from storage.intake_tables import ANSWERS


def unlisted(line: Any) -> list[str]:
    """Kinds of the answers that no letter has carried to the desk."""
    query = select(ANSWERS.c.kind).where(ANSWERS.c.letter_id.is_(None))
    return list(line.store.read_now(lambda conn: conn.execute(query).scalars().all()))


async def test_an_alarm_after_a_consultation_keeps_nothing_back(line: Any) -> None:
    phone = line.phone()
    await phone.say("petugas", "aku mau bicara dengan orang", "darurat", "lewati")
    await phone.send(phone.inbound("location", latitude=-1.24, longitude=116.83))
    assert [kind for kind in line.kinds() if kind != "more"] == ["consult", "alarm"]
    assert unlisted(line) == []
