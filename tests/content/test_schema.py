"""The schema for editors is current and names every keyword of the language."""

from bot.content.schema import printed, schema
from bot.content.script_file import PLACES
from tests.content.sets import FLOWS


def test_the_schema_that_ships_is_current() -> None:
    shipped = (FLOWS / "schema.json").read_text(encoding="utf-8")
    assert shipped == printed(), "run: python -m bot.content.schema > flows/schema.json"


def test_every_keyword_is_in_the_schema_and_there_are_sixteen() -> None:
    keywords = {key for keys in PLACES.values() for key in keys}
    assert len(keywords) == 16
    assert all(f'"{key}"' in printed() for key in keywords)
    assert schema()["additionalProperties"] is False
