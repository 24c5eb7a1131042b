"""Key files of both actors: made once, shown, pinned to each other, loaded. Only the key folder's path comes in.

    deployment             the id both actors put into everything they seal (16 bytes; no secret)
    intake/root sign box   root: addresses, cursors, receipts, outbox; sign: letters; box: letters from the desk
    desk/root sign box     root: staff, index, outbox; sign: letters; box: answers and letters from intake
    desk/vault             the epoch's key, which wraps the keys of cases, with the epoch's id
    intake/peer desk/peer  the other's public keys as pinned
    escrow/EPOCH.sealed    vault and box of the epoch under a recovery code, to be carried off the machine

The deployment's id is made with intake's keys. A desk on a machine of its own takes it over with the first pin; after
that another id is refused. The recovery code is handed out by `init` once and kept nowhere: 120 random bits through
Argon2id, so that the escrow file may lie in a drawer. It opens answers, letters and cases of its epoch and nothing of
intake's: who reported stays unknown to it. An actor's folder appears whole or not at all.
"""

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

# ruff: noqa: PLC0414 -- callers find what goes with key files here, under one roof
from storage import keyfiles, vault
from storage.actorkeys import DeskKeys as DeskKeys
from storage.actorkeys import IntakeKeys as IntakeKeys
from storage.entropy import Entropy
from storage.keyfiles import KeyProblem as KeyProblem
from storage.letters import PEER, Actor, signing_public
from storage.peers import PublicKeys, parse_public
from storage.peers import fingerprint as fingerprint

ACTORS: tuple[Actor, Actor] = ("intake", "desk")
SECRETS: dict[Actor, tuple[str, ...]] = {"intake": ("root", "sign", "box"), "desk": ("root", "sign", "box", "vault")}
_DEPLOYMENT_BYTES = 16
_RESTORE_ID = "restore it from your copy of the keys; the first long word in the line that the other side pinned is it"


@dataclass(frozen=True)
class Made:
    """One thing that `init` made; `show_once` is a secret to be shown to the operator now and never again."""

    path: Path
    what: str
    show_once: str | None = field(default=None, repr=False)


# --- making -----------------------------------------------------------------------------------------------------------


def init(
    key_dir: Path, actor: Actor | None, entropy: Entropy, show: Callable[[Made], None] = lambda _: None
) -> list[Made]:
    """Makes what is missing of `actor`'s keys, or of both, which are then pinned to each other. Returns what was made.

    `show` is given what has to be shown once before the keys that it belongs to are there: whoever is killed in between
    has a code that opens nothing, and not keys whose code nobody has seen.

    Overwrites nothing and returns [] when there is nothing to do. Raises KeyProblem when what is there is damaged
    (new keys beside old ones would lose what the old ones sealed) or, making both, pinned to somebody else.
    """
    actors = (actor,) if actor else ACTORS
    present = [one for one in actors if is_made(key_dir, one)]
    for one in present:
        _own_public(key_dir, one)
    if actor is None:
        _refuse_other_pins(key_dir, present)
    made = []
    if "intake" in actors:
        made += _init_deployment(key_dir, entropy, alone=actor is None)
    for one in actors:
        if one not in present:
            made += _init_actor(key_dir, one, entropy, show)
    if actor is None:
        made += [pinned for one in ACTORS for pinned in _pin(key_dir, one, _own_public(key_dir, PEER[one]))]
    return made


def is_made(key_dir: Path, actor: Actor) -> bool:
    """Whether there are key files of `actor` on this machine, sound or not. Raises KeyProblem if it can't be told."""
    return keyfiles.has_files(key_dir / actor)


def _refuse_other_pins(key_dir: Path, present: list[Actor]) -> None:
    for one in present:
        pinned = _pinned(key_dir, one)
        peer = PEER[one]
        if pinned and not (peer in present and pinned.same_keys(_own_public(key_dir, peer))):
            path = keyfiles.locate(key_dir, one, "peer")
            what = f"{one} is pinned to another {peer} than the one on this machine, if there is one"
            fix = (
                f"run `berani keys init --actor {one}` if this machine has that side only; if the keys of {peer} lay"
                f" here, restore them from your copy; if no report was ever taken, move {path} away and try again"
            )
            raise KeyProblem(path, what, fix)


