"""The clinician's desk: what they gave, how it stands, and what they can do with it. Each sees their own."""

import json
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from accounts import personal_data
from frameworks.drafts import write_draft
from frameworks.models import SafetyNotice
from sharing.holdings import HANDOUTS
from sharing.models import Handout
from tests.factories import make_clinician, make_document, make_framework, make_handout, make_user

from .conftest import signed_in

pytestmark = pytest.mark.django_db

ACTS = {
    "extend": {"days": "365"},
    "revoke": {},
    "replace-link": {"generation": "1"},
    "renew": {"to": "2"},
}


def part(page, name):
    """A part of the desk, by its id."""
    found = re.search(rf'<section aria-labelledby="{name}_title">.*?</section>', page.text, re.S)
    return found[0] if found else ""


class TestWhoSeesIt:
    @pytest.mark.parametrize("address", ["", "{id}/", "{id}/qr.svg"])
    def test_is_a_verified_clinician(self, handout, others, address):
        address = "/handouts/" + address.format(id=handout.pk)
        for who, browser in others.items():
            assert browser.get(address).status_code == 403, who
        assert Client().get(address).status_code == 302

    @pytest.mark.parametrize("address", ["", "qr.svg"])
    def test_is_each_their_own(self, handout, address):
        other = signed_in(make_clinician("other@example.com"))
        assert other.get(f"/handouts/{handout.pk}/{address}").status_code == 404
        assert str(handout.pk) not in other.get("/handouts/").text

    @pytest.mark.parametrize("act", ACTS)
    def test_acts_each_on_their_own(self, handout, publish, others, act):
        publish()
        before = Handout.objects.values().get()
        address = f"/handouts/{handout.pk}/{act}/"
        others["other clinician"] = signed_in(make_clinician("other@example.com"))
        for who, browser in others.items():
            expected = 404 if who == "other clinician" else 403
            assert browser.post(address, ACTS[act]).status_code == expected, who
        assert Client().post(address, ACTS[act]).status_code == 401
        assert Handout.objects.values().get() == before

    @pytest.mark.parametrize("act", ACTS)
    def test_changes_nothing_by_looking(self, handout, desk, act):
        assert desk.get(f"/handouts/{handout.pk}/{act}/").status_code == 405

    @pytest.mark.parametrize(
        "address", ["", "{id}/", "{id}/qr.svg", "new/box-breathing/", "new/box-breathing/{id}/"]
    )
    def test_is_kept_by_no_cache(self, handout, desk, address):
        answer = desk.get("/handouts/" + address.format(id=handout.pk))
        assert answer.headers["Cache-Control"] == "private, no-store"


class TestTheHeader:
    LINK = '<li><a href="/handouts/"'

    @pytest.mark.parametrize("address", ["/checklists/", "/account/", "/handouts/"])
    def test_leads_there_for_who_has_a_clinicians_profile_alone(self, desk, others, address):
        assert self.LINK in desk.get(address).text
        assert self.LINK not in others["reader"].get(address).text
        assert self.LINK not in Client().get(address, follow=True).text

    def test_of_a_page_for_everyone_leads_to_how_to_apply(self, client):
        page = client.get("/about/").text
        assert 'href="/about/#clinicians"' in page
        assert 'id="clinicians"' in page
        assert 'href="/account/clinician/"' in page


