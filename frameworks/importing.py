"""A whole framework from one text: what storing it would do, shown first, and then stored as a draft, never published.

Two kinds of text are taken: a framework's YAML file, and the plain text of a page. Nothing is kept between the two
acts: who asks again with the same text gets the same plan, as long as nobody changed the draft.
"""

import codecs
import re
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import blake2b

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from pydantic import TypeAdapter, ValidationError

from . import bibliography, changes, matching, page_text
from .comparison import Comparison, compare, wordings
from .desk import saving
from .document import Change, FrameworkDocument, FrameworkFile, Slug, Source, dotted
from .drafts import NotInLibrary, read_draft
from .matching import Match
from .models import Category, Framework
from .page_text import NotAPage, Unrecognised
from .publishing import blocking
from .readiness import Problem
from .remarks import worded
from .yaml_text import MAX_BYTES, YamlText


class Form(StrEnum):
    """What a text is."""

    YAML = "yaml"
    PAGE = "page"


class CannotImport(ValueError):
    """The text cannot be stored, or not as it stands; the message says why and what to do."""


class DraftChanged(CannotImport):
    """Somebody changed the draft after the dry run. `comparison` says what they changed."""

    def __init__(self, message: str, comparison: Comparison = Comparison()):  # noqa: B008 - it is frozen
        super().__init__(message)
        self.comparison = comparison


@dataclass(frozen=True)
class Remark:
    """What an editor should know of one line, or of the text as a whole (line 0), in words."""

    line: int
    text: str

    def __str__(self):
        return f"line {self.line}: {self.text}" if self.line else self.text


@dataclass(frozen=True)
class ImportPlan:
    """What storing a text would do. Nothing of it has happened yet."""

    form: Form
    slug: str
    #: What the draft would say.
    document: FrameworkDocument
    #: What the text says by itself, whatever draft and bibliography have.
    alone: FrameworkDocument
    #: The draft as it stands, and its version; None where there is none yet.
    draft: FrameworkDocument | None
    version: int | None
    #: From the draft, or from nothing, to the document.
    comparison: Comparison
    problems: tuple[Problem, ...]
    #: The category as a page prints it; None where somebody chose it, or a file names it.
    printed_category: str | None = None
    #: Why it cannot be stored as it stands; empty where it can.
    obstacle: str = ""
    unrecognised: tuple[Unrecognised, ...] = ()
    disagreements: tuple[Remark, ...] = ()
    matches: tuple[Match, ...] = ()
    #: The records that the bibliography does not have yet.
    new_sources: tuple[Source, ...] = ()
    #: The change that a file asks for, for whoever publishes it afterwards.
    change: Change | None = None

    @property
    def is_new(self) -> bool:
        return self.version is None

    @property
    def before(self) -> FrameworkDocument:
        return self.draft or FrameworkDocument(title="", category=self.document.category)

    @property
    def changes(self) -> changes.Changes:
        """The comparison, in words. Of the records that the bibliography has, an import adds and removes none."""
        new = {source.key for source in self.new_sources}
        told = tuple(change for change in self.comparison.sources if change.key in new)
        return changes.readable(replace(self.comparison, sources=told), self.before, self.document)

    @property
    def digest(self) -> str:
        """Tells this plan from any that would do something else: who looked at one stores that one and no other."""
        parts = [self.slug, str(self.version), self.document.model_dump_json()]
        return blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()


def dry_run(
    text: str | bytes, slug: str = "", *, category: str = "", form: Form | str | None = None
) -> ImportPlan:
    """What storing this text would do, against the draft at `slug` if there is one. Stores nothing.

    `slug` left out is made of the title. `category` is a slug or a name, and stands above what the text says. The form
    is told by the text where it is left out. Raises yaml_text.Refused (with lines) for a file with mistakes,
    CannotImport for a text that is neither kind and for what cannot even be compared.
    """
    content = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    if len(content) > MAX_BYTES:
        raise CannotImport(
            _("The text is %(length)s bytes long; %(most)s are the most.")
            % {"length": f"{len(content):,}", "most": f"{MAX_BYTES:,}"}
        )
    form = Form(form) if form else _form(text if isinstance(text, str) else decoded(content))
    if form is Form.YAML:
        return _plan_of_file(content, slug, category)
    return _plan_of_page(text if isinstance(text, str) else decoded(content), slug, category)


def store(plan: ImportPlan, *, by=None) -> Framework:
    """Make the draft what the plan says, and publish nothing. A plan that changes nothing writes nothing.

    `by` is who does it; a file that was loaded from the command line is nobody's edit. Raises CannotImport for a plan
    with an obstacle, DraftChanged where draft or bibliography is no longer what the plan was made from; then nothing
    is stored.
    """
    if plan.obstacle:
        raise CannotImport(plan.obstacle)
    try:
        with transaction.atomic():
            return _store(plan, by)
    except IntegrityError as problem:
        if getattr(problem.__cause__, "sqlstate", "") != _UNIQUE_VIOLATION:
            raise
        raise _just_made(plan) from None
    except (NotInLibrary, bibliography.CannotBeSaved) as problem:
        raise CannotImport(f"{problem}.") from None


