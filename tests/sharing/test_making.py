"""A clinician makes a handout: chooses, looks, makes it. Nobody else does."""

import re
import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import ClinicianProfile, User
from sharing.being_made import MOST
from sharing.models import MOST_AN_HOUR, Handout
from tests.factories import make_clinician, make_framework, make_handout

from .conftest import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("framework")]

NEW = "/handouts/new/box-breathing/"
CHOOSE = f"{NEW}6b1f0c52-3f5e-4d0c-9a53-0d1b6f8a4c11/"
PREVIEW = f"{CHOOSE}preview/"
WHOLE = {
    "step": ["sit", "breathe"],
    "item": ["chair", "four-rounds"],
    "message": "",
    "days": "90",
    "revision": "1",
}


def ticked(page, name):
    boxes = re.findall(rf'<input type="checkbox" name="{name}" value="([^"]+)"[^>]*?( checked)?>', page.text)
    return {value: bool(checked) for value, checked in boxes}


def hidden(page):
    """What a page's form carries along unseen, as a browser would send it."""
    form = page.text[page.text.index('<form class="message') :]
    sent = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form):
        sent.setdefault(name, []).append(value)
    return sent


def look(desk, sent, address=CHOOSE):
    """The preview of what the form sends."""
    return desk.post(address, sent, follow=True)


class TestWhoMayMakeOne:
    def test_is_a_verified_clinician(self, desk):
        assert desk.get(NEW, follow=True).status_code == 200

    def test_is_nobody_else_and_they_read_how_to_apply(self, others):
        for who, browser in others.items():
            for page in (
                browser.get(NEW),
                browser.get(CHOOSE),
                browser.post(PREVIEW, {**WHOLE, "act": "create"}),
            ):
                assert page.status_code == 403, who
                assert 'href="/account/clinician/"' in page.text
        assert not Handout.objects.exists()

    def test_is_told_apart_by_how_they_stand(self, others):
        def said(who):
            return others[who].get(NEW).text

        assert "How to apply" in said("reader")
        assert "You applied on" in said("unverified")
        assert "Your verification was withdrawn on" in said("revoked")
        ClinicianProfile.objects.filter(user__email="applied@example.com").update(
            refused_at=timezone.now(), refused_reason="Not in the register."
        )
        assert "Your application was refused on" in said("unverified")
        assert "How to apply" not in said("unverified") + said("revoked")

    def test_is_asked_who_they_are_where_nobody_is_signed_in(self):
        assert Client().get(NEW).url == f"/account/login/?next={NEW}"
        answer = Client().post(PREVIEW, {**WHOLE, "act": "create", "message": "Slowly"})
        assert answer.status_code == 401
        assert "Slowly" in answer.text

    def test_is_nobody_for_a_framework_that_is_not_there_or_not_published(self, desk):
        make_framework(slug="draft")
        assert desk.get("/handouts/new/draft/", follow=True).status_code == 404
        assert desk.get("/handouts/new/nothing/", follow=True).status_code == 404

    def test_is_nobody_where_it_was_withdrawn(self, desk, framework):
        framework.withdraw(reason="A trial found harm.")
        page = desk.get(NEW, follow=True)
        assert "no handout can be made of it" in page.text
        assert "Look at it" not in page.text
        assert desk.post(CHOOSE, WHOLE).status_code == 409
        assert desk.post(PREVIEW, {**WHOLE, "act": "create"}).status_code == 409
        assert not Handout.objects.exists()


class TestTheForm:
    def test_begins_with_everything_ticked_for_ninety_days(self, desk):
        page = desk.get(NEW, follow=True)
        assert ticked(page, "step") == {"sit": True, "breathe": True}
        assert ticked(page, "item") == {"chair": True, "four-rounds": True}
        assert re.search(r'name="days" value="90"[^>]* checked', page.text)
        assert re.findall(r'name="days" value="(\d+)"', page.text) == ["7", "30", "90", "365"]

    def test_lets_nobody_leave_a_warning_out(self, desk):
        page = desk.get(NEW, follow=True)
        assert not {"dizzy", "no-driving"} & {*ticked(page, "step"), *ticked(page, "item")}

    def test_reminds_of_names_and_diagnoses(self, desk):
        assert "Write no name and no diagnosis" in desk.get(NEW, follow=True).text


