"""Every single byte counts: change one, cut any off, add one, and nothing opens."""

from collections.abc import Callable

import pytest

from storage import letters, vault
from storage.letters import Letter, Receiver, Sender
from storage.vault import Column, Unreadable, system_entropy

KEY, DEPLOYMENT, ID = system_entropy(32), system_entropy(16), system_entropy(16)
COLUMN = Column("page", "body")
SENDER = Sender(DEPLOYMENT, "intake", KEY, vault.box_public(KEY))
RECEIVER = Receiver(DEPLOYMENT, "desk", {vault.kid(vault.box_public(KEY)): KEY}, letters.signing_public(KEY))

Opener = Callable[[bytes], object]


def _field(algorithm: int) -> tuple[bytes, Opener]:
    sealed = vault.seal_field(KEY, "k1", DEPLOYMENT, COLUMN, ID, b"cerita", system_entropy, algorithm)
    return sealed, lambda wire: vault.open_field(KEY, "k1", DEPLOYMENT, COLUMN, ID, wire)


def _letter() -> bytes:
    return letters.seal_letter(SENDER, Letter(ID, ID, 7, "submit", {"thread": "00ff"}), system_entropy)


THINGS: dict[str, tuple[bytes, Opener]] = {
    "letter": (_letter(), lambda wire: letters.open_letter(RECEIVER, wire)),
    "answer": (
        vault.seal_answer(vault.box_public(KEY), DEPLOYMENT, ID, b"cerita"),
        lambda wire: vault.open_answer(KEY, DEPLOYMENT, ID, wire),
    ),
    "field of a case": _field(vault.AES_GCM),
    "field under a long-lived key": _field(vault.AES_GCM_SIV),
    "field with a row key": _field(vault.AES_GCM_ROW_KEY),
    "media part": (
        vault.seal_part(KEY, ID, 0, True, b"suara"),
        lambda wire: vault.open_part(KEY, ID, 0, True, wire),
    ),
    "wrapped key": (
        vault.wrap_key(KEY, "00112233aabbccdd", DEPLOYMENT, ID, system_entropy(32)),
        lambda wire: vault.unwrap_key(KEY, "00112233aabbccdd", DEPLOYMENT, ID, wire),
    ),
}
everything = pytest.mark.parametrize("thing", THINGS)


def opens(opener: Opener, wire: bytes) -> bool:
    try:
        opener(wire)
    except Unreadable:
        return False
    return True


@everything
def test_a_changed_byte_anywhere_makes_it_unreadable(thing: str) -> None:
    wire, opener = THINGS[thing]
    assert opens(opener, wire)
    accepted = [
        (at, flip)
        for at in range(len(wire))
        for flip in (0x01, 0x03, 0x80, 0xFF)
        if opens(opener, wire[:at] + bytes([wire[at] ^ flip]) + wire[at + 1 :])
    ]
    assert accepted == []


@everything
def test_cut_short_or_made_longer_it_is_unreadable(thing: str) -> None:
    wire, opener = THINGS[thing]
    accepted = [at for at in range(len(wire)) if opens(opener, wire[:at])]
    assert accepted == []
    assert not opens(opener, wire + b"\0")
    assert not opens(opener, b"\0" + wire)


def test_a_changed_byte_in_what_stands_in_the_clear_or_is_sealed_breaks_the_envelope() -> None:
    wire = THINGS["letter"][0]
    outer: Opener = lambda changed: letters.open_envelope(RECEIVER, changed)  # noqa: E731 -- one opener among others
    assert opens(outer, wire)
    accepted = [at for at in range(len(wire)) if opens(outer, wire[:at] + bytes([wire[at] ^ 1]) + wire[at + 1 :])]
    assert accepted == []


@everything
def test_one_kind_of_thing_is_never_taken_for_another(thing: str) -> None:
    opener = THINGS[thing][1]
    field_kinds = {name for name in THINGS if name.startswith("field")}
    same = field_kinds if thing in field_kinds else {thing}
    assert [name for name, (wire, _) in THINGS.items() if name not in same and opens(opener, wire)] == []