class TestTheList:
    def test_sorts_by_how_they_stand(self, desk, clinician, framework, clock):
        now = timezone.now()
        rows = {
            "active": make_handout(clinician, framework, expires_at=now + timedelta(days=14, seconds=9)),
            "expiring": make_handout(clinician, framework, expires_at=now + timedelta(days=14)),
            "expired": make_handout(clinician, framework, created_at=now - timedelta(days=9), expires_at=now),
            "revoked": make_handout(clinician, framework, revoked_at=now + timedelta(minutes=1)),
        }
        clock(now)
        page = desk.get("/handouts/")
        for name, handout in rows.items():
            there = {other for other in rows if f"handout-{handout.pk}" in part(page, other)}
            assert there == {name}
            assert (handout.link in page.text) == (name in {"active", "expiring"})

    def test_says_how_often_each_was_opened(self, desk, handout, patient):
        assert "opened 0 times" in desk.get("/handouts/").text
        patient.get(handout.path)
        assert "opened 1 time" in desk.get("/handouts/").text

    def test_says_which_framework_changed_and_where_to_read_what(self, desk, handout, publish):
        assert "changed since you sent this" not in desk.get("/handouts/").text
        publish()
        page = desk.get("/handouts/").text
        assert "The framework changed since you sent this: revision 2." in page
        assert 'href="/frameworks/box-breathing/revisions/1...2/"' in page

    def test_says_what_was_withdrawn(self, desk, handout, framework):
        framework.withdraw(reason="A trial found harm.")
        page = desk.get("/handouts/").text
        assert "This framework was withdrawn." in page
        assert "Renew it" not in page

    def test_says_of_a_safety_notice_until_it_is_lifted(self, desk, handout, framework):
        notice = SafetyNotice.objects.create(
            framework=framework,
            level="danger",
            text="Two people fainted.",
            issued_at=datetime(2026, 3, 5, tzinfo=UTC),
        )
        assert "Safety notice, 5 Mar 2026: Danger." in desk.get("/handouts/").text
        notice.lift()
        assert "Safety notice" not in desk.get("/handouts/").text

    def test_says_of_a_revision_that_adds_a_danger(self, desk, handout, publish):
        publish(title="Renamed")
        assert "contraindication or danger" not in desk.get("/handouts/").text
        publish(kind="safety", warnings=[{"key": "asthma", "level": "danger", "text": "Asthma."}])
        added = "It adds or rewords 1 contraindication or danger"
        assert added in desk.get("/handouts/").text
        assert added in desk.get(handout.get_absolute_url()).text

    def test_tells_two_of_the_same_framework_apart(self, desk, clinician, framework):
        now = datetime(2026, 3, 5, 9, 54, tzinfo=UTC)
        make_handout(
            clinician, framework, step_keys=["sit"], message="Slowly, as we said. " * 9, created_at=now
        )
        page = desk.get("/handouts/").text
        assert "1 of 2 steps" in page
        assert "“Slowly, as we said. Slowly," in page
        assert "5 Mar 2026, 09:54 UTC</time>" in page

    def test_has_a_letter_for_the_clinicians_own_mail_program(self, desk, handout):
        page = desk.get("/handouts/").text
        address = re.search(r'href="(mailto:[^"]+)"', page)[1].replace("&amp;", "&")
        assert "+" not in address
        letter = parse_qs(urlsplit(address).query)
        assert letter["subject"] == ["What we talked about"]
        assert "breathing" not in letter["body"][0], "a locked screen shows the first words as well"
        assert handout.link in letter["body"][0]

    def test_takes_as_many_statements_for_one_as_for_a_hundred(self, desk, clinician, framework, statements):
        one = make_handout(clinician, framework)
        desk.get("/handouts/")
        few = statements(lambda: desk.get("/handouts/"))
        write_draft(framework, make_document(title="Again"))
        framework.publish(by=None, kind="clinical")
        Handout.objects.bulk_create(
            Handout(
                clinician=clinician,
                framework=framework,
                revision=one.revision,
                step_keys=["sit"],
                item_keys=[],
                last_on=one.last_on,
                expires_at=one.expires_at,
            )
            for _more in range(99)
        )
        SafetyNotice.objects.create(framework=framework, level="danger", text="Two people fainted.")
        assert len(statements(lambda: desk.get("/handouts/"))) == len(few) == 6

    def test_takes_six_statements_for_one_page(self, desk, handout, statements):
        desk.get("/handouts/")
        assert len(statements(lambda: desk.get(handout.get_absolute_url()))) == 6

    def test_shows_every_one_page_by_page_latest_first(self, desk, clinician, framework, monkeypatch):
        monkeypatch.setattr("sharing.views.PAGE", 2)
        now = timezone.now()
        made = [make_handout(clinician, framework, created_at=now) for _ in range(3)]
        made += [make_handout(clinician, framework, created_at=now - timedelta(days=1)) for _ in range(2)]
        others = make_handout(make_clinician("second@example.com"), framework)
        seen, address = [], "/handouts/"
        while address:
            page = desk.get(address).text
            seen.append(re.findall(r'id="handout-([0-9a-f-]+)"', page))
            link = re.search(r'rel="next" href="([^"]+)"', page)
            address = f"/handouts/{link[1]}" if link else None
        assert [len(page) for page in seen] == [2, 2, 1]
        ids = [one for page in seen for one in page]
        assert set(ids) == {str(one.pk) for one in made}
        assert set(ids[:3]) == {str(one.pk) for one in made[:3]}
        assert "handout-" not in desk.get(f"/handouts/?before={others.pk}").text
        assert desk.get("/handouts/?before=nonsense").status_code == 200

    def test_is_empty_at_first_and_says_where_to_begin(self, desk):
        assert "None yet." in desk.get("/handouts/").text