def check_pins(key_dir: Path) -> None:
    """Where both sides lie here and are pinned: to each other. Raises KeyProblem; what is missing, the loader says."""
    if not all(is_made(key_dir, actor) for actor in ACTORS):
        return
    for actor in ACTORS:
        pinned, peer = _pinned(key_dir, actor), PEER[actor]
        if pinned is not None and not pinned.same_keys(_own_public(key_dir, peer)):
            path = keyfiles.locate(key_dir, actor, "peer")
            pin = f"`berani keys show {peer} | berani keys pin {actor} -`"
            fix = f"if the keys of {peer} are right, move it away and run {pin}"
            raise KeyProblem(path, f"does not hold the keys of {peer} that lie beside it", fix)


def _init_deployment(key_dir: Path, entropy: Entropy, *, alone: bool) -> list[Made]:
    """`alone`: one user has both sides, so nobody else needs to look into the folder."""
    path = key_dir / "deployment"
    if _deployment_if_any(key_dir):
        return []
    if is_made(key_dir, "intake"):
        raise KeyProblem(path, "is missing", _RESTORE_ID)
    keyfiles.make_folder(key_dir, 0o700 if alone else 0o755)
    keyfiles.write_new(path, entropy(_DEPLOYMENT_BYTES).hex() + "\n", 0o600 if alone else 0o644)
    return [Made(path, "the deployment's id")]


def _init_actor(key_dir: Path, actor: Actor, entropy: Entropy, show: Callable[[Made], None]) -> list[Made]:
    folder, stage = key_dir / actor, key_dir / f".{actor}-{entropy(8).hex()}"
    keyfiles.make_folder(key_dir, 0o755)
    keyfiles.make_folder(stage, 0o700)
    made = [Made(folder, f"the keys of {actor}")]
    try:
        values = {name: entropy(vault.KEY_BYTES) for name in SECRETS[actor]}
        epoch_id = entropy(8).hex()
        for name, value in values.items():
            label = epoch_id if name == "vault" else "-"
            keyfiles.write_new(stage / name, keyfiles.secret_line(actor, name, value, label))
        if actor == "desk":
            made.append(_init_escrow(key_dir, epoch_id, values["vault"] + values["box"], entropy))
            show(made[-1])
        keyfiles.publish(stage, folder)
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    return made


def _init_escrow(key_dir: Path, epoch_id: str, secret: bytes, entropy: Entropy) -> Made:
    path = key_dir / "escrow" / f"{epoch_id}.sealed"
    code = vault.new_recovery_code(entropy)
    text = vault.seal_escrow(code, epoch_id, secret, entropy)
    # Years may pass until it is needed: that it opens is proved now, while there is another copy.
    if vault.open_escrow(code, text) != (epoch_id, secret):
        raise KeyProblem(path, "the escrow does not open again", "check this machine's memory; nothing was made")
    keyfiles.make_folder(path.parent, 0o700)
    keyfiles.write_new(path, text)
    return Made(path, f"the escrow of epoch {epoch_id}: carry it off this machine", show_once=code)


# --- public keys ------------------------------------------------------------------------------------------------------


def public(key_dir: Path, actor: Actor) -> str:
    """The line of `actor`'s public keys, for `pin` on the other side. Raises KeyProblem."""
    return _own_public(key_dir, actor).line()


def pin(key_dir: Path, actor: Actor, text: str) -> list[Made]:
    """Makes `actor` trust the peer whose line stands in `text`, and nobody else. Returns what was made ([]: as it was).

    The desk takes the deployment's id from the line if it has none. Raises KeyProblem: not a line, `actor`'s own line,
    another deployment, or another peer pinned already (never overwritten).
    """
    path = keyfiles.locate(key_dir, actor, "peer")
    try:
        peer = parse_public(text)
    except ValueError:
        fix = f"run `berani keys show {PEER[actor]}` on the other machine and bring its line here whole"
        raise KeyProblem(path, "what is to be pinned is not one line of public keys", fix) from None
    if peer.actor == actor:
        fix = f"carry this line to the machine of {PEER[actor]}, and the line of {PEER[actor]} here"
        raise KeyProblem(path, f"the line holds the keys of {actor}, which pins {PEER[actor]}", fix)
    return _pin(key_dir, actor, peer)


