"""The pages of who wants to be verified: what they say in each state, and that nothing typed is lost."""

import json
import zipfile
from io import BytesIO

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from accounts.models import ClinicianProfile, ClinicianState
from tests.clinicians import (
    DETAILS,
    apply,
    make_refused,
    make_verified,
    make_verifier,
    make_withdrawn,
)
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db

HERE = "/account/clinician/"
FORM = "/account/clinician/apply/"


def browser_of(user):
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.fixture
def browser():
    return browser_of(make_user(time_zone="Pacific/Auckland"))


class TestThePage:
    def test_is_for_who_is_signed_in(self):
        for address in (HERE, FORM):
            assert Client().get(address).url == f"/account/login/?next={address}"

    def test_is_linked_from_the_account(self, browser):
        assert f'href="{HERE}"' in browser.get("/account/").text

    def test_says_before_applying_what_patients_read_and_what_it_means(self, browser):
        for address in (HERE, FORM):
            page = browser.get(address).text
            assert "Dr Ada Example" in page
            assert "verified by Tracework on 3 May 2026" in page
            assert "we checked the registration number against the register" in page
            assert "does not mean that we vouch for a treatment" in page
        assert "You have not applied." in browser.get(HERE).text

    @pytest.mark.parametrize(
        ("make", "said", "offered"),
        [
            (apply, "You applied on", "Change what you said"),
            (make_verified, "You have been verified since", "Apply with other details"),
            (make_refused, "Not in the register.", "Apply again"),
            (make_withdrawn, "The registration has ended.", None),
        ],
    )
    def test_says_how_it_stands_and_why(self, make, said, offered):
        page = browser_of(make().user).get(HERE).text
        assert said in page
        assert DETAILS["registration"] in page
        assert (offered in page) if offered else (FORM not in page)

    def test_shows_a_verified_person_what_patients_read(self):
        profile = make_verified()
        day = f"{profile.verified_at:%-d %B %Y}"
        assert f"verified by Tracework on {day}" in browser_of(profile.user).get(HERE).text

    def test_gives_days_in_the_persons_own_time_zone(self, browser):
        apply(make_user("other@example.com", time_zone="Pacific/Auckland"))
        ClinicianProfile.objects.update(applied_at="2026-05-01T20:00Z")
        page = browser_of(ClinicianProfile.objects.get().user).get(HERE).text
        assert "You applied on 2 May 2026" in page

    def test_takes_three_statements(self, browser, django_assert_num_queries):
        with django_assert_num_queries(3):  # session, user, profile
            browser.get(HERE)

    def test_shows_what_was_typed_as_text(self):
        profile = make_refused(reason="<b>No</b>\n\nReally.")
        page = browser_of(apply(profile.user, name="<i>Ada</i>").user).get(HERE).text
        assert "<i>Ada</i>" not in page
        page = browser_of(make_refused(make_user(), reason="<b>No</b>").user).get(HERE).text
        assert "&lt;b&gt;No" in page

    def test_is_changed_by_no_other_method(self, browser):
        assert browser.post(HERE).status_code == 405


class TestApplying:
    def test_stores_it_and_says_so(self, browser):
        answer = browser.post(FORM, DETAILS)
        assert (answer.status_code, answer.url) == (303, HERE)
        assert "We have your application." in browser.get(HERE).text
        profile = ClinicianProfile.objects.get()
        assert {field: getattr(profile, field) for field in DETAILS} == DETAILS

    def test_puts_the_text_into_one_normal_form(self, browser):
        browser.post(FORM, {**DETAILS, "name": "  Dr  Ade\u0301la\tExample "})
        assert ClinicianProfile.objects.get().name == "Dr Adéla Example"

    @pytest.mark.parametrize("field", DETAILS)
    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ("", "Enter "),
            (" \t ", "Enter "),
            ("\u200d\u0301", "Enter "),
            ("A\0B", "unseen character U+0000"),
            ("A\u202eB", "unseen character U+202E"),
            ("A\u200bB", "unseen character U+200B"),
            ("A\u2028B\x07", "unseen character U+0007"),
            ("\u3164", "unseen character U+3164"),
            ("\u2800", "unseen character U+2800"),
            ("x" * 151, "at most 150 characters"),
        ],
    )
    def test_refuses_what_cannot_be_read_and_loses_nothing(self, browser, field, typed, said):
        answer = browser.post(FORM, {**DETAILS, field: typed})
        assert answer.status_code == 422
        assert said in answer.text
        assert all(f'value="{DETAILS[other]}"' in answer.text for other in set(DETAILS) - {field})
        assert not ClinicianProfile.objects.exists()

    @pytest.mark.parametrize("name", ["Dr می\u200cخواهم", "Dr क\u094d\u200dष", "O’Neill-Šimić", "x" * 150])
    def test_takes_names_of_any_script(self, browser, name):
        assert browser.post(FORM, {**DETAILS, "name": name}).status_code == 303
        assert ClinicianProfile.objects.get().name == name

    def test_of_nothing_at_all_says_what_is_missing(self, browser):
        answer = browser.post(FORM)
        assert answer.status_code == 422
        assert "There are 4 problems with what you entered." in answer.text

    def test_takes_nothing_but_the_details(self, browser):
        browser.post(FORM, {**DETAILS, "verified_at": "2026-01-01", "state": "verified", "user": "1"})
        assert ClinicianProfile.objects.get().state == ClinicianState.APPLIED

    def test_six_times_in_a_day_is_once_too_often_and_loses_nothing(self, browser, wait):
        for number in range(5):
            assert browser.post(FORM, {**DETAILS, "organisation": f"Clinic {number}"}).status_code == 303
        browser.post(FORM, {**DETAILS, "name": ""})  # a mistake is no application
        answer = browser.post(FORM, {**DETAILS, "organisation": "Clinic 5"})
        assert answer.status_code == 429
        assert "Try again tomorrow." in answer.text
        assert 'value="Clinic 5"' in answer.text
        assert ClinicianProfile.objects.get().organisation == "Clinic 4"
        other = browser_of(make_user("other@example.com"))
        assert other.post(FORM, DETAILS).status_code == 303
        wait(24 * 60 * 60 + 1)
        assert browser.post(FORM, {**DETAILS, "organisation": "Clinic 5"}).status_code == 303


