"""Checks on everything that names something else: targets, fields, values, variants, placeholders, the contract."""

from collections.abc import Mapping

from bot.content.answers import values
from bot.content.checks.material import Material, sentences_of
from bot.content.finding import Sheet, Where
from bot.content.keys import PUSH, STAFF, UMUM
from bot.content.shape import suggestion
from bot.content.text import SERVICE, placeholders
from bot.engine.script import Effect, Kind, Script, Step, Target

#: Scripts that the engine opens by itself, or that its own sentences name (FLOWS.md, rule 3; the footer's PETUGAS).
ENGINE_SCRIPTS = ("salam", "menu", "lapor", "darurat", "temani", "cek", "foto", "hapus", "lanjut", "petugas")
#: What a script of that name is there for: without the effect it would only talk.
DUTIES = {
    "darurat": (Effect.ALARM,),
    "temani": (Effect.ALARM,),
    "lapor": (Effect.SUBMIT,),
    "petugas": (Effect.CONSULT,),
    "hapus": (Effect.ERASE,),
    "foto": (Effect.KEEP, Effect.DROP),
}
#: Fields that intake and desk know by name (FLOWS.md, section 4), with the kind that each must have.
CONTRACT = {
    "bahaya": Kind.CHOICE, "balas": Kind.CHOICE, "siapa": Kind.CHOICE, "tempat": Kind.PLACE, "cerita": Kind.TEXT,
    "luka": Kind.CHOICE, "jenis": Kind.CHOICES, "kapan": Kind.DATE, "orangnya": Kind.CHOICE, "dekat": Kind.CHOICE,
    "umur": Kind.AGE, "kelamin": Kind.CHOICE, "khusus": Kind.CHOICES, "telepon": Kind.PHONE,
}  # fmt: skip
#: Values that intake reads to know what may be pushed.
REPLY_VALUES = ("aman", "pesan", "jangan")
#: Fields whose choices stand in the official record.
RECORDED = ("jenis", "orangnya", "kelamin", "khusus")
#: Placeholders that scripts may hold, beside `{layanan.KEY}`.
IN_SCRIPTS = frozenset({"kanal", "sisa", "tunggu", "status"})


def targets(material: Material) -> None:
    """Every `goto` leads to something that exists."""
    for script, step in material.steps():
        _target(material, script, step.goto, material.lines.at(script.id, step.id, "goto"))
    for script, step, choice in material.choices():
        _target(material, script, choice.goto, material.lines.at(script.id, step.id, "choices", choice.id, "goto"))


def _target(material: Material, script: Script, target: Target | None, where: Where) -> None:
    if target is None or target.kind != "step":
        return
    home = material.scripts.get(target.script or script.id)
    if home is None:
        known = (*material.scripts, *(step.id for step in script.steps), "back", "stop")
        name = f"{target.script}.{target.step}" if target.step else str(target.script)
        material.sheet.error("target_unknown", where, target=name, like=suggestion(str(target.script), known))
    elif target.step and target.step not in {step.id for step in home.steps}:
        like = suggestion(target.step, (step.id for step in home.steps))
        material.sheet.error("target_step_unknown", where, script=home.id, target=target.step, like=like)


def conditions(material: Material) -> None:
    """Every `when` asks for a field that can have been answered, and for values that it can have."""
    for script, step in material.steps():
        for field, wanted in step.when.items():
            where = material.lines.at(script.id, step.id, "when")
            known = _known_values(material, script, step, field)
            if known is None:
                later = any(other.id == field and other.ask for other in script.steps)
                names = (*material.fields.places, *(other.id for other in _before(script, step) if other.ask))
                rule = "field_later" if later else "field_unknown"
                material.sheet.error(rule, where, field=field, like=suggestion(field, names))
                continue
            for value in sorted(wanted - known):
                material.sheet.error("value_unknown", where, value=value, field=field, like=suggestion(value, known))


def _known_values(material: Material, script: Script, step: Step, field: str) -> frozenset[str] | None:
    own = [other for other in _before(script, step) if other.id == field and other.ask]
    if own and own[0].label is None:
        return values(own[0])
    elsewhere = any(home != script.id for home, _ in material.fields.places.get(field, ()))
    return material.fields.values(field) if own or elsewhere else None


def _before(script: Script, step: Step) -> list[Step]:
    return list(script.steps[: script.steps.index(step)])


def same_kind(material: Material) -> None:
    """A labelled question is the same field in every script, so it has the same kind everywhere."""
    for field, places in material.fields.places.items():
        home, first = places[0]
        for script, step in places[1:]:
            if step.ask != first.ask:
                where = material.lines.at(script, step.id, "ask")
                material.sheet.error("field_other_kind", where, field=field, first=home, kind=first.ask)
            elif _knows(first) != _knows(step):
                where = material.lines.at(*((home, first.id) if _knows(step) else (script, step.id)), "choices")
                material.sheet.warning("no_dont_know", where, field=field)


