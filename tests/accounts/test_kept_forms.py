"""A form that was sent too late: what was typed comes back, and nothing is stored."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from frameworks.models import Revision
from tests.factories import make_clinician, make_framework
from tests.frameworks.desk import address, browser_of
from tests.frameworks.desk_forms import typed

pytestmark = pytest.mark.django_db

HERE = {"Origin": "http://testserver"}


@pytest.fixture
def forms():
    """The addresses of forms of the admin, ours and Django's, each with something typed."""
    framework = make_framework(published=True)
    return {
        address(framework, "publish"): {"note": "Typed"},
        address(framework, "withdraw"): {"reason": "Typed"},
        "/admin/frameworks/framework/add/": {"title": "Typed"},
        "/admin/frameworks/framework/import/": {"text": "Typed"},
        "/admin/frameworks/safetynotice/add/": {"text": "Typed"},
        "/admin/frameworks/source/add/": {"title": "Typed"},
    }


class TestAFormOfWhoIsSignedOut:
    def test_comes_back_to_be_sent_after_signing_in(self, forms):
        for where, sent in forms.items():
            answer = Client().post(where, sent)
            assert answer.status_code == 401
            assert "Not saved yet: you are signed out." in answer.text
            assert answer.headers["Cache-Control"] == "private, no-store"
            assert (
                sent.items() <= {name: value[0] for name, value in typed(answer, form=None).items()}.items()
            )

    def test_says_that_a_file_has_to_be_chosen_again(self):
        file = SimpleUploadedFile("page.txt", b"A page")
        answer = Client().post("/admin/frameworks/framework/import/", {"file": file})
        assert "A file is not kept: choose it again" in answer.text

    def test_to_sign_out_is_done_already(self):
        assert Client().post("/admin/logout/").status_code != 401


OUTSIDE = {
    "/handouts/new/box-breathing/6b1f0c52-3f5e-4d0c-9a53-0d1b6f8a4c11/": {
        "message": "Typed",
        "step": "sit",
        "days": "7",
    },
    "/account/clinician/apply/": {"name": "Typed"},
}


class TestAFormOutsideTheAdmin:
    @pytest.mark.parametrize("where", OUTSIDE)
    def test_comes_back_to_be_sent_after_signing_in(self, forms, where):
        answer = Client().post(where, OUTSIDE[where])
        assert answer.status_code == 401
        assert 'href="/account/login/?next=' in answer.text
        again = {name: value[0] for name, value in typed(answer, form=None).items()}
        assert OUTSIDE[where].items() <= again.items()

    @pytest.mark.parametrize("where", OUTSIDE)
    def test_comes_back_where_somebody_signed_in_anew(self, forms, where):
        browser = Client(enforce_csrf_checks=True, headers=HERE)
        browser.force_login(make_clinician())
        browser.get("/account/")
        answer = browser.post(where, OUTSIDE[where] | {"csrfmiddlewaretoken": "of an earlier session"})
        assert answer.status_code == 403
        again = {name: value[0] for name, value in typed(answer, form=None).items()}
        assert OUTSIDE[where].items() <= again.items()
        assert browser.post(where, again).status_code != 403

    def test_is_asked_for_by_nobody_who_only_looks(self, forms):
        for where in OUTSIDE:
            assert Client().get(where).url.startswith("/account/login/?next=")


class TestAFormOfAnEarlierSession:
    @pytest.fixture
    def browser(self):
        browser = Client(enforce_csrf_checks=True, headers=HERE)
        browser.force_login(browser_of("publisher").person)
        browser.get("/admin/")
        return browser

    def test_comes_back_and_is_sent_by_one_more_press(self, browser, forms):
        for where, sent in forms.items():
            answer = browser.post(where, sent | {"csrfmiddlewaretoken": "of an earlier session"})
            assert answer.status_code == 403
            assert "you have signed in anew since this page was opened" in answer.text
            again = typed(answer, form=None)
            assert sent.items() <= {name: value[0] for name, value in again.items()}.items()
            assert browser.post(where, again).status_code != 403
        assert Revision.objects.count() == 1

    def test_of_another_site_does_not(self, browser, forms):
        for where, sent in forms.items():
            for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}):
                answer = browser.post(where, sent, headers=headers)
                assert answer.status_code == 403
                assert "Typed" not in answer.text
