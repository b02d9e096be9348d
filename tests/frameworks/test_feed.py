"""The feed of what is new."""

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.utils import timezone

from frameworks import news
from frameworks.drafts import write_draft
from frameworks.models import Framework, SafetyNotice
from tests.factories import make_document, make_framework

pytestmark = pytest.mark.django_db

FEED = "/feed.atom"
SITE = "https://tracework.example"
ATOM = "{http://www.w3.org/2005/Atom}"


def entries(client):
    return ElementTree.fromstring(client.get(FEED).content).findall(f"{ATOM}entry")


def titles(client):
    return [said(entry, "title") for entry in entries(client)]


def said(entry, name):
    return entry.find(f"{ATOM}{name}").text


def link(entry):
    return entry.find(f"{ATOM}link").get("href")


def revise(framework, kind="safety", note="", **changes):
    write_draft(framework, make_document(**changes))
    return framework.publish(by=None, kind=kind, note=note)


class TestARevision:
    def test_is_told_with_its_kind_and_note_by_its_own_address(self, client):
        framework = make_framework(published=True, note="The first.")
        revise(framework, note="Cold water & ice were added.", overview="Otherwise.")
        second, first = entries(client)
        assert said(first, "title") == "New: Box breathing"
        assert said(second, "title") == "Box breathing, revision 2"
        assert second.find(f"{ATOM}category").get("term") == "Safety"
        assert said(second, "summary") == "<p>Cold water &amp; ice were added.</p>"
        assert link(second) == said(second, "id") == f"{SITE}/frameworks/box-breathing/revisions/2/"
        assert client.get(link(second).removeprefix(SITE)).status_code == 200

    def test_is_told_even_where_a_later_one_followed_at_once(self, client):
        framework = make_framework(published=True)
        revise(framework, "safety", overview="Otherwise.")
        revise(framework, "editorial", overview="Otherwise, again.")
        assert len(titles(client)) == 3

    def test_is_told_latest_first_up_to_a_number(self, client, monkeypatch):
        monkeypatch.setattr(news, "MOST", 2)
        for slug in ("one", "two", "three"):
            make_framework(slug=slug, title=slug, published=True)
        assert titles(client) == ["New: three", "New: two"]

    def test_of_a_draft_is_not_told(self, client):
        make_framework()
        assert entries(client) == []


class TestASafetyNotice:
    def test_is_told_until_it_is_lifted(self, client):
        framework = make_framework(published=True)
        notice = SafetyNotice.objects.create(
            framework=framework, level="danger", text="Two <fainted>.\n\nSit."
        )
        told, _new = entries(client)
        assert said(told, "title") == "Safety notice: Box breathing"
        assert told.find(f"{ATOM}category").get("term") == "Danger"
        assert said(told, "summary") == "<p>Two &lt;fainted&gt;.</p>\n\n<p>Sit.</p>"
        assert link(told) == f"{SITE}/frameworks/box-breathing/#notices"
        notice.lift()
        assert titles(client) == ["New: Box breathing"]

    def test_is_told_apart_from_another_of_the_same_moment(self, client):
        framework = make_framework(published=True)
        now = timezone.now()
        for text in ("One.", "Two."):
            SafetyNotice.objects.create(framework=framework, level="danger", text=text, issued_at=now)
        assert len({said(entry, "id") for entry in entries(client)}) == 3

    def test_of_a_draft_is_not_told(self, client):
        SafetyNotice.objects.create(framework=make_framework(), level="danger", text="Stop.")
        assert entries(client) == []

    def test_with_signs_that_xml_cannot_write_does_not_break_the_feed(self, client):
        framework = make_framework(published=True)
        SafetyNotice.objects.create(framework=framework, level="danger", text="Stop\x0b\x1f\uffff.")
        assert said(entries(client)[0], "summary") == "<p>Stop   .</p>"


class TestAWithdrawal:
    def test_is_told_with_its_reason_in_place_of_the_revisions(self, client):
        framework = make_framework(published=True)
        framework.withdraw(reason="A trial found harm.")
        (told,) = entries(client)
        assert said(told, "title") == "Withdrawn: Box breathing"
        assert said(told, "summary") == "<p>A trial found harm.</p>"
        assert link(told) == f"{SITE}/frameworks/box-breathing/#notices"


class TestTheFeed:
    def test_orders_all_kinds_by_their_moment(self, client):
        old, new = (
            make_framework(slug="old", title="Old", published=True),
            make_framework(slug="new", title="New", published=True),
        )
        old.withdraw(reason="Harm.")
        day = timezone.now() + timedelta(days=1)
        SafetyNotice.objects.create(framework=new, level="danger", text="Stop.", issued_at=day)
        Framework.objects.filter(pk=old.pk).update(withdrawn_at=day + timedelta(days=1))
        assert titles(client) == ["Withdrawn: Old", "Safety notice: New", "New: New"]

    def test_names_its_own_address_whatever_the_request_says(self, client):
        make_framework(published=True)
        answer = client.get(FEED, headers={"host": "localhost"})
        assert answer.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
        assert f'<link href="{SITE}/feed.atom" rel="self"/>' in answer.text
        assert "localhost" not in answer.text

    def test_is_one_statement_however_much_there_is(self, client, django_assert_num_queries):
        for slug in ("one", "two", "three"):
            framework = make_framework(slug=slug, published=True)
            SafetyNotice.objects.create(framework=framework, level="danger", text="Stop.")
            with django_assert_num_queries(1):
                client.get(FEED)
        framework.withdraw(reason="Harm.")
        with django_assert_num_queries(1):
            client.get(FEED)

    def test_is_asked_for_each_time_and_not_sent_again_unchanged(self, client):
        framework = make_framework(published=True)
        first = client.get(FEED)
        assert first.headers["Cache-Control"] == "public, no-cache"
        known = {"if-none-match": first.headers["ETag"]}
        assert client.get(FEED, headers=known).status_code == 304
        # A notice that was issued before the latest news, and entered after it.
        SafetyNotice.objects.create(
            framework=framework, level="danger", text="Stop.", issued_at=datetime(2026, 1, 1, tzinfo=UTC)
        )
        assert client.get(FEED, headers=known).status_code == 200

    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
    def test_is_only_read(self, client, method):
        assert getattr(client, method)(FEED).status_code == 405
        assert client.head(FEED).status_code == 200

    @pytest.mark.parametrize("address", ["/", "/frameworks/box-breathing/"])
    def test_is_found_from_the_library_and_from_a_framework(self, client, address):
        make_framework(published=True)
        assert (
            f'type="application/atom+xml" title="Tracework: what is new" href="{FEED}"'
            in client.get(address).text
        )

    def test_reads_the_latest_by_an_index(self, client, django_assert_num_queries):
        """Else it would read every revision that there ever was, or sort every framework."""
        with django_assert_num_queries(1) as asked:
            news.latest()
        plan = explained(asked[0]["sql"])
        assert "revisions_by_date" in plan
        assert "withdrawn_frameworks_by_date" in plan


def explained(statement):
    """How PostgreSQL would read it, were there so much that it avoids reading and sorting all."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute(f"EXPLAIN {statement}")
        return "\n".join(line for (line,) in cursor.fetchall())
