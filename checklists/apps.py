from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChecklistsConfig(AppConfig):
    name = "checklists"
    verbose_name = _("checklists")

    def ready(self):
        from accounts import personal_data
        from accounts.signals import left, signed_in

        from .holdings import CHECKLISTS
        from .signing_in import erase_guest, take_over

        personal_data.register(CHECKLISTS)
        left.connect(erase_guest, dispatch_uid="checklists.erase_guest")
        signed_in.connect(take_over, dispatch_uid="checklists.take_over")
