"""Starting a checklist: what is asked first, what a visitor without an account gets, and what becomes of it later."""

import re
from datetime import timedelta
from http.cookies import SimpleCookie

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from django.utils import timezone

from checklists import consents, runs
from checklists.models import Checklist, State, StorageConsent, Tick, TickChange
from checklists.owners import GUEST_KEPT_FOR, Owner
from checklists.ticking import Change, tick
from tests.factories import AGREED, PASSWORD, make_checklist, make_document, make_framework, make_user

pytestmark = pytest.mark.django_db

URL = "/checklists/start/box-breathing/"


@pytest.fixture
def framework():
    return make_framework(published=True)


@pytest.fixture
def supervised():
    return make_framework(
        make_document(supervision="professional-required"), slug="box-breathing", published=True
    )


@pytest.fixture
def browser():
    return Client()


@pytest.fixture
def reader(browser):
    reader = make_user()
    browser.force_login(reader)
    return reader


def guest_in(browser):
    return browser.cookies[settings.GUEST_COOKIE_NAME]


def is_guest(browser):
    cookie = browser.cookies.get(settings.GUEST_COOKIE_NAME)
    return cookie is not None and cookie.value != ""


@pytest.mark.usefixtures("framework")
class TestConsent:
    def test_is_asked_before_anything_is_kept(self, browser, reader):
        page = browser.get(URL)
        assert page.status_code == 200
        for word in ("What is kept", "Why", "It can concern your health", "How to erase it"):
            assert word in page.text
        assert not re.search(r'name="consent"[^>]* checked', page.text)
        answer = browser.post(URL, {})
        assert answer.status_code == 422
        assert "Without it nothing can be kept, so nothing is started." in answer.text
        assert not Checklist.objects.exists()
        assert not StorageConsent.objects.exists()

    def test_is_kept_with_its_date_and_wording(self, browser, reader):
        before = timezone.now()
        answer = browser.post(URL, AGREED)
        checklist = Checklist.objects.get()
        assert (answer.status_code, answer.url) == (303, checklist.get_absolute_url())
        assert checklist.reader == reader
        consent = StorageConsent.objects.get()
        assert (consent.reader, consent.guest, consent.version) == (reader, None, consents.VERSION)
        assert before <= consent.given_at <= timezone.now()

    def test_is_asked_only_the_first_time(self, browser, reader):
        browser.post(URL, AGREED)
        make_framework(make_document(title="Other"), slug="other", published=True)
        assert 'name="consent"' not in browser.get("/checklists/start/other/").text
        assert browser.post("/checklists/start/other/", AGREED).status_code == 303
        assert StorageConsent.objects.count() == 1

    def test_is_asked_again_after_it_was_withdrawn(self, browser, reader):
        browser.post(URL, AGREED)
        browser.post("/checklists/agreement/")
        assert 'name="consent"' in browser.get(URL).text
        assert browser.post(URL).status_code == 422
        assert browser.post(URL, AGREED).status_code == 303
        assert StorageConsent.objects.filter(withdrawn_at=None).count() == 1

    def test_is_asked_again_for_another_wording(self, browser, reader, monkeypatch):
        browser.post(URL, AGREED)
        StorageConsent.objects.update(version="2020-01-01")
        runs.delete(Checklist.objects.get().pk, Owner(reader=reader.pk))
        assert 'name="consent"' in browser.get(URL).text

    def test_names_what_somebody_else_agreed_to_nowhere(self, browser, reader):
        make_checklist(make_user("other@example.com"))
        assert 'name="consent"' in browser.get(URL).text


class TestSupervision:
    def test_has_to_be_confirmed_where_it_is_required(self, browser, reader, supervised):
        page = browser.get(URL).text
        assert "Do not do this alone" in page
        assert 'name="supervised"' in page
        answer = browser.post(URL, AGREED)
        assert answer.status_code == 422
        assert "Without a professional, please do not start this" in answer.text
        assert re.search(r'name="consent"[^>]* checked', answer.text), "what was ticked is still ticked"
        assert not Checklist.objects.exists()

    def test_is_kept_with_its_date(self, browser, reader, supervised):
        before = timezone.now()
        answer = browser.post(URL, AGREED | {"supervised": "on"})
        assert before <= Checklist.objects.get().supervision_confirmed_at <= timezone.now()
        assert "supervision confirmed" in browser.get(answer.url).text

    def test_is_asked_for_each_run(self, browser, reader, supervised):
        browser.post(URL, AGREED | {"supervised": "on"})
        first = Checklist.objects.get()
        assert browser.post(URL, AGREED | {"instead_of": str(first.pk)}).status_code == 422
        assert Checklist.objects.count() == 1

    def test_is_neither_asked_nor_kept_where_it_is_not_required(self, browser, reader, framework):
        assert 'name="supervised"' not in browser.get(URL).text
        browser.post(URL, AGREED | {"supervised": "on"})
        assert Checklist.objects.get().supervision_confirmed_at is None