class TestOnePage:
    def test_is_what_the_patient_sees_and_is_not_counted(self, desk, handout, patient):
        page = desk.get(handout.get_absolute_url()).text
        leaflet = re.compile(r'<article class="handout spread">.*</article>', re.S)
        assert leaflet.search(page)[0] == leaflet.search(patient.get(handout.path).text)[0]
        assert Handout.objects.get().opens == 1

    def test_has_the_qr_code_as_a_file(self, desk, handout):
        answer = desk.get(f"/handouts/{handout.pk}/qr.svg")
        assert answer.headers["Content-Type"] == "image/svg+xml"
        assert answer.headers["Content-Disposition"] == 'attachment; filename="handout-box-breathing.svg"'
        assert answer.text.startswith("<?xml")
        assert "<svg" in answer.text

    def test_has_no_link_where_that_opens_nothing(self, desk, handout):
        handout.revoke()
        page = desk.get(handout.get_absolute_url()).text
        assert "/h/" not in page
        assert "This handout is closed: it was revoked on" in page
        assert "this link works until" not in page
        assert desk.get(f"/handouts/{handout.pk}/qr.svg").status_code == 404

    def test_says_on_paper_too_that_it_has_expired(self, clinician, handout, clock):
        clock(handout.expires_at)
        page = signed_in(clinician).get(handout.get_absolute_url()).text
        assert f"This handout is closed: it was open until {handout.last_on:%-d %b %Y}." in page
        assert "this link works until" not in page
        assert "Start this checklist" not in page


class TestExtending:
    def test_opens_it_from_today(self, clinician, handout, clock):
        clock(handout.expires_at + timedelta(days=1))
        answer = signed_in(clinician).post(f"/handouts/{handout.pk}/extend/", {"days": "30"})
        assert (answer.status_code, answer.url) == (303, f"/handouts/#handout-{handout.pk}")
        clock(handout.expires_at + timedelta(days=31))
        assert Handout.objects.open().exists()
        clock(handout.expires_at + timedelta(days=33))
        assert not Handout.objects.open().exists()

    def test_never_shortens_it(self, desk, handout):
        answer = desk.post(f"/handouts/{handout.pk}/extend/", {"days": "7"}, follow=True)
        assert Handout.objects.get().expires_at == handout.expires_at
        assert f"Open until {handout.last_on:%-d %b %Y}, as before." in answer.text

    def test_says_until_when_it_is_open_now(self, desk, handout):
        answer = desk.post(f"/handouts/{handout.pk}/extend/", {"days": "365"}, follow=True)
        assert f"Extended: open until {timezone.now() + timedelta(days=365):%-d %b %Y}." in answer.text

    def test_is_for_a_year_at_most(self, desk, handout):
        assert desk.post(f"/handouts/{handout.pk}/extend/", {"days": "366"}).status_code == 400
        assert Handout.objects.get().expires_at == handout.expires_at

    def test_opens_nothing_that_was_revoked(self, desk, handout):
        handout.revoke()
        answer = desk.post(f"/handouts/{handout.pk}/extend/", {"days": "365"}, follow=True)
        assert "Not extended: this handout was revoked." in answer.text
        assert Handout.objects.get().expires_at == handout.expires_at


