"""What a page costs: a statement is everything but BEGIN, COMMIT and savepoints; session and user are included."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from checklists.models import State
from checklists.owners import Owner
from checklists.ticking import Change, tick
from frameworks import known_documents
from frameworks.drafts import write_draft
from tests.factories import AGREED, make_checklist, make_document, make_framework

pytestmark = pytest.mark.django_db

PAGE = "/frameworks/box-breathing/"
SCRIPT = {"HX-Request": "true"}
_OF_TRANSACTIONS = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")


def statements(ask, status=200):
    """What it asks of the database."""
    with CaptureQueriesContext(
        connection,
    ) as asked:
        answer = ask()
    assert answer.status_code == status
    return [one["sql"] for one in asked if not one["sql"].startswith(_OF_TRANSACTIONS)]


def items(count):
    return [{"key": f"item-{n}", "text": f"Item {n}", "step": "sit"} for n in range(count)]


@pytest.fixture
def framework():
    """On revision 2."""
    framework = make_framework(published=True, title="Before")
    write_draft(framework, make_document())
    framework.publish(by=None, kind="editorial", note="")
    return framework


@pytest.fixture
def guest(framework):
    browser = Client()
    browser.post("/checklists/start/box-breathing/", AGREED | {"revision": "2"})
    browser.cookies.pop("sessionid", None)  # it holds the word of welcome
    return browser


class TestTheFrameworkPage:
    @pytest.mark.parametrize("address", [PAGE, f"{PAGE}revisions/1/", f"{PAGE}revisions/2/"])
    @pytest.mark.parametrize("has", ["no checklist", "a checklist", "a checklist on an older revision"])
    def test_signed_in_takes_at_most_four_cold_and_warm(self, reader, browser, has, address):
        framework = make_framework(published=True, title="Before")
        if has == "a checklist on an older revision":
            make_checklist(reader)
        write_draft(framework, make_document())
        framework.publish(by=None, kind="editorial", note="")
        if has == "a checklist":
            checklist = make_checklist(reader)
            tick(checklist.pk, Owner(reader=reader.pk), [Change("chair", State.DONE, "A note")])
        known_documents.forget()
        for _cold_then_warm in range(2):
            assert len(statements(lambda: browser.get(address))) <= 4

    def test_of_a_guest_takes_two(self, guest):
        known_documents.forget()
        for _cold_then_warm in range(2):
            assert len(statements(lambda: guest.get(PAGE))) == 2

    def test_takes_as_many_for_two_items_as_for_two_hundred(self, reader, browser):
        found = set()
        for count in (2, 200):
            framework = make_framework(published=True, slug=f"of-{count}", checklist=items(count))
            checklist = make_checklist(reader, framework=framework)
            changes = [Change(item["key"], State.DONE, "A note") for item in items(count)]
            tick(checklist.pk, Owner(reader=reader.pk), changes)
            found.add(len(statements(lambda slug=framework.slug: browser.get(f"/frameworks/{slug}/"))))
        assert len(found) == 1


class TestATick:
    @pytest.fixture
    def address(self, reader, framework):
        return f"{make_checklist(reader).get_absolute_url()}items/chair/"

    @pytest.mark.parametrize("sent", [{"state": "done"}, {"state": "open"}, {"note": "A note"}])
    def test_takes_at_most_four(self, browser, address, sent):
        for _cold_then_warm in range(2):
            asked = statements(lambda: browser.post(address, sent, headers=SCRIPT))
            assert len(asked) <= 4
            assert sum("INSERT INTO checklists_tick" in one for one in asked) == 1
        assert len(statements(lambda: browser.post(address, sent), 303)) <= 4

    def test_of_a_guest_takes_two(self, guest, framework):
        page = guest.get("/checklists/").text
        address = (
            page[page.index("/checklists/", page.index('class="tracks"')) :].split('"')[0] + "items/chair/"
        )
        assert len(statements(lambda: guest.post(address, {"state": "done"}, headers=SCRIPT))) == 2
        assert len(statements(lambda: guest.post(address, {"state": "open"}), 303)) == 2

    def test_of_a_whole_form_of_two_hundred_takes_no_more(self, reader, browser):
        checklist = make_checklist(
            reader, framework=make_framework(published=True, slug="long", checklist=items(200))
        )
        sent = {"item": [item["key"] for item in items(200)]}
        assert len(statements(lambda: browser.post(checklist.get_absolute_url(), sent), 303)) <= 4


class TestMyChecklists:
    def test_take_the_same_number_at_one_and_at_a_hundred(self, reader, browser):
        found = []
        frameworks = 0
        for count in (1, 100):
            while frameworks < count:
                framework = make_framework(
                    make_document(title=f"Box breathing {frameworks}"), slug=f"f{frameworks}", published=True
                )
                checklist = make_checklist(reader, framework=framework)
                owner = Owner(reader=reader.pk)
                tick(checklist.pk, owner, [Change("chair", State.DONE), Change("four-rounds", note="A note")])
                if frameworks % 3 == 0:
                    write_draft(framework, make_document(title=f"Again {frameworks}"))
                    framework.publish(by=None, kind="clinical", note="")
                frameworks += 1
            known_documents.forget()
            found += [statements(lambda: browser.get("/checklists/")) for _cold_then_warm in range(2)]
        assert {len(asked) for asked in found} == {4}, "session, user, checklists, activity"

    def test_of_nobody_take_none(self):
        assert statements(lambda: Client().get("/checklists/")) == []


class TestOneChecklist:
    @pytest.mark.parametrize("page", ["", "changes/", "history/", "delete/"])
    def test_takes_as_many_for_two_items_as_for_two_hundred(self, reader, browser, page):
        found = {}
        for count in (2, 200):
            framework = make_framework(published=True, slug=f"of-{count}", checklist=items(count))
            checklist = make_checklist(reader, framework=framework)
            changes = [Change(item["key"], State.DONE, "A note") for item in items(count)]
            tick(checklist.pk, Owner(reader=reader.pk), changes)
            write_draft(framework, make_document(title="Again", checklist=items(count)))
            framework.publish(by=None, kind="clinical", note="")
            address = checklist.get_absolute_url() + page
            browser.get(address)
            found[count] = len(statements(lambda address=address: browser.get(address)))
        assert found[2] == found[200]
        # Its own page also asks whether it came from a handout, and who sees it.
        assert found[2] <= (4 if page else 5)

    def test_says_nothing_of_its_items_one_by_one(self, reader, browser):
        """Cold, a document is sent with the statement that asks for the checklist, not by one of its own."""
        checklist = make_checklist(reader)
        known_documents.forget()
        assert len(statements(lambda: browser.get(checklist.get_absolute_url()))) == 5
