"""What somebody sees who opens the link of a handout: always what holds, never more than was agreed."""

import io
import json
import logging
import re
import uuid
from datetime import UTC, date, datetime, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from accounts import clinicians, personal_data
from accounts.models import ClinicianProfile, User
from config.logs import JsonFormatter
from frameworks.document import Level
from frameworks.models import HelpContact, SafetyNotice, Source, SourceUpdate
from sharing import tokens
from sharing.models import Handout
from tests.clinicians import make_verifier
from tests.factories import make_clinician, make_document, make_framework, make_handout, make_user

from .conftest import signed_in

pytestmark = pytest.mark.django_db


def words(page):
    """What a page says, without its markup."""
    main = page.text[page.text.index("<main") :]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


class TestTheHandout:
    def test_says_who_shared_it_and_that_they_were_verified(self, patient, framework):
        verified_at = datetime(2026, 10, 2, 12, tzinfo=UTC)
        handout = make_handout(make_clinician(verified_at=verified_at), framework)
        said = words(patient.get(handout.path))
        assert "Prepared for you by Dr Amara Osei Consultant psychiatrist" in said
        assert "Verified by Tracework on 2 Oct 2026" in said
        assert "GMC 1234567" not in said

    def test_says_its_revision_and_its_last_day(self, patient, handout):
        said = words(patient.get(handout.path))
        assert f"this link works until {handout.last_on:%-d %b %Y}" in said
        assert "Revision 1" in said

    def test_begins_with_the_warnings(self, patient, handout):
        said = words(patient.get(handout.path))
        assert said.index("You may faint.") < said.index("Find a chair.")
        assert said.index("Before you start") < said.index("Your steps")
        assert "Never while driving." in said

    def test_shows_the_chosen_steps_and_items_and_no_other(self, patient, clinician, framework):
        handout = make_handout(clinician, framework, step_keys=["breathe"], item_keys=["four-rounds"])
        said = words(patient.get(handout.path))
        assert "In, hold, out, hold." in said
        assert "I did four rounds" in said
        assert "Find a chair." not in said
        assert "I have a chair" not in said
        assert "1 of 2" in said

    def test_keeps_the_numbers_of_the_framework(self, patient, clinician, framework):
        page = patient.get(make_handout(clinician, framework, step_keys=["breathe"]).path).text
        assert re.findall(r'<li value="(\d)" data-number="(\d)">', page) == [("2", "2")]

    def test_refers_on_paper_to_warnings_by_their_numbers(self, patient, clinician):
        def dangers(*keys):
            return [{"key": key, "level": "danger", "text": f"Beware of {key}."} for key in keys]

        never = {"key": "never", "level": "contraindication", "text": "Never alone."}
        steps = [
            {"key": "sit", "title": "Sit", "body": "Sit.", "warnings": dangers("stairs")},
            {"key": "go", "title": "Go", "body": "Go.", "warnings": [never, *dangers("ice", "dogs")]},
        ]
        items = [{"key": "went", "text": "I went"}]
        framework = make_framework(
            slug="walk", published=True, steps=steps, warnings=dangers("cars"), checklist=items, claims=[]
        )
        said = words(patient.get(make_handout(clinician, framework, step_keys=["go"], item_keys=[]).path))
        for number, key in enumerate(("cars", "stairs", "ice", "dogs"), 1):
            assert f"Danger {number} Beware of {key}." in said
        assert "Contraindication see “Before you start” Danger 3, 4 see “Before you start”" in said

    def test_leads_to_its_parts_from_its_top(self, patient, clinician, framework):
        def links(handout):
            top = re.search(r'<nav class="screen-only ui".*?</nav>', patient.get(handout.path).text, re.S)[0]
            return re.findall(r'href="(#\w+)"', top)

        assert links(make_handout(clinician, framework)) == ["#before_title", "#yours_title"]
        HelpContact.objects.create(
            key="gb-999", country="GB", kind="emergency", name="999", number="999", link="tel:999"
        )
        sensitive = make_framework(slug="full", published=True, sensitive=True)
        everything = make_handout(clinician, sensitive, message="Slowly")
        assert links(everything) == ["#before_title", "#message_title", "#yours_title", "#help"]
        page = patient.get(everything.path).text
        assert all(f'id="{link[1:]}"' in page for link in links(everything))

    def test_shows_items_of_the_whole(self, patient, clinician):
        checklist = [
            {"key": "told", "text": "I told somebody"},
            {"key": "chair", "text": "A chair", "step": "sit"},
        ]
        framework = make_framework(published=True, checklist=checklist)
        handout = make_handout(clinician, framework, step_keys=[], item_keys=["told"])
        said = words(patient.get(handout.path))
        assert "I told somebody" in said
        assert "A chair" not in said

    @pytest.mark.parametrize("level", Level)
    def test_keeps_the_warnings_of_steps_that_were_left_out(self, patient, desk, clinician, level):
        warning = {"key": "heart", "level": level, "text": "Not with a weak heart."}
        steps = [
            {"key": "sit", "title": "Sit", "body": "Find a chair."},
            {"key": "hold", "title": "Hold", "body": "Hold it.", "warnings": [warning]},
        ]
        items = [{"key": "all", "text": "All"}]
        framework = make_framework(
            slug="hold", published=True, steps=steps, checklist=items, claims=[], warnings=[]
        )
        preview = desk.post(
            "/handouts/new/hold/6b1f0c52-3f5e-4d0c-9a53-0d1b6f8a4c11/",
            {"step": ["sit"], "days": "7", "revision": "1"},
            follow=True,
        )
        handout = make_handout(clinician, framework, step_keys=["sit"])
        for page in (preview, patient.get(handout.path), patient.get(f"{handout.path}start/")):
            said = words(page)
            assert "Hold it." not in said
            assert said.count("Not with a weak heart.") == 1
            assert said.index("Before you start") < said.index("Not with a weak heart.")

    def test_keeps_a_caution_at_its_step_where_that_was_chosen(self, patient, handout):
        said = words(patient.get(handout.path))
        assert said.count("Never while driving.") == 1
        assert said.index("Your steps") < said.index("Never while driving.")

    def test_shows_the_message_as_it_was_typed_and_nothing_in_it_works(self, patient, clinician, framework):
        handout = make_handout(
            clinician, framework, message="See <b>me</b>\nhttps://evil.example <script>alert(1)</script>"
        )
        page = patient.get(handout.path).text
        assert "See &lt;b&gt;me&lt;/b&gt;<br>https://evil.example &lt;script&gt;" in page
        assert 'href="https://evil.example' not in page

    def test_has_the_link_as_a_qr_code_and_for_print(self, patient, handout):
        page = patient.get(handout.path).text
        assert handout.link in page
        assert 'role="img" aria-label="QR code' in page
        assert handout.link == f"https://tracework.example/h/{tokens.make(handout.pk, 1)}/"

    def test_leads_to_the_start_of_the_checklist(self, patient, handout, framework):
        assert f'href="{handout.path}start/"' in patient.get(handout.path).text
        framework.withdraw(reason="A trial found harm.")
        assert f'href="{handout.path}start/"' not in patient.get(handout.path).text

    def test_leads_to_no_start_where_no_item_was_chosen(self, patient, clinician, framework):
        steps_alone = make_handout(clinician, framework, item_keys=[])
        assert f'href="{steps_alone.path}start/"' not in patient.get(steps_alone.path).text

    def test_shows_where_to_find_help_where_it_is_sensitive(self, patient, clinician):
        HelpContact.objects.create(
            key="gb-999", country="GB", kind="emergency", name="Emergency", number="999", link="tel:999"
        )
        framework = make_framework(published=True, sensitive=True)
        assert "tel:999" in patient.get(make_handout(clinician, framework).path).text

    def test_is_the_same_for_whoever_opens_it_and_knows_nobody(self, patient, handout, desk):
        stranger = patient.get(handout.path)
        assert stranger.content == desk.get(handout.path).content
        assert stranger.content == signed_in(make_user()).get(handout.path).content
        assert not stranger.cookies
        assert "csrf" not in stranger.text


