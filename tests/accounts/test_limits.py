"""Guessing is slowed down, and neither another worker nor a forged header gets round it."""

import threading

import pytest
from django.core.cache import caches
from django.core.cache.backends.db import DatabaseCache
from django.db import connection
from django.test import Client

from tests.factories import PASSWORD, make_user

OFTEN = "That was tried too often"


def guess(browser=None, *, login="reader@example.com", password="wrong", **request):
    form = {"login": login, "password": password}
    return (browser or Client()).post("/account/login/", form, **request)


@pytest.mark.django_db
class TestGuessingAPassword:
    def test_of_one_account_ends_after_ten_wrong_ones(self):
        make_user()
        for number in range(10):
            assert "do not belong together" in guess(REMOTE_ADDR=f"192.0.2.{number}").text
        right = guess(password=PASSWORD, REMOTE_ADDR="192.0.2.99")
        assert OFTEN in right.text

    def test_is_possible_again_after_ten_minutes(self, wait):
        make_user()
        for _ in range(10):
            guess()
        wait(10 * 60 + 1)
        assert guess(password=PASSWORD).url == "/checklists/"

    def test_counts_for_the_account_whatever_name_of_the_site_is_asked(self, settings):
        settings.ALLOWED_HOSTS = ["testserver", "www.testserver"]
        make_user()
        for number in range(10):
            guess(headers={"host": f"www.testserver:{number + 1}"}, REMOTE_ADDR=f"192.0.2.{number}")
        assert OFTEN in guess(password=PASSWORD).text

    def test_of_many_accounts_ends_for_the_address_that_guesses(self):
        for number in range(20):
            assert "do not belong together" in guess(login=f"reader{number}@example.com").text
        assert OFTEN in guess(login="another@example.com").text

    def test_ends_for_a_whole_ipv6_network(self):
        for number in range(20):
            guess(login=f"reader{number}@example.com", REMOTE_ADDR=f"2001:db8::{number:x}")
        assert OFTEN in guess(login="another@example.com", REMOTE_ADDR="2001:db8::ffff").text
        assert OFTEN not in guess(login="another@example.com", REMOTE_ADDR="2001:db8:0:1::1").text

    def test_is_not_counted_for_who_gets_it_right(self):
        make_user()
        for _ in range(12):
            assert guess(password=PASSWORD).url == "/checklists/"

    @pytest.mark.parametrize("path", ["/account/leave/", "/account/reauthenticate/"])
    def test_counts_where_it_is_asked_for_again(self, path):
        browser = Client()
        browser.force_login(make_user())
        pages = [browser.post(path, {"password": "wrong"}) for _ in range(10)]
        assert all("This is not your password" in page.text for page in pages)
        again = browser.post(path, {"password": PASSWORD})
        assert OFTEN in again.text
        assert OFTEN in guess(password=PASSWORD).text


@pytest.mark.django_db
class TestTheAddressOfAClient:
    def guess_from(self, *forwarded):
        """Whether a twenty-first guess still is one, the guesses being made under these X-Forwarded-For."""
        for number in range(20):
            headers = {"x-forwarded-for": forwarded[number % len(forwarded)].replace("N", str(number))}
            guess(login=f"reader{number}@example.com", headers=headers, REMOTE_ADDR="198.51.100.1")
        headers = {"x-forwarded-for": forwarded[0].replace("N", "200")}
        last = guess(login="another@example.com", headers=headers, REMOTE_ADDR="198.51.100.1")
        return OFTEN not in last.text

    def test_is_never_what_the_client_says(self, settings):
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = 0
        assert not self.guess_from("203.0.113.N")

    def test_is_what_the_one_proxy_says_and_nothing_before_that(self, settings):
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
        assert not self.guess_from("203.0.113.N, 192.0.2.7")

    def test_is_the_clients_and_not_the_proxys(self, settings):
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
        assert self.guess_from("192.0.2.N")

    def test_follows_the_setting(self, settings):
        assert settings.ALLAUTH_TRUSTED_PROXY_COUNT == settings.TRUSTED_PROXY_COUNT


@pytest.mark.django_db
class TestAskingForMessages:
    def test_for_one_address_ends(self, wait):
        for number in range(5):
            form = {"email": "reader@example.com"}
            assert (
                Client().post("/account/password/reset/", form, REMOTE_ADDR=f"192.0.2.{number}").status_code
                == 302
            )
        page = Client().post("/account/password/reset/", form, REMOTE_ADDR="192.0.2.99")
        assert page.status_code == 429

    def test_at_sign_up_ends(self, wait):
        form = {"email": "reader@example.com", "password1": PASSWORD}
        first = [Client().post("/account/signup/", form).status_code]
        for _ in range(9):
            wait(11)
            first.append(Client().post("/account/signup/", form).status_code)
        wait(11)
        assert first == [302] * 10
        assert Client().post("/account/signup/", form).status_code == 429


@pytest.mark.django_db
class TestThePageOfALimit:
    def test_says_what_to_do_and_when(self):
        for number in range(20):
            form = {"email": f"reader{number}@example.com", "password1": PASSWORD}
            Client().post("/account/signup/", form)
        page = Client().post("/account/signup/", form)
        assert page.status_code == 429
        assert page.headers["Retry-After"] == "600"
        assert page.headers["Cache-Control"] == "private, no-store"
        assert "Wait ten minutes" in page.text


class TestTheCounting:
    @pytest.mark.django_db
    def test_is_kept_in_the_database_for_all_workers(self, settings):
        caches["default"].set("one", "worker")
        another = DatabaseCache("accounts_cache", settings.CACHES["default"])
        assert another.get("one") == "worker"

    @pytest.mark.django_db
    def test_holds_nobodys_address(self):
        guess(login="reader@example.com", REMOTE_ADDR="192.0.2.77")
        with connection.cursor() as cursor:
            cursor.execute("SELECT cache_key, value FROM accounts_cache")
            rows = str(cursor.fetchall())
        assert rows != "[]"
        assert "192.0.2.77" not in rows
        assert "allauth" not in rows

    @pytest.mark.django_db(transaction=True)
    def test_lets_no_guess_through_that_comes_at_the_same_moment(self):
        make_user()
        told, ready = [], threading.Barrier(8)

        def work():
            # A thread has a connection and a cache of its own, as a worker has.
            ready.wait()
            for _ in range(3):
                told.append("do not belong together" in guess().text)
            caches["default"].close()
            connection.close()

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(told) == 24
        assert sum(told) <= 10
