"""Key files: made once, never over others, pinned on purpose, refused when damaged or open to others."""

import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import keyfiles, keys, vault
from storage.keys import KeyProblem
from storage.letters import Actor, Letter, open_letter, seal_letter
from storage.peers import PublicKeys, fingerprint, parse_public
from storage.vault import Unreadable, system_entropy
from storage.wordlist import WORDS

ACTORS: tuple[Actor, Actor] = ("intake", "desk")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key_dir = tmp_path_factory.mktemp("made") / "keys"
    keys.init(key_dir, None, system_entropy)
    return key_dir


@pytest.fixture
def key_dir(made: Path, tmp_path: Path) -> Path:
    """Both actors' keys, pinned to each other, to be damaged at will."""
    return Path(shutil.copytree(made, tmp_path / "keys"))


def load(key_dir: Path, actor: Actor) -> object:
    return keys.load_intake(key_dir) if actor == "intake" else keys.load_desk(key_dir)


def files_in(key_dir: Path) -> dict[str, bytes]:
    return {str(path.relative_to(key_dir)): path.read_bytes() for path in key_dir.rglob("*") if path.is_file()}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# --- making


def test_both_sides_are_made_and_understand_each_other(key_dir: Path) -> None:
    intake, desk = keys.load_intake(key_dir), keys.load_desk(key_dir)
    there = Letter(system_entropy(16), system_entropy(16), 1, "submit", {})
    back = Letter(system_entropy(16), system_entropy(16), 1, "accepted", {})
    assert open_letter(desk.receiver, seal_letter(intake.sender, there, system_entropy)) == there
    assert open_letter(intake.receiver, seal_letter(desk.sender, back, system_entropy)) == back
    answer = vault.seal_answer(intake.peer_box_public, intake.deployment, bytes(16), b"cerita")
    assert vault.open_answer(desk.box, desk.deployment, bytes(16), answer) == b"cerita"
    with pytest.raises(Unreadable):
        vault.open_answer(intake.box, intake.deployment, bytes(16), answer)


def test_files_can_be_read_by_their_owner_only(key_dir: Path) -> None:
    for path in key_dir.rglob("*"):
        assert mode(path) == (0o700 if path.is_dir() else 0o600), path.name


def test_the_modes_hold_under_any_umask(tmp_path: Path) -> None:
    for umask in (0o000, 0o022, 0o077):
        before = os.umask(umask)
        try:
            keys.init(tmp_path / f"{umask:o}", "intake", system_entropy)
        finally:
            os.umask(before)
        assert mode(tmp_path / f"{umask:o}" / "intake" / "root") == 0o600
        assert mode(tmp_path / f"{umask:o}" / "deployment") == 0o644


def test_init_a_second_time_does_nothing(key_dir: Path) -> None:
    before = files_in(key_dir)
    for actor in (None, *ACTORS):
        assert keys.init(key_dir, actor, system_entropy) == []
    assert files_in(key_dir) == before


