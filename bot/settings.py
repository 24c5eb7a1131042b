"""Settings: read once, from a mapping and a .env file, checked as a whole, refused with one readable block.

Names and defaults are contracts with operators; each stands with its meaning in .env.example. The environment goes
before .env, an empty value counts as not set, relative paths are relative to the working directory. A secret may stand
in a file of its own, named by NAME_FILE, as systemd credentials and container secrets do.
"""

import difflib
import ipaddress
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, SecretStr, ValidationError

Actor = Literal["intake", "desk"]

CHECKOUT = Path(__file__).resolve().parent.parent

# A token is the bot's id, a colon and 35 characters (core.telegram.org/bots/api, "Authorizing your bot"). Doubles of
# the Bot API on this machine may use shorter ones.
_TOKEN = re.compile(r"[0-9]{6,}:[A-Za-z0-9_-]{30,}")
_TOKEN_OF_A_DOUBLE = re.compile(r"[0-9]+:[A-Za-z0-9_-]+")
# The examples in Telegram's own documentation, and what people write where a token belongs.
_PLACEHOLDER = re.compile(
    r"ABC-DEF1234ghIkl|AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw|AAFD39kkdpWt3ywyRZergyOLMaJhac60qc"
    r"|(?i:change[-_]?me|replace[-_]?me|placeholder|your[-_]|yourtoken|token[-_]here|ganti[-_]|isi[-_]token|xxxxxx|<|>|\.\.\.)"
)
# What SQLAlchemy can take apart: a password with @ / : ? in it cuts such an address in the wrong place.
_POSTGRESQL = re.compile(
    r"postgresql\+psycopg://([^:/@?\s]+(:[^:/@?\s]*)?@)?(\[[0-9A-Fa-f:.]+\]|[^:/@?\s\[\]]*)(:[0-9]{1,5})?/[^/@?\s]+(\?\S*)?"
)
_ENV_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")


class Fault(ValueError):
    """One setting that cannot be used: what was expected, and what mends it. Never carries a secret's value."""

    def __init__(self, expected: str, fix: str, name: str = "", found: str = "") -> None:
        super().__init__(expected)
        self.name, self.found, self.expected, self.fix = name, found, expected, fix

    def __str__(self) -> str:
        found = f" {self.found}" if self.found else ""
        return f"{self.name}{found}\n  expected: {self.expected}\n  fix: {self.fix}"


