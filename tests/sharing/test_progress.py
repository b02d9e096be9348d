"""Progress that a reader shows to the clinician of a handout, and to nobody else."""

import json
import uuid
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.utils import timezone

from accounts import clinicians, personal_data
from accounts.models import ClinicianProfile
from checklists import runs
from checklists.models import Checklist, State
from checklists.owners import Owner
from checklists.ticking import Change, tick
from sharing import progress
from sharing.models import Handout, HandoutStart, ProgressConsent, ProgressLook
from tests.clinicians import make_verifier
from tests.factories import AGREED, make_checklist, make_clinician, make_framework, make_handout, make_user

from .conftest import signed_in

pytestmark = pytest.mark.django_db

NOTE = "My mother called"


@pytest.fixture
def reader():
    return make_user("robin@example.com", display_name="Robin Reader")


@pytest.fixture
def browser(reader):
    return signed_in(reader)


@pytest.fixture
def checklist(reader, framework, handout):
    """Started from the handout, with one item done, one not for this reader, and a note at each."""
    checklist = make_checklist(reader, framework=framework)
    HandoutStart.objects.create(checklist=checklist, handout=handout)
    changes = [Change("chair", State.DONE, NOTE), Change("four-rounds", State.NOT_FOR_ME, NOTE)]
    tick(checklist.pk, Owner(reader=reader.pk), changes)
    return checklist


@pytest.fixture
def asking(checklist):
    """The page on which the reader agrees."""
    return f"{checklist.get_absolute_url()}show/"


@pytest.fixture
def consent(checklist, reader, handout):
    return progress.grant(checklist.pk, reader, handout=handout.pk, name="M. B.")


@pytest.fixture
def told(handout):
    """What the page says that it told the reader, and the name that they give."""
    return {"name": "M.", "handout": str(handout.pk), "wording": progress.VERSION}


def seen_by(desk, consent):
    return desk.get(consent.get_absolute_url())


