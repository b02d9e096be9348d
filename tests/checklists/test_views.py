"""Every page of checklists: who may open it and how, what it shows, and what it never does."""

import re

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import URLPattern, resolve
from django.utils import timezone

from checklists import history, runs, urls
from checklists.models import Checklist, RevisionMove, State, Tick, TickChange
from checklists.moves import move
from checklists.owners import Owner
from checklists.ticking import Change, tick
from frameworks import known_documents
from frameworks.drafts import write_draft
from frameworks.models import SafetyNotice, Source, SourceUpdate
from tests.factories import AGREED, make_checklist, make_document, make_framework, make_user

pytestmark = pytest.mark.django_db

START = "/checklists/start/box-breathing/"

#: What follows a checklist's address, and the methods that it answers.
PAGES = {
    "": {"GET", "HEAD", "POST"},
    "items/chair/": {"POST"},
    "changes/": {"GET", "HEAD", "POST"},
    "changes/undo/": {"POST"},
    "history/": {"GET", "HEAD"},
    "history/forget/": {"POST"},
    "unsaved/forget/": {"POST"},
    "notes/": {"POST"},
    "archive/": {"POST"},
    "delete/": {"GET", "HEAD", "POST"},
    ".json": {"GET", "HEAD"},
    ".csv": {"GET", "HEAD"},
}
#: Pages of nobody's checklist in particular.
OTHERS = {
    "/checklists/": {"GET", "HEAD"},
    START: {"GET", "HEAD", "POST"},
    "/checklists/join/": {"GET", "HEAD", "POST"},
    "/checklists/agreement/": {"GET", "HEAD", "POST"},
}
READ = [page for page, methods in PAGES.items() if "GET" in methods]
CHANGED = [page for page, methods in PAGES.items() if "POST" in methods]


def address_of(checklist, page=""):
    """The address of a page of a checklist: the files stand beside it, the rest beneath."""
    address = checklist.get_absolute_url()
    return (address[:-1] if page.startswith(".") else address) + page


@pytest.fixture
def checklist(reader):
    """A reader's: one item done, with a note, and the framework published again since."""
    checklist = make_checklist(reader)
    tick(checklist.pk, Owner(reader=reader.pk), [Change("chair", State.DONE, "By the window")])
    publish_again(checklist.framework)
    return checklist


def latest_move():
    return {"move": RevisionMove.objects.latest("id").pk}


def publish_again(framework, **changes):
    write_draft(framework, make_document(**{"title": "Box breathing, again", **changes}))
    return framework.publish(by=None, kind="clinical", note="Two words changed.")


def signed_in(user):
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.fixture
def guest(checklist):
    """A browser with a guest's cookie, and a checklist of its own."""
    browser = Client()
    browser.post(START, AGREED | {"revision": "2"})
    assert settings.GUEST_COOKIE_NAME in browser.cookies
    return browser


def all_rows():
    """Every row of every table, as text, but for sessions, which hold what a page has said."""
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(tables - {"accounts_session"}):
            cursor.execute(f'SELECT row::text FROM "{table}" row ORDER BY 1')
            found[table] = cursor.fetchall()
    return found