class TestWhatHoldsWhateverIsPinned:
    def test_is_a_later_danger_in_full(self, patient, handout, publish):
        later = {"key": "later", "level": "danger", "text": "Two people fainted.", "what_to_do": "Lie down."}
        publish("safety", warnings=[later], title="Box breathing, again")
        said = words(patient.get(handout.path))
        assert "What came later, and holds here too" in said
        assert said.index("Two people fainted.") < said.index("Your steps")
        assert "This is revision 1" in said
        assert "Read the current revision, 2" in said
        assert "Box breathing, again" not in said

    def test_is_a_safety_notice(self, patient, handout, framework):
        SafetyNotice.objects.create(framework=framework, level="danger", text="Stop at once.")
        said = words(patient.get(handout.path))
        assert said.index("Stop at once.") < said.index("Prepared for you by")

    def test_is_a_withdrawal(self, patient, handout, framework):
        framework.withdraw(reason="A trial found harm.")
        said = words(patient.get(handout.path))
        assert said.index("A trial found harm.") < said.index("Prepared for you by")

    def test_is_a_retraction(self, patient, handout):
        SourceUpdate.objects.create(
            source=Source.objects.get(key="lee2020"),
            type="retraction",
            date="2026-05-04",
            notice_doi="10.1234/notice",
        )
        page = patient.get(handout.path)
        assert "Lee 2020" in page.text
        assert "It no longer counts as support" in page.text
        assert 'href="/frameworks/box-breathing/revisions/1/#source_lee2020"' in page.text