class TestAgreeing:
    def test_says_before_exactly_what_is_seen(self, browser, asking):
        page = browser.get(asking).text
        assert "Let Dr Amara Osei see your progress?" in page
        for words in ("which items are done, and on which day", "Your notes.", "Each time that they look"):
            assert words in page

    def test_is_found_on_the_page_of_the_checklist(self, browser, checklist, asking):
        assert f'href="{asking}"' in browser.get(checklist.get_absolute_url()).text

    def test_keeps_to_whom_under_which_name_and_to_which_wording(
        self, browser, checklist, clinician, asking, told
    ):
        answer = browser.post(asking, told | {"name": " M. B. "})
        assert (answer.status_code, answer.url) == (303, f"{checklist.get_absolute_url()}#keeping_part")
        consent = ProgressConsent.objects.get()
        assert (consent.checklist, consent.clinician, consent.name) == (checklist, clinician, "M. B.")
        assert consent.version == progress.VERSION
        assert consent.stands

    def test_needs_a_name_that_is_not_too_long_and_loses_nothing(self, browser, asking, told):
        assert "Write a name or initials" in browser.post(asking, told | {"name": "  "}).text
        answer = browser.post(asking, told | {"name": "m" * 81})
        assert answer.status_code == 422
        assert "m" * 81 in answer.text
        assert not ProgressConsent.objects.exists()

    @pytest.mark.parametrize("unseen", ["\u202eM. B.", "M.\u200b", "\u3164", "M.\x07"])
    def test_needs_a_name_that_can_be_seen_as_it_is(self, browser, asking, told, unseen):
        answer = browser.post(asking, told | {"name": unseen})
        assert answer.status_code == 422
        assert "This holds the unseen character" in answer.text
        assert not ProgressConsent.objects.exists()

    @pytest.mark.parametrize("name", ["wording", "handout"])
    @pytest.mark.parametrize("stale", ["another", None], ids=["another", "unsaid"])
    def test_is_to_what_was_read_and_to_whom(self, browser, asking, told, name, stale):
        told.pop(name)
        answer = browser.post(asking, told | ({name: stale} if stale else {}))
        assert answer.status_code == 422
        assert "This page changed while you were reading it." in answer.text
        assert not ProgressConsent.objects.exists()

    def test_twice_is_once(self, browser, asking, told):
        browser.post(asking, told)
        browser.post(asking, told | {"name": "N."})
        assert ProgressConsent.objects.get().name == "M."

    def test_happens_by_no_look(self, browser, asking):
        browser.get(asking)
        browser.head(asking)
        assert not ProgressConsent.objects.exists()

    def test_is_for_a_checklist_from_a_handout_alone(self, browser, reader, framework):
        own = make_checklist(reader, framework=framework)
        assert "Only you." in browser.get(own.get_absolute_url()).text
        assert browser.get(f"{own.get_absolute_url()}show/").status_code == 404
        assert browser.post(f"{own.get_absolute_url()}show/", {"name": "M."}).status_code == 404

    def test_takes_five_statements_and_one_more_for_however_many_looks(
        self, browser, asking, told, clinician, statements
    ):
        browser.get(asking)
        found = [len(statements(lambda: browser.get(asking)))]
        browser.post(asking, told)
        browser.get(asking)  # shows what the last act said
        for _again in range(2):
            found.append(len(statements(lambda: browser.get(asking))))
            ProgressLook.objects.bulk_create(
                ProgressLook(consent=ProgressConsent.objects.get()) for _look in range(9)
            )
        assert found == [5, 6, 6]

    def test_is_each_readers_own(self, checklist, asking):
        other = signed_in(make_user("other@example.com"))
        assert other.get(asking).status_code == 404
        assert other.post(asking, {"name": "M."}).status_code == 404
        assert not ProgressConsent.objects.exists()

    def test_needs_an_account(self, patient, framework, handout):
        patient.post(f"{handout.path}start/", AGREED)
        checklist = Checklist.objects.get()
        page = patient.get(checklist.get_absolute_url()).text
        assert "With an account you can let Dr Amara Osei" in page
        asking = f"{checklist.get_absolute_url()}show/"
        assert patient.get(asking).url == f"/account/login/?next={asking}"
        assert patient.post(asking, {"name": "M."}).status_code == 401
        assert not ProgressConsent.objects.exists()

    def test_is_refused_where_the_clinician_was_verified_until_just_now(
        self, browser, asking, told, clinician, monkeypatch
    ):
        grant = progress.grant

        def too_late(*args, **kwargs):
            ClinicianProfile.objects.update(verified_at=None)
            return grant(*args, **kwargs)

        monkeypatch.setattr(progress, "grant", too_late)
        answer = browser.post(asking, told)
        assert answer.status_code == 422
        assert "it cannot be shown to this clinician now" in answer.text
        assert not ProgressConsent.objects.exists()

    def test_is_given_by_the_reader_alone_and_for_the_handout_that_it_came_from(
        self, checklist, reader, handout, clinician, framework
    ):
        other = make_handout(clinician, framework)
        for who, which in ((make_user("other@example.com"), handout), (reader, other)):
            with pytest.raises(progress.CannotShow):
                progress.grant(checklist.pk, who, handout=which.pk, name="M.")
        assert not ProgressConsent.objects.exists()

    def test_names_nobody_who_is_not_verified_and_says_why(self, browser, asking, checklist, clinician):
        pages = (asking, checklist.get_absolute_url())
        for changes, said in (
            ({"verified_at": None}, "Tracework is checking anew who made the handout"),
            ({"refused_at": timezone.now(), "refused_reason": "Not found."}, "Tracework no longer confirms"),
        ):
            ClinicianProfile.objects.update(**changes)
            for page in pages:
                answer = browser.get(page).text
                assert said in answer
                assert "Osei" not in answer
            assert "There is nobody to show it to" in browser.get(asking).text
            assert "Osei" not in browser.get("/checklists/shown/").text
        personal_data.erase(clinician)
        for page in pages:
            assert "is no longer here" in browser.get(page).text


