"""Letters between the two actors: signed, sealed to the peer, in numbered streams.

On the wire (version 1; 0x02 is kept free for X-Wing):

    0x01 | recipient kid 8 | letter id 16 | stream 16 | seq u64be | outer signature 64
         | HPKE(pad(inner signature 64 | head))
    head = ctx(salt, kind, body)
    info = ctx("berani/letter/v1", deployment, direction, recipient kid, letter id)

The outer signature covers everything in the clear and the SHA-256 of what is sealed, so that gaps in a stream can be
told without opening, and nobody who can write rows can renumber. The inner one covers `info` and head, so that a letter
proves its sender, its recipient and its id even apart from its envelope. Both are checked with the *pinned* key.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from storage.entropy import Entropy
from storage.framing import Unreadable, ctx, parts_of
from storage.vault import HPKE_X25519, hpke_open, hpke_seal, kid

Actor = Literal["intake", "desk"]
PEER: dict[Actor, Actor] = {"intake": "desk", "desk": "intake"}

_CLEAR_BYTES = 1 + 8 + 16 + 16 + 8
_SIGNATURE_BYTES = 64


@dataclass(frozen=True)
class Letter:
    """One letter: two ids of 16 bytes, its number in the stream, and a JSON object. Shows no body when printed.

    What JSON cannot tell apart comes back as its nearest (a tuple as a list); texts come back as they were, lone
    surrogates and NUL included.
    """

    id: bytes
    stream: bytes
    seq: int
    kind: str
    body: dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Envelope:
    """What stands in the clear on a letter whose outer signature is right."""

    id: bytes
    stream: bytes
    seq: int


@dataclass(frozen=True)
class Sender:
    """What `actor` writes letters with: its Ed25519 key and the peer's X25519 public key, each 32 raw bytes."""

    deployment: bytes
    actor: Actor
    signing_key: bytes = field(repr=False)
    peer_box_public: bytes


@dataclass(frozen=True)
class Receiver:
    """What `actor` opens letters with: its X25519 keys by kid, and the pinned Ed25519 key of the peer."""

    deployment: bytes
    actor: Actor
    box_privates: Mapping[bytes, bytes] = field(repr=False)
    peer_signing_public: bytes


def signing_public(private: bytes) -> bytes:
    """The public half (32 bytes) of a raw Ed25519 private key (32 bytes)."""
    return Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def seal_letter(sender: Sender, letter: Letter, entropy: Entropy) -> bytes:
    """The letter as bytes for the peer's courier.

    Raises ValueError or TypeError for ids of another length, a number out of range or a body that is not JSON.
    """
    if len(letter.id) != 16 or len(letter.stream) != 16 or not 0 <= letter.seq < 2**64:
        raise ValueError("a letter has ids of 16 bytes and a number of at most 64 bits")
    signing_key = Ed25519PrivateKey.from_private_bytes(sender.signing_key)
    direction = _direction(sender.actor)
    recipient = kid(sender.peer_box_public)
    info = _info(sender.deployment, direction, recipient, letter.id)
    # The salt keeps the signed bytes from repeating when a letter is sealed again: Ed25519 is deterministic, and a
    # fault while it signs the same bytes twice gives its key away (draft-irtf-cfrg-det-sigs-with-noise).
    head = ctx(entropy(16), letter.kind.encode(), _to_json(letter.body))
    sealed = hpke_seal(sender.peer_box_public, info, signing_key.sign(ctx(info, head)) + head)
    clear = bytes([HPKE_X25519]) + recipient + letter.id + letter.stream + letter.seq.to_bytes(8, "big")
    return clear + signing_key.sign(_outer(sender.deployment, direction, clear, sealed)) + sealed


def open_envelope(receiver: Receiver, wire: bytes) -> Envelope:
    """Id, stream and number of a letter, after checking the outer signature only. Raises Unreadable."""
    clear, signature, sealed = _cut(wire)
    _verify(receiver, signature, _outer(receiver.deployment, _direction(PEER[receiver.actor]), clear, sealed))
    return Envelope(id=clear[9:25], stream=clear[25:41], seq=int.from_bytes(clear[41:], "big"))


def open_letter(receiver: Receiver, wire: bytes) -> Letter:
    """The letter, after checking both signatures. Raises Unreadable."""
    envelope = open_envelope(receiver, wire)
    clear, _, sealed = _cut(wire)
    recipient = clear[1:9]
    if recipient not in receiver.box_privates:
        raise Unreadable("letter: unknown recipient key")
    info = _info(receiver.deployment, _direction(PEER[receiver.actor]), recipient, envelope.id)
    inner = hpke_open(receiver.box_privates[recipient], info, sealed)
    signature, head = inner[:_SIGNATURE_BYTES], inner[_SIGNATURE_BYTES:]
    _verify(receiver, signature, ctx(info, head))
    _, kind, body = parts_of(head, 3)
    return Letter(envelope.id, envelope.stream, envelope.seq, kind.decode(), _from_json(body))


def _direction(sender: Actor) -> bytes:
    return f"{sender}>{PEER[sender]}".encode()


def _info(deployment: bytes, direction: bytes, recipient: bytes, letter_id: bytes) -> bytes:
    return ctx(b"berani/letter/v1", deployment, direction, recipient, letter_id)


def _outer(deployment: bytes, direction: bytes, clear: bytes, sealed: bytes) -> bytes:
    return ctx(b"berani/envelope/v1", deployment, direction, clear, hashlib.sha256(sealed).digest())


def _cut(wire: bytes) -> tuple[bytes, bytes, bytes]:
    """(what stands in the clear, outer signature, what is sealed)."""
    if wire[:1] != bytes([HPKE_X25519]):
        raise Unreadable("letter: unknown version")
    body = _CLEAR_BYTES + _SIGNATURE_BYTES
    return wire[:_CLEAR_BYTES], wire[_CLEAR_BYTES:body], wire[body:]


def _verify(receiver: Receiver, signature: bytes, signed: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(receiver.peer_signing_public).verify(signature, signed)
    except (InvalidSignature, ValueError):
        raise Unreadable("letter: not signed by the pinned peer") from None


def _to_json(body: dict[str, Any]) -> bytes:
    # Not escaped: `\\ud83d\\ude00` would come back as one character where two lone surrogates went in.
    text = json.dumps(body, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def _from_json(data: bytes) -> dict[str, Any]:
    try:
        body = json.loads(data.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError):
        raise Unreadable("letter: body") from None
    if not isinstance(body, dict):
        raise Unreadable("letter: body")
    return body