class TestTheClock:
    def test_opens_it_until_its_expiry_and_closes_it_then(self, patient, handout, clock):
        for passed, status in ((-1, 200), (0, 410), (1, 410)):
            clock(handout.expires_at + timedelta(seconds=passed))
            assert patient.get(handout.path).status_code == status

    def test_closes_it_at_the_end_of_the_day_of_its_clinician(self, patient, framework, clock):
        clinician = make_clinician(user=make_user(time_zone="America/New_York"))
        clock(datetime(2026, 11, 24, 3, tzinfo=UTC))  # the evening before in New York
        sent = {"step": "sit", "days": "7", "revision": "1", "act": "create"}
        signed_in(clinician).post(
            "/handouts/new/box-breathing/6b1f0c52-3f5e-4d0c-9a53-0d1b6f8a4c11/preview/", sent
        )
        handout = Handout.objects.get()
        assert handout.expires_at == datetime(2026, 12, 1, 5, tzinfo=UTC)
        assert 'until <b><time datetime="2026-11-30">30 Nov 2026' in patient.get(handout.path).text

    def test_says_the_same_day_when_the_clinician_has_moved(self, patient, desk, clinician, handout):
        said = [page.text for page in (patient.get(handout.path), desk.get("/handouts/"))]
        User.objects.filter(pk=clinician.pk).update(time_zone="Pacific/Kiritimati")
        day = f"until {handout.last_on:%-d %b %Y}"
        for page in (*said, desk.get("/handouts/").text):
            assert day in re.sub(r"<[^>]+>", "", page)
        assert day in words(patient.get(handout.path))

    def test_goes_by_the_zone_that_the_clinician_had_when_the_day_was_chosen(self, clinician, handout, clock):
        clock(datetime(2027, 11, 24, 23, tzinfo=UTC))  # already the next day in Tokyo
        desk = signed_in(clinician)
        for zone, days, last_on, hour in (
            ("Asia/Tokyo", 7, date(2027, 12, 2), 15),
            ("America/New_York", 7, date(2027, 12, 2), 15),  # it would be sooner, and nothing is shortened
            ("America/New_York", 30, date(2027, 12, 24), 5),
        ):
            User.objects.update(time_zone=zone)
            desk.post(f"/handouts/{handout.pk}/extend/", {"days": str(days)})
            handout.refresh_from_db()
            assert (handout.last_on, handout.expires_at.hour) == (last_on, hour)

    @pytest.mark.parametrize(
        ("zone", "day"),
        [("America/New_York", 30), ("UTC", 1), ("Asia/Tokyo", 1), ("Pacific/Kiritimati", 1)],
    )
    def test_keeps_the_day_that_was_shown_before_days_were_kept(self, framework, zone, day):
        clinician = make_clinician(user=make_user(time_zone=zone))
        expires_at = datetime(2026, 12, 1, 5, tzinfo=UTC)
        make_handout(clinician, framework, created_at=expires_at - timedelta(days=9), expires_at=expires_at)
        import_module("sharing.migrations.0004_last_days").keep_last_days(apps, None)
        assert Handout.objects.get().last_on.day == day

    def test_is_asked_in_the_query_that_finds_it(self, patient, handout, statements):
        found, *_more = statements(lambda: patient.get(handout.path))
        assert '"expires_at" >' in found

    def test_says_the_same_in_sql_and_in_python(self, handout, clock, framework):
        for passed in (-1, 0, 1):
            clock(handout.expires_at + timedelta(seconds=passed))
            assert Handout.objects.open().exists() == (handout.why_closed(1) is None) == (not handout.is_over)


def revoked(handout):
    handout.revoke()


def replaced(handout):
    handout.replace_link(instead_of=1)


def expired(handout):
    now = timezone.now()
    Handout.objects.update(created_at=now - timedelta(days=9), last_on=now.date(), expires_at=now)


def withdrawn(handout):
    clinicians.revoke(handout.clinician.clinician, by=make_verifier(), reason="Struck off.")


