"""Who opens what in the admin, and who may send something there: every address, by every role, with none left out.

What a reader ticks and writes is at none of them: tests/test_who_sees_what.py shows it of the rest of the site.
"""

from uuid import uuid4

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.urls import URLPattern, reverse

from checklists.models import Checklist
from frameworks.desk.saving import save_draft
from frameworks.drafts import read_draft
from frameworks.models import HelpContact, Review, SafetyNotice, Source
from tests.clinicians import apply
from tests.factories import make_category, make_framework, make_user
from tests.frameworks.desk import ROLES, browser_of
from tests.private import EARLIER_NOTE, EMAIL, MESSAGE, NAME, NOTE, YEAR, Private, masked

pytestmark = pytest.mark.django_db

STAFF = {"editor", "publisher", "administrator"}
PUBLISHERS = {"publisher", "administrator"}
ADMINISTRATORS = {"administrator"}
VERIFIERS = {"verifier", "administrator"}
NOBODY = set()

#: Who is answered 200, by the name of the address; everybody else is led to the sign-in or refused.
OPEN_TO = {
    "index": STAFF | VERIFIERS,
    "jsi18n": STAFF | VERIFIERS,
    "app_list": STAFF,
    "frameworks_framework_changelist": STAFF,
    "frameworks_framework_add": STAFF,
    "frameworks_framework_import": STAFF,
    "frameworks_framework_change": STAFF,
    "frameworks_framework_address": STAFF,
    "frameworks_framework_preview": STAFF,
    "frameworks_framework_phone": STAFF,
    "frameworks_framework_compare": STAFF,
    "frameworks_framework_revisions": STAFF,
    "frameworks_framework_draft_change": STAFF,
    "frameworks_framework_restore": STAFF,
    "frameworks_framework_export": STAFF,
    "frameworks_framework_history": STAFF,
    "frameworks_framework_publish": PUBLISHERS,
    "frameworks_framework_withdraw": PUBLISHERS,
    "frameworks_framework_delete": ADMINISTRATORS,
    "frameworks_source_changelist": STAFF,
    "frameworks_source_add": STAFF,
    "frameworks_source_import": STAFF,
    "frameworks_source_change": STAFF,
    "frameworks_source_history": STAFF,
    "frameworks_source_delete": NOBODY,  # a revision cites it
    "frameworks_safetynotice_changelist": STAFF,
    "frameworks_safetynotice_add": PUBLISHERS,
    "frameworks_safetynotice_change": STAFF,
    "frameworks_safetynotice_history": STAFF,
    "frameworks_safetynotice_delete": NOBODY,
    "frameworks_review_changelist": STAFF,
    "frameworks_review_add": PUBLISHERS,
    "frameworks_review_change": STAFF,
    "frameworks_review_history": STAFF,
    "frameworks_review_delete": NOBODY,
    "frameworks_category_changelist": STAFF,
    "frameworks_category_add": ADMINISTRATORS,
    "frameworks_category_change": STAFF,
    "frameworks_category_history": STAFF,
    "frameworks_category_delete": ADMINISTRATORS,
    "frameworks_helpcontact_changelist": STAFF,
    "frameworks_helpcontact_add": ADMINISTRATORS,
    "frameworks_helpcontact_change": STAFF,
    "frameworks_helpcontact_history": STAFF,
    "frameworks_helpcontact_delete": ADMINISTRATORS,
    "accounts_user_changelist": ADMINISTRATORS,
    "accounts_user_add": ADMINISTRATORS,
    "accounts_user_change": ADMINISTRATORS,
    "accounts_user_history": ADMINISTRATORS,
    "accounts_user_delete": NOBODY,
    "accounts_clinicianprofile_changelist": VERIFIERS,
    "accounts_clinicianprofile_add": NOBODY,
    "accounts_clinicianprofile_change": VERIFIERS,
    "accounts_clinicianprofile_verify": VERIFIERS,
    "accounts_clinicianprofile_refuse": VERIFIERS,
    "accounts_clinicianprofile_withdraw": VERIFIERS,
    "accounts_clinicianprofile_history": VERIFIERS,
    "accounts_clinicianprofile_delete": NOBODY,
    "auth_group_changelist": ADMINISTRATORS,
    "auth_group_add": ADMINISTRATORS,
    "auth_group_change": ADMINISTRATORS,
    "auth_group_history": ADMINISTRATORS,
    "auth_group_delete": ADMINISTRATORS,
}
#: The list of an app in which somebody may see nothing is not there.
MISSING = {("app_list", "verifier")}
#: Who may send something to what more people may read.
SENT_BY = {
    "frameworks_safetynotice_change": PUBLISHERS,
    "frameworks_review_change": PUBLISHERS,
    "frameworks_category_change": ADMINISTRATORS,
    "frameworks_helpcontact_change": ADMINISTRATORS,
}
#: These belong to the account, and tell nothing.
OF_THE_ACCOUNT = {"login", "logout", "password_change", "password_change_done"}
#: What Django's admin has besides, and ours has not: see accounts/admin_site.py.
LEFT_OUT = (
    "/admin/r/{type}/{pk}/",
    "/admin/autocomplete/?app_label=frameworks&model_name=review&field_name=framework",
)
#: Without a name: what Django keeps of the addresses of earlier versions, and its way to add a missing slash.
UNNAMED = {"<path:object_id>/", "(?P<url>.*)$"}
#: What is the reader's and their clinician's; that somebody has an account is the administrator's business.
SECRETS = (NOTE, EARLIER_NOTE, NAME, YEAR, MESSAGE)


