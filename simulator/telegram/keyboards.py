"""Reply markup as Telegram takes it (https://core.telegram.org/bots/api#inlinekeyboardmarkup and its neighbours)."""

from typing import Any

from simulator.telegram.errors import bad_request
from simulator.telegram.state import Json

# https://core.telegram.org/bots/api#inlinekeyboardbutton: 1-64 bytes
CALLBACK_DATA_BYTES = 64
# The server refuses larger keyboards as REPLY_MARKUP_TOO_LONG.
MOST_BUTTONS = 100

_KINDS = ("inline_keyboard", "keyboard", "remove_keyboard", "force_reply")
_INLINE_ACTIONS = (
    "callback_game", "pay", "switch_inline_query", "switch_inline_query_chosen_chat",
    "switch_inline_query_current_chat", "login_url", "web_app", "copy_text",
)  # fmt: skip


def checked(given: Any) -> Json | None:
    """`given` if it is a reply markup, None for an empty one; raises ApiError 400 otherwise."""
    if not isinstance(given, dict):
        raise bad_request("object expected as reply markup")
    kinds = [kind for kind in _KINDS if kind in given]
    if not kinds:
        return None
    if len(kinds) > 1:
        raise bad_request(f"reply markup has both {kinds[0]} and {kinds[1]}")
    if kinds[0] == "inline_keyboard":
        return _inline(given)
    if kinds[0] == "keyboard":
        for button in _buttons(given["keyboard"], "keyboard"):
            text = button if isinstance(button, str) else button.get("text") if isinstance(button, dict) else None
            if not isinstance(text, str) or not text:
                raise bad_request("can't parse keyboard button: KeyboardButton must be a String or an Object")
    elif given[kinds[0]] is not True:
        raise bad_request(f'field "{kinds[0]}" must be True')
    return given


def checked_inline(given: Any) -> Json | None:
    """As `checked`, for edits, which take inline keyboards only."""
    markup = checked(given)
    if markup is not None and "inline_keyboard" not in markup:
        raise bad_request("inline keyboard expected")
    return markup


def _buttons(rows: Any, name: str) -> list[Any]:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request(f'field "{name}" must be an Array of Arrays')
    buttons = [button for row in rows for button in row]
    if len(buttons) > MOST_BUTTONS:
        raise bad_request("reply markup is too long")
    return buttons


def _inline(given: Json) -> Json | None:
    for button in _buttons(given["inline_keyboard"], "inline_keyboard"):
        _inline_button(button)
    rows = [row for row in given["inline_keyboard"] if row]
    return {"inline_keyboard": rows} if rows else None


def _inline_button(button: Any) -> None:
    broken = "can't parse inline keyboard button: "
    if not isinstance(button, dict):
        raise bad_request(f"{broken}InlineKeyboardButton must be an Object")
    text = button.get("text")
    if not isinstance(text, str):
        raise bad_request(f'{broken}Can\'t find field "text"')
    if not text.strip():
        raise bad_request("BUTTON_TEXT_INVALID")
    actions = [name for name in ("url", "callback_data", *_INLINE_ACTIONS) if name in button]
    if not actions:
        raise bad_request(f"{broken}Text buttons are unallowed in the inline keyboard")
    if len(actions) > 1:
        raise bad_request(f"{broken}{actions[0]} and {actions[1]} exclude each other")
    if actions[0] == "callback_data":
        data = button["callback_data"]
        if not isinstance(data, str) or not 1 <= len(data.encode("utf-8", "surrogatepass")) <= CALLBACK_DATA_BYTES:
            raise bad_request("BUTTON_DATA_INVALID")
    if actions[0] == "url" and not _url(button["url"]):
        raise bad_request(f"inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL")


def _url(given: Any) -> bool:
    return isinstance(given, str) and given.startswith(("http://", "https://", "tg://")) and " " not in given
