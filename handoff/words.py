"""The closed lists of words of the desk, as types; the database checks the same lists (storage/desk_tables.py)."""

from typing import Literal

from bot.content.policy import Level as Level  # noqa: PLC0414 -- the urgencies, beside the other lists

State = Literal["new", "claimed", "in_progress", "referred", "monitoring", "closed"]
CaseKind = Literal["laporan", "ingin_bicara", "teknis"]
PageKind = Literal["answer", "note", "reply", "event", "phone", "closing"]
StaffRole = Literal["caseworker", "counsellor", "coordinator", "head", "admin"]
