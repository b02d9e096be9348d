"""Somebody applies, somebody else looks them up and decides, and both see how it stands."""

import pytest
from django.core import mail
from playwright.sync_api import expect

from accounts.clinicians import verified_profile
from tests.clinicians import DETAILS, make_verified
from tests.factories import make_user
from tests.frameworks.desk import browser_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def fill(page, **changes):
    for field, said in {**DETAILS, **changes}.items():
        page.get_by_label(field.capitalize(), exact=True).fill(said)
    page.get_by_role("button", name="Send the application").click()


class TestBeingVerified:
    def test_is_applied_for_decided_shown_and_withdrawn(self, signed_in_page, javascript):
        ada = make_user("ada@example.com")
        person = signed_in_page(ada, "/account/", javascript=javascript, width=390)
        person.get_by_role("link", name="Be verified").click()
        expect(person.locator("main")).to_contain_text("You have not applied.")
        person.get_by_role("link", name="Apply").click()
        fill(person, registration="")
        expect(person.get_by_role("alert")).to_contain_text("Enter the register and your number in it.")
        expect(person.get_by_label("Name")).to_have_value(DETAILS["name"])
        fill(person)
        expect(person.get_by_role("status")).to_contain_text("We have your application.")
        expect(person.locator("main")).to_contain_text("You applied on")

        desk = signed_in_page(browser_of("verifier").person, "/admin/", javascript=javascript)
        desk.get_by_role("link", name="Clinicians", exact=True).first.click()
        desk.get_by_role("link", name=DETAILS["name"]).click()
        expect(desk.locator("#content")).to_contain_text(DETAILS["registration"])
        desk.get_by_role("link", name="Verify…").click()
        desk.get_by_role("button", name="Verify", exact=True).click()
        expect(desk.locator(".messagelist")).to_contain_text("Verified.")
        assert verified_profile(ada).name == DETAILS["name"]
        assert mail.outbox[-1].to == ["ada@example.com"]

        person.reload()
        expect(person.locator("main")).to_contain_text("You have been verified since")

        desk.get_by_role("link", name="Withdraw the verification…").click()
        desk.get_by_role("button", name="Withdraw the verification").click()
        expect(desk.get_by_role("alert")).to_contain_text("Say why.")
        desk.get_by_label("Reason").fill("The registration has ended.")
        desk.get_by_role("button", name="Withdraw the verification").click()
        expect(desk.locator(".messagelist")).to_contain_text("Verification withdrawn.")
        assert verified_profile(ada) is None

        person.reload()
        expect(person.locator("main")).to_contain_text("The registration has ended.")
        expect(person.get_by_role("link", name="Apply")).to_have_count(0)

    def test_ends_by_other_details_only_when_that_is_meant(self, signed_in_page, javascript):
        ada = make_verified().user
        page = signed_in_page(ada, "/account/clinician/", javascript=javascript)
        page.get_by_role("link", name="Apply with other details").click()
        fill(page, organisation="Oak Road Practice")
        expect(page.get_by_role("alert")).to_contain_text("Other details end your verification")
        assert verified_profile(ada) is not None
        page.get_by_label("End my verification until the new details are verified").check()
        page.get_by_role("button", name="Send the application").click()
        expect(page.locator("main")).to_contain_text("You applied on")
        assert verified_profile(ada) is None
