"""People at the editors' desk, and the addresses that they open."""

from django.contrib.auth.models import Group
from django.test import Client

from tests.factories import make_user

ROLES = ("anonymous", "reader", "editor", "publisher", "verifier", "administrator")
GROUPS = {"editor": "Editors", "publisher": "Publishers", "verifier": "Clinician verifiers"}


def browser_of(role: str, email=None) -> Client:
    """A browser in which somebody of this role is signed in; `browser.person` is who it is."""
    browser = Client()
    browser.person = None
    if role == "anonymous":
        return browser
    fields = {
        "reader": {},
        "editor": {"is_staff": True},
        "publisher": {"is_staff": True},
        "verifier": {"is_staff": True},
        "administrator": {"is_staff": True, "is_superuser": True},
    }[role]
    browser.person = make_user(email or f"{role}@example.com", display_name=role.capitalize(), **fields)
    if role in GROUPS:
        browser.person.groups.add(Group.objects.get(name=GROUPS[role]))
    browser.force_login(browser.person)
    return browser


def address(framework, name="change") -> str:
    return f"/admin/frameworks/framework/{framework.pk}/{name}/"
