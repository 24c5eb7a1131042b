"""Sealed things open where and for whom they were sealed, and nowhere else."""

import hashlib
import hmac
from collections import Counter
from typing import Any

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from hypothesis import given
from hypothesis import strategies as st

from storage import vault
from storage.vault import Column, FieldBox, Unreadable, system_entropy

KEY, OTHER_KEY = system_entropy(32), system_entropy(32)
DEPLOYMENT, ROW = system_entropy(16), system_entropy(16)
COLUMN = Column("page", "body")
ALGORITHMS = [vault.AES_GCM, vault.AES_GCM_SIV, vault.AES_GCM_ROW_KEY]


# --- fields


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@given(plaintext=st.binary(max_size=3000))
def test_a_field_comes_back(algorithm: int, plaintext: bytes) -> None:
    sealed = vault.seal_field(KEY, "k1", DEPLOYMENT, COLUMN, ROW, plaintext, system_entropy, algorithm)
    assert sealed[0] == algorithm
    assert vault.open_field(KEY, "k1", DEPLOYMENT, COLUMN, ROW, sealed) == plaintext


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize(
    "changed",
    [
        {"key": OTHER_KEY},
        {"key_id": "k2"},
        {"deployment": system_entropy(16)},
        {"column": Column("page", "title")},
        {"column": Column("case", "body")},
        {"column": Column("pageb", "ody")},
        {"row_id": system_entropy(16)},
        {"row_id": ROW + b"\0"},
    ],
)
def test_a_field_does_not_open_in_another_place_or_with_another_key(algorithm: int, changed: dict[str, Any]) -> None:
    place: dict[str, Any] = {"key": KEY, "key_id": "k1", "deployment": DEPLOYMENT, "column": COLUMN, "row_id": ROW}
    sealed = vault.seal_field(**place, plaintext=b"cerita", entropy=system_entropy, algorithm=algorithm)
    with pytest.raises(Unreadable):
        vault.open_field(**{**place, **changed}, sealed=sealed)


def test_the_same_text_sealed_twice_looks_different_and_shows_only_its_bucket() -> None:
    box = FieldBox(KEY, "k1", DEPLOYMENT, system_entropy)
    one, other = (box.seal(COLUMN, ROW, text) for text in (b"ya", b"ya"))
    assert one != other
    assert len(box.seal(COLUMN, ROW, b"tidak" * 50)) == len(one)


def test_long_lived_keys_are_used_with_the_algorithm_that_forgives_a_repeated_nonce() -> None:
    assert FieldBox(KEY, "k1", DEPLOYMENT, system_entropy).seal(COLUMN, ROW, b"")[0] == vault.AES_GCM_SIV
    assert FieldBox(KEY, "k1", DEPLOYMENT, system_entropy, vault.AES_GCM).seal(COLUMN, ROW, b"")[0] == vault.AES_GCM


def test_without_that_algorithm_each_row_has_a_key_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: bytes) -> None:
        raise UnsupportedAlgorithm("AES-GCM-SIV")

    sealed = vault.seal_field(KEY, "k1", DEPLOYMENT, COLUMN, ROW, b"x", system_entropy, vault.AES_GCM_SIV)
    monkeypatch.setattr(vault, "AESGCMSIV", missing)
    assert vault.long_lived_algorithm() == vault.AES_GCM_ROW_KEY
    with pytest.raises(Unreadable):
        vault.open_field(KEY, "k1", DEPLOYMENT, COLUMN, ROW, sealed)


def test_a_field_box_shows_neither_key_nor_randomness() -> None:
    shown = repr(FieldBox(KEY, "k1", DEPLOYMENT, system_entropy))
    assert shown == "FieldBox(key_id='k1')"


# --- names and derived keys


def test_tags_are_told_apart_by_key_purpose_and_parts() -> None:
    tags = {
        vault.tag(key, purpose, *parts)
        for key in (KEY, OTHER_KEY)
        for purpose in ("thread", "address")
        for parts in ([b"ab", b"c"], [b"a", b"bc"], [b"abc"], [])
    }
    assert len(tags) == 16
    assert {len(one) for one in tags} == {16}


def test_derived_keys_differ_by_root_and_purpose_and_from_any_tag() -> None:
    derived = {vault.derive(root, purpose) for root in (KEY, OTHER_KEY) for purpose in ("outbox", "receipt")}
    assert len(derived) == 4
    assert {len(one) for one in derived} == {32}


# --- keys of cases


