"""The groups that people are put in, and what each may do. `migrate` makes them so: they are changed here alone."""

from django.apps import apps as all_apps
from django.contrib.auth.management import create_permissions

_DRAFTS = {
    "frameworks": {
        "view": (
            "category",
            "citation",
            "entry",
            "framework",
            "helpcontact",
            "revision",
            "review",
            "safetynotice",
            "source",
            "sourceupdate",
        ),
        "add": ("citation", "entry", "framework", "source", "sourceupdate"),
        "change": ("citation", "entry", "framework", "source"),
        "delete": ("citation", "entry"),
    }
}
#: What readers see at once. A notice is lifted and a review followed by another: neither is deleted. Whoever may change
#: what became of a source can make a correction of a retraction, which takes it back as much as deleting it.
_PUBLISHING = {
    "publish": ("framework",),
    "withdraw": ("framework",),
    "add": ("review", "safetynotice"),
    "change": ("review", "safetynotice", "sourceupdate"),
    "delete": ("sourceupdate",),
}
_ALL = {
    "frameworks": {
        action: (*_DRAFTS["frameworks"].get(action, ()), *_PUBLISHING.get(action, ()))
        for action in {**_DRAFTS["frameworks"], **_PUBLISHING}
    }
}

_VERIFYING = {"accounts": {"view": ("clinicianprofile",), "change": ("clinicianprofile",)}}

#: Permissions by app, action and model.
GROUPS = {"Editors": _DRAFTS, "Publishers": _ALL, "Clinician verifiers": _VERIFYING}


_APPS = {"accounts"}.union(*GROUPS.values())


def make_groups(app_config, using, apps=all_apps, **kwargs):
    """Make the groups, and give them these permissions on the models of this app, and no others.

    Runs after each app's migrations.
    """
    if app_config.label not in _APPS:
        return
    try:
        Group = apps.get_model("auth", "Group")
        Permission = apps.get_model("auth", "Permission")
    except LookupError:
        return  # auth is not there yet
    # Django does this after the same signal, but perhaps after us.
    create_permissions(app_config, verbosity=0, using=using, apps=apps)
    of_this_app = Permission.objects.using(using).filter(content_type__app_label=app_config.label)
    for name, permissions in GROUPS.items():
        group = Group.objects.using(using).get_or_create(name=name)[0]
        actions = permissions.get(app_config.label, {})
        codenames = [f"{action}_{model}" for action, models in actions.items() for model in models]
        its_own = of_this_app.filter(codename__in=codenames)
        group.permissions.add(*its_own)
        group.permissions.remove(*of_this_app.exclude(codename__in=codenames))