class TestWhatWasDone:
    """An act leads back to the row that it was about, and is told there."""

    def test_is_told_in_its_row(self, desk, clinician, framework, handout):
        make_handout(clinician, framework)
        page = desk.post(f"/handouts/{handout.pk}/revoke/", follow=True).text
        assert page.count("Revoked. Whoever") == 1
        row = re.search(rf'<li class="ui" id="handout-{handout.pk}">.*?</li>', page, re.S)[0]
        assert "Revoked. Whoever" in row
        assert "Revoked. Whoever" not in desk.get("/handouts/").text

    def test_is_told_above_all_where_its_row_is_on_another_page(
        self, desk, clinician, framework, monkeypatch
    ):
        now = timezone.now()
        old = make_handout(clinician, framework, created_at=now - timedelta(days=1))
        make_handout(clinician, framework, created_at=now)
        monkeypatch.setattr("sharing.views.PAGE", 1)
        page = desk.post(f"/handouts/{old.pk}/revoke/", follow=True).text
        assert "Revoked. Whoever" in page

    def test_is_told_on_its_own_page(self, desk, handout):
        page = desk.post(f"/handouts/{handout.pk}/extend/", {"days": "365", "page": "handout"}, follow=True)
        assert "Extended: open until" in page.text


class TestRevoking:
    def test_asks_once_more(self, desk, handout):
        page = desk.get("/handouts/").text
        assert re.search(
            rf'<summary>Revoke it for good</summary>\s*<form[^>]* action="/handouts/{handout.pk}/revoke/">',
            page,
        )

    def test_is_for_good_and_twice_is_once(self, desk, handout):
        desk.post(f"/handouts/{handout.pk}/revoke/")
        revoked_at = Handout.objects.get().revoked_at
        assert revoked_at
        desk.post(f"/handouts/{handout.pk}/revoke/")
        assert Handout.objects.get().revoked_at == revoked_at
        assert not Handout.objects.open().exists()

    def test_leads_back_to_where_the_button_stood(self, desk, handout):
        answer = desk.post(f"/handouts/{handout.pk}/revoke/", {"page": "handout"})
        assert answer.url == f"/handouts/{handout.pk}/"


class TestReplacingTheLink:
    def test_kills_the_old_one_and_twice_is_once(self, desk, handout, patient):
        for _twice in range(2):
            desk.post(f"/handouts/{handout.pk}/replace-link/", {"generation": "1"})
        new = Handout.objects.get()
        assert new.generation == 2
        assert patient.get(handout.path).status_code == 410
        assert patient.get(new.path).status_code == 200

    def test_needs_to_say_which(self, desk, handout):
        assert desk.post(f"/handouts/{handout.pk}/replace-link/").status_code == 400

    def test_gives_none_to_what_was_revoked(self, desk, handout):
        handout.revoke()
        answer = desk.post(f"/handouts/{handout.pk}/replace-link/", {"generation": "1"}, follow=True)
        assert "Not replaced" in answer.text
        assert Handout.objects.get().generation == 1


