"""Values that stand in the outbox survive it, and somebody's words cannot break a message."""

from hypothesis import given
from hypothesis import strategies as st

from bot.channels.outgoing import (
    END,
    VERBATIM,
    AnswerCallback,
    Delete,
    EditButtons,
    EditText,
    Leave,
    Outgoing,
    Send,
    SendMedia,
    from_json,
    plain,
    quoted,
    sendable,
    split,
    to_json,
    utf16_length,
    verbatim,
)
from bot.channels.telegram import marked

any_text = st.text(st.characters(codec=None))
hostile_text = st.text(st.sampled_from("ab *\n\u202e\u2066\u2067\u2068\u2069\u200f\u061c\x00\x1b\ud800😀"))
buttons = st.lists(st.lists(st.tuples(any_text, any_text), max_size=2).map(tuple), max_size=2).map(tuple)
values: st.SearchStrategy[Outgoing] = st.one_of(
    st.builds(Send, text=any_text, buttons=buttons, protect=st.booleans()),
    st.builds(EditText, message_id=st.integers(), text=any_text, buttons=buttons),
    st.builds(EditButtons, message_id=st.integers(), buttons=buttons),
    st.builds(Delete, message_ids=st.lists(st.integers()).map(tuple)),
    st.builds(AnswerCallback, callback=any_text, text=any_text, alert=st.booleans()),
    st.builds(SendMedia, ref=any_text, kind=st.sampled_from(["photo", "voice"]), caption=any_text),
    st.builds(Leave),
)


@given(values)
def test_a_value_comes_out_of_the_outbox_as_it_went_in(value: Outgoing) -> None:
    assert from_json(to_json(value)) == value


@given(hostile_text)
def test_quoted_words_can_neither_reorder_nor_mark_up_what_stands_around_them(text: str) -> None:
    inner = quoted(text)
    for line in inner.split("\n"):
        assert not line.strip() or (line[0], line[-1]) == ("\u2068", "\u2069"), "an isolate ends with its line"
        assert not any(
            c in "\u200f\u061c\x1b\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u0000*" for c in line[1:-1]
        )
    inner.encode()  # no lone surrogate is left


@given(hostile_text, hostile_text)
def test_what_leaves_is_isolated_still_and_verbatim_words_are_one_entity(text: str, other: str) -> None:
    shown, entities = marked(sendable(f"*kami* {verbatim(text)} {quoted(other)}"))
    assert shown == f"kami {quoted(text)} {quoted(other)}"
    assert [one.type for one in entities] == ["bold", "code"][: 1 + bool(quoted(text))]
    assert all(one.offset + one.length <= utf16_length(shown) for one in entities)


@given(hostile_text, st.integers(min_value=20, max_value=60))
def test_each_part_of_a_long_text_closes_what_it_opens(text: str, limit: int) -> None:
    for part in split(f"{quoted(text)} · {verbatim(text)} · {quoted(text)}", limit):
        assert utf16_length(part) <= limit
        for begin, end in (("\u2068", "\u2069"), (VERBATIM, END)):
            depth = 0
            for c in part:
                depth += (c == begin) - (c == end)
                assert depth in (0, 1)
            assert depth == 0


@given(st.text(), st.integers(min_value=10, max_value=200))
def test_a_long_text_is_split_without_losing_a_word(text: str, limit: int) -> None:
    parts = split(text, limit)
    assert all(utf16_length(part) <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


@given(st.text(st.sampled_from("ab*\n 😀")))
def test_bold_is_marked_by_entities_that_fit_the_text(text: str) -> None:
    shown, entities = marked(text)
    units = shown.encode("utf-16-le")
    for entity in entities:
        piece = units[entity.offset * 2 : (entity.offset + entity.length) * 2].decode("utf-16-le")
        assert f"*{piece}*" in text
    assert shown.replace("*", "") == text.replace("*", "")
    assert shown.count("*") == text.count("*") - 2 * len(entities)


def test_plain_keeps_new_lines_and_drops_controls() -> None:
    assert plain("a\nb\x00\x07c\ud800") == "a\nbc\ufffd"
