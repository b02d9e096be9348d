"""Saving what a reader changes: a whole form or one item, with and without a script, and whatever can go wrong."""

import re
from html import unescape
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.test import Client

from checklists import runs, unsaved
from checklists.forms import digest
from checklists.models import LONGEST_NOTE, Checklist, State, Tick, TickChange
from checklists.moves import move
from checklists.owners import Owner
from checklists.ticking import Change, tick
from frameworks.drafts import write_draft
from tests.factories import AGREED, PASSWORD, make_checklist, make_document, make_framework, make_user

pytestmark = pytest.mark.django_db

THREE = [
    {"key": "chair", "text": "I have a chair", "step": "sit"},
    {"key": "window", "text": "A window is open", "step": "sit"},
    {"key": "four-rounds", "text": "I did four rounds", "step": "breathe"},
]
SCRIPT = {"HX-Request": "true"}


@pytest.fixture
def checklist(reader):
    return make_checklist(reader, framework=make_framework(published=True, checklist=THREE))


@pytest.fixture
def address(checklist):
    return checklist.get_absolute_url()


def signed_in(reader, **options):
    browser = Client(**options)
    browser.force_login(reader)
    return browser


def item_of(checklist, key):
    return f"{checklist.get_absolute_url()}items/{key}/"


def states(checklist):
    return dict(Tick.objects.filter(checklist=checklist).values_list("item", "state"))


def notes(checklist):
    return dict(Tick.objects.filter(checklist=checklist).exclude(note="").values_list("item", "note"))


def set_to(checklist, **wanted):
    """Store a state for items; `four_rounds` for `four-rounds`."""
    changes = [Change(item.replace("_", "-"), State(state)) for item, state in wanted.items()]
    tick(checklist.pk, Owner(reader=checklist.reader_id, guest=checklist.guest), changes)


def form_of(page):
    """What a browser without a script would send of the checklist's form, as the page has just come."""
    form = page[page.index('<form class="checklist"') :]
    form = form[: form.index("</form>")]
    fields = []
    for tag in re.findall(r"<input[^>]*>", form):
        name = re.search(r'name="([^"]*)"', tag)[1]
        if "checkbox" not in tag or " checked" in tag:
            fields.append((name, re.search(r'value="([^"]*)"', tag)[1]))
    fields += re.findall(r'<textarea[^>]* name="([^"]*)"[^>]*>\n([^<]*)</textarea>', form)
    return [(name, unescape(value)) for name, value in fields]


def send(browser, address, fields, **extra):
    return browser.post(address, urlencode(fields), content_type="application/x-www-form-urlencoded", **extra)