@pytest.mark.parametrize(
    "changed",
    [
        {"epoch_key": OTHER_KEY},
        {"epoch_id": "00112233aabbccde"},
        {"deployment": system_entropy(16)},
        {"case_id": system_entropy(16)},
    ],
)
def test_a_case_key_opens_only_with_its_epoch_deployment_and_case(changed: dict[str, Any]) -> None:
    right: dict[str, Any] = {"epoch_key": KEY, "epoch_id": "00112233aabbccdd", "deployment": DEPLOYMENT, "case_id": ROW}
    case_key = system_entropy(32)
    wrapped = vault.wrap_key(**right, case_key=case_key)
    assert vault.unwrap_key(**right, wrapped=wrapped) == case_key
    with pytest.raises(Unreadable):
        vault.unwrap_key(**{**right, **changed}, wrapped=wrapped)


# --- media


def _sealed_file(key: bytes, media_id: bytes, data: bytes) -> list[bytes]:
    chunks = [data[at : at + vault.PART_BYTES] for at in range(0, len(data), vault.PART_BYTES)]
    return [
        vault.seal_part(key, media_id, index, index == len(chunks) - 1, chunk) for index, chunk in enumerate(chunks)
    ]


def _opened_file(key: bytes, media_id: bytes, parts: list[bytes]) -> bytes:
    return b"".join(
        vault.open_part(key, media_id, index, index == len(parts) - 1, part) for index, part in enumerate(parts)
    )


def test_a_file_in_parts_comes_back_and_no_part_can_be_moved_dropped_or_repeated() -> None:
    key, media_id, data = vault.new_media_key(system_entropy), system_entropy(16), system_entropy(2_500_000)
    parts = _sealed_file(key, media_id, data)
    assert _opened_file(key, media_id, parts) == data
    first, second, third = parts
    for wrong in ([first, second], [second, first, third], [first, third], [first, first, third], [*parts, third]):
        with pytest.raises(Unreadable):
            _opened_file(key, media_id, wrong)


def test_a_part_of_one_file_does_not_open_in_another() -> None:
    key, media_id = vault.new_media_key(system_entropy), system_entropy(16)
    sealed = vault.seal_part(key, media_id, 0, True, b"suara")
    assert vault.open_part(key, media_id, 0, True, sealed) == b"suara"
    for wrong in [
        (OTHER_KEY, media_id, 0, True),
        (key, ROW, 0, True),
        (key, media_id, 1, True),
        (key, media_id, 0, False),
    ]:
        with pytest.raises(Unreadable):
            vault.open_part(*wrong, sealed)


def test_a_part_sealed_again_after_a_crash_is_the_same_bytes() -> None:
    assert vault.seal_part(KEY, ROW, 0, True, b"suara") == vault.seal_part(KEY, ROW, 0, True, b"suara")


@pytest.mark.parametrize(("last", "size"), [(False, 5), (False, vault.PART_BYTES + 1), (True, vault.PART_BYTES + 1)])
def test_a_part_of_the_wrong_size_is_not_sealed(last: bool, size: int) -> None:
    with pytest.raises(ValueError, match="part"):
        vault.seal_part(KEY, ROW, 0, last, bytes(size))


def test_the_length_of_a_short_file_does_not_show() -> None:
    assert len(vault.seal_part(KEY, ROW, 0, True, b"")) == len(vault.seal_part(KEY, ROW, 0, True, bytes(500)))


# --- answers


@given(st.binary(max_size=3000))
def test_an_answer_comes_back_and_hides_its_length(body: bytes) -> None:
    wire = vault.seal_answer(vault.box_public(KEY), DEPLOYMENT, ROW, body)
    assert vault.open_answer(KEY, DEPLOYMENT, ROW, wire) == body
    assert len(wire) == 1 + 8 + 48 + len(vault.pad(body))


def test_an_answer_opens_only_for_its_desk_deployment_and_id() -> None:
    wire = vault.seal_answer(vault.box_public(KEY), DEPLOYMENT, ROW, b"cerita")
    for wrong in [(OTHER_KEY, DEPLOYMENT, ROW), (KEY, system_entropy(16), ROW), (KEY, DEPLOYMENT, system_entropy(16))]:
        with pytest.raises(Unreadable):
            vault.open_answer(*wrong, wire)


def test_an_answer_addressed_anew_to_another_desk_stays_shut() -> None:
    wire = vault.seal_answer(vault.box_public(KEY), DEPLOYMENT, ROW, b"cerita")
    moved = wire[:1] + vault.kid(vault.box_public(OTHER_KEY)) + wire[9:]
    for private in (KEY, OTHER_KEY):
        with pytest.raises(Unreadable):
            vault.open_answer(private, DEPLOYMENT, ROW, moved)


