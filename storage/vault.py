"""Everything that is sealed at rest: fields, case keys, answers, media, receipts, escrow. Functions of keys and bytes.

No settings, no session, no clock; randomness is passed in. Four rules hold throughout:

- Each use of a key has a context of its own (`ctx` of a name with a version, then identifiers that never change), so
  that moving a ciphertext to another row, column, case, deployment or purpose makes it unreadable.
- What is sealed is padded first: the size of a row tells the bucket, not the length.
- A first byte names the algorithm. What a released version wrote opens for ever (tests/storage/golden).
- Whatever does not open raises `Unreadable`, which says what kind of thing it was and nothing more.

HPKE takes its ephemeral key from the library's own generator: `cryptography` has no way to pass one in.
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESGCMSIV, AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

# ruff: noqa: PLC0414 -- callers find what goes with the vault here, under one roof
from storage.entropy import Entropy as Entropy
from storage.entropy import system_entropy as system_entropy
from storage.framing import Unreadable as Unreadable
from storage.framing import ctx as ctx
from storage.framing import pad as pad
from storage.framing import unpad as unpad

KEY_BYTES = 32
PART_BYTES = 1024 * 1024

_NONCE_BYTES = 12
_KID_BYTES = 8

# RFC 9180 names this suite DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305. The byte 0x02 in answers and
# letters is kept free for X-Wing, to be used when its RFC is out.
HPKE_X25519 = 0x01
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)

# Escrow: RFC 9106 section 4, second recommended option: 64 MiB, 3 passes, 4 lanes.
_ESCROW = "berani-escrow/v1"
_ARGON2 = {"memory_kib": 65536, "iterations": 3, "lanes": 4}

# Crockford's base 32: no I, L, O, U, so that a code copied by hand reads one way only.
_CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE_LOOKALIKES = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None, "\n": None})


# --- keys and tags ----------------------------------------------------------------------------------------------------


def derive(root: bytes, purpose: str) -> bytes:
    """A 32-byte key for one `purpose` out of a 32-byte `root` (HKDF-SHA256, RFC 5869)."""
    return _hkdf(root, ctx(b"berani/derive/v1", purpose.encode()))


def tag(key: bytes, purpose: str, *parts: bytes) -> bytes:
    """16 bytes that name `parts` for one `purpose` to holders of `key` only (HMAC-SHA256, truncated)."""
    return hmac.digest(key, ctx(b"berani/tag/v1", purpose.encode(), *parts), "sha256")[:16]


def box_public(private: bytes) -> bytes:
    """The public half (32 bytes) of a raw X25519 private key (32 bytes)."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def kid(public: bytes) -> bytes:
    """The id of a public key: 8 bytes that stand in the clear on what is sealed to it."""
    return hashlib.sha256(b"kid" + public).digest()[:_KID_BYTES]


def _hkdf(key: bytes, info: bytes, length: int = KEY_BYTES) -> bytes:
    return HKDF(SHA256(), length, None, info).derive(key)


# --- fields -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Column:
    """An encrypted column, declared once beside its table: the names are part of what its values are bound to."""

    table: str
    column: str


AES_GCM = 0x01  # case keys: one key a case, used far below 2^32 times
AES_GCM_SIV = 0x02  # long-lived keys: a nonce repeated by a restored machine shows equality only (RFC 8452)
AES_GCM_ROW_KEY = 0x03  # the same where OpenSSL has no AES-GCM-SIV: a subkey for each row


def _gcm(key: bytes, _: bytes) -> AESGCM:
    return AESGCM(key)


def _gcm_siv(key: bytes, _: bytes) -> AESGCMSIV:
    return AESGCMSIV(key)


def _gcm_row_key(key: bytes, aad: bytes) -> AESGCM:
    return AESGCM(_hkdf(key, ctx(b"berani/row-key/v1", aad)))


_FIELD_CIPHERS: dict[int, Callable[[bytes, bytes], AESGCM | AESGCMSIV]] = {
    AES_GCM: _gcm,
    AES_GCM_SIV: _gcm_siv,
    AES_GCM_ROW_KEY: _gcm_row_key,
}


def long_lived_algorithm() -> int:
    """The algorithm byte for long-lived keys on this machine's OpenSSL."""
    try:
        AESGCMSIV(bytes(KEY_BYTES))
    except UnsupportedAlgorithm:
        return AES_GCM_ROW_KEY
    return AES_GCM_SIV


_LONG_LIVED = long_lived_algorithm()


def seal_field(
    key: bytes,
    key_id: str,
    deployment: bytes,
    column: Column,
    row_id: bytes,
    plaintext: bytes,
    entropy: Entropy,
    algorithm: int = _LONG_LIVED,
) -> bytes:
    """`plaintext` sealed for one cell: algorithm byte, 12-byte nonce, ciphertext of the padded text, 16-byte tag.

    `key` is 32 bytes, `row_id` an identifier that never changes. `algorithm` is for long-lived keys unless told.
    """
    aad = _field_aad(key_id, deployment, column, row_id)
    nonce = entropy(_NONCE_BYTES)
    return bytes([algorithm]) + nonce + _FIELD_CIPHERS[algorithm](key, aad).encrypt(nonce, pad(plaintext), aad)


