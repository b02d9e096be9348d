"""A draft as a form: a Document laid out in fields, and a Document again of what was typed.

The Document alone judges what was typed; each of its errors is shown at the field that it is about. Entries are rows
with a position number, so that ordering and inserting work without a script, too.
"""

import itertools
import math
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from django import forms
from django.db.models.functions import Lower
from django.utils.formats import number_format
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import TypeAdapter, ValidationError

from .. import bibliography, yaml_text
from ..article import SECTION_NAMES
from ..changes import PART_NAMES
from ..comparison import same_citations
from ..document import (
    TEXT_SECTIONS,
    TYPED,
    CertaintyLevel,
    Checked,
    Directness,
    DoneBy,
    FrameworkDocument,
    Level,
    Slug,
    Stance,
    Supervision,
    TimeToResult,
    dotted,
)
from ..labels import choices
from ..models import Category, Source
from ..prose import Prose
from .keys import key_of

#: Rows that one part can have; the Document's own limits are lower.
_MOST_ROWS = 1000
_END = math.inf

# Fields


class Text(forms.CharField):
    """A text that the Document alone judges, its unseen characters among it."""

    def run_validators(self, value):
        pass


def line(label, help_text="", **attrs):
    widget = forms.TextInput(attrs={"autocomplete": "off", **attrs})
    return Text(label=label, help_text=help_text, required=False, strip=False, widget=widget)


def prose(label, help_text="", rows=3):
    widget = forms.Textarea(attrs={"rows": rows, "autocomplete": "off"})
    return Text(label=label, help_text=help_text, required=False, strip=False, widget=widget)


class Chosen(forms.Select):
    """A select that is drawn quickly: a page has hundreds, each with an option for every step."""

    def render(self, name, value, attrs=None, renderer=None):
        chosen = {value} if isinstance(value, str | StrEnum) or value is None else set(value)
        attributes = self.build_attrs(self.attrs, {**(attrs or {}), "name": name})
        return SafeString(
            f"<select{_drawn(attributes)}>{''.join(_drawn_options(self.choices, chosen))}</select>"
        )


class ChosenEntries(forms.Widget):
    """What was chosen, each with a box to untick, and lines that take more from the page's one list of entries.

    A script makes a list with buttons of it. A page has hundreds of claims: the list is not repeated in each.
    """

    #: The name of every entry that can be chosen.
    names: Mapping[str, str] = {}
    LINES = 2

    def value_from_datadict(self, data, files, name):
        typed = data.getlist(name) if hasattr(data, "getlist") else data.get(name, [])
        return list(dict.fromkeys(filter(None, (one.strip() for one in typed))))

    def render(self, name, value, attrs=None, renderer=None):
        value = value or ()
        chosen = "".join(
            f'<li><label class="desk-check"><input type="checkbox" name="{name}" value="{escape(one)}" checked'
            f' autocomplete="off"> {escape(self.names[one])}</label></li>'
            for one in value
            if one in self.names
        )
        # What is in no list stays to be mended.
        typed = [one for one in value if one not in self.names]
        lines = [*typed, *[""] * max(1, self.LINES - len(typed))]
        # The first line has the field's own label.
        others = {"aria-label": _("Another entry")}
        hint = escape(_("One more: begin to type its name"))
        drawn = "".join(
            f'<input type="text" name="{name}" value="{escape(one)}" list="entries" placeholder="{hint}"'
            f' autocomplete="off"{_drawn(each)}>'
            for one, each in zip(lines, [attrs or {}, *[others] * len(lines)], strict=False)
        )
        return SafeString(f'<div data-about="{name}"><ul data-chosen>{chosen}</ul>{drawn}</div>')


def _drawn(attributes):
    return "".join(
        f" {key}" if value is True else f' {key}="{escape(value)}"'
        for key, value in attributes.items()
        if value is not False
    )


def _drawn_options(options, chosen):
    for value, text in options:
        if isinstance(text, list | tuple):
            yield f'<optgroup label="{escape(value)}">{"".join(_drawn_options(text, chosen))}</optgroup>'
        else:
            selected = " selected" if value in chosen or (value == "" and None in chosen) else ""
            yield f'<option value="{escape(value)}"{selected}>{escape(text)}</option>'


def word(words: type[StrEnum], label, empty=None, help_text="", initial=""):
    options = choices(words) if empty is None else [("", empty), *choices(words)]
    widget = Chosen(choices=options, attrs={"autocomplete": "off"})
    return forms.CharField(label=label, help_text=help_text, required=False, widget=widget, initial=initial)


class Keys(forms.Field):
    """The keys that were chosen, as a tuple."""

    widget = ChosenEntries

    def to_python(self, value):
        return tuple(value or ())


# The parts