class TestWhatCannotBeStarted:
    def test_a_framework_that_is_not_there(self, browser, reader):
        make_framework(slug="draft")
        for slug in ("nothing-here", "draft"):
            assert browser.get(f"/checklists/start/{slug}/").status_code == 404
            assert browser.post(f"/checklists/start/{slug}/", AGREED).status_code == 404
        assert not Checklist.objects.exists()

    def test_a_framework_that_was_withdrawn(self, browser, reader, framework):
        framework.withdraw(reason="A trial found harm.")
        page = browser.get(URL).text
        assert "A trial found harm." in page
        assert "it can no longer be started" in page
        assert "<button" not in page[page.index('<main id="main"') : page.index("</main>")]
        answer = browser.post(URL, AGREED)
        assert answer.status_code == 422
        assert "it can no longer be started" in answer.text
        assert not Checklist.objects.exists()
        assert not StorageConsent.objects.exists()

    def test_a_framework_that_is_withdrawn_at_this_very_moment(self, browser, reader, framework, monkeypatch):
        real = runs.start

        def start(*args, **kwargs):
            framework.withdraw(reason="A trial found harm.")
            args[0].refresh_from_db()
            return real(*args, **kwargs)

        monkeypatch.setattr(runs, "start", start)
        assert browser.post(URL, AGREED).status_code == 404
        assert not Checklist.objects.exists()

    def test_says_all_that_is_live_over_it_first(self, browser, framework):
        framework.safety_notices.create(level="danger", text="Two people fainted.")
        page = browser.get(URL).text
        assert page.index("Two people fainted.") < page.index("You may faint.") < page.index('name="consent"')


@pytest.mark.usefixtures("framework")
class TestStartingTwice:
    def test_leads_to_the_one_that_is_there(self, browser, reader):
        first = browser.post(URL, AGREED).url
        answer = browser.post(URL, AGREED)
        assert (answer.status_code, answer.url) == (303, first)
        answer = browser.get(URL)
        assert (answer.status_code, answer.url) == (302, first)
        assert Checklist.objects.count() == 1

    def test_from_two_tabs_of_a_guest_leads_to_the_same_one(self, browser):
        first = browser.post(URL, AGREED).url
        assert browser.post(URL, AGREED).url == first

    def test_in_place_of_the_open_run_archives_it(self, browser, reader):
        first = Checklist.objects.get(pk=browser.post(URL, AGREED).url.split("/")[2])
        tick(first.pk, Owner(reader=reader.pk), [Change("chair", State.DONE)])
        page = browser.get(f"{URL}?instead_of={first.pk}").text
        assert "Archive it and start again" in page
        assert f'name="instead_of" value="{first.pk}"' in page
        answer = browser.post(URL, AGREED | {"instead_of": str(first.pk)})
        first.refresh_from_db()
        assert first.archived_at is not None
        assert answer.url != first.get_absolute_url()
        second = Checklist.objects.get(archived_at=None)
        assert answer.url == second.get_absolute_url()
        assert not Tick.objects.filter(checklist=second).exists()
        assert Tick.objects.get(checklist=first).state == State.DONE

    def test_in_place_of_a_run_by_two_clicks_starts_once(self, browser, reader):
        first = browser.post(URL, AGREED).url.split("/")[2]
        again = browser.post(URL, AGREED | {"instead_of": first}).url
        assert browser.post(URL, AGREED | {"instead_of": first}).url == again
        assert Checklist.objects.count() == 2

    @pytest.mark.parametrize("other", ["", "not-an-id", "00000000-0000-4000-8000-000000000000"])
    def test_in_place_of_a_run_that_is_not_open_leaves_the_open_one(self, browser, reader, other):
        first = browser.post(URL, AGREED).url
        assert browser.get(URL, {"instead_of": other}).url == first
        assert browser.post(URL, {"instead_of": other}).url == first
        assert Checklist.objects.get().archived_at is None

    def test_in_place_of_somebody_else_s_run_leaves_theirs_alone(self, browser, reader):
        theirs = make_checklist(make_user("other@example.com"))
        browser.post(URL, AGREED | {"instead_of": str(theirs.pk)})
        theirs.refresh_from_db()
        assert theirs.archived_at is None
        assert Checklist.objects.get(reader=reader).archived_at is None