def open_field(key: bytes, key_id: str, deployment: bytes, column: Column, row_id: bytes, sealed: bytes) -> bytes:
    """The plaintext of a cell. Raises Unreadable unless key, key id, deployment, column and row are those it had."""
    aad = _field_aad(key_id, deployment, column, row_id)
    try:
        cipher = _FIELD_CIPHERS[sealed[0]](key, aad)
        return unpad(cipher.decrypt(sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :], aad))
    except (InvalidTag, Unreadable, UnsupportedAlgorithm, LookupError, ValueError):
        raise Unreadable(f"field {column.table}.{column.column}") from None


def _field_aad(key_id: str, deployment: bytes, column: Column, row_id: bytes) -> bytes:
    table, name = column.table.encode(), column.column.encode()
    return ctx(b"berani/field/v1", deployment, table, name, row_id, key_id.encode())


@dataclass(frozen=True)
class FieldBox:
    """One key and what its values are bound to, ready for use by repositories. Shows no key when printed.

    For a case key pass `algorithm=AES_GCM`.
    """

    key: bytes = field(repr=False)
    key_id: str
    deployment: bytes = field(repr=False)
    entropy: Entropy = field(repr=False)
    algorithm: int = field(default=_LONG_LIVED, repr=False)

    def seal(self, column: Column, row_id: bytes, plaintext: bytes) -> bytes:
        """`plaintext` sealed for this cell (see `seal_field`)."""
        return seal_field(
            self.key, self.key_id, self.deployment, column, row_id, plaintext, self.entropy, self.algorithm
        )

    def open(self, column: Column, row_id: bytes, sealed: bytes) -> bytes:
        """The plaintext of this cell. Raises Unreadable."""
        return open_field(self.key, self.key_id, self.deployment, column, row_id, sealed)


# --- without randomness: case keys and media --------------------------------------------------------------------------
# AES-256-SIV (RFC 5297) needs no nonce. So a turn that is repeated after a crash writes the same bytes again, and
# nothing leaks if it seals other bytes under the same name.

_SIV = 0x01


def _seal_siv(key: bytes, context: bytes, plaintext: bytes) -> bytes:
    return bytes([_SIV]) + AESSIV(_hkdf(key, ctx(b"berani/siv/v1"), 64)).encrypt(plaintext, [bytes([_SIV]), context])


def _open_siv(key: bytes, context: bytes, sealed: bytes, what: str) -> bytes:
    try:
        return AESSIV(_hkdf(key, ctx(b"berani/siv/v1"), 64)).decrypt(sealed[1:], [sealed[:1], context])
    except (InvalidTag, ValueError):
        raise Unreadable(what) from None


def _wrap_context(epoch_id: str, deployment: bytes, case_id: bytes) -> bytes:
    return ctx(b"berani/case-key/v1", deployment, epoch_id.encode(), case_id)


def wrap_key(epoch_key: bytes, epoch_id: str, deployment: bytes, case_id: bytes, case_key: bytes) -> bytes:
    """`case_key` (32 bytes) sealed under the epoch's key for one case: 49 bytes."""
    return _seal_siv(epoch_key, _wrap_context(epoch_id, deployment, case_id), case_key)


def unwrap_key(epoch_key: bytes, epoch_id: str, deployment: bytes, case_id: bytes, wrapped: bytes) -> bytes:
    """The case key that `wrap_key` took. Raises Unreadable."""
    return _open_siv(epoch_key, _wrap_context(epoch_id, deployment, case_id), wrapped, "case key")


def new_media_key(entropy: Entropy) -> bytes:
    """A key for one file, 32 bytes; it travels in a letter."""
    return entropy(KEY_BYTES)


def seal_part(media_key: bytes, media_id: bytes, index: int, last: bool, data: bytes) -> bytes:
    """Part `index` (from 0) of a file: all but the last hold exactly PART_BYTES, the last is padded.

    Number and `last` are bound in: parts cannot be reordered, swapped between files or dropped from the end.
    """
    if len(data) > PART_BYTES or (not last and len(data) != PART_BYTES):
        raise ValueError(f"a part holds {PART_BYTES} bytes; only the last may hold fewer")
    return _seal_siv(media_key, _part_context(media_id, index, last), pad(data) if last else data)


def open_part(media_key: bytes, media_id: bytes, index: int, last: bool, sealed: bytes) -> bytes:
    """The bytes of part `index`. `last` comes from the letter's count of parts. Raises Unreadable."""
    data = _open_siv(media_key, _part_context(media_id, index, last), sealed, "media part")
    return unpad(data) if last else data


def _part_context(media_id: bytes, index: int, last: bool) -> bytes:
    return ctx(b"berani/media/v1", media_id, index.to_bytes(4, "big"), bytes([last]))


# --- to another actor: HPKE (RFC 9180, base mode) ---------------------------------------------------------------------