class SettingsError(Exception):
    """Settings that cannot be used: all faults at once, as one block that ends with a fix."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("The settings are faulty.\n" + "\n".join(str(fault) for fault in faults))


class Listen(BaseModel):
    """Where HTTP is served: host and port; port 0 lets the system choose."""

    model_config = ConfigDict(frozen=True)
    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def _database(value: str) -> str:
    # libpq's own scheme means psycopg 3 here: SQLAlchemy would take it for psycopg2.
    value = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", value)
    if value.startswith("postgresql+psycopg:"):
        if not _POSTGRESQL.fullmatch(value):
            fix = "write @ in a name or password as %40, : as %3A, / as %2F, ? as %3F, % as %25"
            raise Fault("postgresql://USER:PASSWORD@HOST:PORT/DATABASE", fix)
        return value
    if not re.match(r"sqlite:///.*[^/]$", value) or value.startswith("sqlite:///:memory:"):
        raise Fault("sqlite:///FILE or postgresql://USER@HOST/DATABASE", "for SQLite write sqlite:///var/intake.db")
    return value


def _url(value: str) -> str:
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment:
        raise Fault("an http or https address without query", "for Telegram itself write https://api.telegram.org")
    return value.rstrip("/")


def _listen(value: str) -> Listen:
    host, _, port = value.rpartition(":")
    if not host or not port.isdecimal() or not port.isascii() or int(port) > 65535:
        raise Fault("HOST:PORT, port 0 to 65535", "write 127.0.0.1:8128, as in .env.example")
    return Listen(host=host.strip("[]"), port=int(port))


def _group(value: str) -> int:
    if not re.fullmatch(r"-[0-9]{1,19}", value):
        raise Fault("the negative number of a Telegram group", "leave it empty and bind the group with /hubungkan")
    return int(value)


def _zone(value: str) -> ZoneInfo:
    try:
        return ZoneInfo(value)
    except (ValueError, OSError, LookupError):
        raise Fault("an IANA time zone name", "write Asia/Jakarta, Asia/Makassar or Asia/Jayapura") from None


def _flag(value: str) -> bool:
    known = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if value.lower() not in known:
        raise Fault("1 or 0", "write 1 to switch it on, 0 to switch it off")
    return known[value.lower()]


DatabaseUrl = Annotated[SecretStr, BeforeValidator(_database)]


class Settings(BaseModel):
    """Every setting; a field's name in capitals after `BERANI_` is its name outside (`key_dir`: `BERANI_KEY_DIR`)."""

    model_config = ConfigDict(frozen=True)

    intake_database_url: DatabaseUrl = SecretStr("sqlite:///var/intake.db")
    desk_database_url: DatabaseUrl = SecretStr("sqlite:///var/desk.db")
    key_dir: Path = Path("var/keys")
    intake_telegram_token: SecretStr | None = None
    desk_telegram_token: SecretStr | None = None
    desk_group_id: Annotated[int | None, BeforeValidator(_group)] = None
    telegram_api_url: Annotated[str, AfterValidator(_url)] = "https://api.telegram.org"
    intake_listen: Annotated[Listen, BeforeValidator(_listen)] = Listen(host="127.0.0.1", port=8128)
    desk_listen: Annotated[Listen, BeforeValidator(_listen)] = Listen(host="127.0.0.1", port=8127)
    flows_dir: Path = Path("flows")
    locales_dir: Path = Path("locales")
    timezone: Annotated[ZoneInfo, BeforeValidator(_zone)] = ZoneInfo("Asia/Makassar")
    clock_file: Path | None = None
    require_split: Annotated[bool, BeforeValidator(_flag)] = False

    @property
    def on_loopback(self) -> bool:
        """Whether every API address of a configured channel lies on this machine: a rehearsal, not the service."""
        return _is_loopback(self.telegram_api_url)

    @property
    def honoured_clock_file(self) -> Path | None:
        """The file that moves the clock, or None: nobody may move the clock of a service that real people reach."""
        return self.clock_file if self.on_loopback else None

    def token(self, actor: Actor) -> str:
        """The bot token of `actor`, in clear. Raises SettingsError when it is not set."""
        self.need_tokens((actor,))
        token: SecretStr = getattr(self, f"{actor}_telegram_token")
        return token.get_secret_value()

    def need_tokens(self, actors: Iterable[Actor]) -> None:
        """Raises SettingsError that names every token of these actors that is not set."""
        names = [setting_name(field) for field in map("{}_telegram_token".format, actors) if not getattr(self, field)]
        fix = "write {0}=… into .env (`berani init` makes it), or the path of a file into {0}_FILE"
        if names:
            expected = "the token that @BotFather gives"
            raise SettingsError([Fault(expected, fix.format(name), name, "is not set") for name in names])


def setting_name(field: str) -> str:
    """The name outside of a field of `Settings`: `key_dir` is `BERANI_KEY_DIR`."""
    return f"BERANI_{field.upper()}"


FIELDS = tuple(Settings.model_fields)
SECRETS = frozenset({"intake_database_url", "desk_database_url", "intake_telegram_token", "desk_telegram_token"})


def load(env: Mapping[str, str], env_file: Path | None = Path(".env"), checkout: Path = CHECKOUT) -> Settings:
    """Settings out of `env`, then `env_file` (it need not exist), then defaults; content folders also from `checkout`.

    Raises SettingsError with every fault found.
    """
    faults: list[Fault] = []
    lines = read_env_file(env_file, faults) if env_file else {}
    _look_for_slips({name: f"({env_file} line {number})" for name, (_, number) in lines.items()}, faults)
    # Where each value was found, for the message: the environment has no lines, the file has.
    places = [("(environment)", dict(env))]
    places += [(f"({env_file} line {number})", {name: value}) for name, (value, number) in lines.items()]
    values: dict[str, Any] = {}
    origin: dict[str, str] = {}
    for field in FIELDS:
        for where, place in places:
            value = _value(field, place, where, faults)
            if value:
                values[field], origin[field] = value, where
                break
    try:
        settings = Settings(**values)
    except ValidationError as error:
        faults += [_named(found, values, origin) for found in error.errors()]
        raise SettingsError(faults) from None
    faults += _together(settings, origin)
    flows = _content_dir("flows_dir", settings.flows_dir, checkout, faults)
    locales = _content_dir("locales_dir", settings.locales_dir, checkout, faults)
    if faults:
        raise SettingsError(faults)
    return settings.model_copy(update={"flows_dir": flows, "locales_dir": locales})