class Draft(forms.Form):
    """The draft's own texts, in the order of the page."""

    use_required_attribute = False

    title = line(gettext_lazy("Title"), gettext_lazy("What the reader calls it, such as “Box breathing”."))
    tagline = line(
        gettext_lazy("Tagline"),
        gettext_lazy("What it does, in one line, such as “Four slow counts that calm a racing heart”."),
    )
    category = forms.CharField(
        label=gettext_lazy("Category"), required=False, widget=Chosen(attrs={"autocomplete": "off"})
    )
    time_to_result = word(TimeToResult, gettext_lazy("Time to result"), gettext_lazy("Not said"))
    supervision = word(
        Supervision,
        gettext_lazy("Supervision"),
        gettext_lazy("Not judged yet"),
        gettext_lazy("Whether a reader may do this alone. When in doubt, choose the stricter one."),
    )
    sensitive = forms.BooleanField(
        label=gettext_lazy("Sensitive: the page shows where to find help"),
        help_text=gettext_lazy("For trauma, depression, self-harm and suicide."),
        required=False,
    )
    problem = prose(
        gettext_lazy("Problem it solves"),
        gettext_lazy("As the reader feels it: “You lie awake for an hour although you are tired.”"),
    )
    best_for = prose(
        gettext_lazy("Best for"), gettext_lazy("Who gains most: “Adults who have slept badly for months.”")
    )
    not_ideal_for = prose(
        gettext_lazy("Not ideal for"),
        gettext_lazy("Who gains little. Whom it can harm belongs in a warning: “People on night shifts.”"),
    )
    overview = prose(
        gettext_lazy("Overview"),
        gettext_lazy(
            "What it is, and how well it is known to work. An empty line begins a paragraph; *emphasis*."
        ),
        rows=6,
    )
    origin = prose(
        gettext_lazy("Origin story"),
        gettext_lazy("Who came up with it, where and when, and how it got here."),
    )
    certainty_level = word(CertaintyLevel, gettext_lazy("Certainty"), gettext_lazy("Not graded"))
    certainty_outcome = line(
        gettext_lazy("Outcome that was judged"), gettext_lazy("One outcome: “PTSD symptoms at two weeks”.")
    )
    certainty_judged_by = line(gettext_lazy("Judged by"), gettext_lazy("“Cochrane, 2021”, or the editors."))
    certainty_reason = prose(
        gettext_lazy("Why this certain"), gettext_lazy("“Two small trials, with wide intervals.”"), rows=2
    )
    certainty_grade = forms.BooleanField(
        label=gettext_lazy("A panel used GRADE"),
        help_text=gettext_lazy("Without it the page calls this an editorial judgement."),
        required=False,
    )


