"""Who may do what, in the admin. Nothing that a person tracks or types about themselves is shown here.

What clinicians say of themselves is in clinician_admin.
"""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.utils.translation import gettext_lazy as _

from . import clinician_admin  # noqa: F401

admin.site.site_header = admin.site.site_title = "Tracework"
admin.site.index_title = _("Editors' desk")
admin.site.unregister([EmailAddress, Authenticator])  # people change their own


@admin.register(get_user_model())
class UserAdmin(admin.ModelAdmin):
    """Accounts and their rights. A new one has no password: the person chooses one by "Forgotten your password?"."""

    list_display = ["email", "display_name", "is_staff", "is_active"]
    list_filter = ["is_staff", "is_active", "groups"]
    search_fields = ["email", "display_name"]
    ordering = ["email"]
    fields = ["email", "display_name", "is_active", "is_staff", "groups"]
    filter_horizontal = ["groups"]

    class Media:
        css = {"all": ["css/desk.css"]}

    def get_readonly_fields(self, request, obj=None):
        # Whoever could change an address could take over the account with a new password.
        fixed = ["email", "display_name"] if obj else []
        return fixed if request.user.is_superuser else [*fixed, "is_active", "is_staff", "groups"]

    def has_delete_permission(self, request, obj=None):
        # The page that asks "are you sure" lists all that would go with a person, and that is nobody else's business.
        return False

    def save_model(self, request, obj, form, change):
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