@pytest.mark.usefixtures("framework")
class TestAVisitorWithoutAnAccount:
    def test_is_told_of_the_cookie_before_it_is_set(self, browser):
        answer = browser.get(URL)
        assert "through a cookie, for 30 days after your last change" in answer.text
        assert settings.GUEST_COOKIE_NAME not in answer.cookies

    def test_gets_a_cookie_that_no_script_and_no_other_site_reads(self, browser):
        answer = browser.post(URL, AGREED)
        cookie = answer.cookies[settings.GUEST_COOKIE_NAME]
        assert cookie["httponly"] is True
        assert cookie["samesite"] == "Lax"
        assert cookie["path"] == "/"
        assert cookie["domain"] == ""
        assert cookie["max-age"] == GUEST_KEPT_FOR.total_seconds() == 30 * 24 * 60 * 60
        assert browser.get(answer.url).status_code == 200

    def test_gets_it_over_https_only_where_the_site_has_it(self, browser, settings):
        settings.SESSION_COOKIE_SECURE = True
        settings.GUEST_COOKIE_NAME = "__Host-guest"
        cookie = browser.post(URL, AGREED).cookies["__Host-guest"]
        assert cookie["secure"] is True
        assert cookie["path"] == "/"

    def test_who_agreed_to_nothing_gets_none(self, browser):
        assert settings.GUEST_COOKIE_NAME not in browser.post(URL).cookies

    @pytest.mark.parametrize(
        "tamper",
        [
            lambda value: value[:-1] + ("A" if value[-1] != "A" else "B"),
            lambda value: value.replace(value[:8], "00000000", 1),
            lambda value: value.split(":")[0],
            lambda value: "",
            lambda value: "ü" * 50,
        ],
        ids=["signature", "id", "no signature", "empty", "not ours"],
    )
    def test_with_a_tampered_cookie_is_nobody(self, browser, tamper):
        address = browser.post(URL, AGREED).url
        cookie = guest_in(browser)
        other = Client()
        other.cookies = SimpleCookie()
        other.cookies[settings.GUEST_COOKIE_NAME] = tamper(cookie.value)
        answer = other.get(address)
        assert answer.status_code == 302
        assert answer.url.startswith("/account/login/")
        assert "Box breathing" not in other.get("/checklists/").text

    def test_with_a_cookie_that_is_too_old_is_nobody(self, browser, monkeypatch):
        import time

        address = browser.post(URL, AGREED).url
        later = time.time() + GUEST_KEPT_FOR.total_seconds() + 60
        monkeypatch.setattr(time, "time", lambda: later)
        assert browser.get(address).status_code == 302

    def test_keeps_it_for_another_thirty_days_with_each_change(self, browser):
        address = browser.post(URL, AGREED).url
        for where, sent in (
            (address, {"item": "chair"}),
            (f"{address}items/chair/", {"state": "open"}),
            (address, {"note:chair": "x" * 1001, "item": "chair"}),
            (f"{address}notes/", {"on": "no"}),
        ):
            answer = browser.post(where, sent)
            assert answer.cookies[settings.GUEST_COOKIE_NAME]["max-age"] == 30 * 24 * 60 * 60
        assert settings.GUEST_COOKIE_NAME not in browser.get(address).cookies

    def test_withdraws_and_nothing_at_all_remains(self, browser):
        browser.post(URL, AGREED)
        answer = browser.post("/checklists/agreement/")
        assert (answer.status_code, answer.url) == (303, "/checklists/")
        assert not is_guest(browser)
        assert not Checklist.objects.exists()
        assert not StorageConsent.objects.exists()

    def test_finds_one_checklist_a_framework_and_those_of_no_other_guest(self, browser):
        address = browser.post(URL, AGREED).url
        other = Client()
        theirs = other.post(URL, AGREED).url
        assert theirs != address
        assert browser.get(theirs).status_code == other.get(address).status_code == 404
        assert browser.post(theirs, {"item": "chair"}).status_code == 404
        assert not Tick.objects.exists()


