"""Sentences that are needed when flows/ is broken: an office's folder goes before the checkout's."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.content import sentences


@pytest.fixture(autouse=True)
def _own_folder_again() -> Iterator[None]:
    yield
    sentences.use(sentences.LOCALES)


def test_an_offices_folder_goes_first_and_what_it_lacks_comes_from_the_checkout(tmp_path: Path) -> None:
    shipped = sentences.system("gangguan")
    assert "112" in shipped
    sentences.use(tmp_path)
    assert sentences.system("gangguan") == shipped
    (tmp_path / "system.yaml").write_text("gangguan: Kalimat kantor. 112.\n", encoding="utf-8")
    sentences.use(tmp_path)
    assert sentences.system("gangguan") == "Kalimat kantor. 112."
    assert sentences.finding_rules()


def test_a_missing_sentence_names_file_and_key(tmp_path: Path) -> None:
    (tmp_path / "system.yaml").write_text("lain: x\n", encoding="utf-8")
    sentences.use(tmp_path)
    with pytest.raises(sentences.SentenceMissing, match=r"system\.yaml.*gangguan"):
        sentences.system("gangguan")
