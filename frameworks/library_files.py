"""The library as a folder of YAML files: `categories.yaml`, `help.yaml`, `sources.yaml`, `frameworks/<slug>.yaml`.

Loading is a three-way merge. Each row remembers, as a digest, what its file said when it was last loaded; so a load
knows who has changed a record since: the file (it is written), an editor (it stays), or both (the file is refused).
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from django.db import IntegrityError, connection, models, transaction
from pydantic import Field, TypeAdapter, ValidationError, model_validator

from . import bibliography
from .comparison import as_text, compare, wordings
from .document import (
    Change,
    FrameworkDocument,
    FrameworkFile,
    Line,
    Part,
    PastDay,
    RequiredLine,
    Slug,
    Url,
    absent,
    bibliography_errors,
    error,
    of_form,
)
from .document import Source as SourceRecord
from .drafts import read_draft, write_draft
from .listings import take_turns
from .models import Category, Framework, HelpContact, Source
from .models.live import HelpKind
from .publishing import NoteMissing, NothingToPublish, NotReady, refuse_silence
from .yaml_text import Refusal, Refused, YamlText, as_yaml, records_as_yaml

# What the files hold


class CategoryRecord(Part):
    slug: Slug
    name: Annotated[RequiredLine, Field(max_length=80)]


class HelpContactRecord(Part):
    key: Slug
    country: Annotated[str, of_form("([A-Z]{2})?", "is not a country in two capital letters, such as GB")] = (
        ""
    )
    kind: HelpKind
    name: Annotated[RequiredLine, Field(max_length=120)]
    number: Annotated[RequiredLine, Field(max_length=120)]
    link: Annotated[
        str,
        Field(max_length=200),
        of_form(
            r"tel:[+0-9]+|sms:[+0-9]+([?][!-~]*)?|https://[!-~]+",
            "does not begin with tel:, sms: or https://, or holds a space; write tel:+441234567890",
        ),
    ]
    hours: Annotated[Line, Field(max_length=120)] = ""
    cost: Annotated[Line, Field(max_length=120)] = ""
    source_url: Annotated[Url | None, absent] = None
    checked_on: Annotated[PastDay | None, absent] = None


class _RecordsFile(Part):
    """A file that holds one list of records, each with a name of its own."""

    @model_validator(mode="after")
    def _hangs_together(self):
        if errors := list(self._errors()):
            raise ValidationError.from_exception_data(type(self).__name__, errors)
        return self

    def _errors(self):
        (part,) = type(self).model_fields
        names = set()
        for n, record in enumerate(getattr(self, part)):
            name = _name(record)
            if name in names:
                yield error((part, n), "“{name}” stands here a second time; keep one of the two", name=name)
            names.add(name)


class CategoriesFile(_RecordsFile):
    categories: tuple[CategoryRecord, ...]


class ContactsFile(_RecordsFile):
    contacts: tuple[HelpContactRecord, ...]


class SourcesFile(_RecordsFile):
    sources: tuple[SourceRecord, ...]

    def _errors(self):
        return bibliography_errors(self.sources)


def _name(record: Part) -> str:
    return record.slug if isinstance(record, CategoryRecord) else record.key


# What a load did


class Outcome(StrEnum):
    """What became of a record, in the words of the counts."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    KEPT = "kept as an editor left it"
    BOTH_CHANGED = "changed by the file and by an editor"
    WRITTEN = "written"


@dataclass
class Report:
    """What a load or an export did, or would have done."""

    counts: dict[str, Counter] = field(default_factory=lambda: defaultdict(Counter))
    #: The slugs of the frameworks that have a new revision.
    published: list[str] = field(default_factory=list)
    #: What one should know although nothing is wrong.
    remarks: list[str] = field(default_factory=list)
    #: What is new or another now, by file and name; a dry run lists it.
    touched: list[str] = field(default_factory=list)
    #: The keys of the sources whose records are others now.
    changed_sources: list[str] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """The counts: “3 frameworks: 2 new, 1 unchanged”."""
        for part, counts in self.counts.items():
            said = ", ".join(f"{counts[outcome]:,} {outcome}" for outcome in Outcome if counts[outcome])
            yield f"{counted(counts.total(), part)}: {said}" if said else counted(0, part)
        if self.published:
            yield f"{counted(len(self.published), 'revisions')} published"
        if refused := {refusal.file for refusal in self.refusals}:
            yield f"{counted(len(refused), 'files')} refused"
        elif self.changed_nothing:
            yield "Nothing changed."

    @property
    def changed_nothing(self) -> bool:
        left_alone = {Outcome.UNCHANGED, Outcome.KEPT}
        return not self.published and all(counts.keys() <= left_alone for counts in self.counts.values())