def test_init_says_what_it_made_and_leaves_nothing_else(tmp_path: Path) -> None:
    made = keys.init(tmp_path, None, system_entropy)
    escrow = next(tmp_path.glob("escrow/*.sealed"))
    assert [str(one.path.relative_to(tmp_path)) for one in made] == [
        "deployment",
        "intake",
        "desk",
        str(escrow.relative_to(tmp_path)),
        "intake/peer",
        "desk/peer",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["deployment", "desk", "escrow", "intake"]


def test_init_finishes_what_was_begun_for_one_side(tmp_path: Path) -> None:
    keys.init(tmp_path, "intake", system_entropy)
    before = files_in(tmp_path)
    keys.init(tmp_path, None, system_entropy)
    assert before.items() <= files_in(tmp_path).items()
    assert keys.load_intake(tmp_path).peer_box_public == vault.box_public(keys.load_desk(tmp_path).box)


@pytest.mark.parametrize("name", ["root", "sign", "box", "vault"])
def test_init_does_not_replace_a_lost_key(key_dir: Path, name: str) -> None:
    (key_dir / "desk" / name).unlink()
    before = files_in(key_dir)
    for actor in (None, "desk"):
        with pytest.raises(KeyProblem, match=rf"desk/{name}: is missing\n  fix: restore it"):
            keys.init(key_dir, actor, system_entropy)
    assert files_in(key_dir) == before


def test_init_does_not_replace_a_lost_deployment(key_dir: Path) -> None:
    (key_dir / "deployment").unlink()
    with pytest.raises(KeyProblem, match="deployment: is missing"):
        keys.init(key_dir, "intake", system_entropy)
    assert not (key_dir / "deployment").exists()


def test_an_init_that_fails_leaves_no_half_made_side(tmp_path: Path) -> None:
    (tmp_path / "escrow").write_text("in the way")
    with pytest.raises(KeyProblem, match="escrow"):
        keys.init(tmp_path, "desk", system_entropy)
    assert [path.name for path in tmp_path.iterdir()] == ["escrow"]


def test_the_recovery_code_is_shown_before_the_keys_that_it_belongs_to_are_there(tmp_path: Path) -> None:
    there: list[tuple[bool, bool]] = []
    keys.init(tmp_path, None, system_entropy, lambda one: there.append((bool(one.show_once), one.path.exists())))
    assert there == [(True, True)]

    def killed(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        keys.init(tmp_path / "other", "desk", system_entropy, killed)
    assert not keys.is_made(tmp_path / "other", "desk")


def test_the_escrow_gives_the_epoch_back_to_the_one_with_the_code(tmp_path: Path) -> None:
    made = keys.init(tmp_path, None, system_entropy)
    (escrow,) = [one for one in made if one.show_once]
    assert escrow.show_once
    desk = keys.load_desk(tmp_path)
    opened = vault.open_escrow(escrow.show_once, escrow.path.read_text())
    assert opened == (desk.epoch_id, desk.epoch_key + desk.box)
    assert escrow.path.name == f"{desk.epoch_id}.sealed"


def test_the_recovery_code_is_kept_nowhere_and_not_shown_when_printed(tmp_path: Path) -> None:
    made = keys.init(tmp_path, None, system_entropy)
    code = next(one.show_once for one in made if one.show_once)
    everything = b"".join(files_in(tmp_path).values())
    for form in (code, code.replace("-", "")):
        assert form.encode() not in everything
        assert form not in repr(made)


# --- two machines


def two_machines(tmp_path: Path) -> tuple[Path, Path]:
    here, there = tmp_path / "a", tmp_path / "b"
    keys.init(here, "intake", system_entropy)
    keys.init(there, "desk", system_entropy)
    return here, there


@pytest.mark.parametrize("desk_first", [True, False])
def test_two_machines_become_one_deployment_in_whatever_order_they_pin(tmp_path: Path, desk_first: bool) -> None:
    here, there = two_machines(tmp_path)
    lines = {"intake": keys.public(here, "intake"), "desk": keys.public(there, "desk")}
    pins: list[tuple[Path, Actor, str]] = [(there, "desk", lines["intake"]), (here, "intake", lines["desk"])]
    for where, actor, line in pins if desk_first else reversed(pins):
        assert keys.pin(where, actor, line)
    intake, desk = keys.load_intake(here), keys.load_desk(there)
    assert intake.deployment == desk.deployment
    letter = Letter(system_entropy(16), system_entropy(16), 1, "submit", {})
    assert open_letter(desk.receiver, seal_letter(intake.sender, letter, system_entropy)) == letter
    assert keys.pin(there, "desk", lines["intake"]) == []


def test_a_desk_alone_does_not_start_before_it_knows_its_intake(tmp_path: Path) -> None:
    _, there = two_machines(tmp_path)
    with pytest.raises(KeyProblem, match=r"no intake pinned\n  fix: run `berani keys show intake`"):
        keys.load_desk(there)


def test_an_actor_of_another_deployment_is_not_pinned(key_dir: Path, tmp_path: Path) -> None:
    keys.init(tmp_path / "other", "intake", system_entropy)
    keys.init(tmp_path / "other", "desk", system_entropy)
    (key_dir / "desk" / "peer").unlink()
    before = files_in(key_dir)
    with pytest.raises(KeyProblem, match="of deployment"):
        keys.pin(key_dir, "desk", keys.public(tmp_path / "other", "intake"))
    assert files_in(key_dir) == before


def test_a_pin_is_never_replaced(key_dir: Path) -> None:
    stranger = PublicKeys("desk", None, system_entropy(32), system_entropy(32))
    with pytest.raises(KeyProblem, match="another desk is pinned already"):
        keys.pin(key_dir, "intake", stranger.line())
    assert keys.pin(key_dir, "intake", keys.public(key_dir, "desk")) == []


def test_an_actor_does_not_pin_itself(key_dir: Path) -> None:
    with pytest.raises(KeyProblem, match=r"holds the keys of desk, which pins intake\n  fix: carry"):
        keys.pin(key_dir, "desk", keys.public(key_dir, "desk"))


@pytest.mark.parametrize("text", ["", "halo", "berani-public/v1 desk - 00 00", "\ud800"])
def test_what_is_not_a_line_of_keys_is_not_pinned(key_dir: Path, text: str) -> None:
    with pytest.raises(KeyProblem, match="not one line of public keys"):
        keys.pin(key_dir, "intake", text)


def test_both_sides_are_not_made_beside_a_side_that_is_pinned_elsewhere(tmp_path: Path) -> None:
    here, there = two_machines(tmp_path)
    keys.pin(here, "intake", keys.public(there, "desk"))
    before = files_in(here)
    with pytest.raises(
        KeyProblem, match=r"intake is pinned to another desk .*\n  fix: run `berani keys init --actor intake`"
    ):
        keys.init(here, None, system_entropy)
    assert files_in(here) == before


def test_a_deployment_changed_under_a_pinned_peer_is_noticed(key_dir: Path) -> None:
    (key_dir / "deployment").write_text(system_entropy(16).hex())
    for actor in ACTORS:
        with pytest.raises(KeyProblem, match="another deployment"):
            load(key_dir, actor)


# --- lines and fingerprints


def test_a_line_survives_being_sent_in_a_mail_and_two_lines_are_refused() -> None:
    line = PublicKeys("desk", bytes(16), b"s" * 32, b"b" * 32).line()
    assert parse_public(f"Hai,\r\n  {line} \r\nsalam").line() == line
    for wrong in (f"{line}\n{line}", line[:-1], line + "0", line.replace("desk", "admin"), line.replace("v1", "v2")):
        with pytest.raises(ValueError, match="line of public keys"):
            parse_public(wrong)


def test_a_fingerprint_is_eight_words_that_change_with_every_key_and_not_with_the_deployment() -> None:
    one = PublicKeys("desk", None, b"s" * 32, b"b" * 32)
    others = [
        PublicKeys("intake", None, b"s" * 32, b"b" * 32),
        PublicKeys("desk", None, b"t" * 32, b"b" * 32),
        PublicKeys("desk", None, b"s" * 32, b"c" * 32),
    ]
    assert fingerprint(one.line()) == fingerprint(PublicKeys("desk", bytes(16), b"s" * 32, b"b" * 32).line())
    words = {fingerprint(one.line()), *(fingerprint(other.line()) for other in others)}
    assert len(words) == 4
    assert all(len(said.split()) == 8 and set(said.split()) <= set(WORDS) for said in words)


def test_the_words_are_256_and_no_two_are_one_letter_apart() -> None:
    def close(one: str, other: str) -> bool:
        if len(one) == len(other):
            return sum(a != b for a, b in zip(one, other, strict=True)) <= 1
        short, long = sorted((one, other), key=len)
        return len(long) - len(short) == 1 and any(long[:at] + long[at + 1 :] == short for at in range(len(long)))

    assert len(set(WORDS)) == len(WORDS) == 256
    assert all(re.fullmatch("[a-z]{3,9}", word) for word in WORDS)
    assert [(one, other) for at, one in enumerate(WORDS) for other in WORDS[at + 1 :] if close(one, other)] == []


# --- loading

SECRETS = [(actor, name) for actor in ACTORS for name in (*keys.SECRETS[actor], "peer")]


@pytest.mark.parametrize(("actor", "name"), SECRETS)
@pytest.mark.parametrize("wrong", [0o644, 0o640, 0o606, 0o660, 0o200])
def test_a_key_file_with_another_mode_is_refused(key_dir: Path, actor: Actor, name: str, wrong: int) -> None:
    path = key_dir / actor / name
    path.chmod(wrong)
    with pytest.raises(KeyProblem) as caught:
        load(key_dir, actor)
    assert caught.value.path == path
    if wrong & 0o400:
        assert caught.value.fix == f"chmod 600 {path}"


@pytest.mark.parametrize("actor", ACTORS)
def test_a_folder_others_may_look_into_is_refused(key_dir: Path, actor: Actor) -> None:
    (key_dir / actor).chmod(0o750)
    with pytest.raises(KeyProblem, match="chmod 700"):
        load(key_dir, actor)


@pytest.mark.parametrize(("actor", "name"), SECRETS)
def test_a_missing_key_file_is_named(key_dir: Path, actor: Actor, name: str) -> None:
    (key_dir / actor / name).unlink()
    with pytest.raises(KeyProblem) as caught:
        load(key_dir, actor)
    assert caught.value.path == key_dir / actor / name


@pytest.mark.parametrize("actor", ACTORS)
def test_keys_that_were_never_made_are_asked_for(tmp_path: Path, actor: Actor) -> None:
    for empty in (tmp_path, tmp_path / "missing"):
        with pytest.raises(KeyProblem, match=f"{actor} has no keys\n  fix: run `berani keys init --actor {actor}`"):
            load(empty, actor)


@pytest.mark.parametrize(("actor", "name"), SECRETS)
def test_a_damaged_key_file_is_refused_without_showing_it(key_dir: Path, actor: Actor, name: str) -> None:
    path = key_dir / actor / name
    whole = path.read_text()
    other = (key_dir / actor / ("sign" if name != "sign" else "box")).read_text()
    for damaged in (whole[:-3], whole[:-1] + "00\n", "", other, whole + whole, "\xff" * 90):
        path.write_text(damaged, encoding="latin-1")
        with pytest.raises(KeyProblem) as caught:
            load(key_dir, actor)
        assert caught.value.path == path
        assert whole.split()[-1] not in str(caught.value)


def test_a_key_of_one_actor_is_not_taken_for_the_others(key_dir: Path) -> None:
    shutil.copy(key_dir / "desk" / "sign", key_dir / "intake" / "sign")
    with pytest.raises(KeyProblem, match="intake/sign"):
        keys.load_intake(key_dir)


@pytest.mark.parametrize("text", ["", "00", "x" * 32, "0" * 33])
def test_a_damaged_deployment_is_refused(key_dir: Path, text: str) -> None:
    (key_dir / "deployment").write_text(text)
    with pytest.raises(KeyProblem, match="deployment: is not 32 hexadecimal digits"):
        keys.load_intake(key_dir)


def test_loaded_keys_show_no_secret(key_dir: Path) -> None:
    intake, desk = keys.load_intake(key_dir), keys.load_desk(key_dir)
    secrets = [intake.root, intake.sign, intake.box, intake.addr_enc, intake.addr_idx, intake.session_enc]
    secrets += [intake.dedupe, intake.receipt, intake.outbox, desk.root, desk.sign, desk.box, desk.epoch_key]
    secrets += [desk.staff_enc, desk.addr_enc, desk.index, desk.dedupe, desk.outbox]
    assert len(set(secrets)) == len(secrets)
    parts = [intake, desk, intake.sender, intake.receiver, desk.sender, desk.receiver]
    shown = repr(parts) + str(parts)
    for secret in secrets:
        assert repr(secret)[2:-1] not in shown
        assert secret.hex() not in shown
    assert desk.epoch_id in shown


def test_keys_passed_by_systemd_are_taken_with_the_rights_it_gives(
    key_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials = tmp_path / "credentials" / "berani-desk.service"
    credentials.mkdir(parents=True)
    for path in [*(key_dir / "desk").iterdir(), key_dir / "deployment"]:
        name = path.name if path.parent == key_dir else f"desk_{path.name}"
        shutil.copy(path, credentials / name)
        (credentials / name).chmod(0o440)
    monkeypatch.setattr(keyfiles, "CREDENTIALS", tmp_path / "credentials")
    assert keys.load_desk(credentials) == keys.load_desk(key_dir)
    assert not keys.can_read_peer(credentials, "desk")
    with pytest.raises(KeyProblem, match="intake_root: is missing"):
        keys.load_intake(credentials)


@given(st.binary(max_size=200))
def test_no_file_content_makes_loading_fail_in_another_way(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        keyfiles.make_folder(Path(folder) / "intake", 0o700)
        path = Path(folder) / "intake" / "root"
        path.write_bytes(content)
        path.chmod(0o600)
        with pytest.raises(KeyProblem):
            keys.load_intake(Path(folder))


# --- the split


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without root's power to read everything; changes nothing for others."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def shared_dir() -> Iterator[Path]:
    """A key folder every user can reach, its actors' folders closed to all but their owners."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        keys.init(Path(folder) / "keys", None, system_entropy)
        yield Path(folder) / "keys"
        for actor in ACTORS:
            (Path(folder) / "keys" / actor).chmod(0o700)


def test_one_user_for_both_actors_is_noticed(key_dir: Path) -> None:
    assert keys.can_read_peer(key_dir, "intake")
    assert keys.can_read_peer(key_dir, "desk")
    shutil.rmtree(key_dir / "desk")
    assert not keys.can_read_peer(key_dir, "intake")
    assert keys.can_read_peer(key_dir, "desk")


def test_one_readable_secret_is_enough_to_break_the_split(key_dir: Path) -> None:
    for name in ("root", "sign", "box"):
        (key_dir / "desk" / name).unlink()
    assert keys.can_read_peer(key_dir, "intake")


def test_another_user_cannot_read_the_peer_and_is_told_so_readably(shared_dir: Path) -> None:
    (shared_dir / "desk").chmod(0o000)
    with as_nobody():
        assert not keys.can_read_peer(shared_dir, "intake")
        for attempt in (
            lambda: keys.load_desk(shared_dir),
            lambda: keys.public(shared_dir, "desk"),
            lambda: keys.init(shared_dir, "desk", system_entropy),
            lambda: keys.init(shared_dir, None, system_entropy),
        ):
            with pytest.raises(KeyProblem, match=r"cannot be read \(PermissionError\)"):
                attempt()


def test_a_folder_that_cannot_be_written_is_named(shared_dir: Path) -> None:
    shared_dir.chmod(0o555)
    with as_nobody(), pytest.raises(KeyProblem, match=r"new: cannot be written \(PermissionError\)"):
        keys.init(shared_dir / "new", "intake", system_entropy)
    shared_dir.chmod(0o755)


def test_of_two_that_make_keys_at_once_one_wins_whole(key_dir: Path, tmp_path: Path) -> None:
    """As if the other had finished while this one was still writing its files."""
    before = files_in(key_dir)
    late = tmp_path / "late"
    keys.init(late, "intake", system_entropy)
    with pytest.raises(KeyProblem, match="intake: cannot be written"):
        keyfiles.publish(late / "intake", key_dir / "intake")
    with pytest.raises(KeyProblem, match="never overwritten"):
        keyfiles.write_new(key_dir / "deployment", "00\n")
    assert files_in(key_dir) == before


def test_both_sides_in_one_folder_must_be_pinned_to_each_other(key_dir: Path, tmp_path: Path) -> None:
    keys.check_pins(key_dir)
    keys.init(tmp_path / "other", None, system_entropy)
    for name in ("sign", "box"):
        shutil.copy(tmp_path / "other" / "intake" / name, key_dir / "intake" / name)
    with pytest.raises(KeyProblem, match="does not hold the keys of intake") as problem:
        keys.check_pins(key_dir)
    assert "keys pin desk" in str(problem.value)
