"""The parameters of one call, read from the query, a JSON body, a form or a multipart form, all as the text they are.

As on the real server a value may come as a string wherever a number or an object is meant; unlike there, a value that
cannot be read as its type is always refused.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request

from simulator.telegram.errors import bad_request

_TRUE = {"true", "1", "yes"}
_FALSE = {"false", "0", "no", ""}


@dataclass(kw_only=True)
class Upload:
    """A file that came with the call."""

    name: str
    mime: str
    data: bytes


@dataclass(kw_only=True)
class Params:
    """Values and files by name. The readers raise ApiError 400 for a value of the wrong type."""

    values: dict[str, str] = field(default_factory=dict)
    files: dict[str, Upload] = field(default_factory=dict)

    def text(self, name: str) -> str:
        return self.values.get(name, "")

    def integer(self, name: str, default: int = 0) -> int:
        raw = self.text(name).strip()
        if not raw:
            return default
        try:
            return int(raw)
        except ValueError:
            raise bad_request(f"invalid {name} specified") from None

    def number(self, name: str) -> float | None:
        raw = self.text(name).strip()
        if not raw:
            return None
        try:
            return float(raw)
        except ValueError:
            raise bad_request(f"invalid {name} specified") from None

    def flag(self, name: str) -> bool:
        raw = self.text(name).strip().lower()
        if raw not in _TRUE | _FALSE:
            raise bad_request(f"invalid {name} specified")
        return raw in _TRUE

    def json(self, name: str, called: str) -> Any:
        """The value of a parameter written as JSON, or None; `called` is Telegram's name for it in the error."""
        raw = self.text(name)
        if not raw:
            return None
        try:
            return json.loads(raw)
        except ValueError:
            raise bad_request(f"can't parse {called} JSON object") from None

    def shown(self) -> dict[str, Any]:
        """For the record of calls: values as sent, files by name and size."""
        return {**self.values, **{k: {"file": u.name, "size": len(u.data)} for k, u in self.files.items()}}


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


async def read(request: Request) -> Params:
    """All parameters of `request`; raises ApiError 400 for a body that is not what it says, or not Unicode."""
    params = Params(values=dict(request.query_params))
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind == "application/json":
        try:
            body = json.loads(await request.body() or b"{}")
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise bad_request("can't parse JSON object")
        params.values.update({name: _plain(value) for name, value in body.items() if value is not None})
    elif kind in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        async with request.form(max_part_size=64 * 1024 * 1024) as form:
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    data = await value.read()
                    mime = value.content_type or "application/octet-stream"
                    params.files[name] = Upload(name=value.filename or "file", mime=mime, data=data)
                else:
                    params.values[name] = value
    for value in params.values.values():
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise bad_request("strings must be encoded in UTF-8") from None
    return params
