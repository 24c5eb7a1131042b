"""Cases: opening, finding, changing. Every change of state goes through the lifecycle table and sets the clock anew."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import exists, select

from bot.content.policy import LEVELS, Level, Policy
from handoff import audit, escalation, lifecycle
from handoff.lifecycle import Act
from handoff.sql import next_number
from handoff.words import CaseKind, State
from handoff.work import Work, dump, load
from storage.desk_tables import CASE, CASE_ABOUT, CASE_KEY, CLOSING, COUNTER, Case
from storage.errors import Conflict
from storage.vault import AES_GCM, KEY_BYTES, FieldBox, unwrap_key, wrap_key

_SERIES: Final[dict[CaseKind, str]] = {"laporan": "K", "ingin_bicara": "K", "teknis": "T"}


@dataclass(frozen=True)
class About:
    """What the desk knows of a case besides its pages. Sealed as a whole.

    `thread`: intake's id in hex. `answer_to`: aman, pesan, jangan or None. `seen`: the last page that the owner saw;
    `told_at`: when the owner was last told of new pages and has not looked since. `called_at`: when everybody on duty
    was last paged, since the case came to its owner.
    `inherited`: it fell to its owner, who has not looked yet; its reporter knows of nobody. `highest`: the most urgent
    it ever was.
    """

    thread: str | None = None
    channel: str = ""
    answer_to: str | None = None
    shared: bool = False
    unfinished: bool = False
    unreachable: bool = False
    doors: tuple[str, ...] = ()
    danger: str | None = None
    why: str = ""
    highest: str = "rendah"
    kecamatan: str = ""
    kelurahan: str = ""
    trouble: str = ""
    seen: int = 0
    told_at: str | None = None
    called_at: str | None = None
    inherited: bool = False


def code(case: Case) -> str:
    """The code that people use: K-0412, T-0007."""
    return f"{case.series}-{case.number:04d}"


def more_urgent(one: Level, other: Level) -> Level:
    """The more urgent of two levels."""
    return min(one, other, key=LEVELS.index)


# --- finding ----------------------------------------------------------------------------------------------------------


def get(work: Work, case_id: bytes) -> Case:
    """The case as it is now; on PostgreSQL nobody else changes it until this turn ends."""
    return _row(work, CASE.c.id == case_id)


def by_thread(work: Work, thread: str) -> Case | None:
    """The case of one of intake's threads (hex)."""
    return by_tag(work, thread_tag(work, thread))


def by_tag(work: Work, tag: bytes) -> Case | None:
    """The case under a keyed hash."""
    found = work.conn.execute(select(CASE.c.id).where(CASE.c.thread == tag)).scalar()
    return get(work, found) if found else None


def thread_tag(work: Work, thread: str) -> bytes:
    """The keyed hash under which the case of a thread is found."""
    return work.index("thread", bytes.fromhex(thread))


def of_owner(work: Work, owner: bytes) -> list[Case]:
    """The open cases of one member, the most pressing first."""
    return listed(work, CASE.c.owner == owner)


def listed(work: Work, *conditions: Any) -> list[Case]:
    """Open cases, by urgency and then by due time."""
    rows = work.conn.execute(select(CASE).where(CASE.c.state != "closed", *conditions))
    found = [cast(Case, row) for row in rows]
    return sorted(found, key=lambda case: (LEVELS.index(level(case)), cast(datetime, case.next_due_at)))


def level(case: Case) -> Level:
    """The urgency, as one of the four words."""
    return cast(Level, case.urgency)


def highest(work: Work, case: Case) -> Level:
    """The most urgent that the case ever was: lowering it later takes no second person out of closing it."""
    return more_urgent(level(case), cast(Level, about(work, case).highest))


def state(case: Case) -> State:
    """The state, as one of the six words."""
    return cast(State, case.state)


def _row(work: Work, condition: Any) -> Case:
    # A row has the attributes of its table's class, and cannot be changed by mistake.
    return cast(Case, work.conn.execute(select(CASE).where(condition).with_for_update()).one())


# --- what is sealed ---------------------------------------------------------------------------------------------------


def box(work: Work, case_id: bytes) -> FieldBox:
    """The box of the case's own key. Raises Unreadable when its epoch is not ours."""
    keys = work.tools.keys
    row = work.conn.execute(select(CASE_KEY).where(CASE_KEY.c.case_id == case_id)).one()
    key = unwrap_key(keys.epoch_key, row.epoch, keys.deployment, case_id, row.wrapped)
    return _box(work, key, case_id)


def _box(work: Work, key: bytes, case_id: bytes) -> FieldBox:
    return FieldBox(key, case_id.hex(), work.tools.keys.deployment, work.tools.entropy, AES_GCM)