class TestEveryAddress:
    def test_is_named_above(self):
        listed = {address_of(Checklist(), page) for page in PAGES} | set(OTHERS)
        found = {resolve(address).view_name.partition(":")[2] for address in listed}
        assert found == {pattern.name for pattern in urls.urlpatterns if isinstance(pattern, URLPattern)}

    @pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
    @pytest.mark.parametrize("page", [*PAGES, *OTHERS])
    def test_answers_its_methods_only(self, browser, checklist, page, method):
        address = page if page in OTHERS else address_of(checklist, page)
        before = all_rows()
        answer = browser.generic(method, address)
        if method in (PAGES | OTHERS)[page]:
            assert answer.status_code in (200, 302, 303, 400, 422)
        else:
            assert answer.status_code == 405
            assert set(answer["Allow"].split(", ")) == (PAGES | OTHERS)[page]
            assert all_rows() == before

    @pytest.mark.parametrize("page", [*READ, *(page for page in OTHERS if page != "/checklists/join/")])
    def test_that_is_read_answers_head_as_get_without_the_page(self, browser, reader, checklist, page):
        address = page if page in OTHERS else address_of(checklist, page)
        runs.archive(checklist.pk, Owner(reader=reader.pk))  # else the start would lead to it
        got, asked = browser.get(address), browser.head(address)
        assert got.status_code == asked.status_code == 200
        assert not asked.content
        assert asked["Content-Type"] == got["Content-Type"]

    @pytest.mark.parametrize("who", ["reader", "guest", "somebody else", "nobody"])
    def test_that_is_read_changes_nothing(self, reader, guest, checklist, who):
        browser = {
            "reader": signed_in(reader),
            "guest": guest,
            "somebody else": signed_in(make_user("other@example.com")),
            "nobody": Client(),
        }[who]
        theirs = Checklist.objects.exclude(guest=None).get()
        addresses = [address_of(one, page) for one in (checklist, theirs) for page in PAGES]
        addresses += [
            *OTHERS,
            f"{START}?instead_of={checklist.pk}",
            address_of(checklist, "changes/?to=2"),
            "/frameworks/box-breathing/",
            "/frameworks/box-breathing/revisions/1/",
            "/",
            "/account/data/",
        ]
        before = all_rows()
        for address in addresses:
            browser.get(address)
            browser.head(address)
        assert all_rows() == before

    @pytest.mark.parametrize("page", [*PAGES, *OTHERS, "/frameworks/box-breathing/", "/"])
    def test_is_kept_by_no_cache(self, browser, checklist, guest, page):
        mine = Checklist.objects.exclude(guest=None).get()
        for who, one in ((browser, checklist), (guest, mine), (Client(), checklist), (browser, mine)):
            if page in ("/frameworks/box-breathing/", "/") and not who.cookies:
                continue  # who has no cookie gets the page that is everybody's
            address = page if page.startswith("/") else address_of(one, page)
            for method in sorted((PAGES | OTHERS).get(page, {"GET", "HEAD"})):
                answer = who.generic(method, address)
                if answer.status_code == 404:
                    assert "no-store" in answer["Cache-Control"]
                    assert "private" in answer["Cache-Control"]
                else:
                    assert answer["Cache-Control"] == "private, no-store"
                assert "ETag" not in answer.headers
            if page in ("archive/", "delete/", "/checklists/agreement/"):
                return  # there is nothing left to ask for


class TestWhoMay:
    @pytest.mark.parametrize("page", READ)
    def test_the_reader_reads_it(self, browser, checklist, page):
        assert browser.get(address_of(checklist, page)).status_code == 200

    @pytest.mark.parametrize("page", READ)
    def test_a_guest_reads_their_own(self, guest, page):
        mine = Checklist.objects.exclude(guest=None).get()
        assert guest.get(address_of(mine, page)).status_code == 200

    @pytest.mark.parametrize("page", PAGES)
    @pytest.mark.parametrize(
        "who", ["another reader", "an administrator", "a guest", "a reader of a guest's"]
    )
    def test_for_anybody_else_it_is_not_there(self, reader, checklist, guest, page, who):
        theirs = checklist
        if who == "a guest":
            browser = guest
        elif who == "a reader of a guest's":
            browser, theirs = signed_in(reader), Checklist.objects.exclude(guest=None).get()
        else:
            browser = signed_in(make_user("other@example.com", is_superuser=True, is_staff=True))
        before = all_rows()
        for method in sorted(PAGES[page]):
            answer = browser.generic(method, address_of(theirs, page))
            assert answer.status_code == 404
            assert "By the window" not in answer.text
        for state in ("done", "open"):
            browser.post(address_of(theirs, page), {"state": state, "item": "chair", "to": "2", "on": "no"})
        assert all_rows() == before

    @pytest.mark.parametrize("page", PAGES)
    def test_a_checklist_that_never_was_is_not_there_either(self, browser, page):
        nowhere = Checklist()
        for method in sorted(PAGES[page]):
            assert browser.generic(method, address_of(nowhere, page)).status_code == 404

    @pytest.mark.parametrize("page", PAGES)
    def test_a_visitor_signs_in_first_whether_it_exists_or_not(self, checklist, page):
        before = all_rows()
        for one in (checklist, Checklist()):
            address = address_of(one, page)
            if "GET" in PAGES[page]:
                answer = Client().get(address)
                assert (answer.status_code, answer.url) == (302, f"/account/login/?next={address}")
            if "POST" in PAGES[page]:
                answer = Client().post(address, {"item": "chair"})
                next_page = one.get_absolute_url().replace("/", "%2F")
                assert (answer.status_code, answer.url) == (303, f"/account/login/?next={next_page}")
        assert all_rows() == before

    def test_a_visitor_sees_an_inviting_list(self):
        page = Client().get("/checklists/").text
        assert "No checklists yet" in page
        assert "You need no account to try" in page

    def test_a_visitor_agreed_to_nothing(self):
        answer = Client().get("/checklists/agreement/")
        assert (answer.status_code, answer.url) == (302, "/account/login/?next=/checklists/agreement/")
        assert Client().post("/checklists/agreement/").status_code == 303

    @pytest.mark.parametrize("path", ["x", "00000000-0000-4000-8000-00000000000", "../checklists"])
    def test_what_is_no_id_is_not_found(self, browser, path):
        assert browser.get(f"/checklists/{path}/").status_code == 404


