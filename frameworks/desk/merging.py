"""What two editors made of one draft, put together: entry by entry and field by field, by key.

Knows nothing of Django or the database.
"""

from collections.abc import Sequence

from ..document import TEXT_SECTIONS, Entry, FrameworkDocument, Part

_PARTS = ("principles", "checklist", "examples", "mistakes", "claims")


def merge(base: FrameworkDocument, theirs: FrameworkDocument, mine: FrameworkDocument) -> dict:
    """The data of a document in which the edits of both stand. Where both changed one field, mine stands.

    What one removed and the other reworded is kept. It is data, to be validated: together the two can contradict
    each other, as where one removed the step that the other wrote a warning for.
    """
    merged = _fields(base, theirs, mine, leave_out={*_PARTS, "steps", "warnings", "sources"})
    for part in _PARTS:
        merged[part] = _entries(getattr(base, part), getattr(theirs, part), getattr(mine, part))
    steps = _entries(base.steps, theirs.steps, mine.steps, leave_out={"warnings"})
    homes = [{w.key: home for home, w in _placed(document)} for document in (base, theirs, mine)]
    warnings = _entries(base.all_warnings(), theirs.all_warnings(), mine.all_warnings())
    kept = {step["key"] for step in steps}
    by_home: dict[str | None, list[dict]] = {}
    for warning in warnings:
        was, other, own = (home.get(warning["key"]) for home in homes)
        # A warning whose step went is a warning about the whole: a danger is never hidden.
        home = other if warning["key"] not in homes[2] or (own == was and warning["key"] in homes[1]) else own
        by_home.setdefault(home if home in kept else None, []).append(warning)
    merged["steps"] = [{**step, "warnings": by_home.get(step["key"], [])} for step in steps]
    merged["warnings"] = by_home.get(None, [])
    for item in merged["checklist"]:
        item["step"] = item["step"] if item["step"] in kept else None
    there = {*TEXT_SECTIONS, *kept, *(w["key"] for w in warnings)}
    there |= {entry["key"] for part in _PARTS for entry in merged[part]}
    for claim in merged["claims"]:
        claim["about"] = [key for key in claim["about"] if key in there]
    return merged


def _placed(document):
    yield from ((None, warning) for warning in document.warnings)
    yield from ((step.key, warning) for step in document.steps for warning in step.warnings)


def _fields(base: Part | None, theirs: Part, mine: Part, *, leave_out=frozenset()) -> dict:
    """Of each field what was changed; mine where both changed it."""
    chosen = {}
    for name in type(mine).model_fields:
        if name not in leave_out:
            own, other = getattr(mine, name), getattr(theirs, name)
            value = other if base is not None and own == getattr(base, name) else own
            chosen[name] = _plain(value)
    return chosen


def _plain(value):
    if isinstance(value, Part):
        return value.model_dump()
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return value


def _entries(
    base: Sequence[Entry], theirs: Sequence[Entry], mine: Sequence[Entry], *, leave_out=frozenset()
) -> list[dict]:
    before, other, own = ({entry.key: entry for entry in part} for part in (base, theirs, mine))
    chosen = {}
    for key in {**own, **other}:
        was = before.get(key)
        if key in own and key in other:
            chosen[key] = _fields(was, other[key], own[key], leave_out=leave_out)
        elif was is None or (other.get(key) or own[key]) != was:
            kept = other.get(key) or own[key]
            chosen[key] = _fields(None, kept, kept, leave_out=leave_out)
    # Mine in my order, unless I left the order alone; what only the other has stands behind its neighbour there.
    stayed = [key for key in before if key in own]
    first, second = (own, other) if [key for key in own if key in before] != stayed else (other, own)
    order = [key for key in first if key in chosen]
    previous = None
    for key in second:
        if key in chosen and key not in order:
            order.insert(order.index(previous) + 1 if previous in order else 0, key)
        if key in order:
            previous = key
    return [chosen[key] for key in order]
