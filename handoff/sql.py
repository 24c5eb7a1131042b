"""Core statements that the two databases spell differently."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(conn: Connection, table: Table, **values: Any) -> bool:
    """Inserts the row unless one with the same key is there. Returns whether it was inserted."""
    insert: Any = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
    first = next(iter(table.primary_key))
    # Not rowcount: psycopg does not tell it for an INSERT.
    statement = insert(table).values(**values).on_conflict_do_nothing().returning(first)
    return conn.execute(statement).first() is not None


def put(conn: Connection, table: Table, **values: Any) -> None:
    """Inserts the row, or overwrites the one with the same primary key."""
    insert: Any = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
    keys: Mapping[str, Any] = {column.name: values[column.name] for column in table.primary_key}
    others = {name: value for name, value in values.items() if name not in keys}
    conn.execute(insert(table).values(**values).on_conflict_do_update(index_elements=list(keys), set_=others))


def next_number(conn: Connection, counter: Table, name: str) -> int:
    """The next number of a series, from 1. Its row stays locked until the transaction ends."""
    insert_new(conn, counter, name=name, value=0)
    taken = counter.update().where(counter.c.name == name).values(value=counter.c.value + 1).returning(counter.c.value)
    return int(conn.execute(taken).scalar_one())