def about(work: Work, case: Case) -> About:
    """What is known besides the pages."""
    found = load(box(work, case.id).open(CASE_ABOUT, case.id, case.about))
    return About(**{**found, "doors": tuple(found["doors"])})


def learn(work: Work, case: Case, **known: Any) -> Case:
    """Changes what is known besides the pages; moves no clock."""
    return know(work, case, replace(about(work, case), **known))


def know(work: Work, case: Case, known: About) -> Case:
    """The same with all that is known at once."""
    return case if known == about(work, case) else change(work, case, about=_sealed(box(work, case.id), case.id, known))


def _sealed(with_box: FieldBox, case_id: bytes, known: About) -> bytes:
    return with_box.seal(CASE_ABOUT, case_id, dump(asdict(known)))


def policy(work: Work, case: Case) -> Policy:
    """The policy under which the case came; the live one if that cannot be read any more."""
    try:
        return Policy.from_json(case.policy)
    except (LookupError, TypeError, ValueError):
        return work.policy


# --- changing ---------------------------------------------------------------------------------------------------------


def open_case(work: Work, kind: CaseKind, urgency: Level, known: About, tag: bytes | None) -> Case:
    """A new case with a code, a key and a clock. `tag`: the keyed hash under which later letters find it."""
    case_id, key, keys = work.new_id(), work.tools.entropy(KEY_BYTES), work.tools.keys
    series = _SERIES[kind]
    waiting = escalation.wait(work.policy, "new", urgency, asked_to_close=False, anchor=work.now)
    row = {
        "id": case_id,
        "series": series,
        "number": next_number(work.conn, COUNTER, series),
        "kind": kind,
        "state": "new",
        "urgency": urgency,
        "thread": tag,
        "about": _sealed(_box(work, key, case_id), case_id, known),
        "policy": work.policy.to_json(),
        "version": 1,
        "step": 0,
        "anchor_at": work.now,
        "next_due_at": escalation.due(waiting, 0),
        "opened_at": work.now,
        "closings": 0,
    }
    work.conn.execute(CASE.insert().values(**row))
    wrapped = wrap_key(keys.epoch_key, keys.epoch_id, keys.deployment, case_id, key)
    work.conn.execute(CASE_KEY.insert().values(case_id=case_id, epoch=keys.epoch_id, wrapped=wrapped))
    audit.write(work, audit.SYSTEM, "opened", case_id)
    return get(work, case_id)


def change(work: Work, case: Case, *conditions: Any, **values: Any) -> Case:
    """Writes columns of a case that is still as it was read. Raises Conflict when it is not."""
    same = (CASE.c.id == case.id, CASE.c.version == case.version, *conditions)
    found = work.conn.execute(CASE.update().where(*same).values(**values).returning(CASE)).first()
    if found is None:
        raise Conflict("case changed meanwhile")
    return cast(Case, found)


def act(work: Work, case: Case, what: Act, *conditions: Any, **values: Any) -> Case:
    """Moves the case along the lifecycle table. Raises NotNow, or Conflict when it is not as it was read."""
    return _set(work, case, lifecycle.after(state(case), what), *conditions, **values)


def worked(work: Work, case: Case, **values: Any) -> Case:
    """Somebody worked on it. While a second person is asked about closing, the clock is theirs and goes on."""
    if asked_to_close(work, case):
        return change(work, case, **values) if values else case
    return act(work, case, Act.WORK, **values)


def restart_clock(work: Work, case: Case, **values: Any) -> Case:
    """The clock begins anew in the same state: somebody did something, or something else is waited for now."""
    return _set(work, case, state(case), **values)


def tell_level(work: Work, case: Case) -> None:
    """Intake hears how urgent a report is now: the night holds back nothing that is said in a darurat."""
    thread = about(work, case).thread
    if thread:
        work.letter("level", thread=thread, level=case.urgency)


def _set(work: Work, case: Case, new_state: State, *conditions: Any, **values: Any) -> Case:
    values = {"version": case.version + 1, "step": 0, "anchor_at": work.now, "net_at": None, **values}
    if new_state == "closed":
        values["next_due_at"] = None
    else:
        urgency = cast(Level, values.get("urgency", case.urgency))
        waiting = escalation.wait(
            policy(work, case), new_state, urgency, asked_to_close(work, case), values["anchor_at"]
        )
        values["next_due_at"] = escalation.due(waiting, values["step"])
    return change(work, case, *conditions, state=new_state, **values)


def asked_to_close(work: Work, case: Case) -> bool:
    """Whether a second person is being asked about closing it."""
    return bool(work.conn.execute(select(exists().where(CLOSING.c.case_id == case.id))).scalar())


def waiting(work: Work, case: Case) -> escalation.Wait:
    """What an open case waits for now."""
    return escalation.wait(policy(work, case), state(case), level(case), asked_to_close(work, case), case.anchor_at)