_ONE = {
    "categories": "category",
    "contacts": "help contact",
    "files": "file",
    "frameworks": "framework",
    "revisions": "revision",
    "sources": "source",
}


def counted(number: int, part: str) -> str:
    """“1 category”, “2 categories”."""
    many = "help contacts" if part == "contacts" else part
    return f"{number:,} {_ONE[part] if number == 1 else many}"


# The records of each file, and their rows


@dataclass(frozen=True)
class _Shelf:
    """One file of records."""

    file: type[_RecordsFile]
    part: str
    rows: type[models.Model]
    name: str
    #: The records that are stored, by name.
    stored: Callable[[], Mapping[str, Part]]
    save: Callable[[Iterable[Part]], None]
    #: Whether the order in the file is the order on the page.
    ordered: bool = True


def _stored_categories() -> dict[str, CategoryRecord]:
    return {row.slug: CategoryRecord(slug=row.slug, name=row.name) for row in Category.objects.all()}


def _save_categories(records: Iterable[CategoryRecord]) -> None:
    Category.objects.bulk_create(
        [Category(slug=record.slug, name=record.name) for record in records],
        update_conflicts=True,
        unique_fields=["slug"],
        update_fields=["name"],
    )


_CONTACT = tuple(HelpContactRecord.model_fields)


def _stored_contacts() -> dict[str, HelpContactRecord]:
    return {
        row.key: HelpContactRecord.model_validate({name: getattr(row, name) for name in _CONTACT})
        for row in HelpContact.objects.all()
    }


def _save_contacts(records: Iterable[HelpContactRecord]) -> None:
    HelpContact.objects.bulk_create(
        [
            HelpContact(**(record.model_dump() | {"source_url": record.source_url or ""}))
            for record in records
        ],
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=[name for name in _CONTACT if name != "key"],
    )


#: In the order in which they are loaded.
_SHELVES = {
    "categories.yaml": _Shelf(
        CategoriesFile, "categories", Category, "slug", _stored_categories, _save_categories
    ),
    "help.yaml": _Shelf(ContactsFile, "contacts", HelpContact, "key", _stored_contacts, _save_contacts),
    "sources.yaml": _Shelf(
        SourcesFile, "sources", Source, "key", bibliography.records, bibliography.save, ordered=False
    ),
}

# Loading


class NoLibrary(Exception):
    """The folder is not there, or holds no file of a library."""


@transaction.atomic
def load(folder: Path, *, dry_run: bool = False, overwrite: bool = False) -> Report:
    """Bring the folder's files into the library and publish what they changed.

    A file is loaded whole or not at all; one that is refused does not keep the others out. `overwrite` puts the
    file's word above an editor's where both changed the same record. Raises NoLibrary.
    """
    paths = _paths(folder)
    # Two loads at once would take each other's rows for an editor's.
    take_turns()
    loading = _Loading(overwrite=overwrite)
    for path in paths:
        loading.load(path)
    loading.remark_on_older_records()
    if dry_run:
        transaction.set_rollback(True)
    return loading.report


def _paths(folder: Path) -> list[Path]:
    """The files of a library, in the order in which they need each other."""
    if not folder.is_dir():
        raise NoLibrary(
            f"There is no folder {folder}; name one that holds {', '.join(_SHELVES)} or frameworks/."
        )
    found = [folder / name for name in _SHELVES if (folder / name).exists()]
    found += sorted(path for path in folder.glob("frameworks/*") if path.suffix in (".yaml", ".yml"))
    if not found:
        raise NoLibrary(
            f"The folder {folder} holds no {', no '.join(_SHELVES)} and no frameworks/<slug>.yaml."
        )
    return found


