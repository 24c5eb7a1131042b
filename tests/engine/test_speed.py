"""A step takes well under a millisecond; the bound here is wide, as the machines that run the tests are busy."""

from time import perf_counter

from tests.engine.play import Player

TALK = [
    "lapor",
    "2",
    "1",
    "1",
    "rumah nenek",
    "papa sering marah sama aku",
    "selesai",
    "nanti",
    "tidak",
    "1,3",
    "2",
    "1",
    "1",
    "12",
]


def test_a_step_is_quick_and_a_huge_text_is_no_burden() -> None:
    Player().play(TALK)
    began = perf_counter()
    for _ in range(10):
        Player().play(TALK)
    assert (perf_counter() - began) / (10 * len(TALK)) < 0.01
    began = perf_counter()
    Player().say("lapor", "aku pulang sekolah terus dia datang lagi dan marah " * 78)
    assert perf_counter() - began < 1
