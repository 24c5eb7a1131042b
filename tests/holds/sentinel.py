"""The search for marker strings: in files, in rows of PostgreSQL, in whatever was printed, in every likely spelling."""

import base64
from collections.abc import Iterable, Mapping
from pathlib import Path

import psycopg


def search(places: Mapping[str, bytes], markers: Iterable[str]) -> list[tuple[str, str, str]]:
    """Every (place, marker, spelling) that is found; what must be empty. `places`: name → content."""
    spelled = [(marker, way, form) for marker in markers for way, form in spellings(marker).items()]
    return [(name, marker, way) for name, content in places.items() for marker, way, form in spelled if form in content]


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file under `folder`, by its path from there."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def rows_of(url: str) -> dict[str, bytes]:
    """Every row of every table of a PostgreSQL database, as text and with bytes as they are."""
    with psycopg.connect(url) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        found = {}
        for (name,) in names:
            rows = connection.execute(f'SELECT * FROM "{name}"'.encode()).fetchall()
            cells = [cell for row in rows for cell in row]
            found[name] = b"\n".join(cell if isinstance(cell, bytes) else str(cell).encode() for cell in cells)
    assert len(found) > 10
    return found


def spellings(marker: str) -> dict[str, bytes]:
    """The marker as it may stand in a file: plain, in UTF-16, as hexadecimal digits, in base64 at any offset."""
    plain = marker.encode()
    ways = {"plain": plain, "utf-16": marker.encode("utf-16-le"), "hex": plain.hex().encode()}
    for shift in range(3):
        # The first and last characters of a base64 stretch depend on what stands around it.
        coded = base64.b64encode(bytes(shift) + plain)
        ways[f"base64+{shift}"] = coded[(0, 2, 3)[shift] : len(coded) - 4]
    return ways
