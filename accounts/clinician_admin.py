"""The desk of those who verify clinicians: what somebody says of themselves is read, and decided, and never edited."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models.functions import Coalesce
from django.http import Http404, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import clinicians
from .models import ClinicianProfile, ClinicianState
from .plain_text import clean

#: As these pages show a moment; the templates have the same.
MOMENT = "j F Y, H:i T"


class DecisionForm(forms.Form):
    use_required_attribute = False

    #: Which application was read: each has a moment of its own.
    applied = forms.DateTimeField(required=False)


class _ReasonField(forms.CharField):
    def to_python(self, value):
        return clean(super().to_python(value), lines=True)


class RefusalForm(DecisionForm):
    reason = _ReasonField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("The person reads it: “The number is not in the register of the HCPC.”"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Say why. The person reads it.")},
    )


class WithdrawalForm(RefusalForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = _(
            "The person reads it: “The HCPC removed the registration on 3 May.” It cannot be changed."
        )


@dataclass(frozen=True)
class Decision:
    """One of the three things that can be decided, with the words of its page."""

    title: str
    explained: str
    button: str
    message: str
    decides: ClinicianState  # about who is in this state
    form: type[DecisionForm]
    verb: Callable[..., ClinicianProfile]


DECISIONS = {
    "verify": Decision(
        title=gettext_lazy("Verify %(who)s"),
        explained=gettext_lazy(
            "You say that you have found this registration in the register itself, that name and credential agree "
            "with it, and that it is they who applied. Patients read: verified by Tracework, with the day. The person "
            "is told by e-mail."
        ),
        button=gettext_lazy("Verify"),
        message=gettext_lazy("Verified."),
        decides=ClinicianState.APPLIED,
        form=DecisionForm,
        verb=clinicians.verify,
    ),
    "refuse": Decision(
        title=gettext_lazy("Refuse %(who)s"),
        explained=gettext_lazy("The person is told by e-mail, with your reason, and can apply again."),
        button=gettext_lazy("Refuse"),
        message=gettext_lazy("Refused."),
        decides=ClinicianState.APPLIED,
        form=RefusalForm,
        verb=clinicians.refuse,
    ),
    "withdraw": Decision(
        title=gettext_lazy("Withdraw the verification of %(who)s"),
        explained=gettext_lazy(
            "Their handouts stop at once, and say so to who opens one. It is for good: this account cannot apply "
            "again. The person is told by e-mail, with your reason."
        ),
        button=gettext_lazy("Withdraw the verification"),
        message=gettext_lazy("Verification withdrawn."),
        decides=ClinicianState.VERIFIED,
        form=WithdrawalForm,
        verb=clinicians.revoke,
    ),
}


def _details(profile) -> str:
    """What was decided about."""
    return f"{profile.name}, {profile.credential}, {profile.organisation}, {profile.registration}"


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return ClinicianState.choices

    def queryset(self, request, queryset):
        return queryset.in_state(self.value()) if self.value() in ClinicianState else queryset


@admin.register(ClinicianProfile)
class ClinicianAdmin(admin.ModelAdmin):
    """Whoever waits stands first, who has waited longest before the others."""

    list_display = ["name", "state", "registration", "organisation", "applied"]
    list_filter = [StateFilter]
    search_fields = ["name", "organisation", "registration"]
    ordering = [Coalesce("verified_at", "refused_at").desc(nulls_first=True), "applied_at", "pk"]
    list_per_page = 50
    show_full_result_count = False

    class Media:
        css = {"all": ["css/desk.css"]}

    @admin.display(description=gettext_lazy("State"))
    def state(self, profile):
        return profile.state.label

    @admin.display(description=gettext_lazy("Applied"), ordering="applied_at")
    def applied(self, profile):
        return date_format(timezone.localtime(profile.applied_at), MOMENT)

    def changelist_view(self, request, extra_context=None):
        # Django's title invites to change one.
        return super().changelist_view(request, {"title": _("Clinicians"), **(extra_context or {})})

    # Who may do what

    def has_add_permission(self, request):
        return False  # people apply for themselves

    def has_delete_permission(self, request, obj=None):
        return False  # it goes with the person's account

    def get_urls(self):
        return [
            *(
                path(
                    f"<int:object_id>/{name}/",
                    self.admin_site.admin_view(self.decision_view),
                    {"name": name},
                    name=f"accounts_clinicianprofile_{name}",
                )
                for name in DECISIONS
            ),
            *super().get_urls(),
        ]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("user")

    def _find(self, request, object_id) -> ClinicianProfile:
        profile = self.get_object(request, object_id)
        if profile is None:
            raise Http404
        return profile

    # To read

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        profile = self._find(request, object_id)
        log = LogEntry.objects.filter(
            content_type=ContentType.objects.get_for_model(profile), object_id=str(profile.pk)
        ).select_related("user")
        context = {"title": str(profile), "profile": profile, "log": log.order_by("action_time", "pk")}
        return self._page(request, "detail", context)

    # To decide

    def decision_view(self, request, object_id, name):
        if not self.has_change_permission(request):
            raise PermissionDenied
        profile = self._find(request, object_id)
        decision = DECISIONS[name]
        form = decision.form(request.POST if request.method == "POST" else None)
        refused, status = "", HTTPStatus.OK
        if request.method == "POST":
            status = HTTPStatus.UNPROCESSABLE_ENTITY
            if form.is_valid():
                try:
                    return self._decide(request, profile, decision, **form.cleaned_data)
                except clinicians.NotPossible as why:
                    refused, status = str(why), HTTPStatus.CONFLICT
                    profile = self._find(request, object_id)
        context = {
            "title": decision.title % {"who": profile},
            "profile": profile,
            "decision": decision,
            "form": form,
            "refused": refused,
            "fits": profile.state == decision.decides,
        }
        return self._page(request, "decide", context, status=status)

    def _decide(self, request, profile, decision, applied, **said):
        """Decide about the application that was read, and note it; both or neither."""
        profile.applied_at = applied
        with transaction.atomic():
            decided = decision.verb(profile, by=request.user, **said)
            # The log keeps reason and details when the person applies anew, which changes both.
            self.log_change(
                request, decided, " ".join([str(decision.message), *said.values(), f"({_details(decided)})"])
            )
        self.message_user(request, f"{decided}: {decision.message}", messages.SUCCESS)
        address = reverse("admin:accounts_clinicianprofile_change", args=[decided.pk])
        return HttpResponseRedirect(address, status=HTTPStatus.SEE_OTHER)

    def _page(self, request, name, context, *, status=HTTPStatus.OK):
        profile = context["profile"]
        own = profile.user_id == request.user.pk
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "applied": profile.applied_at.isoformat(),
            "own": own,
            "may_decide": not own and self.has_change_permission(request),
            **context,
        }
        request.current_app = self.admin_site.name
        template = f"admin/accounts/clinicianprofile/{name}.html"
        return TemplateResponse(request, template, context, status=status)
