"""Drafts: a framework's rows, written from a Document and read back as one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from django.db import transaction
from django.db.models import F, Q

from . import bibliography, document
from .document import FrameworkDocument
from .models import Category, Citation, Entry, Framework, Source
from .models.entries import Kind

_HEAD = (
    "title",
    "tagline",
    "time_to_result",
    "supervision",
    "sensitive",
    "problem",
    "best_for",
    "not_ideal_for",
    "overview",
    "origin",
)
_CITATION = ("stance", "directness", "locator", "finding", "checked", "checked_by", "checked_on")
#: The parts of the document whose entries stand alone, with the columns of each.
_PARTS = {
    "principles": (Kind.PRINCIPLE, ("text",)),
    "examples": (Kind.EXAMPLE, ("title", "body", "outcome")),
    "mistakes": (Kind.MISTAKE, ("title", "body")),
}
_STEP = ("title", "body", "tip", "done_by")
_WARNING = ("level", "text", "what_to_do")
_ENTRY_COLUMNS = [
    "kind",
    "position",
    "step",
    "title",
    "text",
    "body",
    "tip",
    "outcome",
    "done_by",
    "level",
    "what_to_do",
    "about",
]


class NotInLibrary(ValueError):
    """A draft cannot be written: it names a category or a source that the library does not have."""


def read_draft(framework: Framework) -> FrameworkDocument:
    """The draft as its rows stand now, in four statements.

    Where an editor has deleted what a claim is about, the document no longer names it.
    """
    [draft] = read_drafts([Framework.objects.select_related("category").get(pk=framework.pk)])
    return draft


def read_drafts(frameworks: Sequence[Framework]) -> list[FrameworkDocument]:
    """The drafts of many, in three statements. Their rows have just been read, each with its category."""
    rows = defaultdict(lambda: defaultdict(list))
    claims = {}
    for entry in Entry.objects.filter(framework__in=frameworks).order_by("position"):
        rows[entry.framework_id][entry.kind].append(entry)
        if entry.kind == Kind.CLAIM:
            claims[entry.pk] = entry.framework_id
    citations = defaultdict(lambda: defaultdict(list))
    cited = _citations_of(frameworks, claims).order_by("position", "pk").select_related("source")
    for citation in cited:
        framework_id = citation.framework_id or claims[citation.claim_id]
        citations[framework_id][citation.claim_id].append(citation)
    records = bibliography.records({citation.source.key for citation in cited})
    return [
        _document(one, rows[one.pk], citations[one.pk], _reached(citations[one.pk], records))
        for one in frameworks
    ]


def _reached(citations, records: Mapping[str, document.Source]) -> list[document.Source]:
    """The records of what is cited, and of all that it draws on."""
    reached: dict[str, document.Source] = {}
    ahead = [citation.source.key for cited in citations.values() for citation in cited]
    while ahead:
        key = ahead.pop()
        if key not in reached:
            reached[key] = records[key]
            ahead += records[key].draws_on
    return list(reached.values())


def write_draft(framework: Framework, draft: FrameworkDocument) -> None:
    """Make the framework's rows say what the document says, in a fixed number of statements.

    The framework may be new. An entry keeps its row as long as it keeps its key. The sources are there already:
    `bibliography.save` comes first. Raises NotInLibrary, and saves nothing, for an unknown category or source.
    """
    write_drafts([(framework, draft)])


@transaction.atomic
def write_drafts(drafts: Sequence[tuple[Framework, FrameworkDocument]]) -> None:
    """Write many drafts at once: no more statements than for one, but for one for each framework."""
    categories = dict(Category.objects.values_list("slug", "pk"))
    for framework, draft in drafts:
        if draft.category not in categories:
            raise NotInLibrary(f"there is no category “{draft.category}”; add it to the library first")
        framework.category_id = categories[draft.category]
        _save_head(framework, draft)
    # The frameworks' rows are locked from here on: two who write one draft at once take turns.
    _write_citations(drafts, _write_entries(drafts))


def _document(framework, rows, citations, sources: list[document.Source]) -> FrameworkDocument:
    step_keys = {step.pk: step.key for step in rows[Kind.STEP]}
    kept = {entry.key for entries in rows.values() for entry in entries} | set(document.TEXT_SECTIONS)
    warnings = defaultdict(list)
    for warning in rows[Kind.WARNING]:
        warnings[warning.step_id].append(_values(warning, "key", *_WARNING))
    return FrameworkDocument.stored(
        {
            **_values(framework, *_HEAD),
            "category": framework.category.slug,
            "certainty": _certainty(framework),
            "warnings": warnings[None],
            "steps": [
                _values(step, "key", *_STEP) | {"warnings": warnings[step.pk]} for step in rows[Kind.STEP]
            ],
            "checklist": [
                _values(item, "key", "text") | {"step": step_keys.get(item.step_id)}
                for item in rows[Kind.ITEM]
            ],
            "claims": [
                _values(claim, "key", "text")
                | {
                    "about": [key for key in claim.about if key in kept],
                    "citations": [_citation(row) for row in citations[claim.pk]],
                }
                for claim in rows[Kind.CLAIM]
            ],
            "citations": [_citation(row) for row in citations[None]],
            "sources": sources,
            **{
                part: [_values(row, "key", *names) for row in rows[kind]]
                for part, (kind, names) in _PARTS.items()
            },
        }
    )


def _values(row, *names: str) -> dict:
    return {name: getattr(row, name) for name in names}


def _citation(row: Citation) -> dict:
    return {"source": row.source.key} | _values(row, *_CITATION)


def _certainty(framework: Framework) -> dict | None:
    if not framework.certainty:
        return None
    return {
        "level": framework.certainty,
        "outcome": framework.certainty_outcome,
        "judged_by": framework.certainty_judged_by,
        "reason": framework.certainty_reason,
        "grade": framework.certainty_grade,
    }


def _save_head(framework: Framework, draft: FrameworkDocument) -> None:
    for name in _HEAD:
        value = getattr(draft, name)
        setattr(framework, name, "" if value is None else value)
    certainty = draft.certainty
    framework.certainty = certainty.level.value if certainty else ""
    framework.certainty_outcome = certainty.outcome if certainty else ""
    framework.certainty_judged_by = certainty.judged_by if certainty else ""
    framework.certainty_reason = certainty.reason if certainty else ""
    framework.certainty_grade = certainty.grade if certainty else False
    if framework.pk is None:
        framework.save()
    else:
        framework.version = F("version") + 1
        framework.save(
            update_fields=[
                *_HEAD,
                "category",
                "certainty",
                "certainty_outcome",
                "certainty_judged_by",
                "certainty_reason",
                "certainty_grade",
                "version",
                "changed_at",
            ]
        )


def _write_entries(drafts) -> dict[tuple[int, str], int]:
    """Write the entries, delete those that are gone, and return the row of each claim by framework and key."""
    steps, others = [], []
    for framework, draft in drafts:
        steps += _step_rows(framework, draft)
    _upsert(steps)
    step_rows = {(row.framework_id, row.key): row for row in steps}
    for framework, draft in drafts:
        others += _other_rows(framework, draft, step_rows)
    _upsert(others)
    frameworks = [framework for framework, _ in drafts]
    written = [row.pk for row in (*steps, *others)]
    _citations_of(frameworks, written).delete()
    Entry.objects.filter(framework__in=frameworks).exclude(pk__in=written).delete()
    return {(row.framework_id, row.key): row.pk for row in others if row.kind == Kind.CLAIM}


def _upsert(rows: list[Entry]) -> None:
    Entry.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["framework", "key"], update_fields=_ENTRY_COLUMNS
    )


def _step_rows(framework: Framework, draft: FrameworkDocument) -> list[Entry]:
    return [_row(framework, Kind.STEP, n, step, _STEP) for n, step in enumerate(draft.steps)]


def _other_rows(
    framework, draft: FrameworkDocument, steps: Mapping[tuple[int, str], Entry]
) -> Iterable[Entry]:
    for part, (kind, names) in _PARTS.items():
        for n, entry in enumerate(getattr(draft, part)):
            yield _row(framework, kind, n, entry, names)
    of_step = {warning.key: step.key for step in draft.steps for warning in step.warnings}
    for n, warning in enumerate(draft.all_warnings()):
        step = steps.get((framework.pk, of_step.get(warning.key)))
        yield _row(framework, Kind.WARNING, n, warning, _WARNING, step=step)
    for n, item in enumerate(draft.checklist):
        yield _row(framework, Kind.ITEM, n, item, ("text",), step=steps.get((framework.pk, item.step)))
    for n, claim in enumerate(draft.claims):
        yield _row(framework, Kind.CLAIM, n, claim, ("text",), about=list(claim.about))


def _row(framework, kind: Kind, position: int, entry: document.Entry, names, **more) -> Entry:
    texts = {name: str(getattr(entry, name)) for name in names}
    return Entry(framework=framework, kind=kind.value, position=position, key=entry.key, **texts, **more)


def _citations_of(frameworks, entry_ids):
    # By id: asked through a join, PostgreSQL would read the citations of the whole library.
    return Citation.objects.filter(Q(claim__in=entry_ids) | Q(framework__in=frameworks))


def _write_citations(drafts, claims: Mapping[tuple[int, str], int]) -> None:
    keys = {citation.source for _, draft in drafts for _, citation in draft.cited()}
    sources = dict(Source.objects.filter(key__in=keys).values_list("key", "pk"))
    if missing := sorted(keys - sources.keys()):
        raise NotInLibrary(f"there is no source “{missing[0]}”; add its record to the bibliography first")
    rows = []
    for framework, draft in drafts:
        for claim in draft.claims:
            rows += _citation_rows(claim.citations, sources, claim_id=claims[framework.pk, claim.key])
        rows += _citation_rows(draft.citations, sources, framework=framework)
    Citation.objects.bulk_create(rows)


def _citation_rows(
    citations: Iterable[document.Citation], sources: Mapping[str, int], **owner
) -> list[Citation]:
    return [
        Citation(source_id=sources[citation.source], position=n, **_values(citation, *_CITATION), **owner)
        for n, citation in enumerate(citations)
    ]