class Row(forms.Form):
    """An entry. A row in which nothing is typed stands for no entry."""

    use_required_attribute = False

    #: The fields of the entry that are typed, the first of which gives it its key.
    TYPED: tuple[str, ...]
    CHOSEN: tuple[str, ...] = ()
    #: The key of one that has no words of its own, and what the page calls one.
    KIND: str
    NAME: str

    key = forms.CharField(required=False, widget=forms.HiddenInput)
    position = forms.CharField(
        label=gettext_lazy("Position"),
        required=False,
        # A browser would send nothing in place of what it takes for no number, and the row would go to the end.
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    remove = forms.BooleanField(
        label=gettext_lazy("Remove"),
        required=False,
        widget=forms.CheckboxInput(attrs={"autocomplete": "off"}),
    )

    def clean_position(self):
        typed = self.cleaned_data["position"].strip()
        try:
            place = float(typed) if typed else _END
        except ValueError:
            place = math.nan
        if math.isnan(place):
            raise forms.ValidationError(_("Write a number: 2.5 stands between 2 and 3."))
        return place

    @property
    def place(self) -> float:
        if not self.is_bound:
            return self.initial.get("position", _END)
        self.is_valid()
        return self.cleaned_data.get("position", _END)

    @property
    def own_key(self) -> str:
        return self.data.get(self.add_prefix("key"), "") if self.is_bound else self.initial.get("key", "")

    @property
    def ref(self) -> str:
        """How other rows name it: by its key, or, until it has one, by where it stands in the form."""
        return self.own_key or f"new:{self.prefix}"

    @property
    def is_removed(self) -> bool:
        return self.is_bound and bool(self.data.get(self.add_prefix("remove")))

    def value(self, name: str) -> str:
        if self.is_bound:
            return self.data.get(self.add_prefix(name), "")
        return str(self.initial.get(name) or "")

    @property
    def is_filled(self) -> bool:
        if not self.is_bound:
            return "position" in self.initial
        return (
            bool(self.own_key)
            or any(self.value(name).strip() for name in self.TYPED)
            or any(self.value(name) != (self.fields[name].initial or "") for name in self.CHOSEN)
        )

    @cached_property
    def name(self) -> str:
        """What a list of choices calls it."""
        first = self.TYPED[0]
        text = self.value(first)
        if isinstance(self.fields[first].widget, forms.Textarea):
            text = Prose(text).plain
        text = " ".join(text.split())
        return text if len(text) <= 70 else f"{text[:69]}…"

    @property
    def fields_shown(self):
        return [self[name] for name in (*self.TYPED, *self.CHOSEN)]

    def entry(self) -> dict:
        return {
            name: self.cleaned_data[name] for name in (*self.TYPED, *self.CHOSEN) if name in self.cleaned_data
        }


class PrincipleRow(Row):
    NAME = gettext_lazy("Principle")
    TYPED, KIND = ("text",), "principle"
    text = prose(
        gettext_lazy("Principle"),
        gettext_lazy("One idea that the steps rest on: “A slow breath out slows the heart.”"),
        rows=2,
    )


class StepRow(Row):
    NAME = gettext_lazy("Step")
    TYPED, CHOSEN, KIND = ("title", "body", "tip"), ("done_by",), "step"
    title = line(gettext_lazy("Title"), gettext_lazy("What to do, beginning with a verb: “Sit upright”."))
    body = prose(gettext_lazy("What to do"), gettext_lazy("How, in the reader's words. One thing to a step."))
    tip = prose(gettext_lazy("Pro tip"), rows=2)
    done_by = word(DoneBy, gettext_lazy("Who does it"), initial=DoneBy.READER.value)


class WarningRow(Row):
    NAME = gettext_lazy("Safety warning")
    TYPED, CHOSEN, KIND = ("text", "what_to_do"), ("level", "step"), "warning"
    text = prose(
        gettext_lazy("What can happen"),
        gettext_lazy("And to whom: “You may faint, if your blood pressure is low.”"),
        2,
    )
    what_to_do = prose(
        gettext_lazy("What to do"),
        gettext_lazy("“Sit down before you begin. Stop when you feel dizzy.”"),
        rows=2,
    )
    level = word(
        Level,
        gettext_lazy("Level"),
        gettext_lazy("Choose a level"),
        gettext_lazy(
            "Contraindication: do not do it if it applies to you. Danger: serious harm is possible. Caution: adjust, "
            "or ask."
        ),
    )
    step = forms.CharField(
        label=gettext_lazy("About"), required=False, widget=Chosen(attrs={"data-steps": True})
    )


class ItemRow(Row):
    NAME = gettext_lazy("Checklist item")
    TYPED, CHOSEN, KIND = ("text",), ("step",), "item"
    text = line(gettext_lazy("To tick"), gettext_lazy("What is true when it is done: “I have a quiet room”."))
    step = forms.CharField(
        label=gettext_lazy("Step"), required=False, widget=Chosen(attrs={"data-steps": True})
    )


class ExampleRow(Row):
    NAME = gettext_lazy("Example")
    TYPED, KIND = ("title", "body", "outcome"), "example"
    title = line(gettext_lazy("Title"), gettext_lazy("“Forty nurses on night shifts”"))
    body = prose(
        gettext_lazy("Example"),
        gettext_lazy("What a study's groups went through. Never an invented patient."),
    )
    outcome = prose(gettext_lazy("Outcome"), rows=2)


class MistakeRow(Row):
    NAME = gettext_lazy("Common mistake")
    TYPED, KIND = ("title", "body"), "mistake"
    title = line(gettext_lazy("Title"), gettext_lazy("“Breathing too fast”"))
    body = prose(gettext_lazy("What goes wrong, and what helps"), rows=2)


class ClaimRow(Row):
    NAME = gettext_lazy("Claim")
    TYPED, CHOSEN, KIND = ("text",), ("about",), "claim"
    text = line(
        gettext_lazy("Claim"),
        gettext_lazy("One sentence that research could contradict: “Slow breathing lowers the pulse.”"),
    )
    about = Keys(
        label=gettext_lazy("What it is about"),
        required=False,
        help_text=gettext_lazy("The page marks the claim there."),
    )
    #: A list of choices has an order of its own: what the claim was about already keeps the one that it had.
    about_was = forms.CharField(required=False, widget=forms.HiddenInput)
    citations: "Rows"

    def value(self, name):
        if name == "about" and self.is_bound:
            return " ".join(self["about"].value())
        return super().value(name)

    def entry(self):
        entry = super().entry()
        was = self.cleaned_data.get("about_was", "").split()
        chosen = entry["about"]
        kept = [name for name in was if name in chosen]
        return entry | {"about": kept + [name for name in chosen if name not in kept]}


class CitationRow(Row):
    NAME = gettext_lazy("Citation")
    TYPED = ("source", "locator", "finding", "checked_by", "checked_on")
    CHOSEN, KIND = ("stance", "directness", "checked"), "citation"
    source = line(
        gettext_lazy("Source"),
        gettext_lazy("Its key, or its title: begin to type, and choose."),
        list="sources",
    )
    stance = word(Stance, gettext_lazy("Stance"), gettext_lazy("Choose"))
    directness = word(Directness, gettext_lazy("Directness"), initial=Directness.DIRECT.value)
    locator = line(gettext_lazy("Where in the source"), gettext_lazy("“p. 12”, “table 2”, “23:34”"))
    finding = line(gettext_lazy("What it found"), gettext_lazy("“Lower by five beats.”"))
    checked = word(Checked, gettext_lazy("Checked"), initial=Checked.NOT_CHECKED.value)
    checked_by = line(gettext_lazy("Checked by"), gettext_lazy("A name, printed with its owner's agreement."))
    checked_on = line(gettext_lazy("Checked on"), type="date")

    @property
    def fields_shown(self):
        names = (
            "source",
            "stance",
            "directness",
            "locator",
            "finding",
            "checked",
            "checked_by",
            "checked_on",
        )
        return [self[name] for name in names]

    @property
    def source_typed(self) -> str:
        return " ".join(self.value("source").split())

    @property
    def source_key(self) -> str:
        """What was typed, as a key. Chosen from the list, it may come with its title: `lee2020: Slow breathing`."""
        return self.source_typed.partition(":")[0].strip().lower()


class Rows:
    """The rows of one part: those that are there, and some to spare for who has no script."""

    def __init__(self, row: type[Row], prefix: str, *, place: str, entries=(), data=None, spare=2):
        self.prefix, self.place = prefix, place
        self.errors: list[str] = []
        if data is None:
            self.rows = [
                row(prefix=f"{prefix}-{n}", initial={**entry, "position": n + 1})
                for n, entry in enumerate(entries)
            ]
            first = len(self.rows)
        else:
            # A script takes empty rows away, and numbers stay behind that no row has.
            first = _total(data, f"{prefix}-total")
            if first > _MOST_ROWS:
                self.errors.append(_("Has more than %(most)d rows.") % {"most": _MOST_ROWS})
                first = _MOST_ROWS
            self.rows = [
                row(data, prefix=f"{prefix}-{n}") for n in range(first) if f"{prefix}-{n}-position" in data
            ]
            spare = max(0, spare - sum(not one.is_filled for one in self.rows))
        self.total = first + spare
        self.spare = [row(prefix=f"{prefix}-{n}") for n in range(first, self.total)]
        #: What a script makes new rows from.
        self.blank = row(prefix=f"{prefix}-__{place}__")

    @property
    def shown(self) -> list[Row]:
        """All rows, in the order that they have or are to have."""
        return sorted(self.rows, key=lambda row: row.place) + self.spare

    @property
    def numbered(self) -> list[tuple[int | None, Row]]:
        """All rows, each with its number, which one that is removed or empty does not have."""
        numbers = itertools.count(1)
        return [(next(numbers) if row.is_filled and not row.is_removed else None, row) for row in self.shown]

    @property
    def kept(self) -> list[Row]:
        """Those that stand for an entry, in the order that they are to have."""
        filled = (row for row in self.rows if row.is_filled and not row.is_removed)
        return sorted(filled, key=lambda row: row.place)


def _total(data: Mapping, name: str) -> int:
    typed = data.get(name, "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0


class ClaimRows(Rows):
    """Each claim with the rows of its citations."""

    #: What a claim can be about, by reference.
    about: Mapping[str, str] = {}

    def __init__(self, *args, citations=(), data=None, **options):
        super().__init__(ClaimRow, *args, data=data, **options)
        for n, claim in enumerate(self.rows):
            found = citations[n] if data is None else ()
            claim.citations = _citations(claim.prefix, entries=found, data=data)
        for claim in self.spare:
            claim.citations = _citations(claim.prefix)
        self.blank.citations = _citations(self.blank.prefix, spare=0)


def _citations(prefix, *, entries=(), data=None, spare=1):
    return Rows(
        CitationRow, f"{prefix}-citations", place="citations", entries=entries, data=data, spare=spare
    )


# The whole

# In the order of the form.
_ROWS = {
    "warnings": WarningRow,
    "principles": PrincipleRow,
    "steps": StepRow,
    "checklist": ItemRow,
    "examples": ExampleRow,
    "mistakes": MistakeRow,
}


@dataclass(frozen=True)
class Mistake:
    """Something to mend: what, and the field in which it is."""

    anchor: str
    label: str
    message: str


class DraftForm:
    """A draft's form: `head` and, by the name of its part, the rows of every kind of entry."""

    def __init__(self, document: FrameworkDocument | None = None, *, data=None):
        self.is_bound = data is not None
        self.head = Draft(data) if self.is_bound else Draft(initial=_head(document))
        self.parts: dict[str, Rows] = {
            name: Rows(
                row, name, place=name, data=data, entries=() if self.is_bound else _entries(document, name)
            )
            for name, row in _ROWS.items()
        }
        self.parts["citations"] = _citations(
            "whole", data=data, entries=() if self.is_bound else _dumped(document.citations), spare=2
        )
        self.parts["claims"] = ClaimRows(
            "claims",
            place="claims",
            data=data,
            entries=() if self.is_bound else [_claim(claim) for claim in document.claims],
            citations=[] if self.is_bound else [_dumped(claim.citations) for claim in document.claims],
        )
        #: Whether all of the page had arrived when it was sent: what stands last in it did.
        self.is_whole = not self.is_bound or "complete" in data
        self.others: list[str] = []
        #: The fields, each with its form, that somebody else changed, too.
        self.both: list[tuple[forms.Form, str]] = []
        if not self.is_whole:
            self.others.append(
                _("The page had not arrived whole. Copy what you typed, and open the draft again.")
            )
        self.document: FrameworkDocument | None = None
        self._offer()

    def rows(self) -> Iterator[Row]:
        """Every row that stands for something, and those to spare."""
        for part in self.parts.values():
            for row in (*part.rows, *part.spare):
                yield row
                if isinstance(row, ClaimRow):
                    yield from (*row.citations.rows, *row.citations.spare)

    @property
    def sources(self) -> list[tuple[str, str]]:
        """All sources by key, for the one list that every citation chooses from."""
        return list(Source.objects.values_list("key", "title"))

    # What can be chosen

    def _offer(self):
        self.head.fields["category"].widget.choices = [
            ("", _("Choose a category")),
            *Category.objects.values_list("slug", "name"),
        ]
        self.steps = {row.ref: self._called(row) for row in self.parts["steps"].shown}
        steps = self.steps.items()
        self.step_choices = {
            WarningRow: [("", _("The whole framework")), *steps],
            ItemRow: [("", _("No step")), *steps],
        }
        self.entries = {name: str(SECTION_NAMES[name]) for name in TEXT_SECTIONS}
        for part in (*_ROWS, "claims"):
            for number, row in self.parts[part].numbered:
                self.entries[row.ref] = f"{_numbered(row, number)}: {self._called(row)}"
        self.parts["claims"].about = self.entries
        for row in [*self.rows(), *(part.blank for part in self.parts.values())]:
            self.offer(row)

    def offer(self, row: Row):
        if "step" in row.fields:
            row.fields["step"].widget.choices = self.step_choices[type(row)]
        if "about" in row.fields:
            row.fields["about"].widget.names = self.entries

    def _called(self, row: Row) -> str:
        if row.is_removed:
            return _("%(name)s (removed)") % {"name": row.name}
        number = row.prefix.rpartition("-")[2]
        return row.name or _("(new, row %(number)s)") % {"number": int(number) + 1}

    # From what was typed to a document

    def is_valid(self, *, known: Container[tuple[str, str]] = (), taken: Iterable[str] = ()) -> bool:
        """Whether what was typed makes a document, which is then `document`.

        An entry keeps its key where that is known as one of its part; no other gets a key that is taken.
        """
        data, places = self._data(known, taken)
        data["sources"] = list(self._find_sources(places, data).values())
        document, errors = _judged(data)
        for each in errors:
            self._refuse(each, places)
        self.document = None if self.mistakes else document
        return self.document is not None

    def as_file(self) -> str:
        """What was typed as a framework's file, with the mistakes that are still in it."""
        own = {(name, row.own_key) for name, part in self.parts.items() for row in part.rows}
        data, places = self._data(own, ())
        self._find_sources(places, data)
        return yaml_text.dump(_filled(data))

    def _find_sources(self, places, data) -> dict:
        """The records of what is cited, by key or by the whole title; says so of what is not there."""
        rows = [(row, _at(data, path)) for path, row in places.items() if isinstance(row, CitationRow)]
        keys = {row.source_key for row, _ in rows if "\0" not in row.source_key}
        found = bibliography.records(keys)
        titles = {row.source_typed.lower() for row, _ in rows if row.source_key not in found}
        by_title: dict[str, list[str]] = {}
        if titles := {title for title in titles if title and "\0" not in title}:
            for key, title in (
                Source.objects.annotate(lower=Lower("title"))
                .filter(lower__in=titles)
                .values_list("key", "lower")
            ):
                by_title.setdefault(title, []).append(key)
            found = bibliography.records(keys.union(*(same for same in by_title.values() if len(same) == 1)))
        for row, entry in rows:
            entry["source"] = row.source_key
            if row.source_key not in found:
                same = by_title.get(row.source_typed.lower(), [])
                if len(same) == 1:
                    entry["source"] = same[0]
                elif same:
                    row.add_error(
                        "source",
                        _("Several sources have this title: write the key of one, %(keys)s.")
                        % {"keys": ", ".join(sorted(same))},
                    )
                elif not row.source_typed:
                    row.add_error("source", _("Choose a source."))
                else:
                    row.add_error(
                        "source",
                        _("There is no source “%(name)s”; add its record first.")
                        % {"name": row.source_typed},
                    )
        return found

    def _data(self, known, taken) -> tuple[dict, dict]:
        """What was typed as the data of a document, and which form holds each place of it."""
        self.head.is_valid()
        keys = self._keys(known, taken)
        refs = {row.ref: None if row.is_removed else key for row, key in keys.items()}
        data, places = _head_data(self.head), {}
        for name in ("principles", "steps", "checklist", "examples", "mistakes", "claims"):
            data[name] = []
            for n, row in enumerate(self.parts[name].kept):
                places[name, n] = row
                data[name].append({"key": keys[row], **self._entry(row, refs)})
        for n, row in enumerate(self.parts["claims"].kept):
            data["claims"][n]["citations"] = []
            for m, citation in enumerate(row.citations.kept):
                places["claims", n, "citations", m] = citation
                data["claims"][n]["citations"].append(self._entry(citation, refs))
        data["citations"] = []
        for n, row in enumerate(self.parts["citations"].kept):
            places["citations", n] = row
            data["citations"].append(self._entry(row, refs))
        self._place_warnings(data, places, keys, refs)
        return data, places

    def _keys(self, known, taken) -> dict[Row, str]:
        rows = [(name, row) for name in (*_ROWS, "claims") for row in self.parts[name].rows if row.is_filled]
        used = set(taken)
        keys = {}
        for name, row in rows:
            own = row.own_key if (name, row.own_key) in known else ""
            keys[row] = own or key_of(row.value(row.TYPED[0]), row.KIND, used)
            used.add(keys[row])
        return keys

    def _entry(self, row: Row, refs) -> dict:
        row.is_valid()
        entry = row.entry()
        if "step" in row.fields:
            chosen = entry.get("step", "")
            if chosen and not refs.get(chosen):
                row.add_error("step", self._without_step(row, chosen))
            entry["step"] = refs.get(chosen)
        if "about" in row.fields:
            # What a claim was about and is removed is no longer named, as in a draft that is read.
            known = {name: name for name in TEXT_SECTIONS} | refs
            was = row.cleaned_data.get("about_was", "").split()
            if unknown := [name for name in entry["about"] if name not in known and name not in was]:
                row.add_error(
                    "about",
                    _("There is no entry “%(name)s”: choose one from the list.") % {"name": unknown[0]},
                )
            entry["about"] = [known[name] for name in entry["about"] if known.get(name)]
        return entry

    def _without_step(self, row: Row, ref: str) -> str:
        step = next((step for step in self.parts["steps"].rows if step.ref == ref), None)
        if step is None:
            return _("This step is not there: choose another.")
        return _("“%(name)s” belongs to the step “%(step)s”, which is removed: choose another.") % {
            "name": row.name,
            "step": step.name,
        }

    def _place_warnings(self, data, places, keys, refs):
        data["warnings"] = []
        steps = {step["key"]: (n, step) for n, step in enumerate(data["steps"])}
        for step in data["steps"]:
            step["warnings"] = []
        for row in self.parts["warnings"].kept:
            entry = {"key": keys[row], **self._entry(row, refs)}
            n, step = steps.get(entry.pop("step"), (None, None))
            home, path = (
                (data["warnings"], ("warnings",))
                if step is None
                else (step["warnings"], ("steps", n, "warnings"))
            )
            places[*path, len(home)] = row
            home.append(entry)

    # What is to be mended

    def _refuse(self, error: dict, places: dict):
        path = error["loc"]
        message = said(error)
        for length in range(len(path), 1, -1):
            form = places.get(path[:length])
            if form is not None:
                name = path[length] if len(path) > length else None
                name = "checked" if error["type"] == "checked" else name
                field = name if name in form.fields and name != "key" else form.TYPED[0]
                if not form.has_error(field):
                    form.add_error(field, message)
                return
        name = "_".join(map(str, path[:2])) if path[:1] == ("certainty",) else str(path[0]) if path else ""
        if name in self.head.fields:
            if not self.head.has_error(name):
                self.head.add_error(name, message)
        elif name in self.parts:
            self.parts[name].errors.append(message)
        else:
            self.others.append(message)

    # What two editors changed

    def note_theirs(self, base: FrameworkDocument, theirs: FrameworkDocument):
        """Say at each field that both edits changed, and to something else, what theirs says. The form is valid.

        What a claim is about is put together name by name: neither edit replaces the other there.
        """
        self._note(self.head, _head(base), _head(theirs), _head(self.document))
        for name, part in self.parts.items():
            if name == "citations":
                self._note_citations(part, base.citations, theirs.citations, self.document.citations)
                continue
            before, other, own = (
                {entry["key"]: entry for entry in _entries(document, name)}
                for document in (base, theirs, self.document)
            )
            for row in part.kept:
                key = row.own_key
                if key in before and key in other and key in own:
                    self._note(row, before[key], other[key], own[key])
        claims = [
            {claim.key: claim for claim in document.claims} for document in (base, theirs, self.document)
        ]
        for row in self.parts["claims"].kept:
            if all(row.own_key in each for each in claims):
                self._note_citations(row.citations, *(each[row.own_key].citations for each in claims))

    def _note_citations(self, rows: Rows, base, theirs, mine):
        others = {was: n for n, was in same_citations(base, theirs).items()}
        owns = same_citations(base, mine)
        for n, row in enumerate(rows.kept):
            if owns.get(n) in others:
                was = owns[n]
                self._note(row, *_dumped((base[was], theirs[others[was]], mine[n])))

    def _note(self, form: forms.Form, was: dict, theirs: dict, mine: dict):
        for name, field in form.fields.items():
            if (
                name in was
                and name not in ("key", "about")
                and len({was[name], theirs[name], mine[name]}) == 3
            ):
                options = dict(getattr(field.widget, "choices", ()))
                said = options.get(theirs[name] or "", theirs[name])
                if isinstance(said, bool):
                    said = _("Yes") if said else _("No")
                bound = form[name]
                field.theirs = said or _("(nothing)")
                described = [
                    f"{bound.auto_id}_theirs",
                    *([f"{bound.auto_id}_helptext"] if field.help_text else []),
                ]
                field.widget.attrs["aria-describedby"] = " ".join(described)
                self.both.append((form, name))

    @property
    def changed_by_both(self) -> list[Mistake]:
        """The fields that both edits changed, in the order of the form."""
        return [
            Mistake(form[name].id_for_label, label, "")
            for form, place in self._placed()
            for name, label in _labels(form, place)
            if (form, name) in self.both
        ]

    @property
    def mistakes(self) -> list[Mistake]:
        """All that is to be mended, in the order of the form."""
        found = [Mistake("", "", message) for message in self.others]
        for name, part in self.parts.items():
            found += [Mistake(f"part-{name}", str(part_name(name)), message) for message in part.errors]
        for form, place in self._placed():
            # Asked for its errors, a form would judge itself; a row that is not kept has not been judged.
            errors = (form._errors or {}) if form.is_bound else {}
            for name, label in _labels(form, place):
                found += [Mistake(form[name].id_for_label, label, said) for said in errors.get(name, ())]
        return found

    def _placed(self) -> Iterator[tuple[forms.Form, str]]:
        """All that holds fields, in the order of the page, each with what its place is called."""
        yield self.head, ""
        for name, part in self.parts.items():
            for number, row in part.numbered:
                place = _numbered(row, number)
                if name == "citations":
                    place = _within(part_name(name), row, number)
                yield row, place
                for m, citation in row.citations.numbered if isinstance(row, ClaimRow) else ():
                    yield citation, _within(place, citation, m)


def _labels(form, place) -> Iterator[tuple[str, str]]:
    for name, field in form.fields.items():
        yield name, f"{place}: {field.label}" if place else str(field.label)


def _numbered(row: Row, number: int | None) -> str:
    return str(row.NAME) if number is None else f"{row.NAME} {number}"


def _within(place, row: Row, number: int | None) -> str:
    return _("%(place)s, citation %(number)s") % {"place": place, "number": number or ""}


def part_name(name: str):
    return PART_NAMES.get(name) or gettext_lazy("Sources of the whole")


NO_ADDRESS = gettext_lazy("Write small letters, digits and single hyphens, such as box-breathing.")


def judged_slug(slug: str) -> str:
    """An address as the Document allows one. Raises the refusal of a form's field."""
    try:
        return TypeAdapter(Slug).validate_python(slug)
    except ValidationError:
        raise forms.ValidationError(NO_ADDRESS) from None


#: What stands in for what is wrong, so that the rest is judged, too. Anywhere else it is a word.
_STAND_INS = {
    "stance": Stance.SUPPORTS,
    "directness": Directness.DIRECT,
    "checked": Checked.NOT_CHECKED,
    "checked_on": "2000-01-01",
    "done_by": DoneBy.READER,
    "time_to_result": None,
    "supervision": None,
}


def _judged(data: dict) -> tuple[FrameworkDocument | None, list[dict]]:
    """The document that the data makes, if nothing is wrong; and all that is wrong, at once.

    pydantic asks what a citation or the whole says together only where each field is right. So what is wrong is
    replaced, and the data, which is spent by it, judged again.
    """
    found: list[dict] = []
    for _look in range(4):  # fields, a citation's fields together, the whole; and once more
        try:
            document = FrameworkDocument.model_validate(data, context=TYPED)
        except ValidationError as error:
            errors = error.errors(include_url=False)
            # That a source is cited no longer comes of what was replaced.
            found += [each for each in errors if not (found and each["loc"][:1] == ("sources",))]
            wrong = [each for each in errors if each["type"] != "document"]
            # Of too many entries none can be left out: others may belong to it.
            if not wrong or any(each["type"] == "too_long" for each in wrong):
                return None, found
            for each in wrong:
                _replace(data, each)
        else:
            return (None if found else document), found
    return None, found


def _replace(data: dict, error: dict):
    path = error["loc"]
    if error["type"] == "checked":
        _at(data, path).update(checked=Checked.NOT_CHECKED, checked_by="", checked_on=None)
    elif path[-1] == "level":
        _at(data, path[:-1])["level"] = CertaintyLevel.LOW if path[0] == "certainty" else Level.CAUTION
    else:
        _at(data, path[:-1])[path[-1]] = _STAND_INS.get(path[-1], "x")


def _at(data, path):
    for name in path:
        data = data[name]
    return data


def said(error: dict) -> str:
    """What is wrong and what to do, at the field that it is about."""
    found, context = error.get("input"), error.get("ctx", {})
    match error["type"]:
        case "empty":
            return _("Is empty. Write it, or remove the whole entry.")
        case "enum":
            return _("Choose one from the list.")
        case "string_too_long" | "too_long" if isinstance(found, str):
            return _("It is %(length)s characters long; at most %(most)s fit.") % {
                "length": number_format(len(found), force_grouping=True),
                "most": number_format(context["max_length"], force_grouping=True),
            }
        case "too_long":
            return _("Has more than %(most)d entries.") % {"most": context["max_length"]}
        case "checked":
            return _("A citation that was checked says by whom and when; one that was not says neither.")
    if error["loc"] == ("category",):
        return _("Choose a category.")
    if error["type"].startswith("date"):
        return _("Is not a day: write it as 2026-05-31.")
    message = error["msg"]
    return f"{message[:1].upper()}{message[1:]}."


def _filled(value):
    """Data without what is empty, which no file says."""
    if isinstance(value, dict):
        return {name: filled for name, one in value.items() if (filled := _filled(one))}
    return [_filled(one) for one in value] if isinstance(value, list | tuple) else value


# A document's values for the fields

_CERTAINTY = ("level", "outcome", "judged_by", "reason", "grade")


def _head(document: FrameworkDocument) -> dict:
    fields = document.model_dump(mode="json", include=set(Draft.base_fields))
    certainty = document.certainty.model_dump(mode="json") if document.certainty else {}
    return fields | {f"certainty_{name}": certainty.get(name) for name in _CERTAINTY}


def _head_data(head: Draft) -> dict:
    typed = {name: head.cleaned_data.get(name, "") for name in head.fields}
    certainty = {name: typed.pop(f"certainty_{name}") for name in _CERTAINTY}
    typed["certainty"] = certainty if any(certainty.values()) else None
    return typed


def _entries(document: FrameworkDocument, name: str) -> list[dict]:
    if name != "warnings":
        return _dumped(getattr(document, name))
    home = {warning.key: step.key for step in document.steps for warning in step.warnings}
    return [
        warning.model_dump(mode="json") | {"step": home.get(warning.key, "")}
        for warning in document.all_warnings()
    ]


def _claim(claim) -> dict:
    return claim.model_dump(mode="json") | {"about_was": " ".join(claim.about)}


def _dumped(parts) -> list[dict]:
    return [part.model_dump(mode="json") for part in parts]


def anchor_of(path: str, document: FrameworkDocument) -> str:
    """Where the form shows a place of the document (`claims[2]`)."""
    around = [
        entry.key
        for place, entry in document.entries()
        if re.match(rf"{re.escape(dotted(place))}(\.|\[|$)", path)
    ]
    if around:
        return f"entry-{around[-1]}"
    name = re.split(r"[.\[]", path)[0]
    if name == "certainty":
        return "id_certainty_reason" if path.endswith("reason") else "id_certainty_level"
    if name in Draft.base_fields:
        return f"id_{name}"
    return f"part-{name}" if name else "content-start"
