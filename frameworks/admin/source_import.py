"""Importing sources at the desk: a text or a file, a dry run of it, and storing what was ticked."""

from django import forms
from django.contrib import messages
from django.contrib.admin.models import ADDITION, LogEntry
from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from ..citation_formats import Format, TooMany, recognised
from ..importing import CannotImport, decoded
from ..models import Source
from ..source_import import MOST, ChangedMeanwhile, DryRun, Standing, dry_run, store
from .going import number, see, status_of

#: In bytes.
LARGEST = 1_000_000
#: Of a text in another format than it is read as, every line is not understood.
_MOST_SHOWN = 100
_FORMATS = [
    ("", gettext_lazy("As the text looks")),
    (Format.BIBTEX.value, "BibTeX"),
    (Format.RIS.value, "RIS"),
    (Format.CSL_JSON.value, "CSL-JSON"),
]


class ImportForm(forms.Form):
    """A text that was pasted or a file; `cleaned_data` has `text` and `format` of either."""

    use_required_attribute = False

    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        help_text=gettext_lazy(
            "As a reference manager or a journal's page exports it: .bib, .ris or .json, up to 1 MB."
        ),
        widget=forms.FileInput(attrs={"accept": ".bib,.bibtex,.ris,.json,.txt"}),
    )
    text = forms.CharField(
        label=gettext_lazy("Or its text"),
        required=False,
        strip=False,
        widget=forms.Textarea(
            attrs={"rows": 10, "class": "desk-pasted", "autocomplete": "off", "spellcheck": "false"}
        ),
    )
    format = forms.ChoiceField(
        label=gettext_lazy("Format"),
        required=False,
        choices=_FORMATS,
        widget=forms.Select(attrs={"autocomplete": "off"}),
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file is None:
            return None
        if file.size > LARGEST:
            raise forms.ValidationError(_too_large())
        return _decoded(file.read())

    def clean_text(self):
        text = self.cleaned_data["text"]
        if len(text.encode(errors="surrogatepass")) > LARGEST:
            raise forms.ValidationError(_too_large())
        return text

    def clean(self):
        cleaned = super().clean()
        if self.errors:
            return cleaned
        pasted, file = cleaned["text"], cleaned["file"]
        if file is not None and pasted.strip():
            self.add_error("file", _("Choose a file or paste a text, not both: empty the one or the other."))
        text = pasted if file is None else file
        if not text.strip():
            self.add_error(
                "file" if file is not None else "text", _("Is empty. Choose a file, or paste its text.")
            )
        elif not self.errors:
            self._recognise(text)
        return {**cleaned, "text": text}

    def _recognise(self, text):
        format = self.cleaned_data["format"] or recognised(text)
        if format is None:
            raise forms.ValidationError(
                _(
                    "This looks like none of the three formats: a BibTeX entry begins with @article{, an RIS record "
                    "with TY  - JOUR, CSL-JSON with [ or {. Export it anew as one of them, or choose the format."
                )
            )
        self.cleaned_data["format"] = Format(format)


def _too_large() -> str:
    return _("Is larger than 1 MB. Export fewer sources at a time.")


def _decoded(content: bytes) -> str:
    try:
        text = decoded(content)
    except CannotImport as problem:
        raise forms.ValidationError(str(problem)) from None
    if "\0" in text:
        raise forms.ValidationError(_("Is no text: it holds NUL bytes. Export it as text in UTF-8."))
    return text


class ImportPages:
    """The page of the admin of sources that imports."""

    def get_urls(self):
        view = self.admin_site.admin_view(require_http_methods(["GET", "HEAD", "POST"])(self.import_view))
        return [path("import/", view, name="frameworks_source_import"), *super().get_urls()]

    def import_view(self, request):
        """The empty form; what would become of what was sent; or, where asked, storing what was ticked of it."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return self._import_page(request, ImportForm())
        form = ImportForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._import_page(request, form)
        text, format = form.cleaned_data["text"], form.cleaned_data["format"]
        try:
            if "_store" in request.POST:
                return self._store(request, text, format)
            return self._dry_run_page(request, text, dry_run(text, format))
        except TooMany:
            form.add_error(
                None, _("It has more than %(most)d entries. Import fewer at a time.") % {"most": MOST}
            )
            return self._import_page(request, form)

    def _store(self, request, text, format):
        chosen = {number(typed) for typed in request.POST.getlist("store")}
        seen = request.POST.get("seen", "")
        if not chosen:
            return self._dry_run_page(request, text, dry_run(text, format), chosen, problem="nothing")
        try:
            sources = store(text, format, chosen={each - 1 for each in chosen}, seen=seen)
        except ChangedMeanwhile as changed:
            return self._dry_run_page(request, text, changed.now, chosen, problem="changed")
        keys = [source.key for source in sources]
        rows = Source.objects.only("pk", "key", "title").filter(key__in=keys)
        LogEntry.objects.log_actions(request.user.pk, rows, ADDITION, _("Imported."))
        stored = ngettext(
            "%(number)d source stored: %(keys)s.", "%(number)d sources stored: %(keys)s.", len(keys)
        )
        self.message_user(request, stored % {"number": len(keys), "keys": _few(keys)}, messages.SUCCESS)
        if blank := [source.key for source in sources if source.study_design is None]:
            self.message_user(
                request,
                _("Fill in the kind of study of %(keys)s: it is not guessed, and the text does not say it.")
                % {"keys": _few(blank)},
                messages.WARNING,
            )
        return see(reverse("admin:frameworks_source_changelist"))

    def _import_page(self, request, form):
        context = {"form": form, "title": _("Import sources")}
        return self._page(request, "import", context, status=status_of(form.errors))

    def _dry_run_page(self, request, text, run: DryRun, chosen=None, problem=""):
        """`chosen`: the numbers that were ticked, counted from 1; where none are given, those that are new."""
        ticked = (
            {each.number for each in run.of(Standing.NEW)}
            if chosen is None
            else {each - 1 for each in chosen}
        )
        context = {
            "title": _("Import sources: what would become of them"),
            "form": ImportForm(initial={"text": text, "format": run.format.value}),
            "run": run,
            "rows": [(each, each.number in ticked and each.can_be_stored) for each in run.proposals],
            "counts": _counts(run),
            "not_understood": run.not_understood[:_MOST_SHOWN],
            "not_shown": max(0, len(run.not_understood) - _MOST_SHOWN),
            "storable": any(each.can_be_stored for each in run.proposals),
            "problem": problem,
        }
        return self._page(request, "dry_run", context, status=status_of(problem))

    def _page(self, request, name, context, status):
        context = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, f"admin/frameworks/source/{name}.html", context, status=status)


def _counts(run: DryRun) -> list[str]:
    counted = [
        (len(run.of(Standing.NEW)), _("%(number)d new")),
        (len(run.of(Standing.PERHAPS)), _("%(number)d perhaps there already")),
        (len(run.of(Standing.KNOWN)), _("%(number)d in the bibliography already")),
        (len(run.of(Standing.TWICE)), _("%(number)d twice in this text")),
        (len(run.of(Standing.REFUSED)), _("%(number)d that cannot be stored")),
        (len(run.not_understood), _("%(number)d not understood")),
    ]
    return [said % {"number": times} for times, said in counted if times]


def _few(keys: list[str]) -> str:
    return ", ".join(keys[:20]) + ("…" if len(keys) > 20 else "")
