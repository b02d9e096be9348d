"""A clinician makes a handout, a patient opens it on a phone, and the clinician takes it back."""

import re

import pytest
from playwright.sync_api import expect

from sharing.models import Handout
from tests.factories import make_clinician

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: Letters that no page of paper can do without, by what Chromium calls the paper.
PAPERS = {"A4": b"595.91998 842.88", "Letter": b"612 792"}


@pytest.fixture
def on_phone(reader, live_server):
    """Open the link of a handout as a stranger on a phone."""
    return lambda handout: reader(path=handout.path, width=390)


class TestAHandout:
    def test_is_made_opened_on_a_phone_and_revoked(self, publish, reader, javascript):
        publish()
        clinician = reader(make_clinician(), "/frameworks/box-breathing/", javascript=javascript)
        clinician.follows("Make a handout for a patient")
        clinician.box("Breathe").uncheck()
        clinician.box("My feet are on the floor").uncheck()
        clinician.page.get_by_label("A message to the reader").fill("Slowly, as we said")
        clinician.page.get_by_label("7 days").check()
        clinician.presses("Look at it as the patient will")
        clinician.sees("This is what the patient will see.")
        clinician.sees("You may faint.")
        clinician.sees("Slowly, as we said")
        assert not Handout.objects.exists()

        for go_back in (clinician.page.go_back, lambda: clinician.presses("Change it")):
            go_back()
            expect(clinician.box("Breathe")).not_to_be_checked()
            expect(clinician.page.get_by_label("7 days")).to_be_checked()
            clinician.presses("Look at it as the patient will")
        clinician.presses("Make the handout")
        clinician.sees("The handout is made.")
        handout = Handout.objects.get()
        clinician.page.go_back()
        expect(clinician.page).to_have_url(re.compile(handout.get_absolute_url()))
        expect(clinician.page.get_by_label("Link")).to_have_value(handout.link)
        expect(clinician.page.get_by_role("button", name="Copy")).to_be_visible(visible=javascript)

        patient = reader(path=handout.path, javascript=javascript, width=390)
        patient.sees("Dr Amara Osei")
        patient.sees("Slowly, as we said")
        patient.sees("I have a chair")
        expect(patient.page.locator("main")).not_to_contain_text("My feet are on the floor")
        expect(patient.page.locator("main")).not_to_contain_text("I did four rounds")
        assert patient.page.context.cookies() == []
        patient.follows("Start this checklist")
        patient.sees("You may faint.")

        clinician.follows("Your handouts")
        clinician.sees("opened 1 time")
        clinician.page.get_by_text("Extend, replace the link, revoke").click()
        clinician.page.get_by_text("Revoke it for good").click()
        clinician.presses("Yes, revoke it")
        clinician.sees("Revoked.")

        patient.page.goto(handout.path)
        patient.sees("This handout is closed")
        expect(patient.page.locator("main")).not_to_contain_text("Osei")
        patient.follows("Read the framework")
        patient.sees("Find a chair.")

    def test_is_renewed_and_given_a_new_link(self, publish, reader, javascript):
        publish()
        clinician = reader(make_clinician(), "/handouts/new/box-breathing/", javascript=javascript)
        clinician.presses("Look at it as the patient will")
        clinician.presses("Make the handout")
        old = Handout.objects.get()
        publish(title="Box breathing, again")
        clinician.follows("Your handouts")
        clinician.sees("The framework changed since you sent this: revision 2.")
        clinician.presses("Renew it to revision 2")
        clinician.sees("Renewed: whoever opens the link now reads revision 2.")
        clinician.page.get_by_text("Extend, replace the link, revoke").click()
        clinician.presses("Replace the link")
        new = Handout.objects.get()
        reader(path=new.path, width=390).sees("Box breathing, again")
        reader(path=old.path, width=390).sees("Its link was replaced by a new one.")

    def test_tells_no_page_where_its_reader_came_from(self, publish, reader):
        publish()
        clinician = reader(make_clinician(), "/handouts/new/box-breathing/")
        clinician.presses("Look at it as the patient will")
        clinician.presses("Make the handout")
        patient = reader(path=Handout.objects.get().path)
        sent = []
        patient.page.on("request", lambda request: sent.append(request.headers.get("referer", "")))
        patient.follows("Start this checklist")
        assert set(sent[:1]) == {""}
        assert not any("/h/" in referrer for referrer in sent)

    def test_copies_its_link(self, publish, reader, live_server):
        publish()
        clinician = reader(make_clinician(), "/handouts/new/box-breathing/")
        clinician.page.context.grant_permissions(
            ["clipboard-read", "clipboard-write"], origin=live_server.url
        )
        clinician.presses("Look at it as the patient will")
        clinician.presses("Make the handout")
        clinician.page.get_by_role("button", name="Copy").click()
        expect(clinician.page.get_by_role("status").filter(has_text="Copied.")).to_be_visible()
        assert clinician.page.evaluate("navigator.clipboard.readText()") == Handout.objects.get().link


class TestOnPaper:
    @pytest.mark.parametrize("paper", PAPERS)
    def test_is_one_sheet_with_its_link_and_without_what_cannot_be_pressed(self, publish, reader, paper):
        publish()
        clinician = reader(make_clinician(), "/handouts/new/box-breathing/")
        clinician.presses("Look at it as the patient will")
        clinician.presses("Make the handout")
        page = clinician.page
        printed = page.pdf(format=paper, prefer_css_page_size=True)
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
        assert PAPERS[paper] in printed
        page.emulate_media(media="print")
        for text in (
            Handout.objects.get().link,
            "this link works until",
            "Revision 1",
            "Verified by Tracework",
        ):
            expect(page.get_by_text(text).filter(visible=True).first).to_be_visible()
        expect(page.get_by_role("img", name="QR code")).to_be_visible()
        for name in ("Start this checklist", "Send it by e-mail", "Your handouts"):
            expect(page.get_by_role("link", name=name).filter(visible=True)).to_have_count(0)
        expect(page.get_by_role("button").filter(visible=True)).to_have_count(0)
