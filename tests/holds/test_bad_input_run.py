"""The whole corpus through `berani run` over HTTP, once: it ends healthy, and nothing of it is in any log or file."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.harness import Office, copied, office
from tests.e2e.phones import DoublePhone, DoubleWorld, until
from tests.e2e.story import hire_everybody
from tests.holds import corpus
from tests.holds.sentinel import files_of, search

pytestmark = pytest.mark.slow

NOW = 1_795_400_000
QUESTION = "bahaya sekarang?"
_numbers = itertools.count(900_001)


@pytest.fixture
def made(double: DoubleWorld, prepared: Path, tmp_path: Path) -> Iterator[Office]:
    copied(prepared, tmp_path)
    with office(tmp_path, double) as opened:
        yield opened.start()


def test_the_whole_corpus_leaves_the_service_healthy_and_no_trace_of_itself(made: Office) -> None:
    world = made.world
    assert isinstance(world, DoubleWorld)
    staff = hire_everybody(made)
    child, late = world.reporter("Anak"), world.reporter("Lain")
    for one in (child, late):
        one.ask("lapor", QUESTION)
    assert isinstance(staff.tuti, DoublePhone)
    for token, seat in ((world.intake_token, child), (world.desk_token, staff.tuti)):
        assert isinstance(seat, DoublePhone)
        world.telegram.do("hold", bot=token)
        for update in everything(seat.seat.person.id, NOW):
            world.update(token, update)
        world.telegram.do("hold", bot=token, on=False)
    until(lambda: not waiting(world), "every update is confirmed", 120)
    late.ask("tidak", "balas ke HP ini")
    staff.tuti.ask("/bantuan")
    process = made.processes[-1]
    assert process.get("/health").status_code == 200
    assert not [line for line in process.err.splitlines() if " error " in line or " critical " in line]
    rejected = [
        line
        for line in process.get("/metrics").text.splitlines()
        if line.startswith("berani_updates_rejected_total") and 'reason="malformed"' in line
    ]
    broken = len([raw for raw in corpus.malformed() if usable(raw) and raw.expect == "malformed"])
    assert [float(line.split()[-1]) for line in rejected] == [broken, broken]
    assert not [case for case in made.cases() if case["kind"] == "teknis"]
    made.stop()
    assert not search(files_of(made.folder), [*corpus.markers(), corpus.STORY])


def waiting(world: DoubleWorld) -> int:
    """How many updates the double still holds for our bots."""
    ours = {world.intake_bot.id, world.desk_bot.id}
    return sum(int(bot["waiting"]) for bot in world.telegram.look("bots") if bot["id"] in ours)


def everything(person: int, now: int) -> list[dict[str, Any]]:
    """Every message, edited too, every text, every update and every malformed one that can be sent as JSON."""
    chat, sender = {"id": person, "type": "private"}, {"id": person, "is_bot": False, "first_name": "Namapenanda99"}

    def message(**body: Any) -> dict[str, Any]:
        return {"message_id": next(_numbers), "chat": chat, "from": sender, "date": now, **body}

    # A recording is fetched on arrival; those of the corpus stand at no platform, and a lost file is a teknis case.
    kinds = [kind for kind in corpus.messages() if kind.expect != "sound"]
    found: list[dict[str, Any]] = [{"message": message(**kind.body)} for kind in kinds]
    found += [{"edited_message": message(**kind.body)} for kind in corpus.messages()]
    found += [{"message": message(text=one.text)} for one in corpus.texts()]
    found += [kind.body for kind in corpus.updates()]
    found += [json.loads(raw.text) for raw in corpus.malformed() if usable(raw)]
    return found


def usable(raw: corpus.Raw) -> bool:
    """Whether the double, which reads JSON strictly, can pass it on."""
    return not raw.bare and len(raw.text) < 4000 and not any(word in raw.text for word in ("NaN", "Infinity", "1e400"))