def hpke_seal(recipient_public: bytes, info: bytes, plaintext: bytes) -> bytes:
    """`plaintext`, padded, readable by the holder of the private key only, bound to `info`: 48 bytes longer."""
    return _SUITE.encrypt(pad(plaintext), X25519PublicKey.from_public_bytes(recipient_public), info=info)


def hpke_open(recipient_private: bytes, info: bytes, sealed: bytes) -> bytes:
    """What `hpke_seal` took. Raises Unreadable."""
    try:
        return unpad(_SUITE.decrypt(sealed, X25519PrivateKey.from_private_bytes(recipient_private), info=info))
    except (InvalidTag, ValueError):
        raise Unreadable("sealed to us") from None


def seal_answer(desk_box_public: bytes, deployment: bytes, answer_id: bytes, body: bytes) -> bytes:
    """An answer sealed to the desk: version byte, key id (8 bytes), HPKE. Unsigned: `submit` signs its hash."""
    recipient = kid(desk_box_public)
    sealed = hpke_seal(desk_box_public, _answer_info(deployment, recipient, answer_id), body)
    return bytes([HPKE_X25519]) + recipient + sealed


def open_answer(desk_box_private: bytes, deployment: bytes, answer_id: bytes, wire: bytes) -> bytes:
    """The body of an answer. Raises Unreadable. The caller compares `answer_hash` with the signed letter."""
    recipient = kid(box_public(desk_box_private))
    if wire[: 1 + _KID_BYTES] != bytes([HPKE_X25519]) + recipient:
        raise Unreadable("answer: other version or recipient")
    return hpke_open(desk_box_private, _answer_info(deployment, recipient, answer_id), wire[1 + _KID_BYTES :])


def answer_hash(wire: bytes) -> bytes:
    """SHA-256 of a sealed answer: what the letters `alarm`, `submit`, `consult` and `more` list."""
    return hashlib.sha256(wire).digest()


def _answer_info(deployment: bytes, recipient: bytes, answer_id: bytes) -> bytes:
    return ctx(b"berani/answer/v1", deployment, recipient, answer_id)


# --- receipts ---------------------------------------------------------------------------------------------------------


def new_receipt(entropy: Entropy) -> str:
    """16 decimal digits, uniform: 128 random bits modulo 10^16 leave a bias below 2^-74."""
    return f"{int.from_bytes(entropy(16), 'big') % 10**16:016d}"


def receipt_hash(key: bytes, digits: str) -> bytes:
    """What is stored of a receipt and looked up when somebody types one: 16 bytes. `digits` without spaces."""
    return tag(key, "receipt", digits.encode("utf-8", "surrogatepass"))


# --- escrow of epoch keys ---------------------------------------------------------------------------------------------


def new_recovery_code(entropy: Entropy) -> str:
    """120 random bits as six groups of four characters, to be written down by hand: `7K2M-…`."""
    number = int.from_bytes(entropy(15), "big")
    characters = "".join(_CODE_ALPHABET[number >> shift & 31] for shift in range(115, -1, -5))
    return "-".join(characters[at : at + 4] for at in range(0, 24, 4))


def seal_escrow(code: str, epoch_id: str, secret: bytes, entropy: Entropy) -> str:
    """`secret` under a recovery code (Argon2id, then AES-256-GCM) as JSON that names its own parameters."""
    salt, nonce = entropy(16), entropy(_NONCE_BYTES)
    header = {"format": _ESCROW, "epoch": epoch_id, "kdf": "argon2id", **_ARGON2, "cipher": "aes-256-gcm"}
    sealed = AESGCM(_code_key(code, salt)).encrypt(nonce, secret, _escrow_aad(epoch_id))
    return json.dumps({**header, "salt": salt.hex(), "nonce": nonce.hex(), "sealed": sealed.hex()}, indent=1) + "\n"


def open_escrow(code: str, text: str) -> tuple[str, bytes]:
    """(epoch id, secret) out of an escrow file. Raises Unreadable: wrong code, other format, damaged."""
    try:
        found = json.loads(text)
        epoch_id, parameters = found["epoch"], {name: found[name] for name in ("format", *_ARGON2)}
        salt, nonce, sealed = (bytes.fromhex(found[name]) for name in ("salt", "nonce", "sealed"))
        # A file that asks for other parameters than ours is not ours: it could ask for all the memory there is.
        key = _code_key(code, salt) if parameters == {"format": _ESCROW, **_ARGON2} else b""
        return epoch_id, AESGCM(key).decrypt(nonce, sealed, _escrow_aad(epoch_id))
    except (InvalidTag, LookupError, TypeError, ValueError, AttributeError):
        raise Unreadable("escrow") from None


def _escrow_aad(epoch_id: str) -> bytes:
    return ctx(b"berani/escrow/v1", epoch_id.encode())


def _code_key(code: str, salt: bytes) -> bytes:
    kdf = Argon2id(
        salt=salt,
        length=KEY_BYTES,
        iterations=_ARGON2["iterations"],
        lanes=_ARGON2["lanes"],
        memory_cost=_ARGON2["memory_kib"],
    )
    return kdf.derive(code.upper().translate(_CODE_LOOKALIKES).encode())