_UNIQUE_VIOLATION = "23505"


def _store(plan: ImportPlan, by) -> Framework:
    framework = Framework.objects.select_for_update().filter(slug=plan.slug).first()
    if framework is None and not plan.is_new:
        raise DraftChanged(
            _("“%(slug)s” has been deleted since the dry run; look at what it would do now.")
            % {"slug": plan.slug}
        )
    if framework is not None and plan.is_new:
        raise _just_made(plan)
    if framework is not None:
        now = read_draft(framework)
        # The version tells of editors who changed it back, too; the document, of sources that were corrected since.
        if framework.version != plan.version or now != plan.draft:
            raise DraftChanged(
                _("The draft of “%(slug)s” was changed since the dry run; look at what it would do now.")
                % {"slug": plan.slug},
                compare(plan.draft, now),
            )
        if not plan.comparison:
            return framework
    if arrived := sorted(bibliography.records([source.key for source in plan.new_sources])):
        raise DraftChanged(
            _("The bibliography has a source “%(key)s” since the dry run; look at what it would do now.")
            % {"key": arrived[0]}
        )
    bibliography.save(plan.new_sources)
    framework = framework or Framework(slug=plan.slug)
    saving.write(framework, plan.document, before=plan.draft, by=by)
    return framework


def _just_made(plan: ImportPlan) -> DraftChanged:
    return DraftChanged(
        _("“%(slug)s” was made since the dry run; look at what it would do now.") % {"slug": plan.slug}
    )


# What kind of text it is

_FIELD = re.compile(rf"^({'|'.join(FrameworkFile.model_fields)}):(?:\s|$)", re.MULTILINE)


