"""A whole framework brought to the desk as one text: first what storing it would do, then a draft."""

import re
from dataclasses import dataclass
from http import HTTPStatus

from django import forms
from django.contrib import messages
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..changes import name_of
from ..desk.forms import judged_slug, part_name
from ..importing import CannotImport, DraftChanged, Form, ImportPlan, decoded, dry_run, store
from ..labels import label
from ..matching import How
from ..models import Category, Source
from ..yaml_text import Refused
from .going import address, see, status_of

#: The longest frameworks that we know have 50,000 characters.
_MOST_CHARACTERS = 500_000


class ImportForm(forms.Form):
    use_required_attribute = False

    text = forms.CharField(
        label=gettext_lazy("Text"),
        required=False,
        strip=False,  # lines are told by their number
        max_length=_MOST_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 12, "autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy(
            "The plain text of a page, all of it, as you copy it from a browser; or a framework's YAML."
        ),
    )
    file = forms.FileField(
        label=gettext_lazy("Or a file"),
        required=False,
        allow_empty_file=True,  # the text is told to be empty in one way
        help_text=gettext_lazy(
            "Plain text or YAML, in the encoding UTF-8. It stands in place of what is pasted."
        ),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("What it is"),
        required=False,
        choices=[
            ("", gettext_lazy("See by the text")),
            (Form.PAGE.value, gettext_lazy("The text of a page")),
            (Form.YAML.value, gettext_lazy("YAML")),
        ],
    )
    category = forms.ModelChoiceField(
        Category.objects,
        label=gettext_lazy("Category"),
        required=False,
        to_field_name="slug",
        empty_label=gettext_lazy("As the text says"),
    )
    slug = forms.CharField(
        label=gettext_lazy("Address"),
        required=False,
        max_length=80,
        help_text=gettext_lazy(
            "That of a framework whose draft this changes, or of a new one, such as box-breathing. Where it is empty, "
            "it is what the YAML file is called, or made of the title."
        ),
    )

    def clean_slug(self):
        slug = self.cleaned_data["slug"]
        return slug and judged_slug(slug)

    def clean(self):
        cleaned = super().clean()
        file = cleaned.get("file")
        if file is not None and file.size > _MOST_CHARACTERS:
            self.add_error("file", _("The file is too large: half a megabyte is the most."))
        elif file is not None:
            try:
                cleaned["text"] = decoded(file.read())
            except CannotImport as problem:
                self.add_error("file", str(problem))
        if file is not None and "slug" not in self.errors:
            cleaned["slug"] = cleaned.get("slug") or _slug_of(file.name)
        if not self.errors and not cleaned["text"].strip():
            self.add_error("text", _("Paste the text, or choose a file."))
        return cleaned

    def show_text(self):
        """Show the text of a file where it can be mended and sent again: a browser sends no file twice."""
        self.data = self.data.copy()
        self.data["text"] = self.cleaned_data["text"]
        if slug := self.cleaned_data["slug"]:
            self.data["slug"] = slug


def _slug_of(name: str) -> str:
    """The address by which a framework's file is called, as an export is; empty for any other file."""
    stem, _dot, ending = name.rpartition(".")
    try:
        return judged_slug(stem) if ending.lower() in ("yaml", "yml") else ""
    except forms.ValidationError:
        return ""


class ImportPages:
    """What FrameworkAdmin shows of a text before it is a draft."""

    def importing_urls(self):
        view = self.admin_site.admin_view(self.import_view)
        return [path("import/", view, name="frameworks_framework_import")]

    def import_view(self, request):
        if not (self.has_add_permission(request) and self.has_change_permission(request)):
            raise PermissionDenied
        if request.method != "POST":
            return self._import_page(request, ImportForm(initial={"slug": request.GET.get("slug", "")}))
        form = ImportForm(request.POST, request.FILES)
        plan, refusals = None, ()
        if form.is_valid():
            form.show_text()
            plan, refusals = _read(form)
        if plan is None:
            return self._import_page(request, form, refusals=refusals, status=status_of(form.errors))
        # Whoever stores it stores what they have looked at. Nothing is kept between the two: the plan is made anew.
        if "_store" not in request.POST:
            return self._import_page(request, form, plan=plan, status=status_of(form.errors))
        if request.POST["_store"] != plan.digest:
            return self._import_page(request, form, plan=plan, differs=True, status=HTTPStatus.CONFLICT)
        return self._store_import(request, form, plan)

    def _store_import(self, request, form, plan):
        try:
            framework = self._stored(request, plan)
        except DraftChanged:
            plan, _refusals = _read(form)
            return self._import_page(request, form, plan=plan, differs=True, status=HTTPStatus.CONFLICT)
        except CannotImport as problem:
            form.add_error(None, str(problem))
            return self._import_page(request, form, plan=plan, status=status_of(form.errors))
        self.message_user(
            request, _("Stored as a draft. Readers see it once it is published."), messages.SUCCESS
        )
        return see(address(framework, "change"))

    @transaction.atomic
    def _stored(self, request, plan):
        framework = store(plan, by=request.user)
        self._log(request, framework, ADDITION if plan.is_new else CHANGE, _("Imported into the draft."))
        # Who brought a source does not publish alone what cites it, where two people are asked for.
        rows = Source.objects.filter(key__in=[source.key for source in plan.new_sources])
        LogEntry.objects.log_actions(request.user.pk, rows, ADDITION, _("Imported with a framework."))
        return framework

    def _import_page(self, request, form, *, plan=None, refusals=(), differs=False, status=HTTPStatus.OK):
        context = {
            "title": _("Import a framework"),
            "form": form,
            "refusals": refusals,
            "plan": plan,
            "changes": plan and plan.changes,
            "found_again": plan and _found_again(plan),
            "differs": differs,
        }
        return self._page(request, "import", context, status=status)


@dataclass(frozen=True)
class _Mistake:
    """One thing in a file that has to be mended, with the line that it stands on."""

    line: int
    says: str
    path: str
    message: str


def _read(form) -> tuple[ImportPlan | None, list[_Mistake]]:
    """What storing the text would do; without a plan the form says why, and each mistake of a file stands by itself."""
    chosen = dict(form.cleaned_data)
    category = chosen["category"].slug if chosen["category"] else ""
    try:
        plan = dry_run(chosen["text"], chosen["slug"], category=category, form=chosen["kind"] or None)
    except Refused as refused:
        form.add_error("text", _("It has mistakes: each is named in the list, with its line."))
        lines = re.split(r"\r\n|\r|\n", chosen["text"])
        return None, [
            _Mistake(each.line, *lines[each.line - 1 : each.line], each.path, each.message)
            for each in refused.refusals
        ]
    except CannotImport as problem:
        form.add_error("text", str(problem))
        return None, []
    if plan.obstacle:
        form.add_error("category", plan.obstacle)
    return plan, []


def _found_again(plan: ImportPlan) -> list[tuple[str, str, str]]:
    """The kind and name of each entry and source of a page, and by what it was found in the draft."""
    names = {entry.key: name_of(entry) for _path, entry in plan.document.entries()}
    names |= {source.key: source.title for source in plan.document.sources}
    return [
        (part_name(match.part), names[match.key], label(match.how))
        for match in plan.matches
        if match.how is not How.NEW
    ]