class TestMyChecklists:
    def test_are_under_way_finished_or_put_away(self, reader, browser):
        for number, title in enumerate(("One", "Two", "Three", "Four")):
            framework = make_framework(make_document(title=title), slug=f"f{number}", published=True)
            one = make_checklist(reader, framework=framework)
            if title == "Two":
                done = [Change(key, State.DONE) for key in one.item_keys]
                tick(one.pk, Owner(reader=reader.pk), done)
            if title == "Three":
                runs.archive(one.pk, Owner(reader=reader.pk))
            if title == "Four":
                tick(one.pk, Owner(reader=reader.pk), [Change("chair", State.DONE)])
        page = browser.get("/checklists/").text
        order = [
            page.index(text) for text in (">Under way", ">Four<", ">One<", ">Finished", ">Two<", ">Three<")
        ]
        assert order == sorted(order), "what was touched last comes first"
        assert "2 under way, 1 finished." in page
        assert "I did four rounds" in page[order[1] : order[2]], "the next item"

    def test_say_of_an_account_and_of_a_guest_where_they_are_kept(self, browser, checklist, guest):
        assert "Only you can see this page." in browser.get("/checklists/").text
        page = guest.get("/checklists/").text
        assert "Kept for this browser, for 30 days after your last change." in page
        assert "Only this browser finds this page." in page

    def test_invite_where_there_are_none(self, browser):
        page = browser.get("/checklists/").text
        assert "No checklists yet" in page
        assert "Browse the library" in page


