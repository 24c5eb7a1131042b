"""Codes that let somebody join, or that bind the group: shown once, kept as keyed hashes, good once, for 48 hours."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, select

from handoff import audit, duty, people
from handoff.people import Member
from handoff.words import StaffRole
from handoff.work import Work
from storage.desk_tables import INVITE, INVITE_NAME, STAFF, STAFF_ADDRESS, STAFF_NAME
from storage.entropy import Entropy

ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ23456789"
LENGTH: Final = 10
GOOD_FOR: Final = timedelta(hours=48)


@dataclass(frozen=True)
class Invitation:
    """A code that is good now, and whom it is for (the group: no name, no role)."""

    code: bytes
    what: str
    name: str | None
    role: StaffRole | None


def new_code(entropy: Entropy) -> str:
    """10 characters of A–Z and 2–9, each as likely as the others (34 of them: bytes from 238 on are thrown away)."""
    code = ""
    while len(code) < LENGTH:
        code += "".join(ALPHABET[byte % len(ALPHABET)] for byte in entropy(LENGTH) if byte < 256 - 256 % len(ALPHABET))
    return code[:LENGTH]


def invite(work: Work, name: str, role: StaffRole) -> str:
    """A code for a new member of the staff."""
    code = new_code(work.tools.entropy)
    hashed = _hash(work, code)
    _insert(work, hashed, "staff", work.tools.staff_box.seal(INVITE_NAME, hashed, name.encode()), role)
    return code


def invite_group(work: Work) -> str:
    """A code that binds the group in which it is written."""
    code = new_code(work.tools.entropy)
    _insert(work, _hash(work, code), "group", None, None)
    return code


def find(work: Work, code: str, what: str) -> Invitation | None:
    """The invitation of a code that is good now, whatever its case and the spaces around it."""
    hashed = _hash(work, code.strip().upper())
    good = (INVITE.c.code == hashed, INVITE.c.what == what, INVITE.c.used_at.is_(None), INVITE.c.expires_at > work.now)
    row = work.conn.execute(select(INVITE).where(*good).with_for_update()).first()
    if row is None:
        return None
    name = work.tools.staff_box.open(INVITE_NAME, hashed, row.name).decode() if row.name is not None else None
    return Invitation(hashed, row.what, name, row.role)


def use(work: Work, invitation: Invitation) -> None:
    """The code is good no more."""
    work.conn.execute(INVITE.update().where(INVITE.c.code == invitation.code).values(used_at=work.now, name=None))


def join(work: Work, invitation: Invitation, sender: int, chat: int) -> Member:
    """Whoever wrote the code becomes a member, or again the member they were, under the new name and role."""
    use(work, invitation)
    person = people.person_tag(work, sender)
    known = work.conn.execute(select(STAFF.c.id).where(STAFF.c.person == person)).scalar()
    staff_id = known or work.new_id()
    values = {
        "name": work.tools.staff_box.seal(STAFF_NAME, staff_id, (invitation.name or "").encode()),
        "address": work.tools.address_box.seal(STAFF_ADDRESS, staff_id, str(chat).encode()),
        "role": invitation.role,
        "active": True,
        "blocked_at": None,
        "joined_at": work.now,
    }
    if known:
        work.conn.execute(STAFF.update().where(STAFF.c.id == staff_id).values(**values))
    else:
        work.conn.execute(STAFF.insert().values(id=staff_id, person=person, **values))
    audit.write(work, staff_id, "joined")
    # Reporters hear at once that somebody works here, not only at the next full tick.
    duty.tell_intake(work)
    return people.member(work, staff_id)


def forget_old(work: Work) -> None:
    """Deletes codes that are not good any more."""
    work.conn.execute(delete(INVITE).where(INVITE.c.expires_at <= work.now))


def _insert(work: Work, hashed: bytes, what: str, name: bytes | None, role: StaffRole | None) -> None:
    row = {"code": hashed, "what": what, "name": name, "role": role, "made_at": work.now}
    work.conn.execute(INVITE.insert().values(**row, expires_at=work.now + GOOD_FOR))


def _hash(work: Work, code: str) -> bytes:
    return work.index("invite", code.encode("utf-8", "surrogatepass"))
