"""A JSON Schema of scripts, so that an editor completes keywords and underlines slips while an admin types.

`python -m bot.content.schema` prints it; `flows/schema.json` is what it printed last. Editors only help: what counts is
`berani flows check`, which knows much more.
"""

import json
import sys
from typing import Any

from bot.content.script_file import CHOICE_KEYS, EFFECTS, FILE_KEYS, KINDS, MAX_STEPS, RESERVED, SILENT_KEYS, STEP_KEYS
from bot.content.shape import ID

#: Editors take `no`, `0` and `08:30` for something else than text; for us every scalar is text.
_TEXT = {"type": ["string", "number", "boolean"]}
_ID = {"type": "string", "pattern": f"^{ID.pattern}$", "not": {"enum": sorted(RESERVED)}}
_WORDS = {"type": "array", "items": _TEXT, "minItems": 1}
_SAY = {"anyOf": [_TEXT, {"type": "object", "additionalProperties": _TEXT, "required": ["lain"]}]}
_TARGET = {"type": "string", "pattern": rf"^{ID.pattern}(\.{ID.pattern})?$"}


def schema() -> dict[str, Any]:
    """The schema as JSON values."""
    shapes: dict[str, Any] = {
        "flow": _ID,
        "label": _TEXT,
        "door": {"type": "integer", "minimum": 1, "maximum": 99},
        "words": _WORDS,
        "vary": _ID,
        "id": _ID,
        "say": _SAY,
        "ask": {"enum": list(KINDS)},
        "when": {"type": "object", "additionalProperties": _WORDS},
        "do": {"enum": list(EFFECTS)},
        "goto": _TARGET,
        "after": {"type": "string", "pattern": "^[1-9][0-9]?[mh]$"},
        "again": {"enum": ["yes", "no", True, False]},
    }
    choice = _map(CHOICE_KEYS, shapes, "id")
    shapes["choices"] = {"anyOf": [{"const": "doors"}, {"type": "array", "items": choice, "minItems": 1}]}
    shapes["silent"] = _map(SILENT_KEYS, shapes, "after", "say")
    shapes["steps"] = {"type": "array", "items": _map(STEP_KEYS, shapes, "id"), "minItems": 1, "maxItems": MAX_STEPS}
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Naskah percakapan"}
    return head | _map(FILE_KEYS, shapes, "flow", "label", "steps")


def _map(keys: tuple[str, ...], shapes: dict[str, Any], *required: str) -> dict[str, Any]:
    properties = {key: shapes[key] for key in keys}
    return {"type": "object", "additionalProperties": False, "required": list(required), "properties": properties}


def printed() -> str:
    """What stands in `flows/schema.json`."""
    return json.dumps(schema(), indent=1) + "\n"


if __name__ == "__main__":
    sys.stdout.write(printed())