class TestOneChecklist:
    def test_shows_items_by_step_with_warnings_state_and_notes(self, browser, checklist):
        page = browser.get(address_of(checklist)).text
        order = [
            page.index(text)
            for text in ("1. Sit", "Never while driving.", "I have a chair", "By the window", "2. Breathe")
        ]
        assert order == sorted(order)
        assert re.search(r'data-item="chair"[^>]* checked', page)
        assert not re.search(r'data-item="four-rounds"[^>]* checked', page)
        assert "1 of 2 done" in page

    def test_names_the_items_that_are_still_open_when_they_are_few(self, browser, checklist):
        page = browser.get(address_of(checklist)).text
        assert re.search(r'Still open:\s*<a href="#four-rounds">I did four rounds</a>', page)

    def test_escapes_what_the_reader_wrote(self, browser, reader, checklist):
        note = "</textarea><script>alert(1)</script>"
        tick(checklist.pk, Owner(reader=reader.pk), [Change("chair", note=note)])
        for page in ("", "history/"):
            text = browser.get(address_of(checklist, page)).text
            assert "<script>alert" not in text
            assert "&lt;/textarea&gt;&lt;script&gt;" in text

    def test_of_a_professional_s_step_reads_discussed(self, browser, reader):
        steps = [{"key": "dose", "title": "The dose", "body": "Theirs.", "done_by": "professional"}]
        document = make_document(
            steps=steps,
            checklist=[{"key": "talked", "text": "The dose is settled", "step": "dose"}],
            claims=[],
        )
        mine = make_checklist(reader, framework=make_framework(document, slug="dose", published=True))
        address = mine.get_absolute_url()
        assert "Tick it when you have discussed it with your clinician." in browser.get(address).text
        browser.post(f"{address}items/talked/", {"state": "done"})
        assert "Discussed with my clinician" in browser.get(address).text

    def test_that_is_finished_says_so_calmly_until_an_item_opens_again(self, browser, checklist):
        for state in ("done", "open"):
            browser.post(address_of(checklist, "items/four-rounds/"), {"state": state})
            assert ("All of it is ticked" in browser.get(address_of(checklist)).text) == (state == "done")

    def test_that_is_archived_can_be_read_and_not_changed(self, browser, checklist):
        browser.post(address_of(checklist, "archive/"))
        page = browser.get(address_of(checklist)).text
        assert "By the window" in page
        assert re.search(r'data-item="chair"[^>]* disabled', page)
        assert 'role="status" data-state' not in page
        assert "Take it up again" in page

    def test_is_shown_on_the_framework_page_of_its_own_revision_only(self, browser, checklist):
        page = browser.get("/frameworks/box-breathing/").text
        assert "Your checklist is on revision 1." in page
        assert "1 of 2 done" in page
        assert address_of(checklist, "changes/") in page
        assert 'data-item="chair"' not in page
        older = browser.get("/frameworks/box-breathing/revisions/1/").text
        assert re.search(r'data-item="chair"[^>]* checked', older)

    def test_of_nobody_else_is_shown_on_the_framework_page(self, checklist):
        page = signed_in(make_user("other@example.com")).get("/frameworks/box-breathing/revisions/1/").text
        assert "By the window" not in page
        assert "data-item" not in page

    def test_of_some_items_leaves_the_others_on_its_page_to_read(self, browser, checklist):
        whole = browser.get("/frameworks/box-breathing/revisions/1/").text
        assert "and not in your checklist" not in whole
        Checklist.objects.filter(pk=checklist.pk).update(item_keys=["chair"])
        page = browser.get("/frameworks/box-breathing/revisions/1/").text
        others = page[page.index("Of this framework, and not in your checklist") :]
        assert 'id="four-rounds"' in others
        assert "I have a chair" not in others
        assert page.count('id="four-rounds"') == 1
        assert "I did four rounds" not in browser.get(checklist.get_absolute_url()).text


class TestNotes:
    def test_are_off_on_a_sensitive_framework_until_they_are_turned_on(self, reader, browser, help_contact):
        framework = make_framework(make_document(sensitive=True), slug="sensitive", published=True)
        mine = make_checklist(reader, framework=framework)
        address = mine.get_absolute_url()
        assert "<textarea" not in browser.get(address).text
        assert "tel:999" in browser.get(address).text
        answer = browser.post(f"{address}notes/", {"on": "yes"})
        assert (answer.status_code, answer.url) == (303, f"{address}#keeping_part")
        page = browser.get(address).text
        assert "Nobody but you can read this, and nobody watches it" in page
        assert "<textarea" in page

    def test_that_are_put_away_stay_until_they_are_turned_on_again(self, browser, checklist):
        browser.post(address_of(checklist, "notes/"), {"on": "no"})
        assert "By the window" not in browser.get(address_of(checklist)).text
        browser.post(address_of(checklist), {"was": "chair", "item": "chair"})
        browser.post(address_of(checklist, "notes/"), {"on": "yes"})
        assert "By the window" in browser.get(address_of(checklist)).text

    def test_of_earlier_are_forgotten_and_the_present_one_stays(self, browser, checklist):
        browser.post(address_of(checklist, "items/chair/"), {"note": "In the kitchen"})
        answer = browser.post(address_of(checklist, "history/forget/"))
        assert (answer.status_code, answer.url) == (303, address_of(checklist, "history/"))
        page = browser.get(answer.url).text
        assert "By the window" not in page
        assert "In the kitchen" in page
        assert "Earlier notes were erased" in page

    @pytest.fixture
    def help_contact(self):
        return apps.get_model("frameworks.HelpContact").objects.create(
            key="gb-999", country="GB", kind="emergency", name="Emergency", number="999", link="tel:999"
        )


