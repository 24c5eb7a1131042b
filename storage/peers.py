"""The one line that carries an actor's public keys to the other's machine, and its fingerprint in eight words."""

import hashlib
import re
from dataclasses import dataclass
from typing import cast

from storage.framing import ctx
from storage.letters import Actor
from storage.wordlist import WORDS

_FORMAT = "berani-public/v1"
# Before the desk has pinned an intake made elsewhere it knows no deployment yet.
_NO_DEPLOYMENT = "-"
_LINE = re.compile(rf"^{_FORMAT} (intake|desk) ([0-9a-f]{{32}}|-) ([0-9a-f]{{64}}) ([0-9a-f]{{64}})$", re.MULTILINE)


@dataclass(frozen=True)
class PublicKeys:
    """An actor's public keys (32 bytes each) and its deployment's id (16 bytes; None: not known yet)."""

    actor: Actor
    deployment: bytes | None
    sign: bytes
    box: bytes

    def line(self) -> str:
        """`berani-public/v1 ACTOR DEPLOYMENT SIGN BOX`, in hexadecimal; without line end."""
        deployment = self.deployment.hex() if self.deployment else _NO_DEPLOYMENT
        return f"{_FORMAT} {self.actor} {deployment} {self.sign.hex()} {self.box.hex()}"

    def same_keys(self, other: "PublicKeys") -> bool:
        """Whether actor and keys are the same, whatever the deployments."""
        return (self.actor, self.sign, self.box) == (other.actor, other.sign, other.box)


def parse_public(text: str) -> PublicKeys:
    """The one line of public keys in `text`; other lines around it do no harm. Raises ValueError for none or two."""
    lines = _LINE.findall("\n".join(line.strip() for line in text.splitlines()))
    if len(lines) != 1:
        raise ValueError("not one line of public keys")
    actor, deployment, sign, box = lines[0]
    known = None if deployment == _NO_DEPLOYMENT else bytes.fromhex(deployment)
    return PublicKeys(cast("Actor", actor), known, bytes.fromhex(sign), bytes.fromhex(box))


def fingerprint(public: str) -> str:
    """Eight words (64 bits of SHA-256) for comparing the keys in a line by voice.

    The deployment is not part of them: the desk learns it only when it pins. Raises ValueError for another line.
    """
    keys = parse_public(public)
    digest = hashlib.sha256(ctx(b"berani/fingerprint/v1", keys.actor.encode(), keys.sign, keys.box)).digest()
    return " ".join(WORDS[byte] for byte in digest[:8])
