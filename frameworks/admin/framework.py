"""Frameworks at the editors' desk: the list, and a draft edited as a Document."""

import io
import zipfile
from http import HTTPStatus

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import ActionLocation
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import Http404, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from pydantic import ValidationError

from .. import bibliography, matching
from ..changes import FIELD_NAMES, readable
from ..comparison import compare
from ..desk import lists
from ..desk.forms import NO_ADDRESS, DraftForm, judged_slug, part_name, said
from ..desk.keys import keys_of, keys_of_revisions
from ..desk.merging import merge
from ..desk.saving import ChangedMeanwhile, begin_draft, changed_since, save_draft
from ..document import FrameworkDocument
from ..drafts import NotInLibrary, read_draft, read_drafts
from ..importing import Form
from ..models import Category, Framework
from ..publishing import newly_cited
from .going import address, number, see, status_of
from .importing import ImportPages
from .publishing import PublishingPages, as_file

#: The parts of the form between the draft's own texts, each with a word on what stands there.
PARTS = {
    "warnings": gettext_lazy("What can go wrong, and what to do. Grave ones stand before the start, too."),
    "principles": gettext_lazy("The ideas that the steps rest on."),
    "steps": gettext_lazy("What to do, in order."),
    "checklist": gettext_lazy(
        "What a reader ticks. Readers keep their ticks when you reword or move an item."
    ),
    "examples": gettext_lazy("What a study's groups went through."),
    "mistakes": gettext_lazy("What often goes wrong."),
    "citations": gettext_lazy("Where the idea came from, and background. These support no claim."),
    "claims": gettext_lazy(
        "Each sentence that research could contradict, with the sources for and against it."
    ),
}


_PAGES = (
    "change",
    "address",
    "preview",
    "phone",
    "compare",
    "publish",
    "revisions",
    "withdraw",
    "export",
    "history",
)


ANOTHERS_ADDRESS = gettext_lazy("Another framework has this address.")


class AddressForm(forms.ModelForm):
    class Meta:
        model = Framework
        fields = ["slug"]
        labels = {"slug": gettext_lazy("Address")}
        help_texts = {
            "slug": gettext_lazy(
                "Small letters, digits and single hyphens, such as box-breathing. Fixed when it is first published."
            ),
        }
        error_messages = {"slug": {"unique": ANOTHERS_ADDRESS, "invalid": NO_ADDRESS}}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # A browser would cut off without a word what is too long.
        for field in self.fields.values():
            field.widget.attrs.pop("maxlength", None)

    def clean_slug(self):
        return judged_slug(self.cleaned_data["slug"])