class TestHistory:
    def test_shows_every_change_latest_first_with_undo(self, browser, checklist):
        browser.post(address_of(checklist, "items/four-rounds/"), {"state": "not-for-me"})
        page = browser.get(address_of(checklist, "history/")).text
        lines = page[page.index('<ul class="lines') :]
        assert lines.index("I did four rounds") < lines.index("I have a chair")
        undo = re.findall(r'action="([^"]*)".*?name="state" value="([^"]*)"', lines, re.DOTALL)
        assert undo == [
            (address_of(checklist, "items/four-rounds/"), "open"),
            (address_of(checklist, "items/chair/"), "open"),
        ]
        browser.post(undo[0][0], {"state": undo[0][1]})
        assert Tick.objects.get(item="four-rounds").state == State.OPEN

    def test_goes_on_where_the_page_before_ended(self, browser, reader, checklist):
        owner = Owner(reader=reader.pk)
        for n in range(history.PAGE):
            tick(checklist.pk, owner, [Change("chair", State.OPEN if n % 2 == 0 else State.DONE)])
        page = browser.get(address_of(checklist, "history/")).text
        assert page.count("<time") == history.PAGE
        earlier = re.search(r'rel="next" href="([^"]*)"', page)[1]
        page = browser.get(address_of(checklist, "history/") + earlier).text
        assert page.count("<time") == 1
        assert 'rel="next"' not in page

    @pytest.mark.parametrize("before", ["", "x", "-1", "²", "9" * 30, "9" * 5000, "0", "1e3"])
    def test_asked_for_a_page_that_there_is_not_answers_calmly(self, browser, checklist, before):
        assert browser.get(address_of(checklist, "history/"), {"before": before}).status_code == 200