def _pin(key_dir: Path, actor: Actor, peer: PublicKeys) -> list[Made]:
    path, made = keyfiles.locate(key_dir, actor, "peer"), []
    _own_public(key_dir, actor)
    pinned = _pinned(key_dir, actor)
    if pinned and not pinned.same_keys(peer):
        fix = f"if {peer.actor} was really made anew, compare the eight words by voice and move {path} away first"
        raise KeyProblem(path, f"another {peer.actor} is pinned already", fix)
    known = _deployment_if_any(key_dir)
    if known and peer.deployment and known != peer.deployment:
        what = f"{peer.actor} is of deployment {peer.deployment.hex()}, this is {known.hex()}"
        raise KeyProblem(key_dir / "deployment", what, "pin actors of one deployment; a desk takes over intake's id")
    if not known and peer.deployment:
        keyfiles.write_new(key_dir / "deployment", peer.deployment.hex() + "\n", 0o644)
        made.append(Made(key_dir / "deployment", f"the deployment's id, taken over from {peer.actor}"))
    if not pinned:
        keyfiles.write_new(path, peer.line() + "\n")
        made.append(Made(path, f"{peer.actor}, pinned by {actor}"))
    return made


def _own_public(key_dir: Path, actor: Actor) -> PublicKeys:
    secret = _secrets(key_dir, actor)
    sign, box = signing_public(secret["sign"]), vault.box_public(secret["box"])
    return PublicKeys(actor, _deployment_if_any(key_dir), sign, box)


def _pinned(key_dir: Path, actor: Actor) -> PublicKeys | None:
    path = keyfiles.locate(key_dir, actor, "peer")
    if not keyfiles.exists(path):
        return None
    fix = f"move it away and run `berani keys pin {actor} FILE` again"
    try:
        peer = parse_public(keyfiles.read_text(path, fix))
    except ValueError:
        raise KeyProblem(path, "is not one line of public keys", fix) from None
    if peer.actor == actor:
        raise KeyProblem(path, f"holds the keys of {actor} itself", fix)
    return peer


# --- loading ----------------------------------------------------------------------------------------------------------


def load_intake(key_dir: Path) -> IntakeKeys:
    """Intake's keys. Raises KeyProblem for what is missing, damaged, open to others or not pinned."""
    secret, deployment, peer = _load(key_dir, "intake")
    return IntakeKeys(deployment, secret["root"], secret["sign"], secret["box"], peer.sign, peer.box)


def load_desk(key_dir: Path) -> DeskKeys:
    """The desk's keys. Raises KeyProblem for what is missing, damaged, open to others or not pinned."""
    secret, deployment, peer = _load(key_dir, "desk")
    epoch_key, epoch_id = keyfiles.read_secret(key_dir, "desk", "vault", vault.KEY_BYTES)
    own = (secret["root"], secret["sign"], secret["box"])
    return DeskKeys(deployment, *own, peer.sign, peer.box, epoch_id, epoch_key)


def can_read_peer(key_dir: Path, actor: Actor) -> bool:
    """Whether this process can open a secret of the other actor: then the split holds on paper only."""
    peer = PEER[actor]
    return any(keyfiles.opens(keyfiles.locate(key_dir, peer, name)) for name in SECRETS[peer])


def _load(key_dir: Path, actor: Actor) -> tuple[dict[str, bytes], bytes, PublicKeys]:
    secret, peer = _secrets(key_dir, actor), _pinned(key_dir, actor)
    if peer is None:
        fix = f"run `berani keys show {PEER[actor]}` on its machine, then `berani keys pin {actor} FILE` here"
        raise KeyProblem(keyfiles.locate(key_dir, actor, "peer"), f"{actor} has no {PEER[actor]} pinned", fix)
    deployment = _deployment(key_dir)
    if peer.deployment not in (None, deployment):
        raise KeyProblem(key_dir / "deployment", f"the pinned {peer.actor} is of another deployment", _RESTORE_ID)
    return secret, deployment, peer


def _secrets(key_dir: Path, actor: Actor) -> dict[str, bytes]:
    folder = key_dir / actor
    if not keyfiles.from_service(key_dir) and not is_made(key_dir, actor):
        fix = f"run `berani keys init --actor {actor}`, or `berani init` for both; if there were keys, restore them"
        raise KeyProblem(folder, f"{actor} has no keys", fix)
    keyfiles.check_folder(folder)
    return {name: keyfiles.read_secret(key_dir, actor, name, vault.KEY_BYTES)[0] for name in SECRETS[actor]}


def _deployment(key_dir: Path) -> bytes:
    path = key_dir / "deployment"
    text = keyfiles.read_text(path, _RESTORE_ID, secret=False).strip()
    if not re.fullmatch(rf"[0-9a-f]{{{2 * _DEPLOYMENT_BYTES}}}", text):
        raise KeyProblem(path, f"is not {2 * _DEPLOYMENT_BYTES} hexadecimal digits", _RESTORE_ID)
    return bytes.fromhex(text)


def _deployment_if_any(key_dir: Path) -> bytes | None:
    return _deployment(key_dir) if keyfiles.exists(key_dir / "deployment") else None