class TestRenewing:
    def renew(self, desk, handout, to="2"):
        return desk.post(f"/handouts/{handout.pk}/renew/", {"to": to}, follow=True).text

    def chosen(self):
        handout = Handout.objects.with_revisions().get()
        return handout.number, handout.step_keys, handout.item_keys

    def test_takes_all_along_where_all_was_chosen(self, desk, handout, publish):
        publish(checklist=[{"key": "new", "text": "New"}, {"key": "chair", "text": "A chair", "step": "sit"}])
        assert "Renewed: whoever opens the link now reads revision 2." in self.renew(desk, handout)
        assert self.chosen() == (2, ["sit", "breathe"], ["new", "chair"])

    def test_takes_nothing_along_that_was_not_chosen(self, desk, clinician, framework, publish):
        handout = make_handout(clinician, framework, step_keys=["breathe"], item_keys=["four-rounds"])
        publish(checklist=[{"key": "new", "text": "New"}, {"key": "chair", "text": "A chair", "step": "sit"}])
        self.renew(desk, handout)
        assert self.chosen() == (2, ["breathe"], [])

    def test_takes_no_item_along_of_a_step_that_was_left_out(self, desk, clinician):
        """Neither one that is new where every item had been chosen, nor one that has moved there."""
        steps = [{"key": key, "title": key, "body": "Do it."} for key in ("sit", "hold")]
        items = [{"key": "chair", "text": "A chair", "step": "sit"}, {"key": "back", "text": "Straight"}]
        framework = make_framework(slug="two", published=True, steps=steps, checklist=items, claims=[])
        handout = make_handout(clinician, framework, step_keys=["sit"])
        moved = [{**items[0], "step": "hold"}, items[1], {"key": "new", "text": "New", "step": "hold"}]
        write_draft(framework, make_document(steps=steps, checklist=moved, claims=[]))
        framework.publish(by=None, kind="clinical")
        self.renew(desk, handout)
        assert self.chosen() == (2, ["sit"], ["back"])

    def test_refuses_where_nothing_is_left(self, desk, clinician, framework, publish):
        handout = make_handout(clinician, framework, step_keys=[], item_keys=["four-rounds"])
        publish(checklist=[{"key": "chair", "text": "A chair"}])
        assert "nothing of what you chose is in revision 2" in self.renew(desk, handout)
        assert self.chosen() == (1, [], ["four-rounds"])

    def test_refuses_where_the_framework_changed_again(self, desk, handout, publish):
        publish(title="Second")
        publish(title="Third")
        assert "Not renewed" in self.renew(desk, handout)
        assert self.chosen()[0] == 1

    def test_refuses_what_was_revoked_or_withdrawn(self, desk, handout, publish, framework):
        publish()
        handout.revoke()
        assert "Not renewed" in self.renew(desk, handout)
        Handout.objects.update(revoked_at=None)
        framework.withdraw(reason="A trial found harm.")
        assert "Not renewed" in self.renew(desk, handout)
        assert self.chosen()[0] == 1


class TestWhatIsHeldOfAClinician:
    def test_is_said_in_plain_words(self, clinician, handout):
        assert "1 handout:" in HANDOUTS.describe(clinician)
        assert "None." in HANDOUTS.describe(make_user("other@example.com"))

    def test_can_be_taken_along_and_holds_no_link(self, clinician, framework):
        handout = make_handout(clinician, framework, message="Slowly")
        make_handout(make_clinician("other@example.com"), framework, message="Theirs")
        ((name, content),) = HANDOUTS.export(clinician)
        (record,) = json.loads(content)
        assert name == "handouts.json"
        assert (record["framework"], record["revision"], record["message"]) == ("box-breathing", 1, "Slowly")
        assert handout.path.split("/")[2] not in content
        assert list(HANDOUTS.export(make_user("nobody@example.com"))) == []

    def test_is_erased_with_the_account_and_nobody_elses(self, clinician, framework):
        mine = make_handout(clinician, framework, message="Slowly", opens=3)
        theirs = make_handout(make_clinician("other@example.com"), framework, message="Theirs")
        personal_data.erase(clinician)
        left = Handout.objects.get(pk=mine.pk)
        assert (left.clinician, left.message, left.step_keys, left.item_keys, left.opens) == (
            None,
            "",
            [],
            [],
            0,
        )
        assert left.revoked_at
        assert Handout.objects.open().get() == theirs

    def test_is_nothing_by_which_a_dump_of_the_database_would_open_a_handout(self, handout):
        stored = json.dumps(Handout.objects.values().get(), default=str)
        assert handout.path.split("/")[2][-20:] not in stored


def test_a_title_is_that_of_the_revision_that_was_given(desk, handout, publish):
    make_framework(slug="other", title="Another", published=True)
    publish(title="Renamed")
    assert Handout.objects.with_revisions().get().title == "Box breathing"
