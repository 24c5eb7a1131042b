"""Files of `flows/` -> a finished set, or findings that say what to mend. Never raises, whatever the files hold."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from bot.content.answers import Fields
from bot.content.changes import changes
from bot.content.checks import check
from bot.content.checks.material import Material
from bot.content.checks.references import needed_scripts
from bot.content.content import Content, Parsed
from bot.content.desk_files import parse_record, parse_urgency
from bot.content.finding import Finding, Sheet, Where
from bot.content.keys import PUSH, STAFF, UMUM
from bot.content.lines import Lines
from bot.content.message_file import parse_messages
from bot.content.nodes import Entries, Scalar
from bot.content.policy import parse_policy
from bot.content.script_file import parse_script
from bot.content.services import parse_services
from bot.content.shape import Reader, suggestion
from bot.content.words_file import parse_places, parse_words
from bot.content.yaml_reader import MAX_CHARACTERS, read
from bot.engine.script import Script, ScriptSet

WORDS, URGENCY, RECORD, PLACES = "words.yaml", "urgency.yaml", "record.yaml", "kelurahan.yaml"
SERVICES, POLICY = "layanan.yaml", "eskalasi.yaml"
#: Message files in the order inside a conversation, pushed, staff; each with the keys that the program says.
MESSAGES = {"messages/umum.yaml": UMUM, "messages/push.yaml": PUSH, "messages/petugas.yaml": STAFF}
#: Files that every set has; any other file is a script.
NEEDED = (WORDS, URGENCY, RECORD, PLACES, SERVICES, POLICY, *MESSAGES)


def read_dir(flows_dir: Path) -> dict[str, str]:
    """The YAML files of a directory and its `messages/`: relative name -> text.

    Line ends become `\\n`, a byte order mark is dropped (Windows editors write both), bytes that are not UTF-8 become
    lone surrogates, which the reader refuses with their line. Raises OSError if the directory can't be read.
    """
    names = sorted(path for folder in (flows_dir, flows_dir / "messages") for path in _files(folder))
    return {path.relative_to(flows_dir).as_posix(): _text(path) for path in names}


def _files(folder: Path) -> list[Path]:
    # Windows' editor adds .txt where nobody sees it: such a file is refused by name instead of being missed.
    found = [path for ending in ("*.y*ml", "*.y*ml.txt") for path in folder.glob(ending)] if folder.exists() else []
    return [path for path in found if path.is_file()]


def _text(path: Path) -> str:
    with path.open("rb") as file:
        # Four bytes a character at most: what is cut off here is refused for its size anyway.
        text = file.read(4 * MAX_CHARACTERS + 8).decode("utf-8", "surrogateescape")
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def content_hash(files: Mapping[str, str]) -> str:
    """SHA-256 (hex) of a set: the same files give the same hash on every machine."""
    packed = json.dumps(dict(sorted(files.items())), ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(packed.encode()).hexdigest()


def parse(files: Mapping[str, str], live: ScriptSet | None = None) -> Parsed:
    """Read and check a set. With `live`, also tell what it takes away from the set that runs now.

    Spellings and shapes are judged first; what depends on other files only once those are right, so that one slip is
    one finding.
    """
    sheet = Sheet()
    content = _content(files, live, sheet)
    return Parsed(content, tuple(sorted(dict.fromkeys(sheet.findings), key=_order)))


def _order(finding: Finding) -> tuple[str, int, str]:
    return finding.file, finding.line, finding.rule


def _content(files: Mapping[str, str], live: ScriptSet | None, sheet: Sheet) -> Content | None:
    lines = Lines()
    scripts = _scripts(files, sheet, lines)
    roots = _roots(files, sheet)
    if roots is None:
        return None

    def reader(file: str) -> Reader:
        return Reader(sheet, Where(file, 1))

    words = parse_words(roots[WORDS], reader(WORDS), lines)
    places = parse_places(roots[PLACES], reader(PLACES))
    services = parse_services(roots[SERVICES], reader(SERVICES))
    policy = parse_policy(roots[POLICY], POLICY, sheet)
    umum, push, staff = (parse_messages(roots[file], reader(file), keys) for file, keys in MESSAGES.items())
    if not sheet.errors():
        needed_scripts(scripts, sheet)
    if sheet.errors() or words is None or policy is None:
        return None
    fields = Fields.of(scripts)
    urgency = parse_urgency(roots[URGENCY], reader(URGENCY), fields, scripts)
    record = parse_record(roots[RECORD], reader(RECORD), fields)
    material = Material(scripts, lines, words, umum, push, staff, services, record, fields, sheet)
    check(material)
    if sheet.errors():
        return None
    if live is not None:
        changes(live, material)
    name = content_hash(files)
    script_set = ScriptSet(name, scripts, words, umum.texts, push.texts, places)
    return Content(name, script_set, urgency, record.codes, policy, staff.texts, services)


def _scripts(files: Mapping[str, str], sheet: Sheet, lines: Lines) -> dict[str, Script]:
    scripts: dict[str, Script] = {}
    for file in sorted(set(files) - set(NEEDED)):
        where = Where(file, 1)
        if not file.endswith(".yaml"):
            sheet.error("file_ending", where, name=f"{file.rpartition('.y')[0]}.yaml")
        elif "/" in file:
            sheet.error("file_unknown", where, like=suggestion(file, MESSAGES))
        elif (root := read(file, files[file], sheet)) is not None:
            _script(root, Reader(sheet, where), scripts, lines)
    return scripts


def _script(root: Entries, reader: Reader, scripts: dict[str, Script], lines: Lines) -> None:
    if "flow" not in root.entries:
        reader.error("no_flow", like=suggestion(reader.where.file, NEEDED))
        return
    flow = root.entries["flow"].value
    first = lines.at(flow.text).file if isinstance(flow, Scalar) else ""
    script = parse_script(root, reader, lines)
    if script is None:
        return
    if script.id in scripts:
        reader.at(root.entries["flow"].line).error("flow_twice", id=script.id, first=first)
    scripts.setdefault(script.id, script)


def _roots(files: Mapping[str, str], sheet: Sheet) -> dict[str, Entries] | None:
    """The files that every set has, read; None if one is missing or unreadable."""
    roots: dict[str, Entries] = {}
    for file in NEEDED:
        if file not in files:
            sheet.error("file_missing", Where(file, 1))
        elif (root := read(file, files[file], sheet)) is not None:
            roots[file] = root
    return roots if len(roots) == len(NEEDED) else None