class TestThePreview:
    def test_shows_what_the_patient_will_see_and_stores_nothing(self, desk):
        page = look(desk, {**WHOLE, "message": "Bring <i>tablets</i>"})
        assert page.status_code == 200
        assert "Prepared for you by" in page.text
        assert "Bring &lt;i&gt;tablets&lt;/i&gt;" in page.text
        assert "You may faint." in page.text
        assert not Handout.objects.exists()

    def test_is_what_comes_where_nothing_else_is_asked(self, desk):
        look(desk, WHOLE)
        look(desk, WHOLE, PREVIEW)
        assert not Handout.objects.exists()

    def test_shows_the_same_as_the_link_that_comes_of_it(self, desk, patient):
        sent = {**WHOLE, "step": ["sit"], "item": ["chair"], "message": "As we said\n\nSlowly"}
        preview = look(desk, sent)
        desk.post(PREVIEW, {**hidden(preview), "act": "create"})
        handout = Handout.objects.get()

        def steps(page):
            return re.search(r'<h2 class="head" id="message_title".*?</ol>', page.text, re.S)[0]

        assert steps(preview) == steps(patient.get(handout.path))

    def test_can_be_gone_back_from_with_everything_as_it_was(self, desk):
        sent = {**WHOLE, "step": ["sit"], "item": ["chair"], "message": "As we said", "days": "7"}
        page = look(desk, {**hidden(look(desk, sent)), "act": "change"}, PREVIEW)
        assert page.status_code == 200
        assert ticked(page, "step") == {"sit": True, "breathe": False}
        assert ticked(page, "item") == {"chair": True, "four-rounds": False}
        assert "As we said" in page.text
        assert re.search(r'name="days" value="7"[^>]* checked', page.text)

    def test_brings_the_items_of_a_step_that_was_left_out_back_with_it(self, desk):
        preview = look(desk, {**WHOLE, "step": ["sit"]})
        assert "I did four rounds" not in preview.text
        page = look(desk, {**hidden(preview), "act": "change"}, PREVIEW)
        assert ticked(page, "step") == {"sit": True, "breathe": False}
        assert ticked(page, "item") == {"chair": True, "four-rounds": True}


class TestBack:
    """The form and the preview are pages of their own, each as it was left."""

    SENT = {**WHOLE, "step": ["sit"], "item": ["chair"], "message": "As we said", "days": "7"}

    def test_finds_the_form_as_it_was_filled_in(self, desk):
        answer = desk.post(CHOOSE, self.SENT)
        assert (answer.status_code, answer.url) == (303, PREVIEW)
        page = desk.get(CHOOSE)
        assert ticked(page, "step") == {"sit": True, "breathe": False}
        assert ticked(page, "item") == {"chair": True, "four-rounds": False}
        assert "As we said" in page.text
        assert re.search(r'name="days" value="7"[^>]* checked', page.text)

    def test_finds_another_in_each_tab(self, desk):
        other = f"{NEW}{uuid.uuid4()}/"
        look(desk, self.SENT)
        look(desk, {**WHOLE, "message": "For another"}, other)
        assert "As we said" in desk.get(PREVIEW).text
        assert "For another" in desk.get(f"{other}preview/").text
        for _more in range(MOST):
            look(desk, WHOLE, f"{NEW}{uuid.uuid4()}/")
        assert desk.get(PREVIEW).url == CHOOSE, "the oldest is forgotten, and its form empty"
        assert "As we said" not in desk.get(CHOOSE).text

    def test_finds_what_was_made_of_it(self, desk):
        made = desk.post(PREVIEW, {**hidden(look(desk, self.SENT)), "act": "create"}).url
        assert desk.get(PREVIEW).url == CHOOSE
        assert desk.get(CHOOSE).url == made
        assert Handout.objects.count() == 1

    def test_finds_nothing_of_anybody_else(self, desk):
        look(desk, self.SENT)
        desk.post(PREVIEW, {**WHOLE, "act": "create"})
        other = signed_in(make_clinician("other@example.com"))
        assert "As we said" not in other.get(CHOOSE).text
        assert other.get(PREVIEW).url == CHOOSE

    def test_says_on_the_form_where_the_framework_changed_or_was_withdrawn(self, desk, publish, framework):
        look(desk, self.SENT)
        publish()
        assert desk.get(PREVIEW).url == CHOOSE
        page = desk.get(CHOOSE).text
        assert "it is on revision 2 now" in page
        assert "As we said" in page
        framework.refresh_from_db()
        framework.withdraw(reason="A trial found harm.")
        assert desk.get(PREVIEW).url == CHOOSE
        assert "no handout can be made of it" in desk.get(CHOOSE).text


