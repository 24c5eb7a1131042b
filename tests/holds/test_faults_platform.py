"""Telegram limits, fails, hangs, loses answers, says rubbish: everybody hears the truth, all of it arrives by itself.

One office runs through all of it; after each fault no word of anybody stands in any of its files.
"""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.e2e.harness import sentence
from tests.e2e.phones import DoubleWorld, Shown, until
from tests.e2e.story import open_report, reply, take
from tests.holds.faults import ARRIVED, PLACE, REPLY, STORY, Hired, Scene, scene

pytestmark = pytest.mark.slow

BLOCKED = "Tidak sampai: pelapor menutup chat"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, double: DoubleWorld, hired: Hired) -> Iterator[Scene]:
    with scene(tmp_path_factory.mktemp("platform"), double, hired) as made:
        made.made.start()
        yield made


@pytest.fixture
def here(running: Scene) -> Iterator[Scene]:
    yield running
    running.relay.up()
    running.world.telegram.do("clear_faults")
    running.nothing_leaks()
    assert "Traceback" not in running.made.running("run").err


def texts(shown: list[Shown]) -> list[str]:
    return [one.text for one in shown]


def test_after_429_nothing_is_sent_for_as_long_as_telegram_asks_and_the_order_is_kept(here: Scene) -> None:
    child = here.child()
    child.ask("/start")
    since = here.world.telegram.calls()[-1]["n"]
    here.fault("refuse", "sendMessage", here.intake_bot, code=429, retry_after=2)
    here.fault("refuse", "getUpdates", here.intake_bot, code=429, retry_after=1)
    sent = child.say("lapor")
    child.say("tidak")
    child.wait("HP ini", sent)
    calls = [one for one in here.world.telegram.calls("sendMessage", since) if one["bot"] == here.intake_bot.id]
    refused = next(one for one in calls if one["status"] == 429)
    after = [one for one in calls if one["n"] > refused["n"]]
    assert after[0]["at"] - refused["at"] > 1.9
    shown = texts(child.shown(sent))
    assert "bahaya sekarang" in shown[0]
    assert "HP ini" in shown[-1]
    assert len(shown) == 2


@pytest.mark.parametrize(
    ("kind", "more"), [("refuse", {"code": 500}), ("refuse", {"code": 502}), ("timeout", {"seconds": 3}), ("drop", {})]
)
def test_what_was_not_carried_out_is_sent_again_and_stands_there_once(
    here: Scene, kind: str, more: dict[str, object]
) -> None:
    child = here.child()
    child.ask("/start")
    since = here.world.telegram.calls()[-1]["n"]
    here.fault(kind, "sendMessage", here.intake_bot, done=False, **more)
    here.fault(kind, "getUpdates", here.intake_bot, done=False, **(more | {"seconds": 0.1}))
    sent = child.say("lapor")
    until(lambda: here.spoilt(since) == 2, "both calls failed")
    here.later()
    child.wait("bahaya sekarang", sent)
    child.ask("tidak", "HP ini")
    assert len([text for text in texts(child.shown(sent)) if "bahaya sekarang" in text]) == 1


def test_what_was_carried_out_without_an_answer_may_stand_there_twice_and_nothing_else_does(here: Scene) -> None:
    child = here.child()
    before = here.staff.group.newest()
    since = here.world.telegram.calls()[-1]["n"]
    here.fault("drop", "sendMessage", here.desk_bot, done=True, chat_id=str(here.group.id))
    sent = here.told(child)
    until(lambda: here.spoilt(since) == 1, "the card had no answer")
    child.wait(ARRIVED, sent)
    here.later()
    cards = until(
        lambda: (
            found if len(found := [one for one in here.staff.group.shown(before) if "K-" in one.text]) == 2 else None
        ),
        "the card came once more",
    )
    code = next(word for word in cards[0].text.split() if word.startswith("K-"))
    assert all(code in one.text for one in cards)
    assert len([case for case in here.made.cases() if case["code"] == code]) == 1
    assert texts(child.shown(sent)).count(child.wait(ARRIVED, sent).text) == 1
    # Both cards act on the same case: one is edited when it is taken, the other goes when somebody presses it.
    owner = take(here.staff, code)
    here.staff.budi_in_group.press("Ambil")
    open_report(owner, STORY)
    until(lambda: not [one for one in here.staff.group.shown(before) if "Ambil" in one.buttons], "no card is left open")


SENT = {"message_id": 5, "date": 1, "chat": {"id": 7, "type": "private"}}
RUBBISH = [
    (200, "<html>Masuk dulu ke jaringan ini"),
    (200, ""),
    (200, json.dumps({"ok": True, "result": SENT})[:-9]),
    (200, json.dumps({"ok": True})),
    (200, json.dumps({"result": SENT})),
    (200, json.dumps({"ok": True, "result": None})),
    (200, json.dumps({"ok": True, "result": {"date": 1}})),
    (200, "[" * 200_000),
    (200, json.dumps({"ok": True, "result": {"text": "x" * 3_000_000}})),
    (400, "<html>Bad Request"),
    (401, "<html>Masuk dulu"),
    (403, "<html>Dilarang"),
    (404, "<html>Not Found"),
    (409, "<html>Conflict"),
]