class TestWhatTheClinicianSees:
    def test_is_which_items_are_done_and_on_which_day(self, desk, consent):
        page = seen_by(desk, consent).text
        assert "M. B." in page
        assert "1 of 2 done" in page
        done, not_done = page.index("I have a chair"), page.index("I did four rounds")
        assert "Done" in page[done:not_done]
        assert "Not done" in page[not_done:]

    def test_is_no_note_no_account_and_not_what_is_not_for_the_reader(self, desk, consent):
        page = seen_by(desk, consent).text
        for secret in (NOTE, "Robin", "robin@example.com", "Not for me"):
            assert secret not in page

    def test_reads_no_note_at_all(self, desk, consent, statements):
        asked = statements(lambda: seen_by(desk, consent))
        assert not any('"note"' in one or ".note" in one for one in asked if "checklists_tick" in one)

    def test_is_the_scope_alone(self, desk, consent):
        Checklist.objects.update(item_keys=["chair"])
        page = seen_by(desk, consent).text
        assert "1 of 1 done" in page
        assert "I did four rounds" not in page

    def test_follows_the_checklist_to_its_revision_with_all_that_holds_now(
        self, desk, consent, framework, publish
    ):
        publish(warnings=[{"key": "stroke", "level": "danger", "text": "After a stroke, ask first."}])
        framework.refresh_from_db()
        framework.withdraw(reason="A trial found harm.")
        page = seen_by(desk, consent).text
        assert "Revision 1" in page
        assert "A trial found harm." in page

    def test_stands_at_the_handout_by_the_name_that_the_reader_chose(self, desk, handout, consent):
        for page in ("/handouts/", handout.get_absolute_url()):
            assert f'<a href="{consent.get_absolute_url()}">M. B.</a>' in desk.get(page).text

    def test_stands_at_no_other_handout(self, desk, clinician, framework, consent):
        other = make_handout(clinician, framework)
        assert "M. B." not in desk.get(other.get_absolute_url()).text

    def test_stays_when_the_link_is_revoked_or_expired(self, desk, handout, consent):
        handout.revoke()
        assert "M. B." in desk.get("/handouts/").text
        assert seen_by(desk, consent).status_code == 200

    def test_takes_eight_statements_for_two_and_for_a_hundred_items(
        self, desk, clinician, reader, statements
    ):
        found = []
        for count in (2, 100):
            items = [{"key": f"item-{n}", "text": f"Do {n}"} for n in range(count)]
            framework = make_framework(published=True, slug=f"of-{count}", checklist=items)
            given = make_handout(clinician, framework)
            checklist = make_checklist(reader, framework=framework)
            HandoutStart.objects.create(checklist=checklist, handout=given)
            changes = [Change(item["key"], State.DONE) for item in items]
            tick(checklist.pk, Owner(reader=reader.pk), changes)
            consent = progress.grant(checklist.pk, reader, handout=given.pk, name="M.")
            seen_by(desk, consent)
            found.append(len(statements(lambda consent=consent: seen_by(desk, consent))))
        assert found == [8, 8]

    def test_is_kept_by_no_cache(self, desk, consent):
        assert "no-store" in seen_by(desk, consent)["Cache-Control"]


