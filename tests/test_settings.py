"""Promises of bot/settings.py: names, order of sources, and refusals that name the setting and the fix."""

import re
from pathlib import Path

import pytest
from sqlalchemy import make_url

from bot.settings import CHECKOUT, FIELDS, SECRETS, SettingsError, load, setting_name

TOKEN = "1234567890:" + "AbCdEfGhIjKlMnOpQrStUvWxYz012345678"
OTHER = "9876543210:" + "AbCdEfGhIjKlMnOpQrStUvWxYz012345678"
DOUBLE = {"BERANI_TELEGRAM_API_URL": "http://127.0.0.1:9000"}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in ("flows", "locales"):
        (tmp_path / "checkout" / name).mkdir(parents=True)
    return tmp_path / "checkout"


@pytest.fixture(autouse=True)
def working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return work


def refusal(env: dict[str, str], checkout: Path) -> str:
    with pytest.raises(SettingsError) as caught:
        load(env, checkout=checkout)
    return str(caught.value)


def test_every_setting_stands_in_the_example_with_its_default_and_nothing_else_does(checkout: Path) -> None:
    text = (CHECKOUT / ".env.example").read_text(encoding="utf-8")
    names = re.findall(r"^(\w+)=", text, re.MULTILINE)
    assert sorted(names) == sorted(map(setting_name, FIELDS))
    example = checkout / ".env.example"
    example.write_text(text, encoding="utf-8")
    assert load({}, example, checkout) == load({}, None, checkout)


def test_every_setting_of_the_example_has_a_comment_above() -> None:
    paragraphs = (CHECKOUT / ".env.example").read_text(encoding="utf-8").split("\n\n")
    assert all(part.startswith("#") for part in paragraphs)


def test_defaults_are_those_of_the_contract(checkout: Path) -> None:
    settings = load({}, checkout=checkout)
    assert settings.intake_database_url.get_secret_value() == "sqlite:///var/intake.db"
    assert settings.desk_database_url.get_secret_value() == "sqlite:///var/desk.db"
    assert (settings.key_dir, settings.timezone.key) == (Path("var/keys"), "Asia/Makassar")
    assert (str(settings.intake_listen), str(settings.desk_listen)) == ("127.0.0.1:8128", "127.0.0.1:8127")
    assert (settings.require_split, settings.desk_group_id, settings.clock_file) == (False, None, None)


def test_environment_goes_before_the_file_and_empty_counts_as_not_set(checkout: Path) -> None:
    Path(".env").write_text(
        "# a comment\n\nexport BERANI_KEY_DIR='a b' # c\nBERANI_TIMEZONE=Asia/Jakarta\nBERANI_INTAKE_LISTEN=\n",
        encoding="utf-8",
    )
    settings = load({"BERANI_TIMEZONE": "Asia/Jayapura", "BERANI_KEY_DIR": " "}, checkout=checkout)
    assert (settings.timezone.key, settings.key_dir) == ("Asia/Jayapura", Path("a b"))
    assert settings.intake_listen.port == 8128


@pytest.mark.parametrize("field", sorted(SECRETS))
def test_a_secret_may_stand_in_a_file_of_its_own(field: str, checkout: Path) -> None:
    value = TOKEN if field.endswith("token") else "sqlite:///elsewhere.db"
    Path("secret").write_text(value + "\n", encoding="utf-8")
    settings = load({setting_name(field) + "_FILE": "secret"}, checkout=checkout)
    assert getattr(settings, field).get_secret_value() == value


def test_the_environment_s_secret_file_goes_before_the_file_s_secret(checkout: Path) -> None:
    Path("secret").write_text(TOKEN, encoding="utf-8")
    Path(".env").write_text(f"BERANI_INTAKE_TELEGRAM_TOKEN={OTHER}\n", encoding="utf-8")
    settings = load({"BERANI_INTAKE_TELEGRAM_TOKEN_FILE": "secret"}, checkout=checkout)
    assert settings.token("intake") == TOKEN