def _digest(content: object, besides: object = "") -> str:
    """What a file says in two halves: the record itself, and what the file says besides."""
    return "".join(
        hashlib.blake2b(json.dumps(half, sort_keys=True).encode(), digest_size=16).hexdigest()
        for half in (content, besides)
    )


_HALF = 32


def _content(record: Part) -> dict:
    # Without defaults, so that a field added later changes no digest; without sources, which have digests of their own.
    exclude = {"sources", "change"} if isinstance(record, FrameworkDocument) else None
    return record.model_dump(mode="json", exclude_defaults=True, exclude=exclude)


def _judge(said: str, stored: Part | None, loaded: str) -> Outcome:
    """Who changed a record since its last load. `said` and `loaded` are digests: of the file now, and then."""
    said, loaded = said[:_HALF], loaded[:_HALF]
    if stored is None:
        return Outcome.NEW
    now = _digest(_content(stored))[:_HALF]
    if said == now:
        return Outcome.UNCHANGED
    if said == loaded:
        return Outcome.KEPT
    return Outcome.CHANGED if now == loaded else Outcome.BOTH_CHANGED


class _Loading:
    """One load, and what it has found so far."""

    def __init__(self, *, overwrite: bool):
        self.report = Report()
        self._overwrite = overwrite
        #: The records of sources that this load has read, and from which file.
        self._said: dict[str, tuple[SourceRecord, str]] = {}

    def load(self, path: Path) -> None:
        """Load one file, whole or not at all."""
        before = self.report
        self.report = Report(
            defaultdict(Counter, {part: counts.copy() for part, counts in before.counts.items()}),
            [*before.published],
            [*before.remarks],
            [*before.touched],
            [*before.changed_sources],
            before.refusals,
        )
        try:
            with transaction.atomic():
                if path.parent.name == "frameworks":
                    said = self._load_framework(path)
                else:
                    said = self._load_records(path)
                # Deferred constraints speak now, while it is known which file they speak of.
                connection.check_constraints()
        except Refused as refused:
            refusals = refused.refusals
        except OSError as problem:
            refusals = [Refusal(str(path), 1, "", f"cannot be read: {problem.strerror}")]
        except IntegrityError as problem:
            sentence = (problem.__cause__.diag.constraint_name or str(problem)).replace("_", " ")
            refusals = [Refusal(str(path), 1, "", f"would break a promise of the database: {sentence}")]
        else:
            self._said |= said
            return
        self.report = before
        self.report.refusals += refusals

    def remark_on_older_records(self) -> None:
        """Say which pages go on showing a source as it was: what was published stays as it was."""
        changed = self.report.changed_sources
        older = (
            Framework.objects.published()
            .filter(current_revision__source_keys__overlap=changed)
            .exclude(slug__in=self.report.published)
        )
        for slug in older.order_by("slug").values_list("slug", flat=True) if changed else ():
            self.report.remarks.append(
                f"{slug}: its page shows changed sources as they were; its next revision brings them"
            )

    # Files of records

    def _load_records(self, path: Path) -> dict[str, tuple[SourceRecord, str]]:
        text = YamlText(path.read_bytes(), str(path))
        shelf = _SHELVES[path.name]
        records = dict(enumerate(getattr(text.read(shelf.file), shelf.part)))
        self._write_records(text, shelf, records)
        if shelf.part != "sources":
            return {}
        return {record.key: (record, text.name) for record in records.values()}

    def _write_records(self, text: YamlText, shelf: _Shelf, records: Mapping[int, Part]) -> None:
        """Write those of the records, given by their numbers in the file, that the file has changed."""
        rows = {getattr(row, shelf.name): row.loaded_digest for row in shelf.rows.objects.all()}
        stored = shelf.stored()
        said = {n: _digest(_content(record), n if shelf.ordered else "") for n, record in records.items()}
        outcomes = {
            n: _judge(said[n], stored.get(_name(record)), rows.get(_name(record), ""))
            for n, record in records.items()
        }
        both = [n for n, outcome in outcomes.items() if outcome is Outcome.BOTH_CHANGED]
        if both and not self._overwrite:
            raise Refused(
                text.refusal(
                    (shelf.part, n), _both_changed(_difference(stored[_name(records[n])], records[n]))
                )
                for n in both
            )
        outcomes |= dict.fromkeys(both, Outcome.CHANGED)
        try:
            shelf.save(
                [records[n] for n, outcome in outcomes.items() if outcome in (Outcome.NEW, Outcome.CHANGED)]
            )
        except bibliography.CannotBeSaved as problem:
            place = next(n for n, record in records.items() if _name(record) == problem.key)
            raise Refused([text.refusal((shelf.part, place), problem.message)]) from None
        outcomes |= dict.fromkeys(self._remember(shelf, records, said, outcomes), Outcome.CHANGED)
        for n, outcome in outcomes.items():
            self._count(shelf.part, outcome, f"{text.name}: {_name(records[n])}")
        if shelf.part == "sources":
            changed = [n for n, outcome in outcomes.items() if outcome is Outcome.CHANGED]
            self.report.changed_sources += [_name(records[n]) for n in changed]

    def _remember(self, shelf: _Shelf, records, said, outcomes) -> list[int]:
        """Note what the file says, put the rows in its order, and return the numbers of those that moved."""
        rows = {getattr(row, shelf.name): row for row in shelf.rows.objects.all()}
        changed, moved = [], []
        for n, record in records.items():
            row = rows[_name(record)]
            if row.loaded_digest == said[n]:
                continue
            if shelf.ordered and row.loaded_digest[_HALF:] != said[n][_HALF:]:
                if row.position != n and outcomes[n] is not Outcome.NEW:
                    moved.append(n)
                row.position = n
            row.loaded_digest = said[n]
            changed.append(row)
        shelf.rows.objects.bulk_update(changed, ["loaded_digest", *(["position"] if shelf.ordered else [])])
        return moved

    def _count(self, part: str, outcome: Outcome, name: str) -> None:
        self.report.counts[part][outcome] += 1
        if outcome in (Outcome.NEW, Outcome.CHANGED):
            self.report.touched.append(f"{outcome}: {name}")
        if outcome is Outcome.KEPT:
            self.report.remarks.append(
                f"{name}: an editor changed it and the file did not; it stays as it is"
            )

    # Frameworks

    def _load_framework(self, path: Path) -> dict[str, tuple[SourceRecord, str]]:
        text = YamlText(path.read_bytes(), str(path))
        slug = _slug(text, path)
        file = text.read_framework(bibliography.records())
        if not Category.objects.filter(slug=file.category).exists():
            problem = f"there is no category “{file.category}”; add it to categories.yaml first"
            raise Refused([text.refusal("category", problem)])
        brought = self._load_own_sources(text, file)
        framework = Framework.objects.select_for_update().filter(slug=slug).first() or Framework(slug=slug)
        self._write_framework(text, framework, file)
        return {record.key: (record, text.name) for record in brought.values()}

    def _load_own_sources(self, text: YamlText, file: FrameworkFile) -> dict[int, SourceRecord]:
        """Load the records that the file brings along, and return those that no other file has."""
        records = {source.key: source for source in file.sources}
        own, refusals = {}, []
        for n, fields in enumerate(text.data.get("sources", [])):
            record = records[fields["key"]]
            other, name = self._said.get(record.key, (None, ""))
            if other is None:
                own[n] = record
            elif other != record:
                problem = f"differs from the record in {name}; make both the same, or leave it out here"
                refusals.append(text.refusal(("sources", n), problem + "\n" + _difference(other, record)))
        if refusals:
            raise Refused(refusals)
        if own:
            self._write_records(text, _SHELVES["sources.yaml"], own)
        return own

    def _write_framework(self, text: YamlText, framework: Framework, file: FrameworkFile) -> None:
        change = file.change and file.change.model_dump(mode="json")
        said = _digest(_content(file), change or "")
        stored = read_draft(framework) if framework.pk else None
        outcome = _judge(said, stored, framework.loaded_digest)
        asks_to_publish = file.change and said != framework.loaded_digest
        if outcome is Outcome.KEPT and asks_to_publish:
            # What the file wants published is not what the draft says.
            outcome = Outcome.BOTH_CHANGED
        if outcome is Outcome.BOTH_CHANGED:
            if not self._overwrite:
                raise Refused([text.refusal((), _both_changed(_difference(stored, file.document)))])
            outcome = Outcome.CHANGED
        if outcome in (Outcome.NEW, Outcome.CHANGED):
            write_draft(framework, file.document)
        if asks_to_publish:
            self._publish(text, framework, file.change)
        if framework.loaded_digest != said:
            Framework.objects.filter(pk=framework.pk).update(loaded_digest=said)
        self._count("frameworks", outcome, text.name)

    def _publish(self, text: YamlText, framework: Framework, change: Change) -> None:
        if framework.withdrawn_at is not None:
            self.report.remarks.append(
                f"{text.name}: it was withdrawn; its draft was loaded and not published"
            )
            return
        current = framework.current_revision
        if current and change.note and (current.kind, current.note) == (change.kind.value, change.note):
            if current.document == read_draft(framework):
                return
            # A revision never changes, so what it says of itself would stay false for ever.
            problem = f"is what revision {current.number} said of itself; say what changes now, for readers"
            raise Refused([text.refusal(("change", "note"), problem)])
        try:
            refuse_silence(framework.publish(by=None, kind=change.kind, note=change.note))
        except NoteMissing as problem:
            raise Refused([text.refusal(("change", "note"), str(problem))]) from None
        except NotReady as problem:
            raise Refused(text.refusal(each.path, each.message) for each in problem.problems) from None
        except NothingToPublish:
            return
        self.report.published.append(framework.slug)