def addresses(patterns):
    """The name of every address and its pattern, each as often as it is there."""
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield pattern.name, pattern.pattern
        else:
            yield from addresses(pattern.url_patterns)


ADDRESSES = list(addresses(admin.site.urls[0]))


class Desk:
    """Something to open at each address. A reader keeps a checklist of the framework, and shows it to a clinician."""

    def __init__(self):
        framework = make_framework(published=True)
        framework.refresh_from_db()
        self.private = private = Private(framework)
        changed = read_draft(framework).model_copy(update={"tagline": "New"})
        save_draft(framework, changed, by=None, version=framework.version)
        framework.refresh_from_db()
        begun = make_framework(slug="begun")
        review = Review(
            framework=framework, reviewer="A", credential="B", reviewed_on="2026-01-01", due_on="2027-01-01"
        )
        review.save()
        self.rows = {
            "frameworks_framework": framework,
            "frameworks_source": Source.objects.get(key="lee2020"),
            "frameworks_safetynotice": SafetyNotice.objects.create(framework=framework, text="Care."),
            "frameworks_review": review,
            "frameworks_category": make_category("sleep"),
            "frameworks_helpcontact": HelpContact.objects.create(
                key="x", kind="talk", name="A line", number="1", link="tel:1", country="GB"
            ),
            "accounts_user": private.reader,
            "accounts_clinicianprofile": private.clinician.clinician,
            "auth_group": Group.objects.first(),
        }
        applied = apply(make_user("applicant@example.com")).pk
        self.special = {
            "app_list": ["frameworks"],
            "accounts_clinicianprofile_verify": [applied],
            "accounts_clinicianprofile_refuse": [applied],
            "frameworks_framework_address": [begun.pk],
            "frameworks_framework_delete": [begun.pk],
            "frameworks_framework_restore": [framework.pk, 1],
            "frameworks_framework_draft_change": [framework.pk, framework.version],
        }
        self.browsers = {role: browser_of(role) for role in ROLES}

    def address(self, name, pattern) -> str:
        arguments = self.special.get(name, [])
        if name not in self.special and pattern.regex.groups:
            arguments = [self.rows[name.rpartition("_")[0]].pk]
        return reverse(f"admin:{name}", args=arguments)

    def open_all(self, role) -> dict:
        """What this role is answered, by the name of the address."""
        ask = self.browsers[role].get
        return {name: ask(self.address(name, pattern)) for name, pattern in ADDRESSES if name in OPEN_TO}


@pytest.fixture(scope="module")
def desk(shared_database):
    return Desk()


@pytest.fixture(scope="module")
def answers(desk):
    """What each role is answered, by the name of the address: `answers[role][name]`."""
    return {role: desk.open_all(role) for role in ROLES}


