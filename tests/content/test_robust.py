"""Whatever is typed into the files, checking gives findings or a valid set, never a traceback."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.content.content import Parsed
from bot.content.finding import Sheet
from bot.content.parse import parse
from bot.content.script_file import PLACES
from bot.content.yaml_reader import read
from tests.content.sets import base

FILES = base()
ODD = [
    "", ":", "- ", "  ", "{", "}", "[", "]", "id: ya",
    '"', "'", "&a", "*a", "!!x", "<<:", "\t", "---", "#", "|", ">", "? ", "%", "@", "é",
    "\0", "\ud800",
]  # fmt: skip

PAIR = re.compile(r"(\w+): ([^,{}\[\]\n]+)")
SHAPES = [
    "",
    "[x]",
    "[[x]]",
    "[]",
    "{x: y}",
    "{}",
    "yes",
    "ya",
    "doors",
    "lapor",
    "darurat.tempat",
    "back",
    "{lain: x}",
    "5",
]
KEYWORDS = [keyword for keywords in PLACES.values() for keyword in keywords]


@st.composite
def garbled(draw: st.DrawFn) -> dict[str, str]:
    """The small set with one to three random edits of lines: deleted, doubled, swapped, indented, spoilt."""
    files = dict(FILES)
    for _ in range(draw(st.integers(1, 3))):
        name = draw(st.sampled_from(sorted(files)))
        lines = files[name].split("\n")
        here, there = (draw(st.integers(0, len(lines) - 1)) for _ in range(2))
        kind = draw(
            st.sampled_from(
                ["delete", "double", "swap", "indent", "spoil", "cut", "move", "drop", "reshape", "reshape"]
            )
        )
        if kind == "delete":
            del lines[here]
        elif kind == "double":
            lines.insert(there, lines[here])
        elif kind == "swap":
            lines[here], lines[there] = lines[there], lines[here]
        elif kind == "indent":
            lines[here] = "  " + lines[here] if draw(st.booleans()) else lines[here][2:]
        elif kind == "spoil":
            at = draw(st.integers(0, len(lines[here])))
            lines[here] = lines[here][:at] + draw(st.sampled_from(ODD)) + lines[here][at:]
        elif kind == "reshape" and (pairs := list(PAIR.finditer(files[name]))):
            pair = draw(st.sampled_from(pairs))
            key = draw(st.sampled_from([pair[1], *KEYWORDS]))
            value = draw(st.sampled_from([pair[2], *SHAPES]))
            files[name] = f"{files[name][: pair.start()]}{key}: {value}{files[name][pair.end() :]}"
            continue
        elif kind == "cut":
            lines[here] = lines[here][: draw(st.integers(0, len(lines[here])))]
        elif kind == "move":
            other = draw(st.sampled_from(sorted(files)))
            files[other] = files[other] + lines[here] + "\n"
        elif kind == "drop":
            files.pop(name)
            files[name + ".yaml"] = "\n".join(lines)
            continue
        files[name] = "\n".join(lines)
    return files


def told_or_whole(parsed: Parsed) -> None:
    errors = [one for one in parsed.findings if one.level == "error"]
    assert (parsed.content is None) == bool(errors)
    for one in parsed.findings:
        assert one.line >= 1
        assert one.file
        assert one.what
        assert one.fix


@settings(max_examples=150, deadline=None)
@given(garbled())
def test_no_edit_of_the_scripts_makes_the_check_raise(files: dict[str, str]) -> None:
    told_or_whole(parse(files))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_with_one_finding(text: str) -> None:
    sheet = Sheet()
    root = read("x.yaml", text, sheet)
    assert (root is None) == (len(sheet.findings) == 1)


def test_a_thousand_open_brackets_are_refused_not_followed() -> None:
    sheet = Sheet()
    assert read("x.yaml", "a: " + "[" * 50_000, sheet) is None
    assert [one.rule for one in sheet.findings] == ["yaml_depth"]


def test_windows_line_ends_and_byte_order_mark_make_the_same_set(tmp_path) -> None:  # type: ignore[no-untyped-def]
    from bot.content.parse import content_hash, read_dir

    (tmp_path / "a.yaml").write_bytes("\ufeffflow: a\r\nlabel: é\r\n".encode())
    one = read_dir(tmp_path)
    (tmp_path / "a.yaml").write_bytes("flow: a\nlabel: é\n".encode())
    assert content_hash(one) == content_hash(read_dir(tmp_path))


def test_bytes_that_are_no_characters_are_a_finding_with_their_line(tmp_path) -> None:  # type: ignore[no-untyped-def]
    from bot.content.parse import read_dir

    (tmp_path / "a.yaml").write_bytes(b"flow: a\nlabel: \xff\xfe\n")
    found = [one for one in parse(read_dir(tmp_path)).findings if one.file == "a.yaml"]
    assert [(one.rule, one.line) for one in found] == [("yaml_unseen", 2)]
