"""The pages of checklists with everything that there can be on them: as a browser shows them, and as valid HTML."""

import pytest
from django.conf import settings
from django.test import Client

from checklists import runs
from checklists.models import Checklist, State, Tick
from checklists.moves import move
from checklists.owners import Owner
from checklists.ticking import Change, tick
from frameworks.drafts import write_draft
from frameworks.models import HelpContact, SafetyNotice, Source, SourceUpdate
from tests.factories import AGREED, make_checklist, make_document, make_framework, make_user

from .checks import DESKTOP, breaks_no_rule, is_valid_html, serves_everybody

LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"

#: Every item can be in another state: see `full`.
ITEMS = [
    {"key": "whole", "text": "I told somebody that I begin"},
    {"key": "chair", "text": "I have a chair", "step": "sit"},
    {"key": "removed", "text": f"An item that goes, {LONG_WORD}", "step": "sit"},
    {"key": "settled", "text": "The dose is settled", "step": "dose"},
    {"key": "talked", "text": "We talked about it", "step": "dose"},
    {"key": "four-rounds", "text": "I did four rounds", "step": "breathe"},
    {"key": "last", "text": f"I wrote down how it was, {LONG_WORD}", "step": "breathe"},
]
STEPS = [
    {
        "key": "sit",
        "title": f"Sit, {LONG_WORD}",
        "body": "Find a chair.",
        "warnings": [
            {"key": "no-driving", "level": "caution", "text": "Never while driving."},
            {"key": "falling", "level": "danger", "text": "You may fall.", "what_to_do": "Lie down."},
        ],
    },
    {"key": "dose", "title": "The dose", "body": "A professional's.", "done_by": "professional"},
    {"key": "breathe", "title": "Breathe", "body": "In, hold, out, hold."},
]


def fill(owner):
    """Give this person one of each: under way with everything on it, moved, outdated, finished, archived, untouched."""
    document = {"steps": STEPS, "supervision": "professional-required", "sensitive": True}
    full = make_framework(
        make_document(title="Full", checklist=ITEMS, **document), slug="full", published=True
    )
    for kind, reworded in (("clinical", "I have a firm chair"), ("safety", "I have a firm and steady chair")):
        checklist = runs.start(full, owner, supervision_confirmed=True)
        if kind == "clinical":
            runs.turn_notes(checklist.pk, owner, on=True)
            tick(
                checklist.pk,
                owner,
                [
                    Change("chair", State.DONE, f"By the window\n<b>{LONG_WORD}</b>"),
                    Change("removed", State.DONE, "Kept below"),
                    Change("settled", State.DONE),
                    Change("whole", State.NOT_FOR_ME),
                ],
            )
            tick(checklist.pk, owner, [Change("chair", State.OPEN, "By the door")])
            tick(checklist.pk, owner, [Change("chair", State.DONE, f"By the window\n<b>{LONG_WORD}</b>")])
        items = [
            item | ({"text": reworded} if item["key"] == "chair" else {})
            for item in ITEMS
            if item["key"] != "removed"
        ]
        later = {"key": f"later-{kind}", "level": "danger", "text": f"Learned afterwards, {LONG_WORD}."}
        new = make_document(title=f"Full, {kind}", checklist=items, warnings=[later], **document)
        write_draft(full, new)
        full.publish(by=None, kind=kind, note="The chair.")
        if kind == "clinical":
            move(checklist.pk, owner, to=2)
    SafetyNotice.objects.create(framework=full, level="danger", text=f"Two people fainted, {LONG_WORD}.")
    plain = make_document(checklist=ITEMS, **document)
    for title in ("Moved", "Current", "Finished", "Archived", "Untouched", "Withdrawn"):
        slug = title.lower()
        framework = make_framework(plain.model_copy(update={"title": title}), slug=slug, published=True)
        checklist = runs.start(framework, owner, supervision_confirmed=True)
        if title == "Moved":
            write_draft(framework, plain.model_copy(update={"title": "Moved along"}))
            framework.publish(by=None, kind="editorial", note="A title.")
            move(checklist.pk, owner, to=2)
        if title == "Current":
            runs.turn_notes(checklist.pk, owner, on=True)
            tick(
                checklist.pk, owner, [Change("chair", State.DONE, "A note"), Change("last", State.NOT_FOR_ME)]
            )
        if title == "Finished":
            tick(checklist.pk, owner, [Change(item["key"], State.DONE) for item in ITEMS])
        if title == "Archived":
            tick(checklist.pk, owner, [Change("chair", State.DONE, "A note")])
            runs.archive(checklist.pk, owner)
        if title == "Withdrawn":
            framework.withdraw(reason="A trial found harm.")
    make_framework(plain.model_copy(update={"title": "New"}), slug="new", published=True)
    # Last of all: what rests on a retracted source alone is not published.
    SourceUpdate.objects.create(
        source=Source.objects.get(key="lee2020"),
        type="retraction",
        date="2026-05-04",
        notice_doi="10.1234/notice",
    )


