"""What shows at once over every revision: safety notices, reviews, and where to find help; and the categories."""

from datetime import timedelta

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import ActionLocation
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ..labels import country
from ..models import Category, Framework, HelpContact, Review, SafetyNotice
from ..prose import clean


class _Live(admin.ModelAdmin):
    can_be_deleted = True

    class Media:
        css = {"all": ["css/desk.css"]}

    def get_actions(self, request, action_location=ActionLocation.CHANGE_LIST):
        actions = super().get_actions(request, action_location)
        actions.pop("delete_selected", None)
        return actions

    def has_delete_permission(self, request, obj=None):
        return self.can_be_deleted and super().has_delete_permission(request, obj)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "framework":
            kwargs["queryset"] = Framework.objects.only("pk", "slug", "title").order_by("title", "slug")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "framework":
            # A framework is begun, read and changed on pages of its own, which no window beside this form could close.
            field.widget.can_add_related = field.widget.can_change_related = field.widget.can_view_related = (
                False
            )
        return field


class NoticeForm(forms.ModelForm):
    class Meta:
        model = SafetyNotice
        fields = ["framework", "level", "text"]
        help_texts = {
            "text": gettext_lazy(
                "What happened, to whom, and what to do: “Two people fainted. Sit down before you begin.” Readers see "
                "it as soon as it is saved: on the page, on older revisions, on checklists and handouts."
            )
        }

    def clean_text(self):
        try:
            return clean(self.cleaned_data["text"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None


class ShowingFilter(admin.SimpleListFilter):
    title = gettext_lazy("whether it shows")
    parameter_name = "shows"

    def lookups(self, request, model_admin):
        return [("yes", _("Showing")), ("no", _("Lifted"))]

    def queryset(self, request, queryset):
        if self.value() not in ("yes", "no"):
            return queryset
        return queryset.filter(lifted_at__isnull=self.value() == "yes")


@admin.register(SafetyNotice)
class SafetyNoticeAdmin(_Live):
    """Shown everywhere at once. It is lifted, never deleted; of one that was issued, only the words can be mended."""

    can_be_deleted = False
    form = NoticeForm
    list_display = ["text", "framework", "level", "issued_at", "lifted_at"]
    list_filter = [ShowingFilter, "level"]
    list_select_related = ["framework"]
    search_fields = ["text", "framework__title"]
    actions = ["lift"]

    def get_readonly_fields(self, request, obj=None):
        return ["framework", "issued_at", "lifted_at"] if obj else []

    def get_fields(self, request, obj=None):
        return ["framework", "level", "text", *(["issued_at", "lifted_at"] if obj else [])]

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if obj.lifted_at is not None:
            return
        if obj.framework.current_revision_id is None:
            said = _("Readers of “%(framework)s” see it once that is published.")
        else:
            said = _("Readers of “%(framework)s” see it now, wherever it is read.")
        self.message_user(request, said % {"framework": obj.framework}, messages.SUCCESS)

    @admin.action(description=gettext_lazy("Lift the notices…"), permissions=["change"])
    def lift(self, request, queryset):
        standing = queryset.filter(lifted_at=None)
        if "sure" not in request.POST:
            context = {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": _("Lift these notices?"),
                "notices": standing.select_related("framework"),
                "selected": queryset.values_list("pk", flat=True),
            }
            return TemplateResponse(request, "admin/frameworks/safetynotice/lift.html", context)
        lifted = list(standing)
        for notice in lifted:
            notice.lift()
            self.log_change(request, notice, _("Lifted."))
        said = ngettext("%(number)d notice lifted.", "%(number)d notices lifted.", len(lifted))
        self.message_user(request, said % {"number": len(lifted)}, messages.SUCCESS)
        return HttpResponseRedirect(request.get_full_path())


class DueFilter(admin.SimpleListFilter):
    title = gettext_lazy("next review")
    parameter_name = "due"

    def lookups(self, request, model_admin):
        return [("overdue", _("Overdue")), ("soon", _("Due within 60 days"))]

    def queryset(self, request, queryset):
        if self.value() is None:
            return queryset
        # Of a framework that was reviewed again, the latest review alone is followed by another.
        latest = Review.objects.order_by("framework_id", "-reviewed_on", "-pk").distinct("framework_id")
        queryset, today = queryset.filter(pk__in=latest.values("pk")), timezone.localdate()
        if self.value() == "overdue":
            return queryset.filter(due_on__lt=today)
        return queryset.filter(due_on__gte=today, due_on__lte=today + timedelta(days=60))


@admin.register(Review)
class ReviewAdmin(_Live):
    """What readers were told of a review stays known."""

    can_be_deleted = False
    list_display = ["framework", "reviewer", "credential", "reviewed_on", "due_on"]
    list_filter = [DueFilter]
    list_select_related = ["framework"]
    search_fields = ["framework__title", "reviewer"]
    fields = ["framework", "reviewer", "credential", "reviewed_on", "due_on"]


@admin.register(Category)
class CategoryAdmin(_Live):
    list_display = ["name", "slug", "position"]
    fields = ["name", "slug", "position"]

    def get_readonly_fields(self, request, obj=None):
        return ["slug"] if obj else []  # revisions and files name it


class CountryFilter(admin.SimpleListFilter):
    title = gettext_lazy("country")
    parameter_name = "country"

    def lookups(self, request, model_admin):
        codes = HelpContact.objects.order_by("country").values_list("country", flat=True).distinct()
        return [(code, f"{code}: {country(code)}" if code else country(code)) for code in codes]

    def queryset(self, request, queryset):
        return queryset if self.value() is None else queryset.filter(country=self.value())


@admin.register(HelpContact)
class HelpContactAdmin(_Live):
    list_display = ["name", "country", "kind", "number", "checked_on", "position"]
    list_filter = [CountryFilter, "kind"]
    search_fields = ["name", "number"]
    fields = [
        "key",
        "country",
        "kind",
        "name",
        "number",
        "link",
        "hours",
        "cost",
        "source_url",
        "checked_on",
        "position",
    ]

    def get_readonly_fields(self, request, obj=None):
        return ["key"] if obj else []
