"""Coming and going of staff: joining with a code, being unreachable, leaving; nothing they had is left floating."""

from bot.channels.inbound import Inbound
from handoff import audit, cases, claims, closing, dialogues, invites, lists, said, tasks, tell
from handoff.lifecycle import Act, allows
from handoff.people import Member
from handoff.work import Work
from storage.desk_tables import CASE, STAFF


def join(work: Work, code: str, inbound: Inbound) -> Member | None:
    """`/start CODE` in private. None: the code is not good (any more)."""
    invitation = invites.find(work, code, "staff")
    if invitation is None or inbound.sender is None:
        return None
    member = invites.join(work, invitation, inbound.sender, inbound.chat)
    tell.private(work, member, work.texts("selamat_datang", nama=member.shown))
    closing.ask_newcomer(work, member)
    if cases.listed(work, CASE.c.owner.is_(None)):
        lists.unowned(work, member)
    return member


def remove(work: Work, member: Member) -> None:
    """Somebody leaves: no button and no command of theirs works any more, and all they had is the others' again."""
    work.conn.execute(STAFF.update().where(STAFF.c.id == member.id).values(active=False))
    audit.write(work, member.id, "removed")
    dialogues.end(work, member.id)
    tell.withhold(work, member.id, (tell.REPORT, tell.SUMMARY, tell.RELAY, tell.ABOUT_CASE))
    said.forget(work, member.id)
    tasks.leave(work, member.id)
    for case in cases.of_owner(work, member.id):
        # Only these two states have an owner who can leave it: no act leads to the others yet.
        if allows(cases.state(case), Act.GIVE_BACK):
            claims.give_back(work, case, Act.GIVE_BACK, audit.SYSTEM)


def unreachable(work: Work, staff_id: bytes) -> None:
    """The desk bot cannot write to this member: until they write again, others are called in their place."""
    work.conn.execute(
        STAFF.update().where(STAFF.c.id == staff_id, STAFF.c.blocked_at.is_(None)).values(blocked_at=work.now)
    )


def reachable(work: Work, member: Member) -> None:
    """They wrote: the bot can write to them."""
    if member.blocked_at is not None:
        work.conn.execute(STAFF.update().where(STAFF.c.id == member.id).values(blocked_at=None))