def test_answers_that_are_none_of_telegrams_end_no_message_no_reporter_and_no_process(here: Scene) -> None:
    children = [here.child() for _ in RUBBISH]
    for child in children:
        child.ask("/start")
    since = here.world.telegram.calls()[-1]["n"]
    for child, (code, body) in zip(children, RUBBISH, strict=True):
        here.fault("bad_json", "sendMessage", here.intake_bot, code=code, body=body, chat_id=str(child.seat.person.id))
        here.fault("bad_json", "getUpdates", here.intake_bot, code=code, body=body)
    sent = {child: child.say("lapor") for child in children}
    until(lambda: here.spoilt(since) == 2 * len(RUBBISH), "every call was answered with rubbish", 60)
    assert here.logged("delivery_down")
    here.later()
    for child in children:
        child.wait("bahaya sekarang", sent[child])
        assert len([text for text in texts(child.shown(sent[child])) if "bahaya sekarang" in text]) == 1


def test_an_answer_cut_off_in_the_middle_loses_nothing(here: Scene) -> None:
    child = here.child()
    child.ask("/start")
    here.relay.tear(3)
    sent = child.say("lapor")
    until(lambda: here.relay.torn, "three answers were cut off")
    here.later()
    child.wait("bahaya sekarang", sent)
    child.ask("tidak", "HP ini")


def test_while_telegram_is_gone_nobody_is_told_anything_and_then_everything_comes_and_staff_hear_why(
    here: Scene,
) -> None:
    child = here.child()
    child.ask("/start")
    here.relay.down()
    sent = child.say("darurat")
    until(lambda: not here.health()["intake_telegram"], "health is red")
    assert here.metric('berani_outage{actor="intake",kind="telegram_down"}') == 1.0
    until(lambda: here.logged("telegram_down actor=desk"), "it is logged")
    assert not child.shown(sent)
    here.relay.up()
    child.wait("bisa telepon", sent)
    until(lambda: all(here.health().values()), "health is green")
    here.hears_of("telegram_down")


def test_a_reporter_who_blocks_the_bot_is_out_of_reach_until_they_write(here: Scene) -> None:
    child = here.child()
    owner = take(here.staff, here.reported(child))
    open_report(owner, PLACE, STORY)
    quiet = owner.newest()
    child.seat.block()
    said = owner.wait(sentence("petugas", "pelapor_putus").split("}")[-1][:30], quiet)
    assert str(child.seat.person.id) not in said.text
    before = owner.newest()
    owner.press("Balas pelapor")
    owner.say(REPLY)
    owner.wait_for_button("Batalkan", before)
    here.made.advance(timedelta(seconds=11))
    owner.wait(BLOCKED, before)
    child.seat.unblock()
    heard = child.say("aku kembali, masih ada yang mau kuceritakan")
    child.wait("", heard)
    reply(here.made, owner, REPLY)
    child.wait(REPLY, heard)


def test_a_member_of_staff_who_blocks_the_desk_bot_is_passed_over_until_they_write(here: Scene) -> None:
    budi = here.staff.budi
    budi.seat.block()  # type: ignore[attr-defined]
    child, before, sari = here.child(), here.staff.group.newest(), here.staff.sari.newest()
    child.ask("darurat")
    here.staff.group.wait_for_button("Ambil", before)
    here.staff.sari.wait("DARURAT", sari)
    budi.seat.unblock()  # type: ignore[attr-defined]
    budi.ask("/tugas")
    away = budi.newest()
    other = here.child()
    other.ask("darurat")
    budi.wait("DARURAT", away)


def test_one_message_that_telegram_refuses_holds_up_no_other(here: Scene) -> None:
    child, other = here.child(), here.child()
    child.ask("/start")
    other.ask("/start")
    mine = str(child.seat.person.id)
    here.fault("refuse", "sendMessage", here.intake_bot, code=400, description="Bad Request: rejected", chat_id=mine)
    refused = child.say("lapor")
    other.ask("lapor", "bahaya sekarang")
    child.ask("ulang", "bahaya sekarang")
    assert len(child.shown(refused)) == 1


def test_a_burst_never_exceeds_what_a_group_may_be_sent_and_nobody_waits_for_the_group(here: Scene) -> None:
    """More calls for help at once than cards may be sent in a minute: everybody on duty has them in private."""
    here.world.telegram.do("limits", on=True)
    try:
        since, before = here.world.telegram.calls()[-1]["n"], here.staff.sari.newest()
        children = [here.child() for _ in range(24)]
        sent = {child: child.say("darurat") for child in children}
        for child in children:
            child.wait("bisa telepon", sent[child])
        until(lambda: len([one for one in here.staff.sari.shown(before) if "K-" in one.text]) >= 24, "24 pages", 40)
        sent_to_group = [
            one
            for one in here.calls("sendMessage", here.desk_bot)
            if one["n"] > since and one["params"]["chat_id"] == str(here.group.id)
        ]
        assert sent_to_group
        assert not [one for one in sent_to_group if one["status"] == 429]
    finally:
        here.world.telegram.do("limits", on=False)


def test_told_to_end_while_telegram_hangs_it_ends_in_time_and_says_everything_afterwards(here: Scene) -> None:
    child = here.child()
    child.ask("/start")
    here.relay.hang()
    sent = child.say("lapor")
    here.made.stop()
    here.relay.down()
    here.relay.up()
    here.made.start()
    here.later()
    child.wait("bahaya sekarang", sent)
