from django.apps import AppConfig
from django.contrib.admin import apps as admin
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("People")
    default = True

    def ready(self):
        from allauth.mfa.signals import authenticator_added

        from . import groups, holdings, personal_data, second_factor

        personal_data.register(holdings.ACCOUNT)
        post_migrate.connect(groups.make_groups, dispatch_uid="accounts.groups.make_groups")
        authenticator_added.connect(
            second_factor.count_as_used, dispatch_uid="accounts.second_factor.count_as_used"
        )


class AdminAppConfig(admin.AdminConfig):
    """Django's admin, with a site of ours that asks editors for their second factor."""

    default = False
    default_site = "accounts.admin_site.Site"