def test_an_answer_for_the_post_quantum_suite_is_refused_not_guessed_at() -> None:
    wire = vault.seal_answer(vault.box_public(KEY), DEPLOYMENT, ROW, b"cerita")
    with pytest.raises(Unreadable):
        vault.open_answer(KEY, DEPLOYMENT, ROW, b"\x02" + wire[1:])


def test_the_hash_in_a_letter_is_of_the_answer_as_sealed() -> None:
    assert vault.answer_hash(b"wire") == hashlib.sha256(b"wire").digest()


def test_answers_can_be_opened_by_any_implementation_of_rfc_9180() -> None:
    """Written from RFC 9180 sections 4.1, 5.1 and 5.2 with other primitives: what we store outlives our library."""

    def extract(suite: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
        return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + ikm, "sha256")

    def expand(suite: bytes, prk: bytes, label: bytes, info: bytes, length: int) -> bytes:
        return hmac.digest(prk, length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info + b"\x01", "sha256")[
            :length
        ]

    public = vault.box_public(KEY)
    wire = vault.seal_answer(public, DEPLOYMENT, ROW, b"cerita")
    enc, sealed = wire[9:41], wire[41:]
    kem, hpke = b"KEM\x00\x20", b"HPKE\x00\x20\x00\x01\x00\x03"
    shared = X25519PrivateKey.from_private_bytes(KEY).exchange(X25519PublicKey.from_public_bytes(enc))
    secret = expand(kem, extract(kem, b"", b"eae_prk", shared), b"shared_secret", enc + public, 32)
    info = vault.ctx(b"berani/answer/v1", DEPLOYMENT, vault.kid(public), ROW)
    context = b"\0" + extract(hpke, b"", b"psk_id_hash", b"") + extract(hpke, b"", b"info_hash", info)
    schedule = extract(hpke, secret, b"secret", b"")
    key, nonce = (expand(hpke, schedule, label, context, size) for label, size in ((b"key", 32), (b"base_nonce", 12)))
    assert vault.unpad(ChaCha20Poly1305(key).decrypt(nonce, sealed, b"")) == b"cerita"


# --- receipts and recovery codes


def test_receipts_are_sixteen_digits_each_as_likely_as_the_next() -> None:
    receipts = [vault.new_receipt(system_entropy) for _ in range(3000)]
    assert all(len(one) == 16 and one.isdecimal() and one.isascii() for one in receipts)
    assert len(set(receipts)) == 3000
    # 4,800 of each digit expected with a deviation of about 66: eight deviations never happen by chance.
    counted = Counter("".join(receipts))
    assert all(4272 < counted[digit] < 5328 for digit in "0123456789")


def test_small_random_numbers_keep_their_leading_zeros() -> None:
    assert vault.new_receipt(lambda n: bytes(n - 1) + b"\x07") == "0000000000000007"


def test_a_receipt_is_found_again_only_with_the_same_key_and_digits() -> None:
    stored = vault.receipt_hash(KEY, "0123456789012345")
    assert stored == vault.receipt_hash(KEY, "0123456789012345")
    assert stored != vault.receipt_hash(KEY, "0123456789012346")
    assert stored != vault.receipt_hash(OTHER_KEY, "0123456789012345")
    assert vault.receipt_hash(KEY, "\ud800") != stored


def test_the_escrow_opens_with_its_code_however_it_was_typed_and_with_no_other() -> None:
    code = vault.new_recovery_code(system_entropy)
    text = vault.seal_escrow(code, "00112233aabbccdd", b"both keys", system_entropy)
    assert vault.open_escrow(f" {code.lower().replace('-', ' ').replace('0', 'o')}\n", text) == (
        "00112233aabbccdd",
        b"both keys",
    )
    assert code not in text
    assert b"both keys".hex() not in text
    damaged = [text.replace("00112233", "00112234"), text.replace("65536", "8"), "{}", "[]", "", text[:-4]]
    for wrong_code, wrong_text in [(vault.new_recovery_code(system_entropy), text), *((code, one) for one in damaged)]:
        with pytest.raises(Unreadable):
            vault.open_escrow(wrong_code, wrong_text)


def test_a_recovery_code_has_no_letters_that_look_alike() -> None:
    code = vault.new_recovery_code(system_entropy)
    assert [len(group) for group in code.split("-")] == [4] * 6
    assert not set(code) & set("ILOU")
    assert vault.new_recovery_code(lambda n: b"\xff" * n) == "-".join(["ZZZZ"] * 6)
