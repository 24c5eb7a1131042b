"""Letters: what was written arrives unchanged, and nobody else can write, move, renumber or read one."""

import hashlib
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from storage import letters, vault
from storage.letters import Actor, Letter, Receiver, Sender, open_envelope, open_letter, seal_letter
from storage.vault import Unreadable, system_entropy

DEPLOYMENT = system_entropy(16)
SIGN: dict[Actor, bytes] = {"intake": system_entropy(32), "desk": system_entropy(32)}
BOX: dict[Actor, bytes] = {"intake": system_entropy(32), "desk": system_entropy(32)}
PUBLIC: dict[Actor, bytes] = {actor: vault.box_public(private) for actor, private in BOX.items()}
ACTORS: tuple[Actor, Actor] = ("intake", "desk")


def sender(actor: Actor, **changed: Any) -> Sender:
    return replace(Sender(DEPLOYMENT, actor, SIGN[actor], PUBLIC[letters.PEER[actor]]), **changed)


def receiver(actor: Actor, **changed: Any) -> Receiver:
    privates = {vault.kid(PUBLIC[actor]): BOX[actor]}
    pinned = letters.signing_public(SIGN[letters.PEER[actor]])
    return replace(Receiver(DEPLOYMENT, actor, privates, pinned), **changed)


def a_letter(**changed: Any) -> Letter:
    return replace(Letter(system_entropy(16), system_entropy(16), 3, "reply", {"text": "Kami di sini."}), **changed)


def refused(by: Receiver, wire: bytes) -> bool:
    with pytest.raises(Unreadable):
        open_letter(by, wire)
    return True


# Every character there is, lone surrogates and NUL among them.
TEXT = st.text(st.characters(exclude_categories=()), max_size=20)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4))


@given(
    body=st.dictionaries(TEXT, JSON, max_size=5),
    kind=st.text(st.characters(codec="utf-8"), max_size=20),
    seq=st.integers(0, 2**64 - 1),
    actor=st.sampled_from(ACTORS),
)
def test_a_letter_arrives_as_it_was_written(body: dict[str, Any], kind: str, seq: int, actor: Actor) -> None:
    letter = a_letter(body=body, kind=kind, seq=seq)
    assert open_letter(receiver(letters.PEER[actor]), seal_letter(sender(actor), letter, system_entropy)) == letter


def test_two_lone_surrogates_do_not_become_one_character() -> None:
    letter = a_letter(body={"\ud83d": "\ud83d\ude00 \ude00\x00"})
    assert open_letter(receiver("desk"), seal_letter(sender("intake"), letter, system_entropy)).body == letter.body


def test_the_envelope_can_be_read_by_one_who_can_check_but_not_open() -> None:
    letter = a_letter(seq=2**64 - 1)
    wire = seal_letter(sender("intake"), letter, system_entropy)
    envelope = open_envelope(receiver("desk", box_privates={}), wire)
    assert (envelope.id, envelope.stream, envelope.seq) == (letter.id, letter.stream, letter.seq)


def test_the_length_of_what_is_said_does_not_show() -> None:
    lengths = {
        len(seal_letter(sender("desk"), a_letter(body={"text": "x" * size}), system_entropy)) for size in (0, 9, 300)
    }
    assert len(lengths) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        receiver("desk", deployment=system_entropy(16)),
        receiver("desk", peer_signing_public=letters.signing_public(system_entropy(32))),
        receiver("desk", peer_signing_public=b"short"),
        receiver("desk", box_privates={}),
        receiver("desk", box_privates={vault.kid(PUBLIC["desk"]): system_entropy(32)}),
        receiver("intake"),
        # Reflected: given back to its writer, who would even have pinned itself and hold the desk's box key.
        receiver(
            "intake",
            peer_signing_public=letters.signing_public(SIGN["intake"]),
            box_privates=receiver("desk").box_privates,
        ),
    ],
    ids=["deployment", "pinned peer", "broken pin", "no box key", "other box key", "other actor", "reflected"],
)
def test_a_letter_opens_only_for_its_recipient_who_pinned_its_sender(wrong: Receiver) -> None:
    letter = a_letter()
    wire = seal_letter(sender("intake"), letter, system_entropy)
    assert open_letter(receiver("desk"), wire) == letter
    assert refused(wrong, wire)


