from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SharingConfig(AppConfig):
    name = "sharing"
    verbose_name = _("sharing")

    def ready(self):
        from django.contrib.auth.signals import user_logged_in

        from accounts import personal_data

        from .clinicians import note_profile
        from .holdings import HANDOUTS

        personal_data.register(HANDOUTS)
        user_logged_in.connect(note_profile, dispatch_uid="sharing.note_profile")
