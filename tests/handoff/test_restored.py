"""The desk's store was put back to an older copy: staff hear of it, reporters read how their case stands now."""

from tests.handoff.conftest import GROUP, Office

SARI = 1


def test_staff_hear_of_it_and_intake_hears_how_every_open_case_stands(office: Office) -> None:
    mine, nobodys = office.report(), office.report()
    office.press_data(SARI, next(m for m in office.chats[GROUP] if "K-0001" in m.text).buttons[0][1], GROUP)
    before = len(office.letters())
    office.do(lambda conn: office.desk.set_back(conn, office.now))
    office.deliver()
    told = [(letter.kind, letter.body["thread"]) for letter in office.letters()[before:]]
    assert sorted(told) == sorted(
        [
            ("reopened", mine.hex()),
            ("claimed", mine.hex()),
            ("reopened", nobodys.hex()),
            ("released", nobodys.hex()),
        ]
    )
    assert office.case("T-0001").state == "new"


def test_what_a_reporter_erased_is_written_back_to_intake(office: Office) -> None:
    office.post("wipe", thread="ab" * 16, words=["cd" * 16], files=[])
    (letter,) = office.letters("wiped")
    assert letter.body == {"thread": "ab" * 16, "words": ["cd" * 16], "files": []}


def test_the_group_sees_again_what_nobody_has_and_no_button_for_what_somebody_has(office: Office) -> None:
    office.report()
    office.report()
    office.press_data(SARI, next(m for m in office.chats[GROUP] if "K-0001" in m.text).buttons[0][1], GROUP)
    for message in office.chats[GROUP]:
        # As it came to stand there after the copy: the one given back, the other closed.
        message.buttons = [("Ambil", "x" * 22)] if "K-0001" in message.text else []
    office.do(lambda conn: office.desk.set_back(conn, office.now))
    office.deliver()
    live = [m.text.split()[0] for m in office.chats[GROUP] if any(label == "Ambil" for label, _ in m.buttons)]
    assert sorted(code for code in live if "K-" in code) == ["*K-0002*"]