def test_a_letter_to_an_older_box_key_opens_while_that_key_is_kept() -> None:
    new = system_entropy(32)
    both = {vault.kid(vault.box_public(new)): new, **receiver("desk").box_privates}
    letter = a_letter()
    wire = seal_letter(sender("intake"), letter, system_entropy)
    assert open_letter(receiver("desk", box_privates=both), wire) == letter


def test_nobody_can_write_a_letter_with_public_keys_alone() -> None:
    forger = sender("desk", signing_key=system_entropy(32))
    assert refused(receiver("intake"), seal_letter(forger, a_letter(), system_entropy))
    assert refused(receiver("intake"), seal_letter(sender("desk"), a_letter(), system_entropy)[:49] + bytes(64 + 560))


def test_the_right_envelope_does_not_carry_what_another_signed() -> None:
    """The inner signature is checked by itself: an envelope signed by the peer around somebody else's words."""
    letter = a_letter()
    forged = seal_letter(sender("intake", signing_key=system_entropy(32)), letter, system_entropy)
    signed = vault.ctx(
        b"berani/envelope/v1", DEPLOYMENT, b"intake>desk", forged[:49], hashlib.sha256(forged[113:]).digest()
    )
    wire = forged[:49] + Ed25519PrivateKey.from_private_bytes(SIGN["intake"]).sign(signed) + forged[113:]
    assert open_envelope(receiver("desk"), wire).id == letter.id
    assert refused(receiver("desk"), wire)


@pytest.mark.parametrize(
    ("start", "end"), [(1, 9), (9, 25), (25, 41), (41, 49), (49, 113), (113, None)],
    ids=["recipient", "letter id", "stream", "number", "outer signature", "sealed"],
)  # fmt: skip
def test_no_piece_of_one_letter_fits_another(start: int, end: int | None) -> None:
    other_desk = vault.box_public(system_entropy(32))
    one = seal_letter(sender("intake"), a_letter(), system_entropy)
    other = seal_letter(sender("intake", peer_box_public=other_desk), a_letter(seq=4), system_entropy)
    mixed = one[:start] + other[start:end] + (one[end:] if end else b"")
    assert refused(receiver("desk"), mixed)
    with pytest.raises(Unreadable):
        open_envelope(receiver("desk"), mixed)


def test_a_letter_given_another_id_in_a_right_envelope_stays_shut() -> None:
    """Even somebody who could sign envelopes could not pass one letter off under two ids: the id is sealed in."""
    wire = seal_letter(sender("intake"), a_letter(), system_entropy)
    clear = wire[:9] + system_entropy(16) + wire[25:49]
    signed = vault.ctx(b"berani/envelope/v1", DEPLOYMENT, b"intake>desk", clear, hashlib.sha256(wire[113:]).digest())
    moved = clear + Ed25519PrivateKey.from_private_bytes(SIGN["intake"]).sign(signed) + wire[113:]
    assert refused(receiver("desk"), moved)


def test_a_letter_for_the_post_quantum_suite_is_refused_not_guessed_at() -> None:
    assert refused(receiver("desk"), b"\x02" + seal_letter(sender("intake"), a_letter(), system_entropy)[1:])


@pytest.mark.parametrize("body", [b"[]", b"", b"{", b"\xff", b"[" * 100_000])
def test_a_signed_letter_without_a_json_object_is_refused(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "_to_json", lambda _: body)
    assert refused(receiver("desk"), seal_letter(sender("intake"), a_letter(), system_entropy))


@pytest.mark.parametrize(
    "changed", [{"id": b"short"}, {"stream": bytes(17)}, {"seq": -1}, {"seq": 2**64}, {"body": {"x": float("nan")}}]
)
def test_a_letter_that_could_not_be_opened_is_not_sealed(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"letter|JSON"):
        seal_letter(sender("intake"), a_letter(**changed), system_entropy)


def test_printing_shows_neither_keys_nor_words() -> None:
    shown = repr([sender("intake"), receiver("desk"), a_letter(body={"text": "rahasia"})])
    assert "rahasia" not in shown
    for secret in (SIGN["intake"], BOX["desk"]):
        assert repr(secret)[2:-1] not in shown


def test_errors_carry_no_content() -> None:
    wire = seal_letter(sender("intake"), a_letter(body={"text": "rahasia"}), system_entropy)
    with pytest.raises(Unreadable) as caught:
        open_letter(receiver("desk"), wire[:-1] + bytes([wire[-1] ^ 1]))
    assert str(caught.value) == "letter: not signed by the pinned peer"
    assert caught.value.__suppress_context__