class TestNobodyElse:
    @pytest.mark.parametrize("who", ["reader", "editor", "unverified", "revoked"])
    def test_sees_it(self, consent, others, who):
        assert others[who].get(consent.get_absolute_url()).status_code == 403
        assert not ProgressLook.objects.exists()

    def test_of_other_clinicians_sees_it(self, consent):
        other = signed_in(make_clinician("second@example.com"))
        answer = other.get(consent.get_absolute_url())
        assert answer.status_code == 404
        assert "Not shown to you, or no longer" in answer.text
        never_was = other.get(f"/handouts/progress/{uuid.uuid4()}/")
        assert never_was.status_code == 404
        assert answer.text.partition("<main")[2] == never_was.text.partition("<main")[2]
        assert "M. B." not in other.get("/handouts/").text
        assert not ProgressLook.objects.exists()

    def test_who_is_not_verified_sees_it_whatever_is_stored(self, framework, checklist):
        never = make_clinician("never@example.com", verified=False)
        HandoutStart.objects.update(handout=make_handout(never, framework))
        ProgressConsent.objects.create(checklist=checklist, clinician=never, name="M.", version="x")
        assert not ProgressConsent.objects.visible_to(never).exists()

    def test_sees_it_by_another_handout_of_the_checklist(self, browser, desk, checklist, consent, framework):
        second = make_clinician("second@example.com")
        HandoutStart.objects.update(handout=make_handout(second, framework))
        assert "Only you. If you want, you can let" in browser.get(checklist.get_absolute_url()).text
        assert seen_by(desk, consent).status_code == 404
        assert signed_in(second).get(consent.get_absolute_url()).status_code == 404

    def test_is_asked_to_sign_in_and_told_nothing(self, consent):
        answer = Client().get(consent.get_absolute_url())
        assert answer.status_code == 302
        assert not ProgressLook.objects.exists()


class TestLooks:
    def test_are_told_to_the_reader(self, browser, desk, checklist, consent, asking):
        assert "Has not looked yet." in browser.get(checklist.get_absolute_url()).text
        seen_by(desk, consent)
        seen_by(desk, consent)
        for page in (checklist.get_absolute_url(), "/checklists/shown/"):
            assert "Looked 2 times, last today" in browser.get(page).text
        page = browser.get(asking).text
        assert "2 times" in page
        assert page.count("<time") == 2

    def test_are_each_kept_with_their_moment_alone(self, desk, consent):
        before = datetime.now(UTC)
        seen_by(desk, consent)
        look = ProgressLook.objects.get()
        assert before <= look.looked_at <= datetime.now(UTC)
        assert {field.name for field in ProgressLook._meta.get_fields()} == {"id", "consent", "looked_at"}

    def test_are_none_of_the_desk_or_of_what_shows_nothing(self, desk, handout, consent):
        desk.get("/handouts/")
        desk.get(handout.get_absolute_url())
        assert desk.head(consent.get_absolute_url()).status_code == 405
        assert desk.post(consent.get_absolute_url()).status_code == 405
        assert not ProgressLook.objects.exists()

    def test_come_before_what_is_seen(self, desk, consent, monkeypatch):
        def fails(*args):
            raise RuntimeError("the article cannot be read")

        monkeypatch.setattr(progress, "find_article", fails)
        with pytest.raises(RuntimeError):
            seen_by(desk, consent)
        # Nothing was seen, and nothing says that it was.
        assert not ProgressLook.objects.exists()

    def test_are_shown_latest_first_and_not_without_end(self, browser, asking, consent, monkeypatch):
        monkeypatch.setattr(progress, "LOOKS_SHOWN", 2)
        for day in (1, 2, 3):
            moment = datetime(2026, 5, day, 10, 0, tzinfo=UTC)
            ProgressLook.objects.create(consent=consent, looked_at=moment)
        page = browser.get(asking).text
        assert page.index("3 May 2026, 10:00") < page.index("2 May 2026, 10:00")
        assert "1 May 2026" not in page
        assert "These are the latest 2." in page


