"""Sets to test with: a small one without any finding but hints, and edits of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.content.keys import PUSH, STAFF, UMUM
from bot.content.parse import read_dir

HERE = Path(__file__).parent
FLOWS = HERE.parents[1] / "flows"
#: Marks the line on which a finding is expected; taken out before reading.
MARK = "§"
#: Words in the cases that stand for something long.
LONG = {
    "LONGTEXT": "Kata. " * 300,
    "LONGFILE": "# panjang\n" * 30_000,
    "STEPS": "flow: ragu\nlabel: Ragu\nwords: [ragu]\n§steps:\n"
    + "".join(f"  - {{id: s{n}, say: A.}}\n" for n in range(201)),
    "MANY11": ", ".join(f"{{id: c{n}, label: C{n}}}" for n in range(10)),
    "MANY21": ", ".join(f"{{id: c{n}, label: C{n}}}" for n in range(20)),
}


def base() -> dict[str, str]:
    """The small set. Its messages are made from the registry, so that a new key needs no change here."""
    files = read_dir(HERE / "base")
    files["eskalasi.yaml"] = read_dir(FLOWS)["eskalasi.yaml"]
    registries: Mapping[str, Mapping[str, frozenset[str]]] = {"umum": UMUM, "push": PUSH, "petugas": STAFF}
    for name, keys in registries.items():
        files[f"messages/{name}.yaml"] = "".join(f"{key}: Ada pesan.\n" for key in keys) or "{}"
    return files


def edited(case: Mapping[str, Any]) -> tuple[dict[str, str], int]:
    """The small set with one edit, and the line where the finding is expected.

    A case names the `file`: with `text` it becomes that, with `old` and `new` the first `old` in it becomes `new`, with
    neither it is taken away. `also_edit` is one more edit: file, old, new. The line is `line`, or that of MARK, or 1.
    """
    files = base()
    file = case["file"]
    if "text" in case:
        files[file] = _grown(case["text"])
    elif "old" in case:
        _edit(files, file, case["old"], _grown(case["new"]))
    else:
        del files[file]
    if "also_edit" in case:
        _edit(files, *case["also_edit"])
    text = files.get(file, "")
    line = text.count("\n", 0, max(text.find(MARK), 0)) + 1
    return {name: content.replace(MARK, "") for name, content in files.items()}, case.get("line", line)


def _edit(files: dict[str, str], file: str, old: str, new: str) -> None:
    assert old in files[file], f"{old!r} is not in {file}"
    files[file] = files[file].replace(old, new, 1)


def _grown(text: str) -> str:
    """What is too long to write into the list of cases."""
    for word, long in LONG.items():
        text = text.replace(word, long)
    return text