class TestMakingIt:
    def test_pins_what_was_chosen_to_the_revision(self, desk, clinician, publish):
        sent = {**WHOLE, "step": ["breathe"], "item": ["four-rounds"], "message": "Slowly", "days": "7"}
        answer = desk.post(PREVIEW, {**hidden(look(desk, sent)), "act": "create"})
        handout = Handout.objects.get()
        assert (answer.status_code, answer.url) == (303, f"/handouts/{handout.pk}/")
        assert handout.clinician == clinician
        assert (handout.step_keys, handout.item_keys) == (["breathe"], ["four-rounds"])
        assert (handout.message, handout.generation, handout.opens) == ("Slowly", 1, 0)
        assert timedelta(days=7) < handout.expires_at - timezone.now() <= timedelta(days=8)
        publish()
        assert Handout.objects.with_revisions().get().number == 1

    def test_makes_one_however_often_the_button_is_pressed(self, desk):
        sent = {**hidden(look(desk, WHOLE)), "act": "create"}
        first, second = desk.post(PREVIEW, sent), desk.post(PREVIEW, sent)
        assert first.url == second.url
        assert Handout.objects.count() == 1

    @pytest.mark.parametrize(
        "other", [{"message": "For another"}, {"days": "7"}, {"step": ["sit"]}, {"item": ["chair"]}], ids=str
    )
    def test_never_hands_over_another_that_was_made_under_the_same_id(self, desk, other):
        sent = {**hidden(look(desk, WHOLE)), "act": "create"}
        first, second = desk.post(PREVIEW, sent), desk.post(PREVIEW, {**sent, **other})
        assert first.url != second.url
        assert Handout.objects.count() == 2
        if "message" in other:
            assert "For another" in desk.get(second.url).text

    def test_never_hands_over_one_that_was_revoked_meanwhile(self, desk):
        sent = {**hidden(look(desk, WHOLE)), "act": "create"}
        first = desk.post(PREVIEW, sent)
        Handout.objects.get().revoke()
        assert desk.post(PREVIEW, sent).url != first.url

    def test_gives_each_one_an_address_of_its_own(self, desk):
        first, second = desk.get(NEW), desk.get(NEW)
        assert (first.status_code, second.status_code) == (302, 302)
        assert first.url != second.url

    def test_takes_over_nobody_elses(self, desk, framework):
        theirs = make_handout(make_clinician("other@example.com"), framework)
        answer = desk.post(f"{NEW}{theirs.pk}/preview/", {**WHOLE, "message": "Mine", "act": "create"})
        assert answer.status_code == 303
        assert str(theirs.pk) not in answer.url
        theirs.refresh_from_db()
        assert theirs.message == ""

    def test_leaves_the_items_of_a_step_out_with_it(self, desk):
        desk.post(PREVIEW, {**WHOLE, "step": ["sit"], "act": "create"})
        assert Handout.objects.get().item_keys == ["chair"]

    def test_knows_no_step_that_is_not_there(self, desk):
        desk.post(PREVIEW, {**WHOLE, "step": ["sit", "fly"], "item": ["chair", "wings"], "act": "create"})
        handout = Handout.objects.get()
        assert (handout.step_keys, handout.item_keys) == (["sit"], ["chair"])


class TestARefusal:
    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"step": [], "item": []}, '<a href="#chosen_title">Nothing is chosen.'),
            ({"message": "x" * 2001}, "The message has 2,001 characters; shorten it to 2,000."),
            ({"message": "Take \u202eon"}, "This holds the unseen character U+202E."),
            ({"message": "Take\u200b\nnone"}, "This holds the unseen character U+200B."),
            ({"days": "8"}, "Choose how long the link works."),
            ({"days": ""}, "Choose how long the link works."),
            ({"revision": "?"}, "This form did not arrive as it was made."),
        ],
    )
    @pytest.mark.parametrize("address", [CHOOSE, PREVIEW])
    def test_says_what_to_do_and_loses_nothing(self, desk, wrong, said, address):
        sent = {**WHOLE, "message": "Slowly", "item": ["chair"], **wrong, "act": "create"}
        page = desk.post(address, sent)
        assert page.status_code == 422
        assert said in page.text
        assert wrong.get("message", "Slowly") in page.text
        if "item" not in wrong:
            assert ticked(page, "item") == {"chair": True, "four-rounds": False}
        assert not Handout.objects.exists()

    def test_counts_a_new_line_as_one_character(self, desk):
        page = look(desk, {**WHOLE, "message": "\r\n".join(["x" * 9] * 200)})
        assert page.status_code == 200

    def test_leaves_the_lines_of_a_message_as_they_are(self, desk):
        desk.post(
            PREVIEW, {**WHOLE, "message": " Slowly \U0001f642\ufe0f\r\n\r\n\tAs we said\n", "act": "create"}
        )
        assert Handout.objects.get().message == "Slowly \U0001f642\ufe0f\n\n As we said"

    @pytest.mark.parametrize(("address", "act"), [(CHOOSE, ""), (PREVIEW, "create"), (PREVIEW, "change")])
    def test_comes_where_the_framework_changed_meanwhile(self, desk, publish, address, act):
        publish(checklist=[{"key": "chair", "text": "A chair", "step": "sit"}, {"key": "new", "text": "New"}])
        page = desk.post(address, {**WHOLE, "message": "Slowly", "act": act})
        assert page.status_code == 422
        assert "it is on revision 2 now" in page.text
        assert "Slowly" in page.text
        assert ticked(page, "item") == {"new": False, "chair": True}
        assert 'name="revision" value="2"' in page.text
        assert not Handout.objects.exists()

    def test_comes_after_sixty_in_an_hour_and_says_how_long_to_wait(self, desk, clinician, framework, clock):
        now = timezone.now()
        one = make_handout(clinician, framework, created_at=now - timedelta(minutes=50))
        Handout.objects.bulk_create(
            [
                Handout(
                    clinician=clinician,
                    framework=framework,
                    revision=one.revision,
                    step_keys=["sit"],
                    item_keys=[],
                    created_at=now - timedelta(minutes=10),
                    last_on=one.last_on,
                    expires_at=one.expires_at,
                )
                for _more in range(MOST_AN_HOUR - 2)
            ]
        )
        clock(now)
        last = {**WHOLE, "act": "create"}
        assert desk.post(PREVIEW, last).status_code == 303
        assert desk.post(PREVIEW, last).status_code == 303, "pressed twice, it is the one that is made"
        page = desk.post(PREVIEW, {**WHOLE, "message": "Slowly", "act": "create"})
        assert page.status_code == 429
        assert page.headers["Retry-After"] == "600"
        assert "You can make the next one in 10 minutes." in page.text
        assert "Slowly" in page.text
        assert Handout.objects.count() == MOST_AN_HOUR
        other = signed_in(make_clinician("other@example.com"))
        assert other.post(PREVIEW, {**WHOLE, "act": "create"}).status_code == 303
        for seconds, status in ((599, 429), (600, 303), (600, 429)):
            clock(now + timedelta(seconds=seconds))
            address = f"{NEW}{uuid.uuid4()}/preview/"
            assert desk.post(address, {**WHOLE, "message": "Next", "act": "create"}).status_code == status