class TestTakingItBack:
    def test_ends_it_at_once(self, browser, desk, consent, handout):
        answer = browser.post(f"/checklists/shown/{consent.pk}/withdraw/")
        assert (answer.status_code, answer.url) == (303, "/checklists/shown/")
        assert seen_by(desk, consent).status_code == 404
        for page in ("/handouts/", handout.get_absolute_url()):
            assert "M. B." not in desk.get(page).text

    def test_leads_back_to_the_page_of_the_button(self, browser, checklist, consent):
        answer = browser.post(f"/checklists/shown/{consent.pk}/withdraw/", {"page": "checklist"})
        assert answer.url == checklist.get_absolute_url()

    def test_twice_is_once(self, browser, consent):
        browser.post(f"/checklists/shown/{consent.pk}/withdraw/")
        first = ProgressConsent.objects.get().withdrawn_at
        assert browser.post(f"/checklists/shown/{consent.pk}/withdraw/").status_code == 303
        assert ProgressConsent.objects.get().withdrawn_at == first

    def test_is_each_readers_own_and_needs_a_post(self, browser, desk, consent):
        address = f"/checklists/shown/{consent.pk}/withdraw/"
        assert desk.post(address).status_code == 404
        assert signed_in(make_user("other@example.com")).post(address).status_code == 404
        assert Client().post(address).status_code == 401
        assert browser.get(address).status_code == 405
        assert ProgressConsent.objects.get().stands

    def test_leaves_the_checklist_as_it_was_and_can_be_given_anew(
        self, browser, asking, told, checklist, consent
    ):
        browser.post(f"/checklists/shown/{consent.pk}/withdraw/")
        assert "1 of 1 done" in browser.get(checklist.get_absolute_url()).text
        browser.post(asking, told | {"name": "Somebody else"})
        assert ProgressConsent.objects.standing().get().name == "Somebody else"
        assert ProgressConsent.objects.count() == 2

    def test_comes_with_deleting_the_checklist(self, desk, reader, checklist, consent):
        runs.delete(checklist.pk, Owner(reader=reader.pk))
        assert not ProgressConsent.objects.exists()
        assert seen_by(desk, consent).status_code == 404

    def test_comes_with_leaving(self, desk, reader, consent):
        seen_by(desk, consent)
        personal_data.erase(reader)
        assert not ProgressConsent.objects.exists()
        assert not ProgressLook.objects.exists()
        assert "M. B." not in desk.get("/handouts/").text


class TestTheList:
    def test_says_who_sees_what_since_when_and_what_has_ended(self, browser, consent, checklist):
        page = browser.get("/checklists/shown/").text
        assert "Dr Amara Osei" in page
        assert "under the name “M. B.”" in page
        browser.post(f"/checklists/shown/{consent.pk}/withdraw/")
        page = browser.get("/checklists/shown/").text
        assert "Nobody but you." in page
        assert "until you took it back on" in page

    def test_says_each_time_that_they_looked_also_where_it_has_ended(
        self, browser, checklist, asking, consent, monkeypatch
    ):
        monkeypatch.setattr(progress, "LOOKS_SHOWN", 2)
        for day in (1, 2, 3):
            moment = datetime(2026, 5, day, 10, 0, tzinfo=UTC)
            ProgressLook.objects.create(consent=consent, looked_at=moment)
        browser.post(f"/checklists/shown/{consent.pk}/withdraw/")
        page = browser.get("/checklists/shown/").text
        assert page.index("3 May 2026, 10:00") < page.index("2 May 2026, 10:00")
        assert "1 May 2026" not in page
        assert "These are the latest 2." in page
        _head, _main, agreeing = browser.get(asking).text.partition("<main")
        assert 'href="/checklists/shown/"' in agreeing

    def test_is_led_to_from_the_checklists_and_from_the_data(self, browser, consent):
        for page in ("/checklists/", "/account/data/"):
            assert 'href="/checklists/shown/"' in browser.get(page).text

    def test_is_each_readers_own(self, consent):
        assert "Osei" not in signed_in(make_user("other@example.com")).get("/checklists/shown/").text
        assert Client().get("/checklists/shown/").status_code == 302

    def test_takes_three_statements_and_one_for_all_that_has_ended(
        self, browser, asking, told, consent, statements
    ):
        def asked():
            browser.get("/checklists/shown/")  # shows what the last act said
            return len(statements(lambda: browser.get("/checklists/shown/")))

        found = [asked()]
        for _again in range(2):
            standing = ProgressConsent.objects.standing().get()
            browser.post(f"/checklists/shown/{standing.pk}/withdraw/")
            found.append(asked())
            browser.post(asking, told)
        assert found == [3, 4, 4]


def withdraw_verification(user):
    clinicians.revoke(user.clinician, by=make_verifier(), reason="Struck off.")


