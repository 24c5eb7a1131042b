"""What "Buka" shows: the report as a readable page, in its owner's private chat only. Every view is audited."""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import select

from bot.channels.outgoing import SendMedia, quoted, split, verbatim
from handoff import aliases, audit, cases, claims, files, pages, people, tell
from handoff.answers import Body
from handoff.buttons import Press, button
from handoff.pages import Page
from handoff.people import Member
from handoff.work import Work
from storage.desk_tables import BLOB, Case

# Telegram takes 4,096 UTF-16 units a message; the rest is left for the buttons' own sentence and for markup.
_LIMIT: Final = 3600

# The fields that every report is asked for (FLOWS.md section 4): what is missing among them was never asked.
FIELDS: Final = tuple("bahaya balas siapa tempat cerita luka jenis kapan orangnya dekat umur kelamin khusus".split())


def show(work: Work, case: Case, to: Member, *, only_new: bool = False) -> None:
    """Shows the owner all pages, or those that came since the last look, with files and with what can be done."""
    known = cases.about(work, case)
    audit.write(work, to.id, "view", case.id)
    if known.inherited:
        claims.tell_reporter(work, case, to)
    if case.viewed_at is None:
        if case.urgency == "darurat" and known.thread:
            work.letter("opened", thread=known.thread, alias=aliases.of(work, case, to.id))
        case = cases.change(work, case, viewed_at=work.now)
    new = pages.read(work, case, known.seen if only_new else 0)
    lines = [_head(work, case, known.shared)]
    if not new:
        lines.append(work.texts("tidak_ada_baru"))
    lines += _answers(work, new) + _others(work, new)
    if not only_new and case.kind != "teknis":
        lines += _never_asked(work, new)
    parts = split("\n".join(lines), _LIMIT)
    cases.learn(work, case, seen=pages.last(work, case.id), told_at=None, inherited=False)
    for part in parts[:-1]:
        tell.private(work, to, part, kind=tell.REPORT, ref=case.id, protect=True)
    tell.private(work, to, parts[-1], _menu(work, case, to), kind=tell.REPORT, ref=case.id, protect=True)
    # After the menu: a file that Telegram will not take keeps nobody from answering.
    _files(work, case, to, new, every=not only_new)


def _menu(work: Work, case: Case, to: Member) -> list[list[tuple[str, str]]]:
    def row(*names: str) -> list[tuple[str, str]]:
        return [button(work, f"tombol_{name}", Press(name, case.id, to.id)) for name in names]

    if case.state == "closed":
        return []
    first = row("catatan") if case.kind == "teknis" else row("balas", "catatan")
    phone = (
        row("nomor") if any(page.body.get("number") for page in pages.read(work, case) if page.kind == "phone") else []
    )
    return [one for one in (first, phone, row("tutup", "kembalikan"), row("urgensi")) if one]


def _head(work: Work, case: Case, shared: bool) -> str:
    texts, known = work.texts, cases.about(work, case)
    where = " · ".join(part for part in (known.kelurahan, known.kecamatan) if part)
    lines = [
        texts("laporan_kepala", kode=cases.code(case), urgensi=texts(f"urgensi_{case.urgency}")),
        texts(
            "laporan_asal",
            jenis=texts(f"jenis_{case.kind}"),
            jam=texts.moment(case.opened_at, work.now),
            tempat=where or texts("jenis_teknis" if case.kind == "teknis" else "kecamatan_belum"),
            sebab=known.why,
        ),
    ]
    lines += [texts("hp_bersama")] if shared else []
    lines += [texts("belum_selesai")] if known.unfinished else []
    return "\n".join(lines) + "\n"


def _answers(work: Work, new: Iterable[Page]) -> list[str]:
    """Each field with the label that was shown; stories in full, other fields newest last."""
    by_field: dict[str, list[Page]] = {}
    for page in new:
        # What only steered the conversation ("lapor.kirim") is no part of the report.
        if page.kind == "answer" and "." not in page.body["field"]:
            by_field.setdefault(page.body["field"], []).append(page)
    lines = []
    for field, given in by_field.items():
        lines.append(f"*{quoted(given[-1].body.get('label') or field)}*")
        lines += [_answer(work, page.body) for page in given]
        lines.append("")
    return lines


def _answer(work: Work, body: Body) -> str:
    status = body.get("status")
    if status in ("tidak_tahu", "dilewati"):
        return work.texts(f"status_{status}")
    shown = ", ".join(quoted(one) for one in body.get("shown") or ())
    words = body.get("words") or ""
    extra = body.get("extra") or {}
    parts = [shown]
    if words and words not in (body.get("shown") or ()):
        parts.append(work.texts("kata_sendiri", kata=verbatim(words)))
    if extra.get("tanggal"):
        parts.append(quoted(str(extra["tanggal"])))
    if "lat" in extra and "lon" in extra:
        parts.append(work.texts("lokasi", titik=f"{extra['lat']}, {extra['lon']}"))
    if body.get("media"):
        parts.append(work.texts("ada_berkas", jenis=work.texts(f"berkas_{_kind_of(work, body['media'])}")))
    if extra.get("ubahan"):
        parts.append(work.texts("ubahan"))
    return " · ".join(part for part in parts if part) or work.texts("status_kosong")


def _kind_of(work: Work, media: str) -> str:
    """What a file is, by its letter; until that has come, it is still to follow."""
    query = select(BLOB.c.kind).where(BLOB.c.id == files.file_id(work, media))
    return work.conn.execute(query).scalar() or "menyusul"


def _others(work: Work, new: Iterable[Page]) -> list[str]:
    """Notes, replies and events, each with its time."""
    lines = []
    for page in new:
        at = work.texts.moment(page.at, work.now)
        who = people.member(work, page.author).shown if page.author else ""
        if page.kind in ("note", "reply", "closing"):
            lines.append(work.texts(f"halaman_{page.kind}", jam=at, nama=who, isi=quoted(page.body.get("text", ""))))
        elif page.kind == "event":
            lines.append(work.texts("halaman_kejadian", jam=at, isi=_event(work, page.body)))
    return lines


def _event(work: Work, body: Body) -> str:
    said = work.texts(f"kejadian_{body['what']}")
    detail = str(body.get("detail") or "")
    raw = str(body.get("raw") or "")
    return "\n".join(part for part in (said, quoted(detail) if detail else "", verbatim(raw) if raw else "") if part)


def _never_asked(work: Work, read: Iterable[Page]) -> list[str]:
    asked = {page.body["field"] for page in read if page.kind == "answer"}
    missing = [work.texts(f"bidang_{field}") for field in FIELDS if field not in asked]
    return [work.texts("belum_ditanya", bidang=", ".join(missing))] if missing else []


def _files(work: Work, case: Case, to: Member, new: Iterable[Page], *, every: bool) -> None:
    wanted = {files.file_id(work, page.body["media"]) for page in new if page.body.get("media")}
    for row in work.conn.execute(select(BLOB.c.id, BLOB.c.kind).where(BLOB.c.case_id == case.id).order_by(BLOB.c.id)):
        if every or row.id in wanted:
            caption = work.texts("belum_dibersihkan", kode=cases.code(case))
            file = SendMedia(ref=row.id.hex(), kind=row.kind, caption=caption, protect=True)
            work.put(to.chat, to.id, tell.REPORT, file, ref=case.id)