class TestEveryAddressOfTheAdmin:
    def test_is_in_the_table(self):
        assert {name for name, _pattern in ADDRESSES if name} == set(OPEN_TO) | OF_THE_ACCOUNT
        assert {str(pattern) for name, pattern in ADDRESSES if not name} == UNNAMED

    @pytest.mark.parametrize("role", ROLES)
    def test_opens_for_whom_it_should_and_for_nobody_else(self, answers, role):
        wrong = []
        for name, answer in answers[role].items():
            if role in {"anonymous", "reader"}:
                expected = answer.status_code == 302 and answer.url.startswith("/admin/login/")
            elif (name, role) in MISSING:
                expected = answer.status_code == 404
            else:
                expected = answer.status_code == (200 if role in OPEN_TO[name] else 403)
            if not expected:
                wrong.append((name, answer.status_code))
        assert wrong == []

    @pytest.mark.parametrize("role", ROLES)
    def test_takes_something_from_whom_it_should_and_from_nobody_else(self, role, desk):
        wrong = []
        for name, pattern in ADDRESSES:
            if name in OPEN_TO:
                # Nothing is in it: whoever may send something is told what is missing, if anything is.
                answer = desk.browsers[role].post(desk.address(name, pattern))
                if role == "anonymous":
                    expected = answer.status_code == 401
                elif role == "reader":
                    expected = answer.status_code == 302 and answer.url.startswith("/admin/login/")
                elif (name, role) in MISSING:
                    expected = answer.status_code == 404
                elif role in SENT_BY.get(name, OPEN_TO[name]):
                    led = answer.headers.get("Location", "")
                    expected = answer.status_code in {200, 302, 405, 409, 422} and "/login/" not in led
                else:
                    expected = answer.status_code == 403
                if not expected:
                    wrong.append((name, answer.status_code))
        assert wrong == []

    def test_that_is_left_out_tells_nobody_what_is_there(self, desk):
        there = {
            "type": ContentType.objects.get_for_model(Checklist).pk,
            "pk": desk.private.checklist.pk,
        }
        for role in ROLES:
            for path in LEFT_OUT:
                answers = [
                    desk.browsers[role].get(path.format(**there | more)) for more in ({}, {"pk": uuid4()})
                ]
                statuses = [answer.status_code for answer in answers]
                expected = 302 if role in {"anonymous", "reader"} else 404
                assert statuses == [expected, expected], (role, path)
                for answer in answers:
                    assert answer.status_code == 404 or answer.url.startswith("/admin/login/")

    def where(self, name, ask):
        answer = ask(reverse(f"admin:{name}"))
        return answer.url if answer.status_code == 302 else answer.status_code

    def test_of_the_account_leads_to_the_accounts_own_pages(self):
        for role in ROLES:
            browser, enters = browser_of(role, f"{role}.too@example.com"), role not in {"anonymous", "reader"}
            signed_out = "/account/login/?next=/admin/"
            assert self.where("login", browser.get) == {"anonymous": signed_out, "reader": 403}.get(
                role, "/admin/"
            )
            assert self.where("login", browser.post) == 405
            for ask in (browser.get, browser.post):
                assert self.where("password_change", ask) == "/account/password/change/"
            done = self.where("password_change_done", browser.get)
            assert done == (200 if enters else "/admin/login/?next=/admin/password_change/done/")
            assert self.where("logout", browser.get) == (405 if enters else "/admin/")
            assert self.where("logout", browser.post) == ("/account/signed-out/" if enters else "/admin/")


class TestWhatAReaderKeeps:
    @pytest.mark.parametrize("role", ROLES)
    def test_is_at_no_address_of_the_admin(self, desk, answers, role):
        private = desk.private
        ids = [str(one.pk) for one in (private.checklist, private.handout, private.consent)]
        secrets = [*SECRETS, *ids, *([] if role == "administrator" else [EMAIL])]
        found = [
            (name, secret)
            for name, answer in answers[role].items()
            for secret in secrets
            if secret in answer.text
        ]
        assert found == []

    def test_is_nothing_that_an_administrator_could_tell_from_a_page(self, desk, answers):
        Checklist.objects.filter(pk=desk.private.checklist.pk).erase()
        before = answers["administrator"]
        told = [
            name
            for name, answer in desk.open_all("administrator").items()
            if masked(answer.text) != masked(before[name].text)
        ]
        assert told == []
