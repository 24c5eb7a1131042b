"""What the databases spell differently does the same on both."""

from handoff.sql import insert_new, next_number, put
from storage.desk_tables import COUNTER
from storage.shared_tables import META
from tests.handoff.conftest import Office


def test_only_the_first_of_two_rows_with_one_key_is_new(empty_office: Office) -> None:
    def twice(value: str) -> bool:
        return empty_office.do(lambda conn: insert_new(conn, META, key="a", value=value))

    assert [twice("1"), twice("2")] == [True, False]
    assert empty_office.read(META.select())[0].value == "1"


def test_what_is_put_again_is_overwritten(empty_office: Office) -> None:
    for value in ("1", "2"):
        empty_office.do(lambda conn, value=value: put(conn, META, key="a", value=value))  # type: ignore[misc]
    assert [row.value for row in empty_office.read(META.select())] == ["2"]


def test_numbers_follow_each_other_from_1(empty_office: Office) -> None:
    numbers = [empty_office.do(lambda conn: next_number(conn, COUNTER, "K")) for _ in range(3)]
    assert numbers == [1, 2, 3]