class TestMoving:
    def test_shows_what_changed_and_asks(self, browser, reader):
        mine = make_checklist(reader)
        publish_again(
            mine.framework,
            checklist=[
                {"key": "chair", "text": "I have a firm chair", "step": "sit"},
                {"key": "window", "text": "A window is open", "step": "sit"},
            ],
        )
        page = browser.get(address_of(mine, "changes/")).text
        for text in ("firm", "A window is open", "I did four rounds", "Two words changed."):
            assert text in page
        assert 'name="to" value="2"' in page

    def test_takes_ticks_and_notes_along_and_can_be_undone_until_the_next_tick(self, browser, checklist):
        answer = browser.post(address_of(checklist, "changes/"), {"to": "2"})
        assert (answer.status_code, answer.url) == (303, address_of(checklist))
        page = browser.get(answer.url).text
        assert "Moved to revision 2. Your ticks and notes came along." in page
        assert "By the window" in page
        assert "Go back to revision 1" in page
        answer = browser.post(address_of(checklist, "changes/undo/"), latest_move())
        assert (answer.status_code, answer.url) == (303, address_of(checklist))
        assert "Back on the revision before." in browser.get(answer.url).text
        checklist.refresh_from_db()
        assert checklist.revision.number == 1

    def test_is_not_undone_after_a_tick(self, browser, checklist):
        browser.post(address_of(checklist, "changes/"), {"to": "2"})
        browser.post(address_of(checklist, "items/four-rounds/"), {"state": "done"})
        assert "Go back to revision 1" not in browser.get(address_of(checklist)).text
        browser.post(address_of(checklist, "changes/undo/"), latest_move())
        assert "Not undone: something was changed since the move." in browser.get(address_of(checklist)).text
        checklist.refresh_from_db()
        assert checklist.revision.number == 2

    def test_to_a_revision_that_is_no_longer_the_current_one_asks_again(self, browser, checklist):
        publish_again(checklist.framework, title="Yet again")
        answer = browser.post(address_of(checklist, "changes/"), {"to": "2"})
        assert (answer.status_code, answer.url) == (303, address_of(checklist, "changes/"))
        assert "Not moved: the framework has changed again" in browser.get(answer.url).text
        assert not RevisionMove.objects.exists()

    def test_to_a_revision_that_has_none_of_the_items_is_refused(self, browser, reader):
        mine = make_checklist(reader)
        make_checklist(reader)
        Checklist.objects.filter(pk=mine.pk).update(item_keys=["chair"])
        items = [{"key": "four-rounds", "text": "I did four rounds", "step": "breathe"}]
        publish_again(mine.framework, checklist=items)
        answer = browser.post(address_of(mine, "changes/"), {"to": "2"})
        assert "none of your items is left in that revision" in browser.get(answer.url).text

    @pytest.mark.parametrize("to", ["", "x", "²", "9" * 5000, "2\0", "1.0"])
    def test_to_what_is_no_number_is_refused(self, browser, checklist, to):
        assert browser.post(address_of(checklist, "changes/"), {"to": to}).status_code == 400
        assert not RevisionMove.objects.exists()

    def test_of_an_archived_checklist_is_refused(self, browser, checklist):
        browser.post(address_of(checklist, "archive/"))
        browser.post(address_of(checklist, "changes/"), {"to": "2"})
        assert "Not moved: this checklist is archived." in browser.get(address_of(checklist)).text
        assert not RevisionMove.objects.exists()

    def test_keeps_an_item_that_is_gone_below_with_its_tick(self, browser, reader):
        mine = make_checklist(reader)
        tick(mine.pk, Owner(reader=reader.pk), [Change("chair", State.DONE, "By the window")])
        items = [{"key": "four-rounds", "text": "I did four rounds", "step": "breathe"}]
        publish_again(mine.framework, checklist=items)
        move(mine.pk, Owner(reader=reader.pk), to=2)
        page = browser.get(address_of(mine)).text
        gone = page[page.index("No longer in this checklist") :]
        assert "I have a chair" in gone
        assert "Removed in revision 2." in gone
        assert "By the window" in gone
        assert "0 of 1 done" in page


class TestTheEndOfARun:
    def test_archive_and_take_up_again(self, browser, checklist):
        answer = browser.post(address_of(checklist, "archive/"))
        assert (answer.status_code, answer.url) == (303, address_of(checklist))
        checklist.refresh_from_db()
        assert checklist.archived_at is not None
        browser.post(address_of(checklist, "archive/"), {"open": "yes"})
        checklist.refresh_from_db()
        assert checklist.archived_at is None

    def test_is_not_taken_up_again_beside_another_open_run(self, browser, reader, checklist):
        browser.post(address_of(checklist, "archive/"))
        other = make_checklist(reader)
        answer = browser.post(address_of(checklist, "archive/"), {"open": "yes"})
        assert (answer.status_code, answer.url) == (303, other.get_absolute_url())
        assert "You have another run of this open." in browser.get(answer.url).text
        checklist.refresh_from_db()
        assert checklist.archived_at is not None

    def test_delete_says_what_goes_and_deletes_it_for_good(self, browser, checklist):
        page = browser.get(address_of(checklist, "delete/")).text
        assert "its history of 1 change are erased" in page
        answer = browser.post(address_of(checklist, "delete/"))
        assert (answer.status_code, answer.url) == (303, "/checklists/")
        assert not Checklist.objects.exists()
        assert not Tick.objects.exists()
        assert not TickChange.objects.exists()
        assert browser.get(address_of(checklist)).status_code == 404
        assert browser.post(address_of(checklist, "delete/")).status_code == 404


