"""What stands in the clear in both stores: whoever copies both could join person and case by it, without a key."""

from sqlalchemy import LargeBinary, create_engine, select

from storage.postgres import engine_url
from storage.shared_tables import METADATA
from tests.conftest import ACTORS, Databases

# Letters are numbered for both sides; none of these rows stands beside a person or a case.
_OF_LETTERS = frozenset({"letter", "applied", "stream", "watermark", "refused"})


def shared_values(databases: Databases) -> set[tuple[str, str]]:
    """(table and column at intake, at the desk) that hold an equal value of 16 bytes or more."""
    places: list[dict[bytes, str]] = []
    for actor in ACTORS:
        url = databases.url(actor)
        engine = create_engine(url if url.startswith("sqlite") else engine_url(url))
        found: dict[bytes, str] = {}
        with engine.connect() as connection:
            for table in METADATA[actor].sorted_tables:
                columns = [column for column in table.columns if isinstance(column.type, LargeBinary)]
                for column in columns if table.name not in _OF_LETTERS else ():
                    for value in connection.scalars(select(column).where(column.is_not(None))):
                        if len(value) >= 16:
                            found[bytes(value)] = f"{table.name}.{column.name}"
        engine.dispose()
        places.append(found)
    intake, desk = places
    return {(intake[value], desk[value]) for value in intake.keys() & desk.keys()}