def test_a_secret_given_twice_or_in_an_unreadable_or_empty_file_is_refused(checkout: Path) -> None:
    Path("empty").touch()
    assert "not both" in refusal(
        {"BERANI_DESK_TELEGRAM_TOKEN": TOKEN, "BERANI_DESK_TELEGRAM_TOKEN_FILE": "empty"}, checkout
    )
    assert "FileNotFoundError" in refusal({"BERANI_DESK_TELEGRAM_TOKEN_FILE": "none"}, checkout)
    assert "empty" in refusal({"BERANI_DESK_TELEGRAM_TOKEN_FILE": "empty"}, checkout)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BERANI_INTAKE_DATABASE_URL", "mysql://localhost/berani"),
        ("BERANI_INTAKE_DATABASE_URL", "sqlite://"),
        ("BERANI_DESK_DATABASE_URL", "sqlite:///:memory:"),
        ("BERANI_DESK_DATABASE_URL", "postgresql://desk:a@b/c@db/desk"),
        ("BERANI_DESK_DATABASE_URL", "postgresql://desk:a:b@db/desk"),
        ("BERANI_DESK_DATABASE_URL", "postgresql://db:port/desk"),
        ("BERANI_DESK_DATABASE_URL", "postgresql://db"),
        ("BERANI_DESK_GROUP_ID", "1234"),
        ("BERANI_DESK_GROUP_ID", "grup"),
        ("BERANI_TELEGRAM_API_URL", "api.telegram.org"),
        ("BERANI_TELEGRAM_API_URL", "http://host:port"),
        ("BERANI_INTAKE_LISTEN", "8128"),
        ("BERANI_DESK_LISTEN", "127.0.0.1:70000"),
        ("BERANI_TIMEZONE", "Asia/Nowhere"),
        ("BERANI_TIMEZONE", "../etc/passwd"),
        ("BERANI_REQUIRE_SPLIT", "maybe"),
        ("BERANI_FLOWS_DIR", "/nonexistent/flows"),
        ("BERANI_LOCALES_DIR", "other"),
    ],
)
def test_a_faulty_value_is_refused_with_its_name_what_was_expected_and_the_fix(
    name: str, value: str, checkout: Path
) -> None:
    text = refusal({name: value}, checkout)
    assert name in text and "expected: " in text
    assert text.splitlines()[-1].startswith("  fix: ")


def test_all_faults_are_told_at_once_and_a_file_s_with_the_line(checkout: Path) -> None:
    Path(".env").write_text("BERANI_KEY_DIR=keys\nBERANI_TIMEZONE=WITA\nwhat is this\n", encoding="utf-8")
    text = refusal({"BERANI_REQUIRE_SPLIT": "2"}, checkout)
    assert ".env line 2" in text and ".env line 3" in text and "BERANI_REQUIRE_SPLIT = '2' (environment)" in text


def test_a_misspelt_name_in_the_file_is_refused_and_a_name_of_others_is_left_alone(checkout: Path) -> None:
    Path(".env").write_text("BERANI_REQUIRE_SPLT=1\nBERANI_SOMETHING_ELSE=1\nDATABASE_URL=x\n", encoding="utf-8")
    text = refusal({}, checkout)
    assert "BERANI_REQUIRE_SPLT (.env line 1)" in text and "did you mean BERANI_REQUIRE_SPLIT?" in text
    assert text.count("expected: ") == 1


