"""Reads one YAML file of an admin into nodes with lines; what it refuses becomes a finding, never a traceback."""

import re
from dataclasses import dataclass, field

import yaml

from bot.content.finding import Sheet, Where
from bot.content.nodes import Entries, Entry, Items, Node, Scalar

#: Far above any script (the whole intake is 20 kB), far below what would slow a start down.
MAX_CHARACTERS = 200_000
#: A script needs seven levels (file, steps, step, choices, choice, say, variant).
MAX_DEPTH = 12

# What YAML or an editor can't show: control characters, halves of characters, other line ends, marks of direction.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)

# A value in quotes of a word processor: to YAML they are letters, and the commas and colons between them are signs.
_CURLY = re.compile(
    r"""^(?:[^#"'\n]|"[^"\n]*"|'[^'\n]*')*?(?:(?:^|[{,-]) *[a-z0-9_]+: +|\[ *)[\u201c-\u201f]""", re.MULTILINE
)
# What YAML drops after a sentence without quotes.
_COMMENT = re.compile(r"[ ]+#")

# Beginnings of PyYAML's messages -> rule with the sentence for an admin. The first that is found counts.
_MESSAGES = (
    ("mapping values are not allowed", "yaml_colon"),
    ("found unexpected end of stream", "yaml_quote"),
    ("expected alphabetic or numeric character", "yaml_anchor"),
    ("found unknown escape character", "yaml_backslash"),
    ("expected escape sequence", "yaml_backslash"),
    ("could not find expected ':'", "yaml_no_colon"),
    ("expected ',' or", "yaml_bracket"),
    ("cannot start any token", "yaml_start"),
    ("expected <block end>", "yaml_indent"),
    ("sequence entries are not allowed", "yaml_indent"),
    ("expected the node content", "yaml_bracket"),
)


class _Refused(Exception):
    """The file uses something that scripts don't have."""

    def __init__(self, rule: str, line: int, **values: object) -> None:
        super().__init__(rule)
        self.rule, self.line, self.values = rule, line, values


@dataclass(slots=True)
class _Open:
    """A list or map whose end has not come yet."""

    line: int
    items: list[Node] | None = None
    entries: dict[str, Entry] = field(default_factory=dict)
    key: Scalar | None = None


def read(file: str, text: str, sheet: Sheet) -> Entries | None:
    """The map that a file holds, or None with a finding on the sheet. Never raises, whatever the text."""
    try:
        _look_over(text)
        return _compose(text)
    except _Refused as refused:
        sheet.error(refused.rule, Where(file, refused.line), **refused.values)
    except yaml.MarkedYAMLError as broken:
        rule = next((rule for part, rule in _MESSAGES if part in str(broken.problem)), "yaml_other")
        mark = (broken.context_mark if rule == "yaml_quote" else None) or broken.problem_mark or broken.context_mark
        sheet.error(rule, Where(file, mark.line + 1 if mark else 1))
    except (yaml.YAMLError, ValueError, OverflowError):
        sheet.error("yaml_other", Where(file, 1))
    return None


def _look_over(text: str) -> None:
    if len(text) > MAX_CHARACTERS:
        raise _Refused("yaml_size", 1, limit=MAX_CHARACTERS)
    for rule, place in (("yaml_tab", text.find("\t")), ("yaml_unseen", _first_unseen(text))):
        if place >= 0:
            raise _Refused(rule, text.count("\n", 0, place) + 1)
    if curly := _CURLY.search(text):
        raise _Refused("yaml_curly", text.count("\n", 0, curly.end()) + 1)


def _first_unseen(text: str) -> int:
    found = _UNSEEN.search(text)
    return found.start() if found else -1


def _compose(text: str) -> Entries:
    stack: list[_Open] = []
    root: Node | None = None
    documents = 0
    # Events rather than PyYAML's composer: it recurses, so that a thousand brackets would end it.
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        match event:
            case yaml.DocumentStartEvent():
                documents += 1
                if documents > 1:
                    raise _Refused("yaml_documents", line)
            case yaml.AliasEvent():
                raise _Refused("yaml_anchor", line)
            case yaml.ScalarEvent():
                _refuse_extras(event, line)
                end = event.end_mark
                if end and event.style is None and " " in event.value and _COMMENT.match(text, end.index):
                    raise _Refused("yaml_comment", end.line + 1)
                root = _add(stack, Scalar(event.value, line), plain=event.style is None) or root
            case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                _refuse_extras(event, line)
                if len(stack) >= MAX_DEPTH:
                    raise _Refused("yaml_depth", line)
                stack.append(_Open(line, items=[] if isinstance(event, yaml.SequenceStartEvent) else None))
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                root = _add(stack, _close(stack.pop()), plain=False) or root
            case _:
                continue
    if root is None or (isinstance(root, Scalar) and not root.text):
        raise _Refused("yaml_empty", 1)
    if not isinstance(root, Entries):
        raise _Refused("yaml_root", root.line)
    return root


def _refuse_extras(event: yaml.NodeEvent, line: int) -> None:
    if event.anchor is not None:
        raise _Refused("yaml_anchor", line)
    if getattr(event, "tag", None) is not None:
        raise _Refused("yaml_tag", line)


def _close(done: _Open) -> Node:
    return Entries(done.entries, done.line) if done.items is None else Items(tuple(done.items), done.line)


def _add(stack: list[_Open], node: Node, *, plain: bool) -> Node | None:
    """Put a finished node into what is open; the node itself if nothing is."""
    if not stack:
        return node
    top = stack[-1]
    if top.items is not None:
        top.items.append(node)
    elif top.key is None:
        top.key = _key(top, node, plain=plain)
    else:
        top.entries[top.key.text] = Entry(node, top.key.line)
        top.key = None
    return None


def _key(top: _Open, node: Node, *, plain: bool) -> Scalar:
    if not isinstance(node, Scalar) or not node.text:
        raise _Refused("yaml_key", node.line)
    if plain and node.text == "<<":
        raise _Refused("yaml_merge", node.line)
    if node.text in top.entries:
        raise _Refused("yaml_twice", node.line, key=node.text, first=top.entries[node.text].line)
    return node