class TestTheWholeForm:
    def test_applies_what_the_reader_changed_and_leads_back(self, browser, checklist, address):
        set_to(checklist, chair="done")
        answer = browser.post(address, {"was": "chair", "item": ["window"]})
        assert (answer.status_code, answer.url) == (303, f"{address}?saved#checklist")
        assert states(checklist) == {"chair": "open", "window": "done"}

    def test_says_the_same_as_the_page_until_the_reader_changes_something(self, browser, checklist, address):
        set_to(checklist, chair="done", window="not-for-me")
        browser.post(item_of(checklist, "chair"), {"note": "By the <window>"})
        before = list(TickChange.objects.values())
        assert send(browser, address, form_of(browser.get(address).text)).status_code == 303
        assert list(TickChange.objects.values()) == before

    def test_leaves_alone_what_another_device_did_since_it_was_made(self, browser, checklist, address):
        set_to(checklist, chair="done")
        stale = form_of(browser.get(address).text)
        set_to(checklist, chair="open", window="done", four_rounds="not-for-me")
        send(browser, address, stale)
        assert states(checklist) == {"chair": "open", "window": "done", "four-rounds": "not-for-me"}

    def test_that_is_stale_still_applies_what_was_changed_in_it(self, browser, checklist, address):
        stale = form_of(browser.get(address).text)
        set_to(checklist, chair="done")
        send(browser, address, [*stale, ("item", "four-rounds")])
        assert states(checklist) == {"chair": "done", "four-rounds": "done"}

    def test_without_what_it_was_made_from_unticks_nothing(self, browser, checklist, address):
        set_to(checklist, chair="done")
        browser.post(address, {"item": ["window"]})
        assert states(checklist) == {"chair": "done", "window": "done"}

    def test_twice_is_once(self, browser, checklist, address):
        for _again in range(2):
            assert browser.post(address, {"was": "", "item": ["chair"]}).status_code == 303
        assert states(checklist) == {"chair": "done"}
        assert TickChange.objects.count() == 1

    def test_with_nothing_changed_leads_back(self, browser, checklist, address):
        assert browser.post(address, {}).url == f"{address}?saved#checklist"
        assert not Tick.objects.exists()

    def test_saves_notes_as_typed_and_leaves_those_alone_that_were_not_touched(
        self, browser, checklist, address
    ):
        browser.post(address, {"note:chair": "Kitchen", "note-was:chair": ""})
        stale = form_of(browser.get(address).text)
        browser.post(item_of(checklist, "chair"), {"note": "From another device"})
        fields = dict(stale) | {"note:window": "  two\r\nlines \r\n"}
        send(browser, address, list(fields.items()))
        assert notes(checklist) == {"chair": "From another device", "window": "two\nlines"}

    def test_empties_a_note(self, browser, checklist, address):
        browser.post(address, {"note:chair": "Kitchen"})
        browser.post(address, {"note:chair": "", "note-was:chair": digest("Kitchen")})
        assert notes(checklist) == {}

    def test_on_the_framework_page_leads_back_there(self, browser, checklist, address):
        page = browser.get("/frameworks/box-breathing/").text
        answer = send(browser, address, [*form_of(page), ("item", "chair")])
        assert (answer.status_code, answer.url) == (303, "/frameworks/box-breathing/?saved#checklist")
        answer = browser.post(item_of(checklist, "window"), {"state": "done", "page": "framework"})
        assert answer.url == "/frameworks/box-breathing/?saved#window"

    def test_made_on_a_revision_that_is_no_longer_current_is_saved(self, browser, checklist, address):
        stale = form_of(browser.get("/frameworks/box-breathing/").text)
        write_draft(checklist.framework, make_document(title="Again", checklist=THREE))
        checklist.framework.publish(by=None, kind="editorial", note="")
        answer = send(browser, address, [*stale, ("item", "chair")])
        assert (answer.status_code, answer.url) == (303, f"{address}?saved#checklist")
        assert states(checklist) == {"chair": "done"}

    def test_made_before_a_move_saves_what_is_still_there_and_names_what_is_not(
        self, browser, checklist, address
    ):
        stale = form_of(browser.get(address).text)
        write_draft(checklist.framework, make_document(checklist=THREE[:2]))
        checklist.framework.publish(by=None, kind="editorial", note="")
        move(checklist.pk, Owner(reader=checklist.reader_id), to=2)
        answer = send(browser, address, [*stale, ("item", "chair"), ("item", "four-rounds")])
        assert answer.status_code == 404
        assert "this item is not part of your checklist now" in answer.text
        assert states(checklist) == {"chair": "done"}

    def test_of_three_hundred_items_with_notes_is_saved(self, reader, browser):
        items = [{"key": f"item-{n}", "text": f"Item {n}", "step": "sit"} for n in range(300)]
        long = make_checklist(reader, framework=make_framework(published=True, slug="long", checklist=items))
        address = long.get_absolute_url()
        fields = form_of(browser.get(address).text)
        fields = [(name, "x" * 1000 if name.startswith("note:item") else value) for name, value in fields]
        fields += [("item", item["key"]) for item in items]
        assert send(browser, address, fields).status_code == 303
        assert set(states(long).values()) == {"done"}
        assert len(notes(long)) == 300