def addresses(owner):
    """Each page of this person's, with what it has on it."""
    of = {one.framework.slug: one.get_absolute_url() for one in Checklist.objects.filter(**owner.fields)}
    pages = {
        "list": "/checklists/",
        "agreement": "/checklists/agreement/",
        "start": "/checklists/start/new/",
        "start of what was withdrawn": "/checklists/start/withdrawn/?instead_of="
        + of["withdrawn"].split("/")[2],
        "start again": "/checklists/start/current/?instead_of=" + of["current"].split("/")[2],
        "everything": of["full"],
        "changes": f"{of['full']}changes/",
        "nothing changed": f"{of['current']}changes/",
        "history": f"{of['full']}history/",
        "no history": f"{of['untouched']}history/",
        "delete": f"{of['full']}delete/",
        "just moved": of["moved"],
        "finished": of["finished"],
        "archived": of["archived"],
        "untouched": of["untouched"],
        "withdrawn": of["withdrawn"],
        "framework with the form": "/frameworks/current/",
        "framework with the form on its revision": "/frameworks/full/revisions/2/",
        "framework on another revision": "/frameworks/full/",
        "framework not started": "/frameworks/new/",
    }
    return {name: address for name, address in pages.items() if not owner.is_guest or name in OF_GUESTS}


#: Those that say something else to a guest.
OF_GUESTS = {"list", "agreement", "start", "everything", "framework with the form", "framework not started"}


@pytest.fixture
def help_contacts(db):
    for key, kind, number in (("gb-999", "emergency", "999"), ("gb-talk", "talk", "116123")):
        HelpContact.objects.create(
            key=key, country="GB", kind=kind, name="Somebody who helps", number=number, link=f"tel:{number}"
        )


@pytest.fixture
def reader(help_contacts):
    return make_user(display_name=LONG_WORD)


def as_reader(reader):
    browser = Client()
    browser.force_login(reader)
    return browser, Owner(reader=reader.pk)


def as_guest():
    """A browser with the cookie of a guest; their first checklist has nothing on it."""
    browser = Client()
    make_framework(published=True)
    browser.post("/checklists/start/box-breathing/", AGREED)
    return browser, Owner(guest=Checklist.objects.exclude(guest=None).get().guest)


@pytest.fixture(params=["reader", "guest"])
def person(request, reader):
    """A browser, and whose it is."""
    browser, owner = as_reader(reader) if request.param == "reader" else as_guest()
    fill(owner)
    return browser, owner


@pytest.fixture
def open_as(open_page, live_server):
    """Open a page with all cookies of this browser: `open_as(browser, dark=True)`."""

    def open_as(browser, **options):
        page = open_page(reduced_motion="reduce", **options)
        page.context.add_cookies(
            [
                {"name": name, "value": cookie.value, "url": live_server.url}
                for name, cookie in browser.cookies.items()
                if name in (settings.SESSION_COOKIE_NAME, settings.GUEST_COOKIE_NAME)
            ]
        )
        return page

    return open_as


def in_conflict(reader):
    """A browser whose guest has signed in to an account that has the same checklist open."""
    browser, _owner = as_guest()
    make_checklist(reader, framework=Checklist.objects.get().framework)
    browser.force_login(reader)
    return browser


def unfold(folds):
    folds.evaluate_all("folds => folds.forEach(fold => (fold.open = true))")