@pytest.mark.usefixtures("framework")
class TestThePublicPage:
    @pytest.mark.parametrize("address", ["/frameworks/box-breathing/", "/", "/about/"])
    def test_is_the_same_to_the_byte_for_every_visitor_and_sets_no_cookie(self, address):
        make_checklist(make_user())
        answers = [Client().get(address) for _visitor in range(3)]
        answers.append(Client(headers={"accept-language": "de"}).get(address))
        assert len({answer.content for answer in answers}) == 1
        assert not any(answer.cookies for answer in answers)
        assert all(answer["Cache-Control"] == "public, no-cache" for answer in answers)
        assert all("Cookie" in answer["Vary"] for answer in answers)
        assert b"csrf" not in answers[0].content

    def test_leads_to_the_start(self):
        page = Client().get("/frameworks/box-breathing/").text
        assert f'<a class="button" href="{URL}">Start this checklist</a>' in page
        assert "<form" not in page[page.index('id="checklist"') :]


class TestAGuestWhoGetsAnAccount:
    @pytest.fixture
    def address(self, browser, framework):
        """The address of a guest's checklist with a tick and a note."""
        address = browser.post(URL, AGREED).url
        browser.post(address, {"item": "chair", "note:chair": "Kitchen"})
        return address

    def sign_in(self, browser, email="reader@example.com"):
        return browser.post("/account/login/", {"login": email, "password": PASSWORD})

    def test_by_signing_up_takes_the_checklist_along(self, browser, address):
        browser.post("/account/signup/", {"email": "ada@example.com", "password1": PASSWORD})
        assert Checklist.objects.get().reader is None, "not before the address is proved"
        code = re.search(r"\d{3}-\d{3}-\d{3}", mail.outbox[-1].body)[0]
        answer = browser.post("/account/confirm-email/", {"code": code})
        assert answer.url == "/checklists/"
        checklist = Checklist.objects.get()
        assert (checklist.reader.email, checklist.guest) == ("ada@example.com", None)
        assert StorageConsent.objects.get().reader == checklist.reader
        assert not is_guest(browser)
        page = browser.get(address).text
        assert "saved to your account" in page
        assert "Kitchen" in page

    def test_by_signing_in_takes_the_checklist_along(self, browser, address):
        reader = make_user()
        assert self.sign_in(browser).url == "/checklists/"
        assert Checklist.objects.get().reader == reader
        assert StorageConsent.objects.get().reader == reader
        assert not is_guest(browser)
        assert browser.get(address).status_code == 200

    def test_leaves_nothing_for_who_uses_the_browser_next(self, browser, address):
        make_user()
        self.sign_in(browser)
        browser.post("/account/logout/")
        assert browser.get(address).status_code == 302
        assert "Box breathing" not in browser.get("/checklists/").text

    def test_by_another_browser_takes_nothing(self, address):
        reader = make_user()
        self.sign_in(Client())
        assert not Checklist.objects.filter(reader=reader).exists()

    def test_keeps_those_that_are_in_no_one_s_way(self, browser, address, framework):
        reader = make_user()
        make_checklist(reader)
        other = make_framework(make_document(title="Other"), slug="other", published=True)
        browser.post("/checklists/start/other/", AGREED)
        assert self.sign_in(browser).url == "/checklists/join/"
        assert Checklist.objects.get(framework=other).reader == reader


