import pytest
from django.test import Client

from accounts.models import Session
from accounts.signals import signed_in
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db


def sign_in(browser, **changes):
    return browser.post("/account/login/", {"login": "reader@example.com", "password": PASSWORD, **changes})


class TestSigningIn:
    @pytest.mark.parametrize("written", ["reader@example.com", " Reader@EXAMPLE.com "])
    def test_works_however_the_address_is_written(self, browser, written):
        make_user()
        assert sign_in(browser, login=written).url == "/checklists/"

    def test_goes_on_to_where_the_person_was_going(self, browser):
        make_user()
        assert browser.get("/account/data/").url == "/account/login/?next=/account/data/"
        assert sign_in(browser, next="/account/data/").url == "/account/data/"

    @pytest.mark.parametrize("evil", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
    def test_never_goes_on_to_another_site(self, browser, evil):
        make_user()
        assert sign_in(browser, next=evil).url == "/checklists/"

    def test_keeps_what_was_typed_but_the_password(self, browser):
        page = sign_in(browser, password="my wrong password").text
        assert 'value="reader@example.com"' in page
        assert "my wrong password" not in page

    def test_lasts_until_the_browser_is_closed(self, browser):
        make_user()
        sign_in(browser)
        assert browser.cookies["sessionid"]["max-age"] == ""

    def test_lasts_thirty_days_where_that_is_wanted(self, browser):
        make_user()
        sign_in(browser, remember="on")
        assert browser.cookies["sessionid"]["max-age"] == 30 * 24 * 60 * 60

    def test_is_refused_to_who_may_not(self, browser):
        make_user(is_active=False)
        answer = sign_in(browser)
        assert answer.url == "/account/inactive/"
        assert "This account is closed" in browser.get(answer.url).text
        assert browser.get("/account/").status_code == 302

    def test_leads_on_who_is_signed_in(self, browser):
        browser.force_login(make_user())
        assert browser.get("/account/login/", {"next": "/about/"}).url == "/about/"
        assert browser.get("/account/login/").url == "/checklists/"

    def test_asks_other_apps_what_the_person_should_see_first(self, browser):
        user = make_user()
        seen = []

        def look(sender, request, user, **kwargs):
            seen.append((request.user.pk, user.pk, request.session.session_key is not None))
            return "/checklists/choose/"

        signed_in.connect(look)
        try:
            assert sign_in(browser, next="/about/").url == "/checklists/choose/"
        finally:
            signed_in.disconnect(look)
        assert seen == [(user.pk, user.pk, True)]

    def test_is_not_changed_by_an_app_that_has_nothing_to_show(self, browser):
        make_user()

        def look(sender, **kwargs):
            return None

        signed_in.connect(look)
        try:
            assert sign_in(browser, next="/about/").url == "/about/"
        finally:
            signed_in.disconnect(look)

    def test_is_known_of_its_session(self, browser):
        user = make_user()
        sign_in(browser)
        assert Session.objects.get().user == user

    def test_answers_scripts_with_the_same_page(self, browser):
        page = browser.get("/account/login/", headers={"X-Requested-With": "XMLHttpRequest"})
        assert page.headers["Content-Type"].startswith("text/html")


class TestSigningOut:
    def test_needs_a_form_and_ends_the_session(self, browser):
        browser.force_login(make_user())
        assert "Sign out?" in browser.get("/account/logout/").text
        answer = browser.post("/account/logout/")
        assert answer.url == "/account/signed-out/"
        assert "You are signed out" in browser.get(answer.url).text
        assert browser.get("/account/").url.startswith("/account/login/")
        assert not Session.objects.exists()


class TestTheMasthead:
    def test_shows_a_visitor_the_way_in(self, browser):
        page = browser.get("/account/login/").text
        assert '<a href="/account/login/">Sign in</a>' in page
        assert "Sign out" not in page

    def test_shows_a_reader_their_name_and_the_way_out(self, browser):
        browser.force_login(make_user(display_name="Ada <b>"))
        page = browser.get("/account/").text
        assert '<a href="/account/">Ada &lt;b&gt;</a>' in page
        assert 'action="/account/logout/"' in page

    def test_never_shows_the_address(self, browser):
        browser.force_login(make_user())
        assert "reader@example.com" not in browser.get("/account/data/").text.replace("<main", "\n")

    def test_costs_a_visitor_no_cookie_and_no_statement(self, django_assert_num_queries):
        browser = Client()
        with django_assert_num_queries(0):
            browser.get("/about/")
        assert not browser.cookies


class TestTheAdmin:
    def test_leads_to_the_sites_own_sign_in(self, browser):
        answer = browser.get("/admin/accounts/user/", follow=True)
        assert answer.redirect_chain[-1][0] == "/account/login/?next=/admin/accounts/user/"

    def test_takes_no_password_itself(self, browser):
        make_user(is_staff=True)
        form = {"username": "reader@example.com", "password": PASSWORD}
        assert browser.post("/admin/login/", form).status_code == 405
        assert browser.get("/admin/").status_code == 302

    @pytest.mark.parametrize("evil", ["https://evil.example/", "//evil.example", "/\\evil.example"])
    def test_never_goes_on_to_another_site(self, browser, evil):
        assert browser.get("/admin/login/", {"next": evil}).url == "/account/login/?next=/admin/"
        browser.force_login(make_user(is_staff=True))
        assert browser.get("/admin/login/", {"next": evil}).url == "/admin/"

    def test_tells_who_is_no_editor_so(self, browser):
        browser.force_login(make_user())
        answer = browser.get("/admin/", follow=True)
        assert answer.status_code == 403
        assert "This page is not for you to open" in answer.text

    def test_changes_a_password_where_the_limits_hold(self, browser):
        browser.force_login(make_user(is_staff=True))
        assert browser.get("/admin/password_change/").url == "/account/password/change/"
