"""What a released version sealed opens for ever: bytes kept since the first release, never made anew."""

import json
from pathlib import Path
from typing import Any

from storage import letters, peers, vault
from storage.letters import Letter, Receiver
from storage.vault import Column

GOLDEN = Path(__file__).parent / "golden"


def golden(name: str) -> Any:
    return json.loads((GOLDEN / name).read_text(encoding="ascii"))


def raw(row: dict[str, Any], *names: str) -> list[bytes]:
    return [bytes.fromhex(row[name]) for name in names]


def test_fields_open_and_are_sealed_to_the_same_bytes() -> None:
    rows = golden("fields.json")
    assert {row["algorithm"] for row in rows} == {vault.AES_GCM, vault.AES_GCM_SIV, vault.AES_GCM_ROW_KEY}
    for row in rows:
        key, deployment, row_id, plaintext, nonce, sealed = raw(
            row, "key", "deployment", "row_id", "plaintext", "nonce", "sealed"
        )
        column = Column(row["table"], row["column"])
        assert vault.open_field(key, row["key_id"], deployment, column, row_id, sealed) == plaintext
        again = vault.seal_field(
            key, row["key_id"], deployment, column, row_id, plaintext, {12: nonce}.__getitem__, row["algorithm"]
        )
        assert again == sealed


def test_case_keys_open_and_are_wrapped_to_the_same_bytes() -> None:
    for row in golden("case_keys.json"):
        epoch_key, deployment, case_id, case_key, wrapped = raw(
            row, "epoch_key", "deployment", "case_id", "case_key", "wrapped"
        )
        assert vault.unwrap_key(epoch_key, row["epoch_id"], deployment, case_id, wrapped) == case_key
        assert vault.wrap_key(epoch_key, row["epoch_id"], deployment, case_id, case_key) == wrapped


def test_media_parts_open_and_are_sealed_to_the_same_bytes() -> None:
    for row in golden("media.json"):
        key, media_id, data, sealed = raw(row, "media_key", "media_id", "data", "sealed")
        assert vault.open_part(key, media_id, row["index"], row["last"], sealed) == data
        assert vault.seal_part(key, media_id, row["index"], row["last"], data) == sealed


def test_answers_open() -> None:
    for row in golden("answers.json"):
        private, deployment, answer_id, body, wire = raw(
            row, "desk_box_private", "deployment", "answer_id", "body", "wire"
        )
        assert vault.open_answer(private, deployment, answer_id, wire) == body


def test_letters_of_both_directions_open() -> None:
    rows = golden("letters.json")
    assert [row["receiver"] for row in rows] == ["desk", "intake"]
    for row in rows:
        private, pinned, deployment, letter_id, stream, wire = raw(
            row, "box_private", "peer_signing_public", "deployment", "id", "stream", "wire"
        )
        receiver = Receiver(deployment, row["receiver"], {vault.kid(vault.box_public(private)): private}, pinned)
        expected = Letter(letter_id, stream, row["seq"], row["kind"], row["body"])
        assert letters.open_letter(receiver, wire) == expected


def test_the_escrow_opens() -> None:
    for row in golden("escrow.json"):
        assert vault.open_escrow(row["code"], row["file"]) == (row["epoch_id"], bytes.fromhex(row["secret"]))


def test_names_and_derived_keys_stay_what_they_were() -> None:
    row = golden("names.json")
    root, box = raw(row, "root", "box_private")
    assert vault.derive(root, "desk/index").hex() == row["derive"]
    assert vault.tag(root, "thread", b"ab", b"c").hex() == row["tag"]
    assert vault.receipt_hash(root, row["receipt"]).hex() == row["receipt_hash"]
    assert vault.box_public(box).hex() == row["box_public"]
    assert vault.kid(vault.box_public(box)).hex() == row["kid"]
    assert vault.answer_hash(bytes.fromhex(row["answer_wire"])).hex() == row["answer_hash"]
    assert peers.parse_public(row["public_line"]).line() == row["public_line"]
    assert peers.fingerprint(row["public_line"]) == row["fingerprint"]
