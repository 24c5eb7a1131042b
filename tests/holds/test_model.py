"""Whatever people, Telegram, clocks, crashes and restored copies do: nothing is lost, twice, or somebody else's.

Stories are made up by tests/holds/machine.py and judged by tests/holds/witness.py against the model of a page
(tests/holds/model.py). Stories that went wrong, in the product or with a bug planted in it, are kept in seeds/ and told
again in every run. One that goes wrong now is printed as such a file, beside hypothesis' own blob.
"""

from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.conftest import Bench
from tests.holds.machine import Machine
from tests.holds.play import Play

SEEDS = sorted((Path(__file__).parent / "seeds").glob("*.yaml"))
STORIES, LONG_STORIES = 25, 1000
STEPS = 30


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.stem)
def test_a_kept_story_ends_well(path: Path) -> None:
    play = Play()
    try:
        for name, how in [*yaml.safe_load(path.read_text("utf-8")), ("settle", {})]:
            play.step(name, **how)
    finally:
        play.close()


@pytest.mark.slow
def test_no_story_loses_words_or_shows_them_to_others_or_leaves_a_case_to_nobody(bench: Bench) -> None:
    plan = settings(
        max_examples=bench.rounds(STORIES, LONG_STORIES),
        stateful_step_count=STEPS,
        derandomize=not bench.long,
        database=None,
        deadline=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        # A story is slow to shorten; the one that went wrong tells enough, and a normal run has no time for it.
        phases=(Phase.generate, Phase.shrink) if bench.long else (Phase.generate,),
    )
    run_state_machine_as_test(seed(bench.seed)(Machine) if bench.long else Machine, settings=plan)