def _knows(step: Step) -> bool:
    return any(choice.id == "tidak_tahu" for choice in step.choices)


def variants(material: Material) -> None:
    """A `say` with sentences to choose from: `vary` names the question, keys are its choices, `lain` is there."""
    for script in material.scripts.values():
        field = script.vary
        asked = material.fields.places.get(field, ()) if field else ()
        if field and not any(step.ask is Kind.CHOICE for _, step in asked):
            choices = [name for name, ((_, step), *_rest) in material.fields.places.items() if step.ask is Kind.CHOICE]
            where = material.lines.at(script.id, "vary")
            material.sheet.error("vary_unknown", where, field=field, like=suggestion(field, choices))
    for script, _, say, where in material.says():
        if say.text is not None:
            continue
        if script.vary is None:
            material.sheet.error("variant_without_vary", where)
            continue
        if "lain" not in say.variants:
            material.sheet.error("variant_without_other", where)
        choice_ids = {choice.id for _, step in material.fields.places.get(script.vary, ()) for choice in step.choices}
        for key in say.variants if choice_ids else ():
            if key not in choice_ids | {"lain", "belum"}:
                like = suggestion(key, choice_ids | {"lain", "belum"})
                material.sheet.error("variant_unknown", where, key=key, field=script.vary, like=like)


def names_in_texts(material: Material) -> None:
    """Placeholders that scripts and messages may hold."""
    for _, _, say, where in material.says():
        for text in sentences_of(say):
            _names(material, text, IN_SCRIPTS, where)


def _names(material: Material, text: str, known: frozenset[str], where: Where) -> None:
    services = {f"{SERVICE}{key}" for key in material.services}
    for name in placeholders(text):
        if name not in known | services:
            like = suggestion(name, known | services)
            material.sheet.error("placeholder_unknown", where, name=name, like=like)


def names_in_messages(material: Material) -> None:
    """Messages hold only the placeholders that are filled for their key."""
    for messages, keys in ((material.umum, UMUM), (material.push, PUSH), (material.staff, STAFF)):
        for key, text in messages.texts.items():
            if key in keys:
                _names(material, text, keys[key], messages.at(key))


def needed_scripts(scripts: Mapping[str, Script], sheet: Sheet) -> None:
    """The scripts that must be there. Judged before anything that names them, so that one lost file is one finding."""
    for name in ENGINE_SCRIPTS:
        if name not in scripts:
            sheet.error("script_missing", Where(f"{name}.yaml", 1), script=name)


def contract(material: Material) -> None:
    """The effects, fields and values that the program itself relies on."""
    for name, effects in DUTIES.items():
        script = material.scripts.get(name)
        for effect in effects if script else ():
            if effect not in _effects(script):
                material.sheet.error("duty_missing", material.lines.at(name, "steps"), script=name, effect=effect)
    for field, kind in CONTRACT.items():
        places = material.fields.places.get(field)
        if places is None:
            material.sheet.error("contract_field", material.lines.at("lapor", "steps"), field=field, kind=kind)
        elif places[0][1].ask is not kind:
            where = material.lines.at(places[0][0], field, "ask")
            material.sheet.error("contract_kind", where, field=field, kind=kind)
    for script, step in material.steps():
        for choice in step.choices:
            # Whoever presses "Kirim sekarang" believes that it was sent.
            promises = (choice.label or "").casefold().startswith("kirim")
            if promises and choice.do is not Effect.SUBMIT:
                where = material.lines.at(script.id, step.id, "choices")
                material.sheet.error("sends_nothing", where, label=choice.label or "")
    missing = [value for value in REPLY_VALUES if value not in material.fields.values("balas")]
    for value in missing if "balas" in material.fields else ():
        home = material.fields.places["balas"][0][0]
        material.sheet.error("contract_value", material.lines.at(home, "balas", "choices"), field="balas", value=value)


def _effects(script: Script | None) -> set[Effect]:
    steps = script.steps if script else ()
    given = [step.do for step in steps] + [choice.do for step in steps for choice in step.choices]
    return {effect for effect in given if effect is not None}


def recorded(material: Material) -> None:
    """Choices that the official record has no code for."""
    for field in RECORDED:
        codes = material.record.codes.get(field, {})
        for script, step in material.fields.places.get(field, ()):
            for choice in step.choices:
                if choice.id not in codes:
                    where = material.lines.at(script, step.id, "choices", choice.id)
                    material.sheet.warning("no_record_code", where, field=field, id=choice.id)