class TestItsStatements:
    @pytest.fixture(params=[1, 40], ids=lambda count: f"{count} steps")
    def long(self, request):
        """A framework of so many steps, each with an item: its address, and what chooses all of it."""
        keys = [f"s{n}" for n in range(request.param)]
        steps = [{"key": key, "title": key, "body": "Do it."} for key in keys]
        items = [{"key": f"i-{key}", "text": key, "step": key} for key in keys]
        make_framework(slug="long", published=True, steps=steps, checklist=items, claims=[])
        return CHOOSE.replace("box-breathing", "long"), {
            **WHOLE,
            "step": keys,
            "item": [item["key"] for item in items],
        }

    def test_are_five_for_the_form_four_for_its_preview_and_ten_for_making_it(self, desk, long, statements):
        address, whole = long
        desk.get(address)
        assert len(statements(lambda: desk.get(address))) == 5
        sent = {**hidden(look(desk, whole, address)), "act": "create"}
        assert len(statements(lambda: desk.get(f"{address}preview/"))) == 4
        assert len(statements(lambda: desk.post(f"{address}preview/", sent), 303)) == 10


class TestTheFrameworkPage:
    PAGE = "/frameworks/box-breathing/"
    LINK = f'href="{NEW}"'

    def test_leads_there_for_a_verified_clinician_alone(self, desk, others):
        assert self.LINK in desk.get(self.PAGE).text
        for who, browser in {**others, "guest": Client()}.items():
            assert self.LINK not in browser.get(self.PAGE).text, who

    def test_leads_nowhere_from_an_older_revision_and_from_what_was_withdrawn(self, desk, publish, framework):
        publish()
        assert self.LINK not in desk.get(f"{self.PAGE}revisions/1/").text
        framework.withdraw(reason="A trial found harm.")
        assert self.LINK not in desk.get(self.PAGE).text

    def test_takes_one_statement_more_of_a_clinician_and_none_of_anybody_else(self, desk, others, statements):
        assert len(statements(lambda: desk.get(self.PAGE))) == 5
        assert len(statements(lambda: others["reader"].get(self.PAGE))) == 4
        assert len(statements(lambda: others["unverified"].get(self.PAGE))) == 5

    def test_stops_at_once_where_the_verification_is_withdrawn(self, desk, clinician):
        desk.get(self.PAGE)
        clinician.clinician.revoked_at = timezone.now()
        clinician.clinician.revoked_reason = "Struck off."
        clinician.clinician.save()
        assert self.LINK not in desk.get(self.PAGE).text

    def test_knows_who_was_verified_since_they_signed_in_from_their_first_visit_of_the_desk(self, others):
        browser = others["reader"]
        make_clinician(user=User.objects.get(email="reader@example.com"))
        assert self.LINK not in browser.get(self.PAGE).text
        assert browser.get("/handouts/").status_code == 200
        assert self.LINK in browser.get(self.PAGE).text