class BeginForm(AddressForm):
    class Meta(AddressForm.Meta):
        fields = ["title", "slug", "category"]
        help_texts = {
            "slug": gettext_lazy(
                "Small letters, digits and single hyphens, such as box-breathing. Left empty, the title makes it. "
                "Fixed when it is first published."
            ),
            "title": gettext_lazy("What the reader calls it, such as “Box breathing”."),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["title"].required = True
        self.fields["slug"].required = False

    def clean_slug(self):
        if not self.cleaned_data["slug"]:
            if "title" not in self.cleaned_data:
                return ""
            self.cleaned_data["slug"] = matching.slug(self.cleaned_data["title"])
        return super().clean_slug()

    def clean_title(self):
        # The Document judges it, as it will when it is saved.
        try:
            return FrameworkDocument(title=self.cleaned_data["title"], category="any").title
        except ValidationError as error:
            raise forms.ValidationError(said(error.errors()[0])) from None


@admin.register(Framework)
class FrameworkAdmin(PublishingPages, ImportPages, admin.ModelAdmin):
    """A framework's form edits its draft as a Document: what is typed, previewed, compared and published is one."""

    list_display = ["name", "status", "review_due", "number_of_claims", "share_sourced", "changed_at"]
    list_filter = [
        lists.StatusFilter,
        lists.ReviewFilter,
        lists.SourcesFilter,
        ("category", admin.RelatedOnlyFieldListFilter),
        "supervision",
        "sensitive",
    ]
    search_fields = ["title", "slug", "tagline"]
    ordering = ["title", "pk"]
    list_per_page = 50
    show_full_result_count = False
    actions = ["export"]

    class Media:
        css = {"all": ["css/desk.css"]}

    # The list

    def get_queryset(self, request):
        return lists.with_numbers(super().get_queryset(request))

    @admin.display(description=gettext_lazy("Framework"), ordering="title")
    def name(self, framework):
        return str(framework)

    @admin.display(description=gettext_lazy("Status"), ordering="status")
    def status(self, framework):
        return lists.Status(framework.status).label

    @admin.display(description=gettext_lazy("Review due"), ordering="review_due_on")
    def review_due(self, framework):
        return framework.review_due_on

    @admin.display(description=gettext_lazy("Claims"), ordering="claims")
    def number_of_claims(self, framework):
        return framework.claims

    @admin.display(description=gettext_lazy("Sourced"), ordering="sourced")
    def share_sourced(self, framework):
        return f"{round(100 * framework.sourced / framework.claims)} %" if framework.claims else None

    @admin.action(description=gettext_lazy("Export as YAML"), permissions=["view"])
    def export(self, request, queryset):
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as files:
            frameworks = list(queryset.select_related("category"))
            for framework, draft in zip(frameworks, read_drafts(frameworks), strict=True):
                files.writestr(f"{framework.slug}.yaml", as_file(framework, draft))
        headers = {"Content-Disposition": 'attachment; filename="frameworks.zip"'}
        return HttpResponse(archive.getvalue(), "application/zip", headers=headers)

    # Who may do what

    def has_delete_permission(self, request, obj=None):
        # What was published stays: revisions are never deleted, and readers' checklists hang on them.
        return super().has_delete_permission(request, obj) and (
            obj is None or obj.current_revision_id is None
        )

    def get_actions(self, request, action_location=ActionLocation.CHANGE_LIST):
        actions = super().get_actions(request, action_location)
        actions.pop("delete_selected", None)
        return actions

    def get_urls(self):
        return [
            path(
                "<int:object_id>/address/",
                self.admin_site.admin_view(self.address_view),
                name="frameworks_framework_address",
            ),
            *self.importing_urls(),
            *self.publishing_urls(),
            *super().get_urls(),
        ]

    def _find(self, request, object_id) -> Framework:
        """The framework of an address, for who may see it."""
        framework = self.get_object(request, object_id)
        if framework is None:
            raise Http404
        if not self.has_view_or_change_permission(request, framework):
            raise PermissionDenied
        return framework

    # A new one

    def add_view(self, request, form_url="", extra_context=None):
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = BeginForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            begun = self._begin(request, form)
            if begun is not None:
                return see(address(begun, "change"))
        context = {"title": _("Begin a framework"), "form": form, "categories": Category.objects.exists()}
        return self._page(request, "begin", context, status=status_of(form.errors))

    def _begin(self, request, form) -> Framework | None:
        try:
            framework = begin_draft(
                form.cleaned_data["slug"],
                title=form.cleaned_data["title"],
                category=form.cleaned_data["category"].slug,
                by=request.user,
            )
        except IntegrityError:
            # Somebody took the address between the form's check and now.
            form.add_error("slug", ANOTHERS_ADDRESS)
            return None
        self._log(request, framework, ADDITION, _("Began the draft."))
        self.message_user(
            request, _("Begun. Now write the draft; readers see nothing of it yet."), messages.SUCCESS
        )
        return framework

    def address_view(self, request, object_id):
        framework = self._find(request, object_id)
        if not self.has_change_permission(request, framework):
            raise PermissionDenied
        if framework.current_revision_id is not None:
            raise Http404
        form = AddressForm(request.POST or None, instance=framework)
        if request.method == "POST" and form.is_valid() and self._change_address(request, framework, form):
            return see(address(framework, "change"))
        context = {"title": _("Change the address"), "framework": framework, "form": form}
        return self._page(request, "address", context, status=status_of(form.errors))

    def _change_address(self, request, framework, form) -> bool:
        slug = form.cleaned_data["slug"]
        try:
            # Published meanwhile, it stays where readers have found it.
            moved = Framework.objects.filter(pk=framework.pk, current_revision=None).update(slug=slug)
        except IntegrityError:
            form.add_error("slug", ANOTHERS_ADDRESS)
            return False
        if moved and form.has_changed():
            self._log(request, framework, CHANGE, _("Changed the address to %(slug)s.") % {"slug": slug})
            self.message_user(request, _("The address is %(slug)s now.") % {"slug": slug}, messages.SUCCESS)
        return True

    # The draft

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if request.method == "POST":
            try:
                return self._save(request, object_id)
            except (Http404, Framework.DoesNotExist):
                return self._gone(request, object_id)
        framework = self._find_draft(request, object_id)
        document = read_draft(framework)
        return self._draft_page(
            request, framework, DraftForm(document), **self.readiness(framework, document)
        )

    def _find_draft(self, request, object_id) -> Framework:
        framework = self._find(request, object_id)
        if not self.has_change_permission(request, framework):
            raise PermissionDenied
        return framework

    def _save(self, request, object_id):
        framework = self._find_draft(request, object_id)
        form = DraftForm(data=request.POST)
        before = read_draft(framework)
        # The form keeps the version that it began with; a choice in a conflict carries the one that it was shown. So
        # whatever comes between, nobody's edit is replaced by somebody who has not seen it.
        began = number(request.POST.get("version"))
        onto = number(request.POST.get("_together") or request.POST.get("_mine")) or began
        since = changed_since(framework, before, began)
        if not self._is_valid(framework, form, since, began):
            return self._draft_page(request, framework, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        document = form.document
        try:
            if "_together" in request.POST:
                document = _together(since, document)
            changed = save_draft(framework, document, by=request.user, version=onto, began=began)
        except ChangedMeanwhile as conflict:
            return self._conflict(request, framework, form, conflict)
        except NotInLibrary:
            form.head.add_error("category", _("Choose a category."))
            return self._draft_page(request, framework, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        except ValidationError:
            self.message_user(
                request,
                _("Not saved: the two do not fit together. Mend yours below, or save it in place of theirs."),
                messages.ERROR,
            )
            return self._conflict(request, framework, form, since)
        if changed:
            self._log(request, framework, CHANGE, _summary(changed))
            self.message_user(request, _("Saved. Readers see it once it is published."), messages.SUCCESS)
            for problem in newly_cited(before, document):
                self.message_user(request, problem.message, messages.WARNING)
        else:
            self.message_user(request, _("Nothing to save: the draft says this already."), messages.INFO)
        return see(address(framework, "preview" if "_preview" in request.POST else "change"))

    def _conflict(self, request, framework, form, conflict):
        """Nothing was stored: both edits are shown, and what was typed is in the form, to be saved onto the new one."""
        base = conflict.base
        if base:
            form.note_theirs(base, conflict.now)
        context = {
            "conflict": conflict,
            "who": ", ".join(conflict.by) or _("Somebody"),
            "theirs": base and readable(compare(base, conflict.now), base, conflict.now),
            "mine": readable(
                compare(base or conflict.now, form.document), base or conflict.now, form.document
            ),
        }
        return self._draft_page(request, framework, form, status=HTTPStatus.CONFLICT, **context)

    def _gone(self, request, object_id):
        """The draft was deleted while its form was open: what was typed comes back as a file, which can be imported."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        deleted = LogEntry.objects.filter(
            content_type=ContentType.objects.get_for_model(Framework),
            object_id=object_id,
            action_flag=DELETION,
        )
        context = {
            "title": _("This draft is no longer there"),
            "deleted": deleted.select_related("user").first(),
            "text": DraftForm(data=request.POST).as_file(),
            "kind": Form.YAML,
            "may_import": self.has_add_permission(request),
        }
        return self._page(request, "gone", context, status=HTTPStatus.GONE)

    @staticmethod
    def _is_valid(framework, form, since: ChangedMeanwhile, began: int) -> bool:
        published = keys_of_revisions(framework)
        known = {*keys_of(since.now), *(("checklist", key) for key in published)}
        if since.base:
            known |= {*keys_of(since.base)}
        elif since.version != began and framework.current_revision:
            # What the form began with is not known, as after a file was loaded; what readers see keeps its keys.
            known |= {*keys_of(framework.current_revision.document)}
        return form.is_valid(known=known, taken={*(key for _part, key in known), *published})

    def csrf_failure(self, request, object_id=None):
        """The form of a draft that was open for too long: it comes back with what was typed, and nothing is saved.

        None, so that the ordinary page answers, for who may not edit it.
        """
        framework = self.get_object(request, object_id) if object_id else None
        if framework is None or not self.has_change_permission(request, framework):
            return None
        form = DraftForm(data=request.POST)
        messages.error(
            request,
            _(
                "Not saved yet: you have signed in anew since this page was opened. Look through it, and save it again."
            ),
        )
        began = number(request.POST.get("version"))
        self._is_valid(framework, form, changed_since(framework, read_draft(framework), began), began)
        return self._draft_page(request, framework, form, status=HTTPStatus.FORBIDDEN)

    def _draft_page(self, request, framework, form, *, status=HTTPStatus.OK, **context):
        version = number(request.POST.get("version")) if form.is_bound else framework.version
        context = {
            "title": str(framework),
            "framework": framework,
            "is_draft": True,
            "form": form,
            "head": form.head,
            "parts": [(name, part_name(name), help, form.parts[name]) for name, help in PARTS.items()],
            "version": version,
            "unsaved": form.is_bound,
            **context,
        }
        return self._page(request, "draft", context, status=status)

    def history_view(self, request, object_id, extra_context=None):
        framework = self.get_object(request, object_id)
        context = framework and {"title": _("History"), **self._of_the_framework(request, framework)}
        return super().history_view(request, object_id, {**(context or {}), **(extra_context or {})})

    # What all pages share

    def _of_the_framework(self, request, framework):
        return {
            "framework": framework,
            "may_publish": self.may_publish(request, framework),
            "addresses": {name: address(framework, name) for name in _PAGES},
        }

    def _page(self, request, name, context, *, status=HTTPStatus.OK):
        framework = context.get("framework")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            **(self._of_the_framework(request, framework) if framework else {}),
            **context,
        }
        request.current_app = self.admin_site.name
        template = f"admin/frameworks/framework/{name}.html"
        response = TemplateResponse(request, template, context, status=status)
        return response.render()

    def _log(self, request, framework, action, message):
        LogEntry.objects.log_actions(request.user.pk, [framework], action, message, single_object=True)


def _together(since: ChangedMeanwhile, mine: FrameworkDocument) -> FrameworkDocument:
    """What both editors changed, in one document. Raises ValidationError where the two contradict each other."""
    data = merge(since.base or since.now, since.now, mine)
    cited = {citation["source"] for claim in data["claims"] for citation in claim["citations"]}
    cited |= {citation["source"] for citation in data["citations"]}
    return FrameworkDocument.model_validate(data | {"sources": tuple(bibliography.records(cited).values())})


def _summary(changed) -> str:
    """What a change of a draft did, for the history: parts and numbers, never whole texts."""
    told = []
    for name in dict.fromkeys(change.part for change in changed.entries):
        told.append(f"{part_name(name)}: {sum(1 for change in changed.entries if change.part == name)}")
    told += [str(FIELD_NAMES[change.name]) for change in changed.fields]
    if changed.citations:
        count = len(changed.citations)
        told.append(ngettext("%(number)d citation", "%(number)d citations", count) % {"number": count})
    return _("Changed %(what)s.") % {"what": ", ".join(told) or _("records of sources")}