class TestOneItem:
    @pytest.mark.parametrize("state", ["done", "open", "not-for-me"])
    def test_takes_the_state_that_is_asked_for(self, browser, checklist, address, state):
        set_to(checklist, chair="open" if state == "done" else "done")
        answer = browser.post(item_of(checklist, "chair"), {"state": state})
        assert (answer.status_code, answer.url) == (303, f"{address}?saved#chair")
        assert states(checklist) == {"chair": state} if state != "done" else {"chair": "done"}

    def test_asked_twice_is_asked_once(self, browser, checklist):
        for _again in range(2):
            browser.post(item_of(checklist, "chair"), {"state": "done"})
        assert states(checklist) == {"chair": "done"}
        assert TickChange.objects.count() == 1

    def test_takes_along_what_else_was_changed_in_the_form(self, browser, checklist, address):
        set_to(checklist, chair="done")
        fields = form_of(browser.get(address).text)
        fields = [(name, "An hour" if name == "note:window" else value) for name, value in fields]
        fields = [field for field in fields if field != ("item", "chair")]
        send(browser, item_of(checklist, "four-rounds"), [*fields, ("state", "not-for-me")])
        assert states(checklist) == {"chair": "open", "window": "open", "four-rounds": "not-for-me"}
        assert notes(checklist) == {"window": "An hour"}

    def test_takes_a_note_and_leaves_the_state(self, browser, checklist):
        set_to(checklist, chair="done")
        browser.post(item_of(checklist, "chair"), {"note": "Kitchen"})
        assert states(checklist) == {"chair": "done"}
        assert notes(checklist) == {"chair": "Kitchen"}

    def test_asked_for_nothing_changes_nothing(self, browser, checklist, address):
        answer = browser.post(item_of(checklist, "chair"), {})
        assert answer.status_code == 422
        assert "This page did not say what it wants." in answer.text
        assert not Tick.objects.exists()


class TestAScript:
    def test_gets_the_item_as_it_is_stored_and_the_numbers(self, browser, checklist):
        set_to(checklist, window="done", four_rounds="not-for-me")
        answer = browser.post(item_of(checklist, "chair"), {"state": "done"}, headers=SCRIPT)
        assert answer.status_code == 200
        assert answer.text.count("<li") == 1
        assert re.search(r'<li id="chair"', answer.text)
        assert re.search(r'data-item="chair"[^>]* checked', answer.text)
        assert 'id="progress_now" hx-swap-oob="true"' in answer.text
        assert "2 of 2 done · 1 not for me" in answer.text
        assert "<html" not in answer.text
        assert states(checklist)["chair"] == "done"

    def test_gets_the_whole_page_s_address_for_the_whole_form(self, browser, address):
        assert browser.post(address, {"item": "chair"}, headers=SCRIPT).status_code == 303

    def test_is_told_in_plain_words_what_was_refused(self, browser, checklist):
        for key, sent, status, words in (
            ("chair", {"state": "maybe"}, 422, "asked for something that there is not"),
            ("chair", {"note": "x" * 1001}, 422, "1 character too long"),
            ("no-such", {"state": "done"}, 404, "not part of your checklist"),
        ):
            answer = browser.post(item_of(checklist, key), sent, headers=SCRIPT)
            assert answer.status_code == status
            assert answer["Content-Type"] == "text/plain; charset=utf-8"
            assert words in answer.text
        assert not Tick.objects.exists()