class TestApplyingAnew:
    def test_begins_with_what_was_said_before(self):
        page = browser_of(make_refused().user).get(FORM).text
        assert all(f'value="{said}"' in page for said in DETAILS.values())

    def test_after_a_refusal_needs_no_other_words(self):
        user = make_refused().user
        assert browser_of(user).post(FORM, DETAILS).status_code == 303
        assert ClinicianProfile.objects.get().state == ClinicianState.APPLIED
        assert "Not in the register." not in browser_of(user).get(HERE).text

    def test_after_a_withdrawal_leads_back_and_changes_nothing(self):
        browser = browser_of(make_withdrawn().user)
        assert browser.get(FORM).url == HERE
        assert browser.post(FORM, DETAILS).url == HERE
        assert ClinicianProfile.objects.get().state == ClinicianState.WITHDRAWN


class TestWhoIsVerified:
    @pytest.fixture
    def verified(self):
        return browser_of(make_verified().user)

    def test_is_told_first_that_other_details_end_it(self, verified):
        page = verified.get(FORM).text
        assert "Your handouts stop for as long" in page
        assert "End my verification" in page

    def test_keeps_it_until_the_box_is_ticked(self, verified):
        answer = verified.post(FORM, {**DETAILS, "name": "Dr New Name"})
        assert answer.status_code == 422
        assert "tick that this is what you want" in answer.text
        assert 'value="Dr New Name"' in answer.text
        assert ClinicianProfile.objects.get().is_verified

    def test_applies_with_other_details_by_ticking_it(self, verified):
        form = {**DETAILS, "name": "Dr New Name", "ends_verification": "on"}
        assert verified.post(FORM, form).status_code == 303
        assert ClinicianProfile.objects.get().state == ClinicianState.APPLIED

    def test_changes_nothing_with_the_same_details(self, verified):
        assert verified.post(FORM, DETAILS).status_code == 303
        assert ClinicianProfile.objects.get().is_verified
        assert "This is what you had said already." in verified.get(HERE).text

    def test_while_the_form_was_on_its_way_is_asked_as_well(self, monkeypatch):
        waiting = apply()
        browser = browser_of(waiting.user)
        # Verified between the look at the profile and the verb.
        stale = ClinicianProfile.objects.get()
        make_verified(waiting.user)
        monkeypatch.setattr("accounts.clinician_views._profile_of", lambda user: stale)
        answer = browser.post(FORM, {**DETAILS, "name": "Dr New Name"})
        assert answer.status_code == 422
        assert "End my verification" in answer.text
        assert ClinicianProfile.objects.get().is_verified


class TestWhatIsKept:
    def test_comes_along_in_the_persons_file_with_what_was_decided(self):
        profile = make_refused()
        LogEntry.objects.log_actions(
            make_verifier().pk, [profile], 2, "Refused. Not in it.", single_object=True
        )
        answer = browser_of(profile.user).get("/account/data/download/")
        account = json.loads(zipfile.ZipFile(BytesIO(answer.content)).read("account.json"))
        assert account["clinician"]["registration"] == DETAILS["registration"]
        assert account["clinician"]["refused_reason"] == "Not in the register."
        assert [act["what"] for act in account["clinician"]["decisions"]] == ["Refused. Not in it."]
        assert "Vera" not in json.dumps(account)

    def test_is_erased_with_the_log_of_those_who_decided(self):
        profile = make_refused()
        LogEntry.objects.log_actions(make_verifier().pk, [profile], 2, "Refused.", single_object=True)
        browser_of(profile.user).post("/account/leave/", {"password": PASSWORD})
        assert not ClinicianProfile.objects.exists()
        assert not LogEntry.objects.exists()