def test_every_token_that_is_not_set_is_named_at_once(checkout: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load({}, checkout=checkout).need_tokens(("intake", "desk"))
    assert [fault.name for fault in caught.value.faults] == [
        "BERANI_INTAKE_TELEGRAM_TOKEN",
        "BERANI_DESK_TELEGRAM_TOKEN",
    ]


@pytest.mark.parametrize(
    "url", ["postgresql://desk:a%40b@db:5432/desk", "postgresql://[::1]:5432/desk", "postgresql://p:@/desk?host=/tmp/x"]
)
def test_addresses_of_postgresql_that_work_are_taken(url: str, checkout: Path) -> None:
    settings = load({"BERANI_DESK_DATABASE_URL": url}, checkout=checkout)
    make_url(settings.desk_database_url.get_secret_value())


def test_an_unreadable_env_file_is_refused(checkout: Path) -> None:
    Path(".env").write_bytes(b"BERANI_KEY_DIR=\xff\n")
    assert "UnicodeDecodeError" in refusal({}, checkout)


@pytest.mark.parametrize("url", ["https://api.telegram.org", "http://127.0.0.1:9000"])
@pytest.mark.parametrize(
    "value",
    [
        "changeme",
        "your-token-here",
        "123456789:YOUR_TOKEN",
        "<token>",
        "123456:token-here-xxxxxxxxxxxxxxxxxxxxxx",
        ":",
        "abc:def",
    ],
)
def test_placeholders_are_refused_as_tokens_and_never_shown(value: str, url: str, checkout: Path) -> None:
    text = refusal({"BERANI_INTAKE_TELEGRAM_TOKEN": value, "BERANI_TELEGRAM_API_URL": url}, checkout)
    assert "BERANI_INTAKE_TELEGRAM_TOKEN" in text and "@BotFather" in text
    assert value == ":" or value not in text


def test_short_tokens_are_taken_only_where_the_bot_api_is_on_this_machine(checkout: Path) -> None:
    short = {"BERANI_INTAKE_TELEGRAM_TOKEN": "1:intake", "BERANI_DESK_TELEGRAM_TOKEN": "1:desk"}
    assert load(short | DOUBLE, checkout=checkout).token("desk") == "1:desk"
    assert "form of a token" in refusal(short, checkout)


def test_one_bot_for_both_sides_is_refused(checkout: Path) -> None:
    both = {"BERANI_INTAKE_TELEGRAM_TOKEN": TOKEN, "BERANI_DESK_TELEGRAM_TOKEN": TOKEN}
    assert "two different bots" in refusal(both, checkout)
    assert "two different bots" in refusal(both | DOUBLE, checkout)
    same_bot = TOKEN[:-1] + "z"
    assert "two different bots" in refusal(both | {"BERANI_DESK_TELEGRAM_TOKEN": same_bot}, checkout)
    assert load(both | {"BERANI_DESK_TELEGRAM_TOKEN": OTHER}, checkout=checkout).token("desk") == OTHER


def test_a_missing_token_is_an_error_only_where_it_is_needed(checkout: Path) -> None:
    settings = load({"BERANI_INTAKE_TELEGRAM_TOKEN": TOKEN}, checkout=checkout)
    assert settings.token("intake") == TOKEN
    with pytest.raises(SettingsError, match="BERANI_DESK_TELEGRAM_TOKEN"):
        settings.token("desk")


def test_one_database_for_both_sides_is_refused(checkout: Path) -> None:
    assert "two different databases" in refusal({"BERANI_DESK_DATABASE_URL": "sqlite:///var/intake.db"}, checkout)


def test_postgresql_addresses_are_opened_with_psycopg_3(checkout: Path) -> None:
    settings = load({"BERANI_DESK_DATABASE_URL": "postgresql://desk:s3cret@db/desk"}, checkout=checkout)
    assert settings.desk_database_url.get_secret_value() == "postgresql+psycopg://desk:s3cret@db/desk"


@pytest.mark.parametrize(
    ("url", "honoured"),
    [
        ("http://127.0.0.1:9000", True),
        ("http://localhost:9000/", True),
        ("http://[::1]:9000", True),
        ("https://api.telegram.org", False),
        ("http://127.0.0.1.example.org", False),
        ("http://10.0.0.1:9000", False),
    ],
)
def test_the_clock_is_moved_only_while_the_bot_api_is_on_this_machine(url: str, honoured: bool, checkout: Path) -> None:
    settings = load({"BERANI_CLOCK_FILE": "clock", "BERANI_TELEGRAM_API_URL": url}, checkout=checkout)
    assert settings.honoured_clock_file == (Path("clock") if honoured else None)


def test_flows_come_from_the_working_directory_else_from_the_checkout(checkout: Path, working_directory: Path) -> None:
    assert load({}, checkout=checkout).flows_dir == checkout / "flows"
    (working_directory / "flows").mkdir()
    assert load({}, checkout=checkout).flows_dir == Path("flows")


def test_secrets_never_show_in_a_representation(checkout: Path) -> None:
    env = {"BERANI_INTAKE_TELEGRAM_TOKEN": TOKEN, "BERANI_DESK_DATABASE_URL": "postgresql://desk:s3cret@db/desk"}
    shown = repr(load(env, checkout=checkout)) + str(load(env, checkout=checkout))
    assert TOKEN not in shown and "s3cret" not in shown


def test_the_environment_of_this_process_is_never_read(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BERANI_TIMEZONE", "Asia/Jayapura")
    monkeypatch.setenv("TIMEZONE", "Asia/Jayapura")
    assert load({}, checkout=checkout).timezone.key == "Asia/Makassar"
