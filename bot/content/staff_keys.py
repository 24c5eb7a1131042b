"""Keys of messages/petugas.yaml, each with the placeholders it may hold."""

from collections.abc import Mapping

STAFF: Mapping[str, frozenset[str]] = {}
