"""The keys of each actor as loaded: what opens and seals what. Printing them shows no secret."""

from dataclasses import dataclass, field
from functools import cached_property

from storage import vault
from storage.letters import Actor, Receiver, Sender


@dataclass(frozen=True)
class _ActorKeys:
    """What both actors have: keys of 32 bytes, their own and the pinned peer's."""

    deployment: bytes
    root: bytes = field(repr=False)
    sign: bytes = field(repr=False)
    box: bytes = field(repr=False)
    peer_sign_public: bytes
    peer_box_public: bytes

    @cached_property
    def root_id(self) -> str:
        """The key id of whatever is sealed under keys derived from root; no secret."""
        return vault.tag(self.root, "root id").hex()

    def _sender(self, actor: Actor) -> Sender:
        return Sender(self.deployment, actor, self.sign, self.peer_box_public)

    def _receiver(self, actor: Actor) -> Receiver:
        privates = {vault.kid(vault.box_public(self.box)): self.box}
        return Receiver(self.deployment, actor, privates, self.peer_sign_public)


@dataclass(frozen=True)
class IntakeKeys(_ActorKeys):
    """Everything intake opens and seals with: `…_enc` and `outbox` for a FieldBox, the others for `tag`.

    Answers are sealed to `peer_box_public`. Shows no secret when printed.
    """

    @cached_property
    def addr_enc(self) -> bytes:
        """Seals addresses of reporters."""
        return vault.derive(self.root, "intake/addr_enc")

    @cached_property
    def addr_idx(self) -> bytes:
        """Finds addresses of reporters."""
        return vault.derive(self.root, "intake/addr_idx")

    @cached_property
    def session_enc(self) -> bytes:
        """Seals sessions and what is kept with them, receipts for re-showing included."""
        return vault.derive(self.root, "intake/session_enc")

    @cached_property
    def dedupe(self) -> bytes:
        """Names what was received already."""
        return vault.derive(self.root, "intake/dedupe")

    @cached_property
    def receipt(self) -> bytes:
        """Finds receipts (`vault.receipt_hash`)."""
        return vault.derive(self.root, "intake/receipt")

    @cached_property
    def outbox(self) -> bytes:
        """Seals what is to be sent."""
        return vault.derive(self.root, "intake/outbox")

    @cached_property
    def sender(self) -> Sender:
        """Writes letters to the desk."""
        return self._sender("intake")

    @cached_property
    def receiver(self) -> Receiver:
        """Opens letters from the desk."""
        return self._receiver("intake")


@dataclass(frozen=True)
class DeskKeys(_ActorKeys):
    """Everything the desk opens and seals with: `…_enc` and `outbox` for a FieldBox, the others for `tag`.

    Answers are opened with `box`; `epoch_key` and `epoch_id` wrap the keys of cases. Shows no secret when printed.
    """

    epoch_id: str
    epoch_key: bytes = field(repr=False)

    @cached_property
    def staff_enc(self) -> bytes:
        """Seals names of staff."""
        return vault.derive(self.root, "desk/staff_enc")

    @cached_property
    def addr_enc(self) -> bytes:
        """Seals addresses of staff and of the group."""
        return vault.derive(self.root, "desk/addr_enc")

    @cached_property
    def index(self) -> bytes:
        """Finds staff by address and cases by thread."""
        return vault.derive(self.root, "desk/index")

    @cached_property
    def dedupe(self) -> bytes:
        """Names what was received already."""
        return vault.derive(self.root, "desk/dedupe")

    @cached_property
    def outbox(self) -> bytes:
        """Seals what is to be sent."""
        return vault.derive(self.root, "desk/outbox")

    @cached_property
    def sender(self) -> Sender:
        """Writes letters to intake."""
        return self._sender("desk")

    @cached_property
    def receiver(self) -> Receiver:
        """Opens letters from intake."""
        return self._receiver("desk")
