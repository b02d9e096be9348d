"""The pages between a draft and its readers: preview, comparison, publishing, going back, withdrawing, export."""

from http import HTTPStatus

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin.models import CHANGE
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.csp import CSP
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override
from pydantic import ValidationError

from .. import publishing
from ..changes import readable
from ..comparison import compare
from ..desk.forms import anchor_of, said
from ..desk.preview import as_html, preview
from ..desk.publishing import NeedsAnother, digest, needs_another, publish_draft, restorable
from ..desk.saving import ChangedMeanwhile, changed_since, save_draft
from ..document import Change, ChangeKind, FrameworkDocument
from ..drafts import NotInLibrary, read_draft
from ..labels import choices
from ..prose import clean
from ..publishing import NoteMissing, NothingToPublish, NotReady
from ..yaml_text import as_yaml
from .going import address, number, see, status_of

_CHANGES_SHOWN = 100
_FRAMED = settings.SECURE_CSP | {"frame-ancestors": [CSP.SELF]}


class PublishForm(forms.Form):
    use_required_attribute = False

    kind = forms.ChoiceField(
        label=gettext_lazy("Kind of change"),
        choices=choices(ChangeKind),
        help_text=gettext_lazy(
            "Editorial: words. Clinical: what one does, or how well it works. Safety: a danger and what to do. "
            "Readers with a checklist are asked again about what is not editorial."
        ),
    )
    note = forms.CharField(
        label=gettext_lazy("Note to readers"),
        required=False,
        help_text=gettext_lazy(
            "What changed, in a sentence: “The trial of 2026 was added; nothing to do differs.” Needed from the second "
            "revision on."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_note(self):
        return _as_document(lambda: Change(kind=ChangeKind.EDITORIAL, note=self.cleaned_data["note"]).note)


class WithdrawForm(forms.Form):
    use_required_attribute = False

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy(
            "Readers find it where the framework was: “Two trials found harm. See … instead.” It cannot be changed."
        ),
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )

    def clean_reason(self):
        reason = _as_document(lambda: clean(self.cleaned_data["reason"]))
        if not reason:
            raise forms.ValidationError(self.fields["reason"].error_messages["required"])
        return reason


def _as_document(judged):
    """What the Document makes of a text; its refusal as the field's."""
    try:
        return judged()
    except ValidationError as error:
        raise forms.ValidationError(said(error.errors()[0])) from None
    except ValueError as error:
        raise forms.ValidationError(said({"type": "value", "loc": (), "msg": str(error)})) from None


def _typed(request) -> dict[str, str]:
    """What was typed into the form that publishes before the preview that it leads through."""
    return {name: request.GET[name] for name in PublishForm.base_fields if name in request.GET}


class PublishingPages:
    """What FrameworkAdmin shows of a draft besides its form."""

    def publishing_urls(self):
        pages = {
            "preview": self.preview_view,
            "phone": self.phone_view,
            "compare": self.compare_view,
            "publish": self.publish_view,
            "revisions": self.revisions_view,
            "withdraw": self.withdraw_view,
            "export": self.export_view,
        }
        return [
            *(
                path(
                    f"<int:object_id>/{name}/",
                    self.admin_site.admin_view(view),
                    name=f"frameworks_framework_{name}",
                )
                for name, view in pages.items()
            ),
            path(
                "<int:object_id>/restore/<int:revision>/",
                self.admin_site.admin_view(self.restore_view),
                name="frameworks_framework_restore",
            ),
            path(
                "<int:object_id>/changes/<int:version>/",
                self.admin_site.admin_view(self.draft_change_view),
                name="frameworks_framework_draft_change",
            ),
        ]

    # To look at

    # The one address of the site that may stand in a frame, and only in one of ours.
    @method_decorator([csp_override(_FRAMED), xframe_options_sameorigin])
    def preview_view(self, request, object_id):
        framework = self._find(request, object_id)
        document = read_draft(framework)
        article = preview(framework, document)
        framed = "framed" in request.GET
        context = {
            "framework": framework,
            "previewed": digest(document),
            "article": article,
            "draft": as_html(article, framed=framed),
            "may_publish": self.may_publish(request, framework),
            # What was typed already, on the way to the page that publishes.
            "typed": _typed(request),
            "framed": framed,
            "here": "",
        }
        response = render(request, "admin/frameworks/framework/preview.html", context)
        response.headers["Cache-Control"] = "private, no-store"
        return response

    def phone_view(self, request, object_id):
        framework = self._find(request, object_id)
        return self._page(request, "phone", {"title": _("As on a telephone"), "framework": framework})

    def compare_view(self, request, object_id):
        framework = self._find(request, object_id)
        if framework.current_revision is None:
            raise Http404
        document = read_draft(framework)
        live = framework.current_revision
        context = {
            "title": _("What the draft changes"),
            "framework": framework,
            "live": live,
            "changes": readable(compare(live.document, document), live.document, document),
        }
        return self._page(request, "compare", context)

    def export_view(self, request, object_id):
        framework = self._find(request, object_id)
        response = HttpResponse(
            as_file(framework, read_draft(framework)), content_type="application/yaml; charset=utf-8"
        )
        response.headers["Content-Disposition"] = f'attachment; filename="{framework.slug}.yaml"'
        return response

    def readiness(self, framework, document) -> dict:
        """What blocks publishing and what is advised, each with where the form shows it."""
        found = {
            "problems": publishing.blocking(framework, document),
            "advice": publishing.advice(framework, document),
        }
        return {
            kind: [
                (problem, anchor_of(problem.path, document) if problem.path else "") for problem in problems
            ]
            for kind, problems in found.items()
        }

    # Publish

    @staticmethod
    def may_publish(request, framework) -> bool:
        return request.user.has_perm("frameworks.publish_framework") and framework.withdrawn_at is None

    def publish_view(self, request, object_id):
        framework = self._find(request, object_id)
        if not request.user.has_perm("frameworks.publish_framework"):
            raise PermissionDenied
        initial = {"kind": ChangeKind.EDITORIAL, **_typed(request)}
        form = PublishForm(request.POST or None, initial=initial)
        if request.method == "POST" and form.is_valid():
            return self._publish(request, framework, form)
        return self._publish_page(request, framework, form, status=status_of(form.errors))

    def _publish(self, request, framework, form):
        try:
            revision = publish_draft(
                framework,
                previewed=request.POST.get("previewed", ""),
                version=number(request.POST.get("version")),
                by=request.user,
                kind=form.cleaned_data["kind"],
                note=form.cleaned_data["note"],
            )
        except ChangedMeanwhile:
            # The page says that it is, and what has changed.
            framework.refresh_from_db()
            return self._publish_page(request, framework, form, status=HTTPStatus.CONFLICT)
        except NoteMissing as missing:
            form.add_error("note", str(missing))
            return self._publish_page(request, framework, form, status=status_of(form.errors))
        except (NotReady, NeedsAnother):
            # The page says which of the two it is, and what is missing.
            return self._publish_page(request, framework, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        except NothingToPublish as nothing:
            self.message_user(request, str(nothing), messages.INFO)
            return see(address(framework, "publish"))
        message = _("Published revision %(number)d.") % {"number": revision.number}
        self._log(request, framework, CHANGE, message)
        self.message_user(request, message, messages.SUCCESS)
        return see(address(framework, "revisions"))

    def _publish_page(self, request, framework, form, *, status=HTTPStatus.OK):
        document = read_draft(framework)
        live = framework.current_revision
        sent = request.POST or request.GET
        previewed, version = sent.get("previewed", ""), number(sent.get("version"))
        changed = None
        if previewed and previewed != digest(document):
            changed = changed_since(framework, document, version)
        another = needs_another(framework, document, request.user)
        readiness = self.readiness(framework, document)
        context = {
            "title": _("Publish"),
            "framework": framework,
            "form": form,
            "previewed": previewed,
            "version": version,
            # Only what was previewed is published; until then the form leads to the preview, with what was typed.
            "may_send": previewed and not (changed or another or readiness["problems"]),
            "not_previewed": status == HTTPStatus.CONFLICT and not previewed,
            "live": live,
            "changes": live and readable(compare(live.document, document), live.document, document),
            "changed": changed,
            "since": changed
            and changed.base
            and readable(compare(changed.base, changed.now), changed.base, changed.now),
            "needs_another": another,
            "nothing": live is not None and live.document == document,
            **readiness,
        }
        return self._page(request, "publish", context, status=status)

    # Go back

    def revisions_view(self, request, object_id):
        framework = self._find(request, object_id)
        revisions = framework.revisions.defer("document").select_related("published_by").order_by("-number")
        changes = framework.draft_changes.defer("before").select_related("changed_by").order_by("-version")
        if before := number(request.GET.get("before")):
            changes = changes.filter(version__lt=before)
        changes = list(changes[: _CHANGES_SHOWN + 1])
        context = {
            "title": _("Revisions and changes"),
            "framework": framework,
            "revisions": revisions,
            "changes": changes[:_CHANGES_SHOWN],
            "older": changes[_CHANGES_SHOWN - 1].version if len(changes) > _CHANGES_SHOWN else None,
            "may_change": self.has_change_permission(request, framework),
            "may_withdraw": request.user.has_perm("frameworks.withdraw_framework"),
        }
        return self._page(request, "revisions", context)

    def draft_change_view(self, request, object_id, version):
        """What one save changed of the draft, word by word."""
        framework = self._find(request, object_id)
        since = framework.draft_changes.filter(version__gte=version).order_by("version")
        change, following = [*since.select_related("changed_by")[:2], None, None][:2]
        if change is None or change.version != version:
            raise Http404
        after = following.before if following else read_draft(framework)
        before = change.before or FrameworkDocument(title="", category=after.category)
        context = {
            "title": _("Change %(number)d of the draft") % {"number": version},
            "framework": framework,
            "change": change,
            # Files that are loaded change a draft, too, and are no save at the desk.
            "more": (following.version if following else framework.version + 1) > version + 1,
            "changes": readable(compare(before, after), before, after),
        }
        return self._page(request, "draft_change", context)

    def restore_view(self, request, object_id, revision):
        framework = self._find(request, object_id)
        if not self.has_change_permission(request, framework):
            raise PermissionDenied
        found = framework.revisions.filter(number=revision).first()
        if found is None:
            raise Http404
        now = read_draft(framework)
        document, retracted = restorable(found)
        context = {
            "title": _("Restore revision %(number)d") % {"number": revision},
            "framework": framework,
            "revision": found,
            "retracted": [source for source in document.sources if source.key in retracted],
            "version": framework.version,
        }
        status = HTTPStatus.OK
        if request.method == "POST":
            try:
                save_draft(framework, document, by=request.user, version=number(request.POST.get("version")))
            except ChangedMeanwhile as changed:
                now, context["version"], status = changed.now, changed.version, HTTPStatus.CONFLICT
                context["changed"] = changed
            except NotInLibrary as missing:
                self.message_user(request, str(missing), messages.ERROR)
            else:
                message = _("Restored revision %(number)d into the draft.") % {"number": revision}
                self._log(request, framework, CHANGE, message)
                self.message_user(request, message, messages.SUCCESS)
                return see(address(framework, "change"))
        context["changes"] = readable(compare(now, document), now, document)
        return self._page(request, "restore", context, status=status)

    # Withdraw

    def withdraw_view(self, request, object_id):
        framework = self._find(request, object_id)
        if not request.user.has_perm("frameworks.withdraw_framework"):
            raise PermissionDenied
        # Withdrawn while the form was open, the page says so, and keeps the reason that was typed.
        if framework.current_revision_id is None or (framework.withdrawn_at and request.method != "POST"):
            raise Http404
        form = WithdrawForm(request.POST or None)
        if request.method == "POST" and form.is_valid() and framework.withdraw(**form.cleaned_data):
            self._log(request, framework, CHANGE, _("Withdrew it."))
            self.message_user(request, _("Withdrawn. Its address now says so, and why."), messages.SUCCESS)
            return see(address(framework, "revisions"))
        context = {"title": _("Withdraw"), "framework": framework, "form": form}
        status = HTTPStatus.CONFLICT if framework.withdrawn_at else status_of(form.errors)
        return self._page(request, "withdraw", context, status=status)


def as_file(framework, draft: FrameworkDocument) -> str:
    """The draft as a file that can be loaded again: as a draft, since it says nothing of a change."""
    return as_yaml(draft, heading=[_("%(title)s: a draft of Tracework") % {"title": framework}])