class TestWhereAGuestsChecklistMeetsOneOfTheAccount:
    @pytest.fixture
    def mine(self, framework):
        """The account's: one item done, and a note."""
        mine = make_checklist(make_user())
        changes = [Change("four-rounds", State.DONE), Change("chair", None, "Mine")]
        tick(mine.pk, Owner(reader=mine.reader_id), changes)
        return mine

    @pytest.fixture
    def theirs(self, browser, mine):
        """The guest's, later: the other item done, and another note. The guest has just signed in."""
        address = browser.post(URL, AGREED).url
        browser.post(address, {"item": "chair", "note:chair": "Theirs"})
        answer = browser.post(
            "/account/login/", {"login": "reader@example.com", "password": PASSWORD, "next": "/about/"}
        )
        assert answer.url == "/checklists/join/"
        return Checklist.objects.get(guest__isnull=False)

    def choose(self, browser, theirs, choice):
        answer = browser.post("/checklists/join/", {f"choice-{theirs.pk}": choice})
        assert (answer.status_code, answer.url) == (303, "/checklists/")
        assert not is_guest(browser)
        assert not Checklist.objects.filter(reader=None).exists()
        return Checklist.objects.get(archived_at=None), Checklist.objects.get(archived_at__isnull=False)

    def test_both_are_shown_with_their_numbers(self, browser, theirs):
        page = browser.get("/checklists/join/").text
        assert page.count('type="radio"') == 3
        assert not re.search(r'type="radio"[^>]* checked', page)
        assert page.count("1 of 2 done") == 2

    def test_nothing_happens_before_the_choice_and_the_list_reminds_of_it(self, browser, theirs, mine):
        assert "A checklist from before you signed in is waiting." in browser.get("/checklists/").text
        assert Checklist.objects.get(pk=theirs.pk).guest == theirs.guest
        assert Checklist.objects.get(pk=mine.pk).archived_at is None

    @pytest.mark.parametrize("sent", [None, "", "both", "keep-mine\0"])
    def test_no_choice_or_none_that_there_is_asks_again(self, browser, theirs, sent):
        answer = browser.post("/checklists/join/", {} if sent is None else {f"choice-{theirs.pk}": sent})
        assert answer.status_code == 422
        assert "Choose for each checklist what should become of it." in answer.text
        assert Checklist.objects.get(pk=theirs.pk).guest == theirs.guest

    def test_keep_mine_archives_the_guests(self, browser, theirs, mine):
        kept, archived = self.choose(browser, theirs, "keep-mine")
        assert (kept.pk, archived.pk) == (mine.pk, theirs.pk)
        assert self.of(kept) == {"four-rounds": ("done", ""), "chair": ("open", "Mine")}
        assert self.of(archived) == {"chair": ("done", "Theirs")}

    def test_take_this_archives_mine(self, browser, theirs, mine):
        kept, archived = self.choose(browser, theirs, "take-this")
        assert (kept.pk, archived.pk) == (theirs.pk, mine.pk)
        assert self.of(kept) == {"chair": ("done", "Theirs")}
        assert self.of(archived) == {"four-rounds": ("done", ""), "chair": ("open", "Mine")}

    def test_join_both_puts_them_together_and_keeps_the_other_note_in_the_history(
        self, browser, theirs, mine
    ):
        kept, archived = self.choose(browser, theirs, "join-both")
        assert (kept.pk, archived.pk) == (mine.pk, theirs.pk)
        assert self.of(kept) == {"four-rounds": ("done", ""), "chair": ("done", "Theirs")}
        notes = TickChange.objects.filter(checklist=kept).values_list("note", flat=True)
        assert {"Mine", "Theirs"} <= set(notes)

    def test_nobody_chooses_for_a_guest_whose_cookie_they_do_not_have(self, theirs):
        other = Client()
        other.force_login(make_user("other@example.com"))
        answer = other.post("/checklists/join/", {f"choice-{theirs.pk}": "take-this"})
        assert (answer.status_code, answer.url) == (303, "/checklists/")
        assert Checklist.objects.get(pk=theirs.pk).guest == theirs.guest

    def test_nobody_who_is_not_signed_in_chooses(self):
        assert Client().get("/checklists/join/").status_code == 302
        assert Client().post("/checklists/join/").status_code == 303

    def test_where_none_is_waiting_leads_to_the_list(self, browser, reader):
        answer = browser.get("/checklists/join/")
        assert (answer.status_code, answer.url) == (302, "/checklists/")

    def of(self, checklist):
        ticks = Tick.objects.filter(checklist=checklist).values_list("item", "state", "note")
        return {item: (state, note) for item, state, note in ticks}


def test_a_guest_is_kept_as_long_as_the_command_that_removes_expired_ones_says():
    assert timedelta(days=30) == GUEST_KEPT_FOR
