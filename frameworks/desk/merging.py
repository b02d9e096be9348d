"""What two editors made of one draft, put together: entry by entry and field by field, by key.

Knows nothing of Django or the database.
"""

from collections.abc import Callable, Hashable, Sequence

from ..comparison import same_citations
from ..document import TEXT_SECTIONS, Citation, Entry, FrameworkDocument, Part

_PARTS = ("principles", "checklist", "examples", "mistakes", "claims")
# Who checked a citation, when, and what they found is one thing: of two checks no third is made.
_CHECK = ("checked", "checked_by", "checked_on")


def merge(base: FrameworkDocument, theirs: FrameworkDocument, mine: FrameworkDocument) -> dict:
    """The data of a document in which the edits of both stand. Where both changed one field, mine stands.

    Citations, and what a claim is about, are put together one by one, and a certainty field by field. What one removed
    and the other reworded is kept. It is data, to be validated: together the two can contradict each other, as where
    one removed the step that the other wrote a warning for.
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
            was = getattr(base, name, None)
            own, other = getattr(mine, name), getattr(theirs, name)
            if name == "about":
                chosen[name] = _names(was or (), other, own)
            elif name == "citations":
                chosen[name] = _citations(was or (), other, own)
            elif name == "certainty":
                chosen[name] = _certainty(was, other, own)
            else:
                chosen[name] = _plain(other if base is not None and own == was else own)
    return chosen


def _plain(value):
    if isinstance(value, Part):
        return value.model_dump()
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return value


def _certainty(base, theirs, mine):
    if base and theirs and mine:
        return _fields(base, theirs, mine)
    # Of two judgements that both are new no third is made.
    kept = mine or theirs
    return None if kept == base else _plain(kept)


def _entries(
    base: Sequence[Entry], theirs: Sequence[Entry], mine: Sequence[Entry], *, leave_out=frozenset()
) -> list[dict]:
    before, other, own = ({entry.key: entry for entry in part} for part in (base, theirs, mine))
    return _by_name(before, other, own, lambda *three: _fields(*three, leave_out=leave_out))


def _names(base: Sequence[str], theirs: Sequence[str], mine: Sequence[str]) -> list[str]:
    numbered = (
        {(name, part[:n].count(name)): name for n, name in enumerate(part)} for part in (base, theirs, mine)
    )
    return _by_name(*numbered, lambda was, other, own: own)


def _citations(base: Sequence[Citation], theirs: Sequence[Citation], mine: Sequence[Citation]) -> list[dict]:
    """A citation has no key: it is told by the one that it was, and what both added is one where it can be."""
    were_theirs, were_mine = same_citations(base, theirs), same_citations(base, mine)
    own = {were_mine.get(n, ("mine", n)): citation for n, citation in enumerate(mine)}
    added = [name for name in own if isinstance(name, tuple)]
    other = {}
    for n, citation in enumerate(theirs):
        name = were_theirs.get(n)
        if name is None:
            # The very same comes before one that only says no other thing.
            ones = [one for one in added if _is_one(citation, own[one])]
            same = [one for one in ones if own[one] == citation]
            name = next(iter(same + ones), ("theirs", n))
        other[name] = citation
        if name in added:
            added.remove(name)
    return _by_name(dict(enumerate(base)), other, own, _citation)


def _is_one(theirs: Citation, mine: Citation) -> bool:
    """Whether two new citations cite one thing: neither says what the other says otherwise."""
    return all(
        getattr(theirs, name) == getattr(mine, name)
        or (not field.is_required() and field.default in (getattr(theirs, name), getattr(mine, name)))
        for name, field in Citation.model_fields.items()
    )


def _citation(base: Citation | None, theirs: Citation, mine: Citation) -> dict:
    # What both added is told from the least that they can have said.
    base = base or Citation(source=mine.source, stance=mine.stance)
    chosen = _fields(base, theirs, mine)
    checks = [{name: getattr(one, name) for name in _CHECK} for one in (base, theirs, mine)]
    return chosen | (checks[1] if checks[2] == checks[0] else checks[2])


def _by_name[T](
    before: dict[Hashable, T], other: dict[Hashable, T], own: dict[Hashable, T], both: Callable
) -> list:
    """What stands of things that have names; `both` puts together what one thing was and became in both edits."""
    chosen = {}
    for key in {**own, **other}:
        was = before.get(key)
        if key in own and key in other:
            chosen[key] = both(was, other[key], own[key])
        elif was is None or (other.get(key) or own[key]) != was:
            kept = other.get(key) or own[key]
            chosen[key] = both(None, kept, kept)
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
