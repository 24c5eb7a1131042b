"""What a new set takes away from the one that runs: fields that are gone, or are asked in another way."""

from bot.content.answers import Fields
from bot.content.checks.material import Material
from bot.engine.script import ScriptSet

#: The rules that this module writes.
LOSSES = ("field_removed", "field_retyped")


def changes(live: ScriptSet, material: Material) -> None:
    """Write a warning for every labelled question of the live set that is gone or of another kind now."""
    for field, places in Fields.of(live.scripts).places.items():
        script, before = places[0]
        if field not in material.fields:
            home = script if script in material.scripts else next(iter(material.scripts))
            material.sheet.warning("field_removed", material.lines.at(home, "steps"), field=field, script=script)
            continue
        home, now = material.fields.places[field][0]
        if now.ask != before.ask:
            where = material.lines.at(home, field, "ask")
            material.sheet.warning("field_retyped", where, field=field, before=before.ask, now=now.ask)
