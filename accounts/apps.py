from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("People")

    def ready(self):
        from . import groups, holdings, personal_data

        personal_data.register(holdings.ACCOUNT)
        post_migrate.connect(groups.make_groups, dispatch_uid="accounts.groups.make_groups")