def read_env_file(path: Path, faults: list[Fault]) -> dict[str, tuple[str, int]]:
    """Name → (value, line number) of a .env file; {} when there is none. What cannot be read is added to `faults`.

    A line is `NAME=value`, with quotes and `#` comments as in a shell; nothing is expanded.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        reason = type(error).__name__
        faults.append(Fault("a readable UTF-8 file", "mend its rights or encoding", str(path), f"({reason})"))
        return {}
    values = {}
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        match = _ENV_LINE.fullmatch(text)
        if match is None:
            faults.append(Fault("NAME=value, or a line that begins with #", "mend the line", f"{path} line {number}"))
            continue
        values[match[1]] = (_unquoted(match[2]), number)
    return values


def _look_for_slips(places: Mapping[str, str], faults: list[Fault]) -> None:
    """A misspelt name would leave its setting at the default without a word, BERANI_REQUIRE_SPLIT for one."""
    known = [*map(setting_name, FIELDS), *(f"{setting_name(field)}_FILE" for field in SECRETS)]
    for name, where in places.items():
        like = [] if name in known else difflib.get_close_matches(name, known, 1, 0.9)
        if like:
            faults.append(Fault("the name of a setting", f"did you mean {like[0]}?", name, where))


def _unquoted(text: str) -> str:
    quoted = re.match(r"""(["'])(.*?)\1\s*(?:#.*)?$""", text)
    return quoted[2] if quoted else re.sub(r"(^|\s+)#.*$", "", text).strip()


def _value(field: str, source: Mapping[str, str], where: str, faults: list[Fault]) -> str:
    name = setting_name(field)
    value = source.get(name, "").strip()
    file = source.get(f"{name}_FILE", "").strip() if field in SECRETS else ""
    if value and file:
        faults.append(Fault(f"{name} or {name}_FILE, not both", "remove one of the two", name, where))
    if not file or value:
        return value
    try:
        content = Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        content, reason = "", type(error).__name__
    else:
        reason = "empty"
    if not content:
        found = f"{where} ({reason})"
        faults.append(Fault("a readable file that holds the secret", f"mend {file}", f"{name}_FILE", found))
    return content


def _named(error: Any, values: Mapping[str, Any], origin: Mapping[str, str]) -> Fault:
    field = str(error["loc"][0])
    cause = error.get("ctx", {}).get("error")
    fault = cause if isinstance(cause, Fault) else Fault(str(error["msg"]), "see .env.example")
    shown = "" if field in SECRETS else f"= {str(values.get(field))[:80]!r} "
    return Fault(fault.expected, fault.fix, setting_name(field), f"{shown}{origin.get(field, '')}".strip())


def _together(settings: Settings, origin: Mapping[str, str]) -> list[Fault]:
    """Faults that show only when settings are seen together."""
    faults = []
    tokens = {}
    for field in ("intake_telegram_token", "desk_telegram_token"):
        secret: SecretStr | None = getattr(settings, field)
        if secret is None:
            continue
        token = tokens[field] = secret.get_secret_value()
        form = _TOKEN_OF_A_DOUBLE if settings.on_loopback else _TOKEN
        if _PLACEHOLDER.search(token) or not form.fullmatch(token):
            what = "is a placeholder" if _PLACEHOLDER.search(token) else "has not the form of a token"
            expected = "digits, a colon and 35 letters, digits, - or _, as @BotFather gives them"
            found = f"{what} {origin[field]}"
            faults.append(Fault(expected, "make a bot with @BotFather and copy its token", setting_name(field), found))
    # The id before the colon is the bot: two tokens of one bot would take each other's updates.
    bots = {token if settings.on_loopback else token.partition(":")[0] for token in tokens.values()}
    if len(tokens) == 2 and len(bots) == 1:
        expected = "two different bots: reporters and staff never share one"
        fix = "make a second bot with @BotFather and use its token here"
        faults.append(Fault(expected, fix, "BERANI_DESK_TELEGRAM_TOKEN", "is the bot of BERANI_INTAKE_TELEGRAM_TOKEN"))
    if settings.intake_database_url.get_secret_value() == settings.desk_database_url.get_secret_value():
        expected = "two different databases: who reported and what was reported stay apart"
        fix = "give the desk a database of its own"
        faults.append(Fault(expected, fix, "BERANI_DESK_DATABASE_URL", "is the intake's"))
    return faults


def _content_dir(field: str, given: Path, checkout: Path, faults: list[Fault]) -> Path:
    for folder in (given, checkout / given):
        if folder.is_dir():
            return folder
    expected = f"a folder in the working directory or in {checkout}"
    faults.append(Fault(expected, "mend the path, or leave it out", setting_name(field), f"= {str(given)!r}"))
    return given


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
