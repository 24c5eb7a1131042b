"""Where in the files each part of a script stands, so that checks on finished scripts can name file and line."""

from dataclasses import dataclass, field

from bot.content.finding import Where

#: Keywords at the top of a file: what stands there belongs to no step.
_TOP = frozenset({"flow", "label", "door", "words", "vary", "steps", "choices"})


@dataclass(slots=True)
class Lines:
    """Path of a part (script, step, keyword, …) -> its place. A part without a place of its own has its parent's."""

    places: dict[tuple[str, ...], tuple[str, int]] = field(default_factory=dict)

    def put(self, file: str, line: int, *path: str) -> None:
        """Note where a part stands."""
        self.places[path] = (file, line)

    def at(self, script: str, step: str | None = None, *rest: str) -> Where:
        """The place of a part: `at("lapor", "tempat", "choices", "luar", "label")`."""
        path = (script, *([step] if step else []), *rest)
        while path and path not in self.places:
            path = path[:-1]
        file, line = self.places.get(path, ("", 1))
        return Where(file, line, None if step in _TOP else step)
