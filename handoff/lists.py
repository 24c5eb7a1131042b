"""Lists for staff in private: my work, all open cases, what nobody has. Codes and times only, nothing of a story."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, cast

from handoff import cases, people, tasks, tell
from handoff.buttons import Press, button, named
from handoff.people import Member
from handoff.work import Work
from storage.desk_tables import CASE, Case

_MOST_BUTTONS: Final = 12
_MOST_LINES: Final = 40


def mine(work: Work, to: Member) -> None:
    """/tugas: the cases and tasks of whoever asks, what is due first."""
    own = cases.of_owner(work, to.id)
    lines = [_line(work, case) for case in own]
    rows = [[_open(work, case, to)] for case in own]
    for task in tasks.open_tasks(work, to.id):
        code = cases.code(cases.get(work, task.case_id))
        lines.append(work.texts(f"tugas_{task.what}", kode=code, jam=work.texts.moment(task.next_due_at, work.now)))
        rows.append([button(work, "tombol_selesai", Press("selesai", task.case_id, to.id, task.id.hex()))])
    _send(work, to, "daftar_tugas" if lines else "tugas_kosong", lines, rows)


def every(work: Work, to: Member) -> None:
    """/kasus: all open cases, with who has them."""
    found = cases.listed(work)
    rows = [[_open(work, case, to)] for case in found if case.owner == to.id]
    _send(work, to, "daftar_kasus" if found else "kasus_kosong", [_line(work, case) for case in found], rows)


def unowned(work: Work, to: Member) -> None:
    """/mengambang: cases that nobody has."""
    found = cases.listed(work, CASE.c.owner.is_(None))
    label = "tombol_ambil_kode"
    rows = [[named(work, work.texts(label, kode=cases.code(case)), Press("ambil", case.id))] for case in found]
    _send(work, to, "daftar_mengambang" if found else "mengambang_kosong", [_line(work, case) for case in found], rows)


def help_text(work: Work, to: Member) -> None:
    """/bantuan"""
    tell.private(work, to, work.texts("bantuan"))


def _open(work: Work, case: Case, to: Member) -> tuple[str, str]:
    return named(work, work.texts("tombol_buka_kode", kode=cases.code(case)), Press("buka", case.id, to.id))


def _line(work: Work, case: Case) -> str:
    owner = people.member(work, case.owner).shown if case.owner else work.texts("tanpa_pemilik")
    return work.texts(
        "baris_kasus",
        kode=cases.code(case),
        urgensi=work.texts(f"urgensi_{case.urgency}"),
        keadaan=work.texts(f"keadaan_{case.state}"),
        nama=owner,
        jam=work.texts.moment(cast(datetime, case.next_due_at), work.now),
    )


def _send(work: Work, to: Member, key: str, lines: list[str], rows: Sequence[Sequence[tuple[str, str]]]) -> None:
    if len(lines) > _MOST_LINES:
        lines = [*lines[:_MOST_LINES], work.texts("dan_lagi", n=str(len(lines) - _MOST_LINES))]
    tell.private(work, to, "\n".join([work.texts(key), *lines]), rows[:_MOST_BUTTONS])
