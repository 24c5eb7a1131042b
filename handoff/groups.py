"""The staff group: which chat it is, and how it is bound, replaced, moved and lost."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from handoff import audit
from handoff.sql import put
from handoff.work import Work
from storage.desk_tables import GROUP, GROUP_ADDRESS
from storage.shared_tables import META

_MOVED: Final = "group_moved"


@dataclass(frozen=True)
class GroupChat:
    """The group to which cards go. `id` keeps its messages in order."""

    id: bytes
    chat: int

    def __repr__(self) -> str:
        return f"GroupChat({self.id.hex()})"


def chat_tag(work: Work, chat: int) -> bytes:
    """The keyed hash of a group's chat id."""
    return work.index("group", str(chat).encode())


def live(work: Work) -> GroupChat | None:
    """The group: the one in the settings, else the one that was bound."""
    fixed = work.tools.group_id
    if fixed is not None and not _moved_away(work, fixed):
        return GroupChat(chat_tag(work, fixed), fixed)
    row = work.conn.execute(select(GROUP).where(GROUP.c.live)).first()
    if row is None:
        return None
    return GroupChat(row.id, int(work.tools.address_box.open(GROUP_ADDRESS, row.id, row.address)))


def bind(work: Work, chat: int) -> None:
    """Makes `chat` the group; an earlier one is replaced."""
    unbind(work)
    group_id = work.new_id()
    address = work.tools.address_box.seal(GROUP_ADDRESS, group_id, str(chat).encode())
    row = {"id": group_id, "chat": chat_tag(work, chat), "address": address, "live": True, "bound_at": work.now}
    work.conn.execute(GROUP.insert().values(**row))
    audit.write(work, audit.SYSTEM, "group_bound")


def unbind(work: Work) -> None:
    """No group is bound any more; one in the settings stays."""
    work.conn.execute(GROUP.update().where(GROUP.c.live).values(live=False))


def is_bound(work: Work, group_id: bytes) -> bool:
    """Whether this is the group that is bound now. One in the settings is not given up: only they can change it."""
    there = live(work)
    return there is not None and there.id == group_id and there.chat != work.tools.group_id


def move(work: Work, old_chat: int, new_chat: int) -> bool:
    """The group got another id (it became a supergroup). False: it is not ours. Telling it twice is harmless."""
    group = live(work)
    if group is None or group.chat not in (old_chat, new_chat):
        return False
    if group.chat == old_chat:
        bind(work, new_chat)
        if old_chat == work.tools.group_id:
            put(work.conn, META, key=_MOVED, value=chat_tag(work, old_chat).hex())
    return True


def _moved_away(work: Work, fixed: int) -> bool:
    """Whether the group in the settings is known to have another id by now."""
    found = work.conn.execute(select(META.c.value).where(META.c.key == _MOVED)).scalar()
    return found == chat_tag(work, fixed).hex()