def with_errors(page, owner):
    """Make every page that comes back with something to mend, and yield each name with the page as it then is."""
    page.goto("/checklists/start/new/")
    # A box that has to be ticked is checked by the server: the form says novalidate.
    page.get_by_role("main").get_by_role("button", name="Start this checklist").click()
    page.get_by_role("alert").first.wait_for()
    yield "start with errors"
    address = Checklist.objects.get(**owner.fields, framework__slug="current").get_absolute_url()
    page.goto(address)
    more = page.locator("#four-rounds details")
    more.locator("summary").click()
    more.locator("textarea").fill("x" * 1001)
    page.locator("form[data-checklist]").evaluate(
        "form => form.requestSubmit()"
    )  # whole, as without a script
    page.locator("#four-rounds [role=alert]").wait_for()
    yield "a note that is too long"


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
class TestEveryPage:
    def test_breaks_no_rule_of_axe_and_never_scrolls_sideways(self, open_as, person):
        browser, owner = person
        page = open_as(browser)
        for name, address in addresses(owner).items():
            page.set_viewport_size(DESKTOP)
            assert page.goto(address).status == 200, name
            unfold(page.locator("main details"))
            serves_everybody(page, name)

    def test_holds_with_errors_too(self, open_as, person):
        browser, owner = person
        page = open_as(browser)
        for name in with_errors(page, owner):
            serves_everybody(page, name)
            page.set_viewport_size(DESKTOP)

    def test_holds_for_the_choice_between_two_checklists(self, open_as, reader):
        page = open_as(in_conflict(reader))
        for name, address in (("join", "/checklists/join/"), ("list with a reminder", "/checklists/")):
            page.goto(address)
            serves_everybody(page, name)

    def test_holds_where_there_is_nothing_yet(self, open_as, reader):
        for name, browser in (("visitor", Client()), ("reader", as_reader(reader)[0])):
            page = open_as(browser)
            page.goto("/checklists/")
            serves_everybody(page, name)

    def test_holds_for_an_item_that_was_just_saved_or_refused(self, open_as, person):
        browser, owner = person
        mine = Checklist.objects.get(**owner.fields, framework__slug="current")
        page = open_as(browser)
        page.goto(mine.get_absolute_url())
        page.get_by_role("checkbox", name="I did four rounds").check()
        page.get_by_role("status").get_by_text("Saved").wait_for()
        assert Tick.objects.get(checklist=mine, item="four-rounds").state == State.DONE
        breaks_no_rule(page, "saved")
        runs.archive(mine.pk, owner)
        page.get_by_role("checkbox", name="I did four rounds").click()
        page.locator("#four-rounds").get_by_text("Not saved: this checklist is archived.").wait_for()
        serves_everybody(page, "refused")


@pytest.mark.html
@pytest.mark.django_db
class TestTheHtml:
    def test_of_every_page_is_valid(self, person, tmp_path):
        browser, owner = person
        pages = {name: browser.get(address) for name, address in addresses(owner).items()}
        mine = Checklist.objects.get(**owner.fields, framework__slug="current").get_absolute_url()
        pages["start with errors"] = browser.post("/checklists/start/new/", {})
        pages["a note that is too long"] = browser.post(mine, {"note:chair": "x" * 1001, "item": "last"})
        pages["not for this browser"] = self.without_its_token(browser, mine)
        answers = {name: answer.status_code for name, answer in pages.items() if answer.status_code != 200}
        assert answers == {
            "start with errors": 422,
            "a note that is too long": 422,
            "not for this browser": 403,
        }
        is_valid_html(tmp_path, pages)

    def without_its_token(self, browser, address):
        browser.handler.enforce_csrf_checks = True
        try:
            return browser.post(
                address, {"item": "last", "note:chair": "<b>"}, headers={"Origin": "http://testserver"}
            )
        finally:
            browser.handler.enforce_csrf_checks = False

    def test_of_the_choice_and_of_nothing_is_valid(self, reader, tmp_path):
        nothing = Client()
        nothing.force_login(make_user("other@example.com"))
        browser = in_conflict(reader)
        pages = {
            "join": browser.get("/checklists/join/"),
            "join without a choice": browser.post("/checklists/join/"),
            "list with a reminder": browser.get("/checklists/"),
            "nothing yet": nothing.get("/checklists/"),
            "nothing agreed to": nothing.get("/checklists/agreement/"),
            "visitor": Client().get("/checklists/"),
        }
        is_valid_html(tmp_path, pages)
