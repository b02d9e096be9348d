from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SharingConfig(AppConfig):
    name = "sharing"
    verbose_name = _("sharing")

    def ready(self):
        from django.contrib.auth.signals import user_logged_in

        from accounts import personal_data
        from accounts.signals import signed_in
        from checklists.signals import carried_over

        from . import coming_back
        from .clinicians import note_profile
        from .holdings import HANDOUTS, PROGRESS
        from .starting import carry_over

        personal_data.register(HANDOUTS)
        personal_data.register(PROGRESS)
        carried_over.connect(carry_over, dispatch_uid="sharing.carry_over")
        signed_in.connect(coming_back.after_sign_in, dispatch_uid="sharing.coming_back")
        user_logged_in.connect(note_profile, dispatch_uid="sharing.note_profile")