def change_details(user):
    clinicians.apply(
        user,
        name="Dr Amara Osei-Bonsu",
        credential="GP",
        organisation="North",
        registration="GMC 1",
        ends_verification=True,
    )


def deactivate(user):
    user.is_active = False
    user.save()


def deactivate_by_hand(user):
    type(user).objects.filter(pk=user.pk).update(is_active=False)


def delete_profile(user):
    user.clinician.delete()


class TestTheEndOfAVerification:
    @pytest.mark.parametrize(
        "end", [withdraw_verification, change_details, deactivate, deactivate_by_hand, delete_profile]
    )
    def test_ends_the_consents_for_good(self, browser, desk, clinician, checklist, consent, end):
        end(clinician)
        consent.refresh_from_db()
        assert consent.lapsed_at is not None
        assert seen_by(desk, consent).status_code in {302, 403}
        page = browser.get("/checklists/shown/").text
        assert "until it ended by itself on" in page
        # Verified again, they see nothing of before.
        type(clinician).objects.filter(pk=clinician.pk).update(is_active=True)
        ClinicianProfile.objects.filter(user=clinician).delete()
        make_clinician(user=clinician)
        again = signed_in(clinician)
        assert seen_by(again, consent).status_code == 404
        assert "M. B." not in again.get("/handouts/").text

    def test_leaves_other_clinicians_and_other_changes_alone(self, clinician, consent):
        withdraw_verification(make_clinician("second@example.com"))
        clinician.display_name = "Amara"
        clinician.save()
        ClinicianProfile.objects.filter(user=clinician).update(organisation="Elsewhere")
        assert ProgressConsent.objects.get().stands

    def test_by_leaving_keeps_the_readers_checklist_and_names_nobody(
        self, browser, clinician, checklist, consent, handout
    ):
        personal_data.erase(clinician)
        consent.refresh_from_db()
        assert consent.clinician is None
        assert not consent.stands
        assert "1 of 1 done" in browser.get(checklist.get_absolute_url()).text
        page = browser.get("/checklists/shown/").text
        assert "A clinician whose account is closed" in page
        assert Handout.objects.get().clinician is None


class TestTheEndOfAReadersAccount:
    @pytest.mark.parametrize("close", [deactivate, deactivate_by_hand])
    def test_ends_the_consents_for_good(self, desk, reader, checklist, consent, close):
        close(reader)
        consent.refresh_from_db()
        assert consent.lapsed_at is not None
        assert seen_by(desk, consent).status_code == 404
        assert "M. B." not in desk.get("/handouts/").text
        type(reader).objects.filter(pk=reader.pk).update(is_active=True)
        assert seen_by(desk, consent).status_code == 404
        assert "until it ended by itself on" in signed_in(reader).get("/checklists/shown/").text
        assert not ProgressLook.objects.exists()

    def test_leaves_nothing_to_see_whatever_is_stored(self, desk, reader, consent):
        type(reader).objects.filter(pk=reader.pk).update(is_active=False)
        ProgressConsent.objects.update(lapsed_at=None)
        assert seen_by(desk, consent).status_code == 404

    def test_leaves_what_others_show_alone(self, consent):
        deactivate(make_user("other@example.com"))
        assert ProgressConsent.objects.get().stands


class TestWhatIsHeldOfAReader:
    def test_is_said_and_can_be_taken_along(self, reader, desk, consent):
        seen_by(desk, consent)
        described = {one.name: one.description for one in personal_data.described(reader)}
        assert described["Who can see your progress"].startswith("You show 1 checklist to a clinician")
        files = {
            name: content for holding in personal_data.holdings() for name, content in holding.export(reader)
        }
        (record,) = json.loads(files["checklists-from-handouts.json"])
        (shown,) = record["shown_to"]
        assert (shown["clinician"], shown["under_the_name"]) == ("Dr Amara Osei", "M. B.")
        assert len(shown["looked_at"]) == 1

    def test_is_in_no_file_of_the_clinician(self, clinician, consent):
        for holding in personal_data.holdings():
            for _name, content in holding.export(clinician):
                assert "M. B." not in str(content)