def waiting(handout):
    profile = handout.clinician.clinician
    said = {name: getattr(profile, name) for name in profile.DETAILS} | {"organisation": "Southfield"}
    clinicians.apply(handout.clinician, **said, ends_verification=True)


def refused(handout):
    waiting(handout)
    clinicians.refuse(ClinicianProfile.objects.get(), by=make_verifier(), reason="Not found.")


def deactivated(handout):
    handout.clinician.is_active = False
    handout.clinician.save()


def without_profile(handout):
    ClinicianProfile.objects.all().delete()


def gone(handout):
    personal_data.erase(handout.clinician)
    connection.check_constraints()


CLOSED = {
    revoked: "has taken it back",
    replaced: "Its link was replaced by a new one",
    expired: "which has passed",
    withdrawn: "Tracework no longer confirms who made it.",
    refused: "Tracework no longer confirms who made it.",
    waiting: "It is closed for now, while Tracework checks anew who made it.",
    deactivated: "Whoever made it is no longer here.",
    without_profile: "Whoever made it is no longer here.",
    gone: "Whoever made it is no longer here.",
}


class TestALinkThatIsClosed:
    @pytest.fixture
    def handout(self, clinician, framework):
        return make_handout(clinician, framework, message="Bring your tablets")

    @pytest.mark.parametrize("close", CLOSED, ids=lambda close: close.__name__)
    def test_says_so_kindly_and_leads_to_the_framework_and_its_notices(
        self, patient, handout, framework, close
    ):
        SafetyNotice.objects.create(framework=framework, level="danger", text="Stop at once.")
        assert patient.get(handout.path).status_code == 200
        close(handout)
        page = patient.get(handout.path)
        assert page.status_code == 410
        said = words(page)
        assert CLOSED[close] in said
        assert not any(other in said for other in CLOSED.values() if other != CLOSED[close])
        assert said.index("Stop at once.") < said.index("This handout is closed")
        assert "Box breathing" in said
        assert 'href="/frameworks/box-breathing/"' in page.text
        for personal in ("Osei", "Northfield", "tablets", "Find a chair", "I have a chair"):
            assert personal not in page.text

    @pytest.mark.parametrize("close", [revoked, replaced, expired], ids=lambda close: close.__name__)
    def test_is_not_said_to_open_again_where_it_would_not(self, patient, handout, close):
        close(handout)
        waiting(handout)
        assert CLOSED[close] in words(patient.get(handout.path))

    @pytest.mark.parametrize("close", [revoked, replaced, expired], ids=lambda close: close.__name__)
    def test_leads_nobody_back_to_whom_tracework_no_longer_confirms(self, patient, handout, close):
        close(handout)
        withdrawn(handout)
        assert CLOSED[withdrawn] in words(patient.get(handout.path))

    def test_shows_a_withdrawal(self, patient, handout, framework):
        framework.withdraw(reason="A trial found harm.")
        revoked(handout)
        page = patient.get(handout.path)
        assert page.status_code == 410
        assert "A trial found harm." in page.text

    def test_is_not_counted(self, patient, handout):
        revoked(handout)
        patient.get(handout.path)
        assert Handout.objects.get().opens == 0

    def test_is_followed_by_its_new_one(self, patient, handout):
        old = handout.path
        replaced(handout)
        handout.refresh_from_db()
        assert handout.path != old
        assert patient.get(handout.path).status_code == 200
        assert patient.get(old).status_code == 410


class TestAnythingElse:
    @pytest.mark.parametrize("token", ["x", "a" * 48, "A" * 47])
    def test_is_not_found(self, patient, handout, token):
        assert patient.get(f"/h/{token}/").status_code == 404

    def test_is_not_found_for_a_handout_that_was_never_there(self, patient, handout):
        token = tokens.make(uuid.uuid4(), 1)
        assert patient.get(f"/h/{token}/").status_code == 404

    def test_is_not_found_under_another_key(self, patient, handout, settings):
        path = handout.path
        settings.HANDOUT_KEY = "another"
        assert patient.get(path).status_code == 404
        settings.HANDOUT_KEY_FALLBACKS = [settings.SECRET_KEY]
        assert patient.get(path).status_code == 200

    def test_is_refused_that_would_change_something(self, patient, handout):
        assert patient.post(handout.path).status_code == 405


