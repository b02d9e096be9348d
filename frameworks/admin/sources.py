"""The bibliography at the desk: records judged as the Document judges them, and what became of each source."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import ActionLocation
from django.contrib.admin.widgets import FilteredSelectMultiple
from django.db.models import Exists, Func, OuterRef, TextField
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from pydantic import ValidationError

from .. import bibliography, document, duplicates
from ..citing import citing
from ..desk.forms import said
from ..desk.records import differences, standing
from ..identifiers import plain_doi, plain_pmid
from ..models import Revision, Source, SourceUpdate
from ..models.sources import UpdateType
from .source_import import ImportPages

#: The columns of a record that are typed as they are.
FIELDS = [
    "key",
    "type",
    "title",
    "and_others",
    "issued",
    "container_title",
    "volume",
    "issue",
    "page",
    "DOI",
    "PMID",
    "URL",
    "study_design",
    "sample",
    "study_level",
    "study_level_read_by",
    "study_level_read_on",
    "note",
    "verified_on",
]


class SourceForm(forms.ModelForm):
    """A record: what is typed is judged by the Document, and each refusal shown at its field.

    `opened` tells how the record stood when whoever types last saw it; `meanwhile` how it stands, where that differs.
    """

    authors = forms.CharField(
        label=gettext_lazy("Authors"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy(
            "One to a line: “Feder, Adriana”. A body has no comma: “World Health Organization”."
        ),
    )
    rests_on = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Draws on"),
        queryset=Source.objects.only("key", "title"),
        required=False,
        widget=FilteredSelectMultiple(gettext_lazy("sources"), is_stacked=False),
        help_text=gettext_lazy(
            "The studies that a review or guideline rests on. Paths to primary lead through them."
        ),
    )

    # Copied with the address or the word before it, which can be longer than the column.
    DOI = forms.CharField(label=gettext_lazy("DOI"), required=False, max_length=300)
    PMID = forms.CharField(label=gettext_lazy("PMID"), required=False, max_length=100)

    class Meta:
        model = Source
        fields = FIELDS
        help_texts = {
            "DOI": gettext_lazy("10.1001/jama.2014.123. An https://doi.org/ before it is taken away."),
            "PMID": gettext_lazy("Its digits: 24740528."),
            "note": gettext_lazy("What a reader should know, such as an author's interest in the result."),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["authors"] = "\n".join(map(_written, self.instance.author))
            self.initial["rests_on"] = list(self.instance.draws_on.values_list("pk", flat=True))
            self.opened = self.data.get("opened", "") if self.is_bound else standing(self.instance.key).digest
        self.meanwhile = self.differences = None

    def full_clean(self):
        if self.is_bound:
            bibliography.lock()  # from here to the save
        super().full_clean()

    # Named as the field, which is CSL's.
    def clean_DOI(self):  # noqa: N802
        return plain_doi(self.cleaned_data["DOI"])

    def clean_PMID(self):  # noqa: N802
        return plain_pmid(self.cleaned_data["PMID"])

    def clean(self):
        cleaned = super().clean()
        fields = {name: cleaned.get(name) for name in FIELDS if not name.startswith("study_level")}
        beneath = [source.key for source in cleaned.get("rests_on") or ()]
        fields |= {
            # A key never changes; of a record that is there it is not in the form.
            "key": self.instance.key or fields["key"],
            "author": [_name(line) for line in (cleaned.get("authors") or "").splitlines() if line.strip()],
            "draws_on": beneath,
            "study_level": _study_level(cleaned),
        }
        if self.errors:
            return cleaned
        try:
            self.record = document.Source.model_validate(fields, context=document.TYPED)
        except ValidationError as error:
            for each in error.errors(include_url=False):
                self._refuse(each)
            return cleaned
        known = bibliography.records([self.record.key, *beneath]) | {self.record.key: self.record}
        for key in beneath:
            if document.rests_on(known, key, self.record.key):
                self.add_error(
                    "rests_on",
                    _("“%(key)s” rests on this source already: that would be a circle.") % {"key": key},
                )
        if self.instance.pk and not self.errors:
            self._refuse_what_changed_meanwhile()
        return cleaned

    def _refuse_what_changed_meanwhile(self):
        now = standing(self.record.key)
        if now is None:
            self.add_error(None, _("It has been deleted since you opened it."))
        elif now.differs_from(self.opened, self.record):
            self.meanwhile, self.differences = now, differences(now.record, self.record)
            self.opened = now.digest
            self.add_error(
                None, _("It has changed since you opened it. See what differs, and save it again.")
            )

    def _refuse(self, error):
        name = error["loc"][0] if error["loc"] else None
        name = {"author": "authors", "draws_on": "rests_on"}.get(name, name)
        self.add_error(name if name in self.fields else None, said(error))


def _written(name: dict) -> str:
    """A name as the form writes it."""
    if name.get("literal"):
        return name["literal"]
    return f"{name['family']}, {name.get('given', '')}".rstrip(", ") + ("" if name.get("given") else ",")


def _name(line: str) -> dict:
    family, comma, given = (part.strip() for part in line.partition(","))
    return {"family": family, "given": given} if comma else {"literal": family}


def _study_level(cleaned):
    level = {name: cleaned.get(f"study_level_{name}") for name in ("read_by", "read_on")}
    level["level"] = cleaned.get("study_level")
    return level if any(value not in (None, "") for value in level.values()) else None


class UpdateInline(admin.StackedInline):
    """What became of it. Each is saved by itself, so that what the library says of its claims is counted anew."""

    model = SourceUpdate
    extra = 1


def _links(model: str, rows) -> str:
    """Links to the forms of these rows, each a number and a name."""
    links = [(reverse(f"admin:frameworks_{model}_change", args=[pk]), name) for pk, name in rows]
    return format_html_join(", ", '<a href="{}">{}</a>', links) or "-"


class UpdatedFilter(admin.SimpleListFilter):
    title = gettext_lazy("what became of it")
    parameter_name = "updated"

    def lookups(self, request, model_admin):
        return UpdateType.choices

    def queryset(self, request, queryset):
        if self.value() not in UpdateType.values:
            return queryset
        return queryset.filter(Exists(SourceUpdate.objects.filter(source=OuterRef("pk"), type=self.value())))


@admin.register(Source)
class SourceAdmin(ImportPages, admin.ModelAdmin):
    form = SourceForm
    inlines = [UpdateInline]
    list_display = ["key", "title", "type", "issued", "is_retracted"]
    list_filter = [UpdatedFilter, "type", "study_design"]
    search_fields = ["key", "title", "container_title", "DOI", "PMID", "names"]
    list_per_page = 100
    show_full_result_count = False
    readonly_fields = ["cited_by", "resting_on_it"]
    fieldsets = [
        (None, {"fields": ["key", "type", "title", "authors", "and_others", "issued"]}),
        (
            gettext_lazy("Where it appeared"),
            {"fields": ["container_title", "volume", "issue", "page", "DOI", "PMID", "URL", "verified_on"]},
        ),
        (
            gettext_lazy("What was done"),
            {
                "fields": [
                    "study_design",
                    "sample",
                    "study_level",
                    "study_level_read_by",
                    "study_level_read_on",
                    "rests_on",
                    "note",
                ]
            },
        ),
        (gettext_lazy("Cited by"), {"fields": ["cited_by", "resting_on_it"]}),
    ]

    class Media:
        css = {"all": ["css/desk.css"]}

    def get_queryset(self, request):
        retractions = SourceUpdate.objects.filter(source=OuterRef("pk"), type=UpdateType.RETRACTION)
        return super().get_queryset(request).annotate(retracted=Exists(retractions))

    def get_search_results(self, request, queryset, search_term):
        names = Func(
            "author",
            template="jsonb_path_query_array(%(expressions)s, '$[*].*')::text",
            output_field=TextField(),
        )
        term = plain_pmid(plain_doi(search_term))
        return super().get_search_results(request, queryset.annotate(names=names), term)

    @admin.display(description=gettext_lazy("Retracted"), boolean=True, ordering="retracted")
    def is_retracted(self, source):
        return source.retracted

    @admin.display(description=gettext_lazy("Frameworks"))
    def cited_by(self, source):
        """The frameworks whose draft or current revision cite it, or a source that draws on it."""
        return _links("framework", [(one.id, one.title or one.slug) for one in citing([source.key])])

    @admin.display(description=gettext_lazy("Sources that draw on it"))
    def resting_on_it(self, source):
        return _links("source", source.drawn_on_by.values_list("pk", "key") if source.pk else [])

    def get_readonly_fields(self, request, obj=None):
        # Files, revisions and addresses name a source by its key.
        return [*self.readonly_fields, "key"] if obj else self.readonly_fields

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and not (
            obj is not None and Revision.objects.filter(source_keys__contains=[obj.key]).exists()
        )

    def get_actions(self, request, action_location=ActionLocation.CHANGE_LIST):
        actions = super().get_actions(request, action_location)
        actions.pop("delete_selected", None)  # it asks nobody whether a revision cites them
        return actions

    def save_model(self, request, obj, form, change):
        bibliography.save([form.record], are_new=not change)
        obj.pk = Source.objects.values_list("pk", flat=True).get(key=form.record.key)
        obj._state.adding = False
        self._propose_duplicates(request, form.record)

    def save_related(self, request, form, formsets, change):
        # Asked before they are saved: of a saved row that its editor may not change, Django says that nothing changed.
        recorded = any(formset.has_changed() for formset in formsets)
        super().save_related(request, form, formsets, change)
        if recorded:
            self._tell_who_shows_it(request, form.instance)

    def _tell_who_shows_it(self, request, source):
        """What became of a source shows at once on each page that cites it: which ones, to look at them."""
        showing = [one for one in citing([source.key]) if one.is_live]
        said = ngettext(
            "%(number)d framework shows now what became of it",
            "%(number)d frameworks show now what became of it",
            len(showing),
        ) % {"number": len(showing)}
        links = format_html_join(
            ", ",
            '<a href="{}">{}</a>',
            [(reverse("frameworks:detail", args=[one.slug]), one.title or one.slug) for one in showing],
        )
        self.message_user(
            request, format_html("{}: {}", said, links) if showing else f"{said}.", messages.INFO
        )

    def _propose_duplicates(self, request, record):
        [found] = duplicates.alike([record])
        for each in found[:5]:
            self.message_user(
                request,
                _("Perhaps the same work as %(key)s: it has %(reason)s.")
                % {"key": each.key, "reason": each.reason},
                messages.WARNING,
            )