class TestTheAgreement:
    def test_shows_what_was_agreed_to_and_what_would_be_erased(self, browser, checklist):
        page = browser.get("/checklists/agreement/").text
        today = timezone.localdate()
        assert f"You agreed to this on {today.day} {today:%B %Y}." in page
        assert "This erases 1 checklist with its ticks, notes and history" in page

    def test_is_taken_back_which_erases_everything(self, browser, checklist):
        others = make_checklist(make_user("other@example.com"))
        answer = browser.post("/checklists/agreement/")
        assert (answer.status_code, answer.url) == (303, "/checklists/")
        assert list(Checklist.objects.all()) == [others]
        assert "everything that was kept under it is erased" in browser.get("/checklists/").text
        page = browser.get("/checklists/agreement/").text
        assert "You have not agreed to anything, and nothing is kept." in page


class TestWhatIsLive:
    """Shown at the next request, on a checklist that is pinned to an older revision."""

    @pytest.fixture
    def pinned(self, reader):
        pinned = make_checklist(reader)
        later = [
            {"key": "dizzy", "level": "danger", "text": "You may faint and fall.", "what_to_do": "Sit down."},
            {"key": "asthma", "level": "contraindication", "text": "Severe asthma can get worse."},
        ]
        publish_again(pinned.framework, warnings=later)
        return pinned

    @pytest.fixture(params=["list", "checklist", "start", "framework page"])
    def page(self, request, browser, reader, pinned):
        """What the page says now; asked once before anything happens, so that it could have been kept."""
        address = {
            "list": "/checklists/",
            "checklist": pinned.get_absolute_url(),
            "start": f"{START}?instead_of={pinned.pk}",
            "framework page": "/frameworks/box-breathing/",
        }[request.param]
        browser.get(address)
        return lambda: browser.get(address).text

    def test_a_safety_notice_is_shown_and_lifted_at_once(self, pinned, page):
        notice = SafetyNotice.objects.create(
            framework=pinned.framework, level="danger", text="Two people fainted."
        )
        assert "Two people fainted." in page()
        notice.lift()
        assert "Two people fainted." not in page()

    def test_a_withdrawal_is_shown_at_once(self, pinned, page):
        pinned.framework.withdraw(reason="A trial found harm.")
        assert "Withdrawn on" in page()

    @pytest.mark.parametrize("type", ["retraction", "expression_of_concern"])
    def test_a_retraction_or_a_doubt_is_shown_at_once(self, page, type):
        source = Source.objects.get(key="lee2020")
        words = ("etracted", "put in doubt", "Expression of concern")
        assert not any(word in page() for word in words)
        SourceUpdate.objects.create(source=source, type=type, date="2026-05-04")
        assert any(word in page() for word in words)

    def test_a_correction_is_no_doubt(self, checklist, browser):
        source = Source.objects.get(key="lee2020")
        SourceUpdate.objects.create(source=source, type="correction", date="2026-05-04")
        assert "put in doubt" not in browser.get("/checklists/").text

    def test_later_dangers_are_shown_in_full(self, page):
        shown = page()
        for text in ("You may faint and fall.", "Severe asthma can get worse.", "Sit down."):
            assert text in shown

    def test_all_of_it_comes_before_the_items(self, browser, pinned):
        pinned.framework.withdraw(reason="A trial found harm.")
        page = browser.get(pinned.get_absolute_url()).text
        items = page.index('id="checklist"')
        assert page.index("A trial found harm.") < items
        assert page.index("Severe asthma can get worse.") < items
        assert page.index("You may faint and fall.") < items

    def test_a_guest_sees_the_same(self, guest):
        mine = Checklist.objects.exclude(guest=None).get()
        SafetyNotice.objects.create(framework=mine.framework, level="danger", text="Two people fainted.")
        for address in ("/checklists/", mine.get_absolute_url(), "/frameworks/box-breathing/"):
            assert "Two people fainted." in guest.get(address).text

    def test_documents_that_are_known_already_hide_nothing(self, browser, pinned):
        known_documents.forget()
        cold = browser.get(pinned.get_absolute_url()).text
        warm = browser.get(pinned.get_absolute_url()).text
        assert re.sub(r'value="\w{64}"', "", cold) == re.sub(r'value="\w{64}"', "", warm)
