"""The pages of clinicians and of those who verify them, as a browser shows them and as a checker reads them."""

import pytest
from django.test import Client

from accounts.models import ClinicianProfile
from tests.clinicians import apply, make_refused, make_verified, make_withdrawn
from tests.factories import make_user
from tests.frameworks.desk import browser_of

from .checks import breaks_no_rule, is_valid_html, serves_everybody

pytestmark = pytest.mark.django_db(transaction=True)

LONG = "Wolfeschlegelsteinhausenbergerdorff" * 4
HERE = "/account/clinician/"
FORM = "/account/clinician/apply/"
DESK = "/admin/accounts/clinicianprofile/"


def people():
    """Somebody in each state, with details that are as long as they may be."""
    made = {"nobody yet": make_user("nobody@example.com")}
    for make in (apply, make_refused, make_verified, make_withdrawn):
        user = make_user(f"{make.__name__}@example.com")
        make(user)
        made[make.__name__] = user
    ClinicianProfile.objects.update(name=LONG, organisation=LONG)
    return made


def desk_pages():
    pages = {"the list": DESK}
    for profile in ClinicianProfile.objects.all():
        address = f"{DESK}{profile.pk}/"
        pages[f"{profile.state}"] = f"{address}change/"
        for name in {"applied": ("verify", "refuse"), "verified": ("withdraw",)}.get(profile.state, ()):
            pages[f"{profile.state}, {name}"] = f"{address}{name}/"
    return pages


@pytest.mark.browser
class TestEveryPage:
    def test_of_a_person_breaks_no_rule_of_axe_and_never_scrolls_sideways(self, signed_in_page):
        for name, user in people().items():
            page = signed_in_page(user, HERE, reduced_motion="reduce")
            serves_everybody(page, name)
            page.goto(FORM)
            serves_everybody(page, f"{name}, applying")

    def test_with_a_mistake_breaks_no_rule_of_axe(self, signed_in_page):
        page = signed_in_page(make_verified().user, FORM, reduced_motion="reduce")
        page.get_by_label("Name", exact=True).fill("")
        page.get_by_role("button", name="Send the application").click()
        page.get_by_role("alert").wait_for()
        serves_everybody(page, "a mistake")

    def test_of_the_desk_breaks_no_rule_of_axe(self, signed_in_page):
        people()
        page = signed_in_page(browser_of("verifier").person, reduced_motion="reduce")
        for name, address in desk_pages().items():
            page.goto(address)
            serves_everybody(page, name)
            if page.get_by_label("Reason").count():
                page.locator("#decide button").click()
                page.get_by_role("alert").wait_for()
                breaks_no_rule(page, f"{name}, with a mistake")


@pytest.mark.html
def test_every_page_is_valid_html(tmp_path):
    answers = {}
    for name, user in people().items():
        browser = Client()
        browser.force_login(user)
        answers[name] = browser.get(HERE)
        if name != "make_withdrawn":
            answers[f"{name}, applying"] = browser.get(FORM)
            answers[f"{name}, a mistake"] = browser.post(FORM, {"name": "Dr New"})
    desk = browser_of("verifier")
    for name, address in desk_pages().items():
        if name != "the list":  # Django's own
            answers[f"desk, {name}"] = desk.get(address)
    is_valid_html(tmp_path, answers)