class TestOpenings:
    @pytest.mark.parametrize(
        ("method", "headers", "counted"),
        [
            ("get", {}, 1),
            ("head", {}, 0),
            ("get", {"Sec-Purpose": "prefetch"}, 0),
            ("get", {"Sec-Purpose": "prefetch;prerender"}, 0),
            ("get", {"Purpose": "prefetch"}, 0),
            ("get", {"X-Moz": "prefetch"}, 0),
        ],
    )
    def test_are_counted_when_somebody_looks(self, patient, handout, method, headers, counted):
        assert getattr(patient, method)(handout.path, headers=headers).status_code == 200
        assert Handout.objects.get().opens == counted

    def test_are_counted_one_by_one(self, patient, handout):
        for _again in range(3):
            patient.get(handout.path)
        assert Handout.objects.get().opens == 3

    def test_leave_nothing_but_the_count(self, patient, handout):
        before = Handout.objects.values().get()
        patient.get(handout.path)
        after = Handout.objects.values().get()
        assert {name for name in before if before[name] != after[name]} == {"opens"}


class TestItsAnswers:
    @pytest.mark.parametrize("close", [None, revoked])
    def test_are_kept_by_no_cache_listed_nowhere_and_told_to_no_site(self, patient, handout, close):
        if close:
            close(handout)
        answer = patient.get(handout.path)
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "ETag" not in answer.headers

    @pytest.mark.parametrize(
        ("address", "status"),
        [
            (lambda path: path[:-1], 301),
            (lambda path: f"{path}start", 301),
            (lambda path: f"{path}more/", 404),
            (lambda path: f"{path[:-3]}xx/", 404),
            (lambda path: f"{path}start/?q=%00", 400),
        ],
        ids=["no slash", "no slash of the start", "more", "another token", "unreadable"],
    )
    def test_are_so_too_that_no_view_of_a_handout_gives(self, patient, handout, address, status):
        answer = patient.get(address(handout.path))
        assert answer.status_code == status
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex"
        assert answer.headers["Referrer-Policy"] == "no-referrer"

    def test_say_of_which_site_they_are_where_they_have_a_form(self, handout, desk):
        """Also where somebody who is signed in has mistyped a link, and signs out there."""
        for address in (f"{handout.path}start/", f"{handout.path[:-3]}xx/"):
            answer = desk.get(address)
            assert "<form" in answer.text
            assert answer.headers["Referrer-Policy"] == "strict-origin"
            assert answer.headers["Cache-Control"] == "private, no-store"

    def test_have_no_form_that_this_policy_would_break(self, handout, desk):
        """Under no-referrer a browser sends `Origin: null`, which the protection against forgery refuses."""
        assert "<form" not in desk.get(handout.path).text

    def test_are_logged_without_the_token(self, patient, handout, monkeypatch):
        stream = io.StringIO()
        handler = logging.StreamHandler(stream)
        handler.setFormatter(JsonFormatter())
        logging.getLogger().addHandler(handler)
        try:
            patient.get(handout.path)
            patient.get(handout.path[:-1])
            patient.get(f"{handout.path[:-3]}xx/")
            monkeypatch.setattr("sharing.views.find_article", lambda *args: 1 / 0)
            patient.raise_request_exception = False
            assert patient.get(handout.path).status_code == 500
        finally:
            logging.getLogger().removeHandler(handler)
        lines = [json.loads(line) for line in stream.getvalue().splitlines()]
        routes = [line.get("route") for line in lines if line["event"] == "request"]
        assert routes == ["sharing:handout", None, "sharing:handout", "sharing:handout"]
        token = handout.path.split("/")[2]
        assert token[:20] not in stream.getvalue()
        assert str(handout.pk) not in stream.getvalue()


class TestStatements:
    def test_are_three_and_without_the_count_two(self, patient, handout, statements, desk):
        for browser in (patient, desk):
            assert len(statements(lambda browser=browser: browser.get(handout.path))) == 3
            assert len(statements(lambda browser=browser: browser.head(handout.path))) == 2

    def test_are_three_where_it_is_closed(self, patient, handout, statements):
        revoked(handout)
        assert len(statements(lambda: patient.get(handout.path), 410)) == 3

    def test_are_as_many_for_forty_steps(self, patient, clinician, statements):
        steps = [{"key": f"s{n}", "title": f"Step {n}", "body": "Do it."} for n in range(40)]
        items = [{"key": f"i{n}", "text": f"Item {n}", "step": f"s{n % 40}"} for n in range(200)]
        document = make_document(steps=steps, checklist=items, claims=[])
        handout = make_handout(clinician, make_framework(document, slug="long", published=True))
        assert len(statements(lambda: patient.get(handout.path))) == 3