def _form(text: str) -> Form:
    """A file names the fields of a document at the beginning of its lines, in small letters; no page does."""
    first = next(
        (line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")), ""
    )
    named = {found[1] for found in _FIELD.finditer(text)}
    return Form.YAML if first == "---" or _FIELD.match(first) or len(named) > 1 else Form.PAGE


def decoded(content: bytes) -> str:
    """The text of a file. Raises CannotImport for one that is neither UTF-8 nor marked as UTF-16."""
    try:
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return content.decode("utf-16")
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise CannotImport(
            _("The text is not UTF-8 in line %(line)d; save the file with the encoding UTF-8.")
            % {"line": line}
        ) from None


# From a page


def _plan_of_page(text: str, slug: str, category: str) -> ImportPlan:
    try:
        page = page_text.read(text)
    except NotAPage as problem:
        raise CannotImport(worded(problem.remark)) from None
    slug = _slug(slug, page.parts.get("title", ""))
    framework = Framework.objects.filter(slug=slug).first()
    draft = read_draft(framework) if framework else None
    found, obstacle = _category(category or page.category)
    remarks = []
    if not found and draft and not category:
        # The page may call its shelves otherwise; the editor who put the draft on one knew ours.
        found, obstacle = draft.category, ""
        remarks = [
            Remark(
                page.line_of_category,
                _("there is no category “%(name)s”; the draft keeps its own") % {"name": page.category},
            )
        ]
        remarks = remarks if page.category else []
    known = bibliography.records()
    try:
        alone, _matches = matching.matched(page, category=found)
        document, matches = matching.matched(page, draft, category=found, bibliography=known)
    except ValidationError as problem:
        said = "; ".join(f"{dotted(each['loc'])} {each['msg']}" for each in problem.errors(include_url=False))
        raise CannotImport(
            _("Page and draft together are more than a framework can be: %(said)s.") % {"said": said}
        ) from None
    return _plan(
        form=Form.PAGE,
        framework=framework,
        draft=draft,
        document=document,
        known=known,
        slug=slug,
        alone=alone,
        printed_category=None if category else page.category,
        obstacle=obstacle,
        unrecognised=tuple(page.unrecognised),
        disagreements=(*remarks, *(Remark(each.line, worded(each)) for each in page.disagreements)),
        matches=matches,
    )


# From a file


def _plan_of_file(content: bytes, slug: str, category: str) -> ImportPlan:
    text = YamlText(content, "text")
    known = bibliography.records()
    file = text.read_framework(known)
    document, remarks = _with_known_records(text, file.document, known)
    slug = _slug(slug, document.title)
    framework = Framework.objects.filter(slug=slug).first()
    found, obstacle = _category(category or document.category)
    if found:
        document = document.model_copy(update={"category": found})
    if file.change:
        line = text.refusal("change", "").line
        remarks.append(Remark(line, _("“change” publishes nothing here; publishing is an act of its own")))
    return _plan(
        form=Form.YAML,
        framework=framework,
        draft=read_draft(framework) if framework else None,
        document=document,
        known=known,
        slug=slug,
        alone=file.document,
        obstacle=obstacle,
        disagreements=tuple(remarks),
        change=file.change,
    )


def _with_known_records(text: YamlText, document: FrameworkDocument, known):
    """The document with the bibliography's own records, which one file does not change: other frameworks cite them."""
    remarks = []
    for n, fields in enumerate(text.data.get("sources", [])):
        key = fields["key"]
        if key in known and (said := wordings(known[key], _source(document, key))):
            line = text.refusal(("sources", n), "").line
            remarks.append(
                Remark(
                    line,
                    _("the bibliography's record of “%(key)s” stays, which differs:\n%(said)s")
                    % {"key": key, "said": said},
                )
            )
    # What a record of the bibliography draws on comes with it.
    own = [source for source in document.sources if source.key not in known]
    reached = bibliography.records([*document.source_keys, *(key for each in own for key in each.draws_on)])
    kept = _cited_alone(document, {**reached, **{source.key: source for source in own}})
    try:
        return FrameworkDocument.model_validate({**document.model_dump(), "sources": kept}), remarks
    except ValidationError as problem:
        said = "; ".join(f"{dotted(each['loc'])} {each['msg']}" for each in problem.errors(include_url=False))
        raise CannotImport(
            _("The file does not agree with the bibliography: %(said)s.") % {"said": said}
        ) from None


def _source(document: FrameworkDocument, key: str) -> Source:
    return next(source for source in document.sources if source.key == key)


def _cited_alone(document: FrameworkDocument, records: dict[str, Source]) -> list[Source]:
    reached: dict[str, Source] = {}
    ahead = [citation.source for _, citation in document.cited()]
    while ahead:
        key = ahead.pop()
        if key not in reached and key in records:
            reached[key] = records[key]
            ahead += records[key].draws_on
    return list(reached.values())


# What both have in common


def _plan(*, framework: Framework | None, document: FrameworkDocument, draft, known, **fields) -> ImportPlan:
    lost = _also_called_so(fields["slug"], document) if draft is None else _warnings_lost(draft, document)
    fields["disagreements"] = (*fields.get("disagreements", ()), *lost)
    plan = ImportPlan(
        document=document,
        draft=draft,
        version=framework.version if framework else None,
        comparison=Comparison(),
        problems=tuple(blocking(framework or Framework(slug=fields["slug"]), document)),
        new_sources=tuple(source for source in document.sources if source.key not in known),
        **fields,
    )
    return replace(plan, comparison=compare(plan.before, document))


def _also_called_so(slug: str, document: FrameworkDocument) -> list[Remark]:
    """That there is a framework of this title already: the text may have been meant for its draft."""
    others = Framework.objects.filter(title__iexact=document.title).exclude(slug=slug).order_by("slug")
    return [
        Remark(
            0,
            _("the framework at “%(slug)s” has this title already; to change its draft, give its address")
            % {"slug": other},
        )
        for other in others.values_list("slug", flat=True)
    ]


def _warnings_lost(draft: FrameworkDocument, document: FrameworkDocument) -> list[Remark]:
    kept = {warning.key for warning in document.all_warnings()}
    return [
        Remark(0, _("the draft's warning “%(text)s” would be removed") % {"text": warning.text.plain})
        for warning in draft.all_warnings()
        if warning.key not in kept
    ]


def _slug(slug: str, title: str) -> str:
    slug = slug or matching.slug(title)
    if not slug:
        raise CannotImport(_("The text has no title that could make an address; say the slug."))
    try:
        return TypeAdapter(Slug).validate_python(slug)
    except ValidationError:
        raise CannotImport(
            _("“%(slug)s” is no address; write small letters, digits and single hyphens, 80 at most.")
            % {"slug": slug}
        ) from None


def _category(said: str) -> tuple[str, str]:
    """The slug of the category of this slug or name, or what is in the way."""
    categories = list(Category.objects.values_list("slug", "name"))
    for slug, name in categories:
        if said.casefold() in (slug, name.casefold()) or matching.slug(said) == slug:
            return slug, ""
    there_are = "; ".join(f"{name} ({slug})" for slug, name in categories) or _("none yet")
    if said:
        message = _("There is no category “%(said)s”; choose one of those there are: %(categories)s.")
    else:
        message = _(
            "The page names no category, and a draft needs one; choose one of those there are: %(categories)s."
        )
    return "", message % {"said": said, "categories": there_are}