class TestWhatIsRefused:
    def test_a_state_that_is_none_changes_nothing(self, browser, checklist):
        for state in ("", "Done", "ticked", "done\0", "x" * 5000):
            answer = browser.post(item_of(checklist, "chair"), {"state": state})
            assert answer.status_code == 422
            assert "asked for something that there is not" in answer.text
        assert not Tick.objects.exists()

    def test_a_state_that_is_none_keeps_what_else_was_typed(self, browser, checklist):
        browser.post(item_of(checklist, "chair"), {"state": "maybe", "note:window": "Open it wide"})
        assert notes(checklist) == {"window": "Open it wide"}

    @pytest.mark.parametrize("key", ["no-such-item", "x" * 300, "hurry"])
    def test_an_item_that_is_not_in_scope_is_told_of_and_the_rest_is_saved(self, browser, checklist, key):
        answer = browser.post(item_of(checklist, key), {"state": "done", "item": "chair"})
        assert answer.status_code == 404
        assert "Not saved: this item is not part of your checklist now." in answer.text
        assert states(checklist) == {"chair": "done"}

    def test_a_note_too_long_stays_in_its_box_and_the_rest_is_saved(self, browser, checklist, address):
        long = "<b>" + "x" * LONGEST_NOTE
        answer = browser.post(
            address, {"was": "", "item": "chair", "note:chair": long, "note:window": "An hour"}
        )
        assert answer.status_code == 422
        assert "This note is 3 characters too long, and was not saved. Shorten it to 1000." in answer.text
        fields = dict(form_of(answer.text))
        assert fields["note:chair"] == long
        assert 'id="note_chair"' in answer.text
        assert re.search(r'<textarea id="note_chair"[^>]*aria-invalid="true"', answer.text)
        assert states(checklist) == {"chair": "done", "window": "open"}
        assert notes(checklist) == {"window": "An hour"}

    def test_a_note_of_the_longest_length_is_saved(self, browser, checklist, address):
        note = "ß😀\n" * (LONGEST_NOTE // 3) + "x"
        assert len(note) == LONGEST_NOTE
        # A browser sends two characters for each end of a line, and counts them as one.
        assert browser.post(address, {"note:chair": note.replace("\n", "\r\n")}).status_code == 303
        assert notes(checklist) == {"chair": note}

    @pytest.mark.parametrize("script", [False, True])
    def test_a_change_of_an_archived_checklist(self, browser, checklist, address, script):
        runs.archive(checklist.pk, Owner(reader=checklist.reader_id))
        headers = SCRIPT if script else {}
        answer = browser.post(item_of(checklist, "chair"), {"state": "done"}, headers=headers)
        assert answer.status_code == 409
        assert "Not saved: this checklist is archived. Take it up again first." in answer.text
        assert not Tick.objects.exists()

    @pytest.mark.parametrize(
        "sent",
        [
            {"item": "cha\0ir"},
            {"was": "\0"},
            {"note:\0": "x"},
            {"state:\0": "done"},
            {"item": "\ud800".encode("utf-8", "surrogatepass")},
            {"item": "x" * 100_000},
            {"note:" + "x" * 500: "x"},
            {"item": ""},
        ],
        ids=[
            "nul",
            "nul before",
            "nul in a name",
            "nul of a state",
            "half a pair",
            "long",
            "long name",
            "empty",
        ],
    )
    def test_a_key_that_is_none_is_no_item(self, browser, checklist, address, sent):
        """Sent as a form with files may be, which no middleware looks into."""
        answer = browser.post(address, sent)
        assert answer.status_code == 404
        assert "not part of your checklist" in answer.text
        assert not Tick.objects.exists()

    def test_nul_in_a_note_is_left_out(self, browser, checklist, address):
        browser.post(address, {"note:chair": "a\0b\u202e<script>"})
        assert notes(checklist) == {"chair": "ab\u202e<script>"}
        assert "\u202e<script>" not in browser.get(address).text

    def test_nul_in_an_ordinary_form_is_refused_before_anything_is_read(self, browser, address):
        assert send(browser, address, [("item", "chair\0")]).status_code == 400

    def test_a_form_with_more_fields_than_any_checklist_has(self, browser, checklist, address):
        assert send(browser, address, [(f"note:{n}", "x") for n in range(2000)]).status_code == 400
        assert not Tick.objects.exists()


class TestSomebodyElses:
    @pytest.mark.parametrize("script", [False, True])
    def test_checklist_is_not_there_and_is_not_changed(self, checklist, address, script):
        other = signed_in(make_user("other@example.com"))
        for where in (address, item_of(checklist, "chair"), item_of(checklist, "no-such")):
            answer = other.post(where, {"item": "chair", "state": "done"}, headers=SCRIPT if script else {})
            assert answer.status_code == 404
            assert "chair" not in answer.text
        assert not Tick.objects.exists()


class TestAFormThatThisSiteDidNotMakeForThisBrowser:
    @pytest.fixture
    def browser(self, reader):
        # As browsers do with every form of this site.
        browser = signed_in(reader, enforce_csrf_checks=True, headers={"Origin": "http://testserver"})
        browser.get("/account/")
        return browser

    @pytest.mark.parametrize("token", [None, "x" * 64, "short"], ids=["missing", "foreign", "no token"])
    def test_is_shown_again_with_what_was_changed_and_nothing_is_saved(
        self, browser, checklist, address, token
    ):
        sent = {"was": "", "item": "chair", "note:window": "An hour"}
        if token:
            sent["csrfmiddlewaretoken"] = token
        answer = browser.post(address, sent)
        assert answer.status_code == 403
        assert answer["Cache-Control"] == "private, no-store"
        assert "Not saved yet: this page had been open for too long." in answer.text
        assert not Tick.objects.exists()
        # What the page now holds is saved by one more press of the button.
        fields = form_of(answer.text)
        assert ("item", "chair") in fields
        assert ("note:window", "An hour") in fields
        assert send(browser, address, fields).status_code == 303
        assert states(checklist)["chair"] == "done"
        assert notes(checklist) == {"window": "An hour"}

    @pytest.mark.parametrize("origin", ["https://elsewhere.example", "null"])
    def test_shows_nothing_of_what_another_site_has_sent(self, browser, checklist, address, origin):
        answer = browser.post(address, {"was": "", "note:window": "Not mine"}, headers={"Origin": origin})
        assert answer.status_code == 403
        assert "Not mine" not in answer.text
        assert not Tick.objects.exists()

    def test_shows_nothing_of_what_came_from_it_does_not_say_where(self, reader, address):
        silent = signed_in(reader, enforce_csrf_checks=True)
        silent.get("/account/")
        answer = silent.post(address, {"was": "", "note:window": "Not mine"})
        assert answer.status_code == 403
        assert "Not mine" not in answer.text

    def test_for_one_item_is_shown_again_too(self, browser, checklist, address):
        answer = browser.post(item_of(checklist, "chair"), {"state": "not-for-me"})
        assert answer.status_code == 403
        assert not Tick.objects.exists()
        send(browser, address, form_of(answer.text))
        assert states(checklist) == {"chair": "not-for-me"}

    def test_from_a_script_is_refused(self, browser, checklist):
        answer = browser.post(item_of(checklist, "chair"), {"state": "done"}, headers=SCRIPT)
        assert answer.status_code == 403
        assert not Tick.objects.exists()

    def test_for_somebody_else_s_checklist_shows_nothing_of_it(self, checklist, address):
        other = signed_in(make_user("other@example.com"), enforce_csrf_checks=True)
        other.get("/account/")
        answer = other.post(address, {"item": "chair"})
        assert answer.status_code == 403
        assert "That form is no longer valid" in answer.text
        assert "chair" not in answer.text

    def test_shows_moments_in_the_reader_s_time_zone(self, reader, browser, checklist, address):
        assert_local_time_on(lambda: browser.post(address, {}).text, reader, checklist)

    def test_of_a_browser_without_cookies_is_told_why(self, address):
        answer = Client(enforce_csrf_checks=True).post(address, {"item": "chair"})
        assert answer.status_code == 403
        assert "Your browser refuses cookies" in answer.text

    def test_starts_nothing_in_a_browser_without_cookies(self):
        make_framework(published=True)
        answer = Client(enforce_csrf_checks=True).post("/checklists/start/box-breathing/", AGREED)
        assert answer.status_code == 403
        assert "Your browser refuses cookies" in answer.text
        assert not Checklist.objects.exists()


def assert_local_time_on(page, reader, checklist):
    reader.time_zone = "Asia/Kathmandu"  # its minutes are those of no other place that a test runs in
    reader.save()
    set_to(checklist, chair="done")
    local = Tick.objects.get().changed_at.astimezone(ZoneInfo("Asia/Kathmandu"))
    assert f"{local:%H:%M}" in page()


class TestTheSessionHasEnded:
    @pytest.fixture
    def browser(self, reader):
        """A browser in which the reader was signed in, and is no longer."""
        browser = signed_in(reader)
        browser.get("/checklists/")
        del browser.cookies[settings.SESSION_COOKIE_NAME]
        return browser

    def sign_in(self, browser, answer, email="reader@example.com", **more):
        """Sign in on the page that the answer leads to, and follow it as a browser does."""
        assert answer.status_code == 303
        assert answer.url.startswith("/account/login/?next=%2Fchecklists%2F")
        page = browser.get(answer.url).text
        following = re.search(r'name="next" value="([^"]*)"', page)[1]
        answer = browser.post(
            "/account/login/", {"login": email, "password": PASSWORD, "next": following, **more}
        )
        assert answer.status_code == 302
        return answer.url

    def test_after_signing_in_the_form_is_filled_in_and_one_save_saves_it(self, browser, checklist, address):
        set_to(checklist, four_rounds="done")
        answer = browser.post(address, {"was": "four-rounds", "item": "chair", "note:window": "An hour"})
        assert not notes(checklist)
        assert "chair" not in answer.url
        assert self.sign_in(browser, answer) == address
        page = browser.get(address).text
        assert page.count("Changed, and not saved yet") == 3
        assert "Press Save to keep it." in page
        assert states(checklist) == {"four-rounds": "done"}
        assert send(browser, address, form_of(page)).url == f"{address}?saved#checklist"
        assert states(checklist) == {"chair": "done", "window": "open", "four-rounds": "open"}
        assert notes(checklist) == {"window": "An hour"}
        assert "Changed, and not saved yet" not in browser.get(address).text

    @pytest.mark.parametrize("before", list(State))
    @pytest.mark.parametrize("wanted", list(State))
    def test_any_state_that_was_asked_for_is_saved_by_that_one_save(
        self, browser, checklist, address, before, wanted
    ):
        set_to(checklist, chair=before)
        answer = browser.post(item_of(checklist, "chair"), {"state": wanted})
        self.sign_in(browser, answer)
        send(browser, address, form_of(browser.get(address).text))
        assert states(checklist).get("chair", "open") == wanted

    @pytest.mark.parametrize(("answered", "state"), [("done", "done"), ("open", "open")])
    def test_so_is_the_answer_whether_a_reworded_item_still_holds(
        self, browser, checklist, address, answered, state
    ):
        set_to(checklist, chair="done")
        Tick.objects.update(reworded=True)
        self.sign_in(browser, browser.post(item_of(checklist, "chair"), {"state": answered}))
        send(browser, address, form_of(browser.get(address).text))
        stored = Tick.objects.get()
        assert (stored.state, stored.reworded) == (state, False)

    def test_the_reader_may_think_otherwise_before_saving(self, browser, checklist, address):
        set_to(checklist, chair="not-for-me")
        self.sign_in(browser, browser.post(item_of(checklist, "chair"), {"state": "open"}))
        fields = form_of(browser.get(address).text)
        send(browser, address, [*fields, ("item", "chair")])
        assert states(checklist) == {"chair": "done"}

    def test_a_note_too_long_is_still_there_to_be_shortened(self, browser, checklist, address):
        self.sign_in(browser, browser.post(address, {"note:chair": "x" * 1001}))
        assert ("note:chair", "x" * 1001) in form_of(browser.get(address).text)
        assert browser.post(address, {"note:chair": "x" * 1001}).status_code == 422
        assert browser.post(address, {"note:chair": "short"}).status_code == 303
        assert notes(checklist) == {"chair": "short"}
        assert "x" * 1001 not in browser.get(address).text

    def test_a_script_is_told_and_finds_it_filled_in_as_well(self, browser, checklist, address):
        answer = browser.post(item_of(checklist, "chair"), {"state": "done"}, headers=SCRIPT)
        assert answer.status_code == 401
        assert answer["Content-Type"].startswith("text/plain")
        assert "you have been signed out. Sign in, and it is filled in for you to save." in answer.text
        browser.post("/account/login/", {"login": "reader@example.com", "password": PASSWORD})
        assert ("item", "chair") in form_of(browser.get(address).text)

    def test_whoever_else_signs_in_finds_neither_checklist_nor_change(self, browser, checklist, address):
        make_user("other@example.com")
        answer = browser.post(address, {"item": "chair", "note:chair": "Kitchen"})
        assert self.sign_in(browser, answer, "other@example.com") == address
        assert browser.get(address).status_code == 404
        assert unsaved._NAME not in browser.session

    def test_whoever_else_signs_in_leaves_nothing_of_it_for_the_owner_either(
        self, reader, browser, checklist, address
    ):
        make_user("other@example.com")
        self.sign_in(browser, browser.post(address, {"item": "chair"}), "other@example.com")
        browser.post("/account/logout/")
        browser.post("/account/login/", {"login": reader.email, "password": PASSWORD})
        assert "not saved yet" not in browser.get(address).text

    def test_a_checklist_that_never_was_is_not_there_after_signing_in(self, browser):
        nowhere = "/checklists/00000000-0000-4000-8000-000000000000/"
        assert self.sign_in(browser, browser.post(nowhere, {"item": "chair"})) == nowhere
        assert browser.get(nowhere).status_code == 404
        assert unsaved._NAME not in browser.session

    def test_another_button_of_the_page_leaves_what_waits_as_it_is(self, browser, checklist, address):
        browser.post(address, {"item": "chair"})
        answer = browser.post(f"{address}archive/", {})
        self.sign_in(browser, answer)
        assert ("item", "chair") in form_of(browser.get(address).text)

    def test_what_waits_is_forgotten_after_an_hour(self, browser, checklist, address, monkeypatch):
        answer = browser.post(address, {"item": "chair"})
        self.sign_in(browser, answer)
        monkeypatch.setattr(unsaved, "SECONDS", -1)
        assert ("item", "chair") not in form_of(browser.get(address).text)

    @pytest.mark.parametrize(("remember", "age"), [({}, 0), ({"remember": "on"}, 30 * 24 * 60 * 60)])
    def test_what_waited_does_not_shorten_the_session_that_follows(self, browser, address, remember, age):
        self.sign_in(browser, browser.post(address, {"item": "chair"}), **remember)
        assert browser.session.get("_session_expiry", 0) == age

    def test_of_a_reader_who_was_a_guest_in_this_browser_before(self):
        """The guest's cookie must not make a guest, who has nothing, of a reader who has to sign in again."""
        browser = Client()
        make_framework(published=True, checklist=THREE)
        address = browser.post("/checklists/start/box-breathing/", AGREED).url
        make_user()
        browser.post("/account/login/", {"login": "reader@example.com", "password": PASSWORD})
        assert browser.get(address).status_code == 200
        del browser.cookies[settings.SESSION_COOKIE_NAME]
        assert browser.get(address).status_code == 302
        assert self.sign_in(browser, browser.post(address, {"item": "chair"})) == address
        assert ("item", "chair") in form_of(browser.get(address).text)


class TestMoments:
    @pytest.mark.parametrize("on", ["own page", "framework page", "list", "history", "fragment"])
    def test_are_shown_in_the_reader_s_time_zone(self, reader, browser, checklist, address, on):
        page = {
            "own page": lambda: browser.get(address).text,
            "framework page": lambda: browser.get("/frameworks/box-breathing/").text,
            "list": lambda: browser.get("/checklists/").text,
            "history": lambda: browser.get(f"{address}history/").text,
            "fragment": lambda: (
                browser.post(item_of(checklist, "chair"), {"state": "done"}, headers=SCRIPT).text
            ),
        }[on]
        assert_local_time_on(page, reader, checklist)
