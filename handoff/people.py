"""The staff: who somebody is, who is on duty, who is called by which word of the policy."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import select

from bot.channels.outgoing import quoted
from bot.content.policy import Role
from handoff.words import StaffRole
from handoff.work import Work
from storage.desk_tables import STAFF, STAFF_ADDRESS, STAFF_NAME

_ROLES: Final[dict[Role, StaffRole]] = {"koordinator": "coordinator", "kepala": "head"}


@dataclass(frozen=True)
class Member:
    """Somebody of the staff. `chat` is the private chat with the desk bot."""

    id: bytes
    name: str
    chat: int
    role: StaffRole
    active: bool
    blocked_at: datetime | None

    def __repr__(self) -> str:
        return f"Member({self.id.hex()})"

    @property
    def shown(self) -> str:
        """The name, safe inside our sentences."""
        return quoted(self.name)


def by_sender(work: Work, sender: int | None) -> Member | None:
    """The active member who has this Telegram id."""
    if sender is None:
        return None
    row = work.conn.execute(select(STAFF).where(STAFF.c.person == person_tag(work, sender), STAFF.c.active)).first()
    return _member(work, row) if row else None


def person_tag(work: Work, sender: int) -> bytes:
    """The keyed hash of a Telegram id."""
    return work.index("staff", str(sender).encode())


def member(work: Work, staff_id: bytes) -> Member:
    """The member with this id, active or not."""
    return _member(work, work.conn.execute(select(STAFF).where(STAFF.c.id == staff_id)).one())


def active(work: Work) -> list[Member]:
    """Everybody active, in the order in which they joined."""
    rows = work.conn.execute(select(STAFF).where(STAFF.c.active).order_by(STAFF.c.joined_at, STAFF.c.id))
    return [_member(work, row) for row in rows]


def on_duty(work: Work) -> list[Member]:
    """Who works now: everybody active whom the bot can reach. If it can reach nobody, everybody active."""
    everybody = active(work)
    return [one for one in everybody if one.blocked_at is None] or everybody


def with_role(people: Iterable[Member], role: StaffRole) -> list[Member]:
    """Those of `people` with this role."""
    return [one for one in people if one.role == role]


def called(work: Work, roles: Sequence[Role], owner: bytes | None) -> list[Member]:
    """Whom the words of a rung call. A word that means nobody (no coordinator, no owner) calls everybody instead."""
    people = on_duty(work)
    found: dict[bytes, Member] = {}
    for role in roles:
        if role in _ROLES:
            group = with_role(people, _ROLES[role])
        elif role == "pemilik":
            group = [one for one in people if one.id == owner]
        else:
            group = people
        found.update((one.id, one) for one in group or people)
    return list(found.values())


def second_persons(work: Work, owner: bytes) -> list[Member]:
    """Who may consent to closing: coordinators, else every active member; never the owner."""
    others = [one for one in active(work) if one.id != owner]
    return with_role(others, "coordinator") or others


def _member(work: Work, row: Any) -> Member:
    return Member(
        id=row.id,
        name=work.tools.staff_box.open(STAFF_NAME, row.id, row.name).decode("utf-8", "surrogatepass"),
        chat=int(work.tools.address_box.open(STAFF_ADDRESS, row.id, row.address)),
        role=cast(StaffRole, row.role),
        active=row.active,
        blocked_at=row.blocked_at,
    )
