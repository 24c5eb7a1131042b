"""Checks on where a conversation can go: steps nobody reaches, loops without a question, scripts nobody opens."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from bot.content.checks.material import Material
from bot.content.checks.references import ENGINE_SCRIPTS
from bot.content.finding import Where
from bot.engine.script import Kind, Script, Step, Target

#: A step of a script.
Spot = tuple[str, str]
Graph = Mapping[Spot, AbstractSet[Spot]]


def reachable(material: Material) -> None:
    """Every step can come up; every script can be opened; variants before their question have a sentence."""
    graph = _graph(material, frozenset(material.scripts))
    starts = {(script.id, script.steps[0].id) for script in material.scripts.values() if script.steps}
    reached = _reach(graph, starts)
    for script, step in material.steps():
        if (script.id, step.id) not in reached:
            material.sheet.error("unreachable", material.lines.at(script.id, step.id))
    opened = {spot[0] for home, spots in graph.items() for spot in spots if spot[0] != home[0]}
    for script in material.scripts.values():
        if not (script.door or script.words or script.id in opened or script.id in ENGINE_SCRIPTS):
            material.sheet.warning("never_opened", material.lines.at(script.id), script=script.id)
    _early_variants(material, graph, starts)


def _early_variants(material: Material, graph: Graph, starts: AbstractSet[Spot]) -> None:
    """Without the `vary` question in the graph, what is still reached may be said before it was asked."""
    for script in material.scripts.values():
        asked = material.fields.places.get(script.vary or "", ())
        asking = {(home, step.id) for home, step in asked if step.ask is Kind.CHOICE}
        if not asking:
            continue
        early = _reach({spot: spots - asking for spot, spots in graph.items() if spot not in asking}, starts - asking)
        for home, step, say, where in material.says():
            variants = say.text is None and "belum" not in say.variants and "lain" in say.variants
            if home is script and variants and (script.id, step.id) in early:
                material.sheet.warning("variant_early", where, field=script.vary)


def loops(material: Material) -> None:
    """A circle of steps in which nothing is asked each time would talk for ever."""
    silent = {
        (script.id, step.id) for script, step in material.steps() if step.ask is None or (step.label and not step.again)
    }
    graph = _graph(material, _passing(material, silent))
    within = {spot: spots & silent for spot, spots in graph.items() if spot in silent}
    told: set[Spot] = set()
    for script, step in material.steps():
        spot = (script.id, step.id)
        if spot in within and spot not in told and spot in (circle := _reach(within, within[spot])):
            told |= {other for other in circle if spot in _reach(within, within[other])}
            material.sheet.error("loop", _jump(material, told, script, step))


def _jump(material: Material, circle: AbstractSet[Spot], script: Script, step: Step) -> Where:
    """The line of the last `goto` of the circle in this script: the one that leads back."""
    for other in reversed(script.steps):
        if (script.id, other.id) not in circle:
            continue
        if other.goto is not None:
            return material.lines.at(script.id, other.id, "goto")
        for choice in other.choices:
            if choice.goto is not None:
                return material.lines.at(script.id, other.id, "choices", choice.id, "goto")
    return material.lines.at(script.id, step.id)


def _passing(material: Material, silent: AbstractSet[Spot]) -> frozenset[str]:
    """Scripts that can be gone through from begin to end without a question that is asked each time."""
    passing: frozenset[str] = frozenset()
    while True:
        graph = _graph(material, passing)
        within = {spot: spots & silent for spot, spots in graph.items() if spot in silent}
        more = frozenset(
            script.id
            for script in material.scripts.values()
            if script.steps
            and (first := (script.id, script.steps[0].id)) in silent
            and any(_ends(script, spot) for spot in _reach(within, {first}) if spot[0] == script.id)
        )
        if more == passing:
            return passing
        passing = more


def _ends(script: Script, spot: Spot) -> bool:
    step = next(step for step in script.steps if step.id == spot[1])
    gotos = [goto for goto in (step.goto, *(choice.goto for choice in step.choices)) if goto is not None]
    return any(goto.kind == "back" for goto in gotos) or (step is script.steps[-1] and step.goto is None)


def _graph(material: Material, returning: AbstractSet[str]) -> dict[Spot, AbstractSet[Spot]]:
    """Step -> steps that may come next. After a script in `returning` the step behind the `goto` may come too."""
    graph: dict[Spot, AbstractSet[Spot]] = {}
    for script in material.scripts.values():
        for number, step in enumerate(script.steps):
            behind = {(script.id, other.id) for other in script.steps[number + 1 : number + 2]}
            graph[script.id, step.id] = set(_next(material, script, step, behind, returning))
    return graph


def _next(
    material: Material, script: Script, step: Step, behind: AbstractSet[Spot], returning: AbstractSet[str]
) -> Iterable[Spot]:
    # Any question can be skipped or answered in own words: then the step's own `goto` counts, else what is behind it.
    for target in (step.goto, *(choice.goto or step.goto for choice in step.choices)):
        if target is None:
            yield from behind
        elif target.kind == "step":
            yield from _begin(material, script, target)
            if target.script is not None and target.script in returning:
                yield from behind
    if step.when:
        yield from behind


def _begin(material: Material, script: Script, target: Target) -> Iterable[Spot]:
    home = material.scripts.get(target.script or script.id)
    if home is None or not home.steps:
        return
    names = {step.id for step in home.steps}
    name = target.step or home.steps[0].id
    if name in names:
        yield home.id, name


def _reach(graph: Graph, starts: Iterable[Spot]) -> set[Spot]:
    reached: set[Spot] = set()
    waiting = list(starts)
    while waiting:
        spot = waiting.pop()
        if spot not in reached:
            reached.add(spot)
            waiting.extend(graph.get(spot, ()))
    return reached