def _slug(text: YamlText, path: Path) -> str:
    if path.suffix != ".yaml":
        raise Refused([text.refusal((), f"ends in {path.suffix}; rename it to {path.stem}.yaml")])
    try:
        return TypeAdapter(Slug).validate_python(path.stem)
    except ValidationError:
        problem = (
            "has a name that is no address; rename it to small letters, digits and single hyphens, 80 at most"
        )
        raise Refused([text.refusal((), problem)]) from None


def _both_changed(difference: str) -> str:
    return (
        "was changed by an editor since it was last loaded, and by the file as well. Write the editor's change into "
        "the file, or load with --overwrite to drop it. This is what loading the file would change:\n"
        + difference
    )


def _difference(old: Part, new: Part) -> str:
    """What differs, for the command line. Sources have records, and differences, of their own."""
    if isinstance(old, FrameworkDocument):
        return as_text(
            compare(old.model_copy(update={"sources": ()}), new.model_copy(update={"sources": ()}))
        )
    return wordings(old, new)


# Exporting

# Lets programs that know YAML check a file as it is typed.
_SCHEMA_COMMENT = "yaml-language-server: $schema=../framework.schema.json"


@transaction.atomic
def export(folder: Path) -> Report:
    """Write the library as files: drafts, and what publishing them said where a draft is what readers see.

    Notices, reviews, retractions and former revisions are no part of the files. Returns what was written.
    """
    report = Report()
    (folder / "frameworks").mkdir(parents=True, exist_ok=True)
    for name, shelf in _SHELVES.items():
        stored = shelf.stored().values()
        _write(folder / name, records_as_yaml(shelf.part, stored))
        report.counts[shelf.part][Outcome.WRITTEN] = len(stored)
    for framework in (
        Framework.objects.select_related("current_revision").order_by("slug").iterator(chunk_size=100)
    ):
        draft = read_draft(framework)
        change = _change(framework, draft, report)
        file = as_yaml(draft, change=change, heading=[_SCHEMA_COMMENT], with_sources=False)
        _write(folder / "frameworks" / f"{framework.slug}.yaml", file)
        report.counts["frameworks"][Outcome.WRITTEN] += 1
    return report


def _change(framework: Framework, draft: FrameworkDocument, report: Report) -> Change | None:
    revision = framework.current_revision
    if revision is None:
        return None
    if framework.withdrawn_at is not None:
        report.remarks.append(f"{framework.slug}: it was withdrawn, so its file asks for no publishing")
        return None
    if _content(draft) != _content(revision.document):
        report.remarks.append(
            f"{framework.slug}: its draft was changed since it was published, so its file is a draft"
        )
        return None
    return Change(kind=revision.kind, note=revision.note)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
