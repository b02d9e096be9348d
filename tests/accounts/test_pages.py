"""Every address of the account: private, ours, and known."""

import pytest
from allauth.account import urls as allauth_urls
from django.template.loader import get_template
from django.test import Client
from django.urls import NoReverseMatch, reverse

from accounts.urls import urlpatterns
from tests.factories import make_user

pytestmark = pytest.mark.django_db

ADDRESSES = [f"/account/{pattern.pattern}".replace("<int:pk>", "1") for pattern in urlpatterns]


def open_as(who, address, method="get"):
    browser = Client()
    if who == "reader":
        browser.force_login(make_user())
    return getattr(browser, method)(address)


class TestEveryAddress:
    @pytest.mark.parametrize("method", ["get", "post", "head"])
    @pytest.mark.parametrize("who", ["visitor", "reader"])
    @pytest.mark.parametrize("address", ADDRESSES)
    def test_is_kept_by_no_cache(self, address, who, method):
        answer = open_as(who, address, method)
        assert answer.status_code < 500
        assert {"private", "no-store"} <= set(answer.headers["Cache-Control"].split(", "))

    @pytest.mark.parametrize("who", ["visitor", "reader"])
    @pytest.mark.parametrize("address", ADDRESSES)
    def test_is_not_for_search_engines_and_has_no_address_of_a_person_in_its_title(self, address, who):
        answer = open_as(who, address)
        if answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html"):
            assert '<meta name="robots" content="noindex">' in answer.text
            title = answer.text.split("<title>")[1].split("</title>")[0]
            assert "@" not in title
            assert title.strip() != "· Tracework"

    def test_of_allauth_that_is_not_here_has_no_page(self):
        ours = {pattern.name for pattern in urlpatterns}
        others = {pattern.name for pattern in allauth_urls.urlpatterns} - ours
        assert others
        for name in others:
            with pytest.raises(NoReverseMatch):
                reverse(name)

    def test_of_allauth_has_a_template_of_ours(self):
        for pattern in urlpatterns:
            view = getattr(pattern.callback, "view_class", None)
            if name := getattr(view, "template_name", None):
                assert "/allauth/" not in get_template(name).origin.name

    def test_below_account_that_there_is_not_is_not_found(self):
        assert Client().get("/account/nothing/").status_code == 404
        assert Client().get("/account/social/connections/").status_code == 404


class TestAFormThatIsOutOfDate:
    @pytest.mark.parametrize("address", ["/account/login/", "/account/signup/", "/account/leave/"])
    def test_is_refused(self, address):
        browser = Client(enforce_csrf_checks=True)
        browser.force_login(make_user())
        assert browser.post(address, {}).status_code == 403
