"""A draft edited in the admin: as a Document, in order, with keys that stay, and never over somebody else's edit."""

import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db import IntegrityError, connection
from django.test import Client
from django.test.client import MULTIPART_CONTENT
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from frameworks.admin import framework as admin
from frameworks.comparison import compare
from frameworks.desk.forms import DraftForm, anchor_of
from frameworks.desk.keys import key_of
from frameworks.desk.large_forms import MOST_BYTES, MOST_FIELDS
from frameworks.desk.saving import save_draft
from frameworks.document import TEXT_SECTIONS
from frameworks.drafts import read_draft, write_draft
from frameworks.models import Category, DraftChange, Framework, Review, SourceUpdate
from frameworks.models.sources import Source
from tests.factories import make_category, make_document, make_framework, make_source

from .desk import ROLES, address, browser_of
from .desk_forms import typed

pytestmark = pytest.mark.django_db


@pytest.fixture
def framework():
    return make_framework()


@pytest.fixture
def editor():
    return browser_of("editor")


def draft(framework):
    return read_draft(Framework.objects.get(pk=framework.pk))


def save(editor, framework, page=None, **changes):
    """Open the draft, change what is typed, and save it."""
    page = page or editor.get(address(framework))
    return editor.post(address(framework), typed(page, **changes))


def mistakes_of(answer) -> dict[str, str]:
    """What is to be mended, by the field to which it leads."""
    told = answer.text.partition('<div class="desk-mistakes')[2].partition("</div>")[0]
    return dict(re.findall(r'<a href="#([^"]+)">([^<]+)</a>', told))


class TestTheFormOfADraft:
    def test_holds_all_that_the_draft_says_and_saved_untouched_changes_nothing(self, editor, framework):
        before = draft(framework)
        answer = save(editor, framework)
        assert (answer.status_code, answer.url) == (303, address(framework))
        assert draft(framework) == before
        framework.refresh_from_db()
        assert framework.version == 1
        assert "says this already" in editor.get(answer.url).text

    def test_saves_every_text_as_the_document_cleans_it(self, editor, framework):
        save(
            editor,
            framework,
            title="  Box\tbreathing, slowly ",
            overview="One.\r\n\r\n\r\n\r\nTwo. ",
            supervision="ask-first",
            certainty_level="low",
            certainty_outcome="Pulse",
            certainty_judged_by="The editors",
            certainty_reason="One small trial.",
            steps__0__tip="Near a window.",
            claims__0__citations__0__checked="says-it",
            claims__0__citations__0__checked_by="Ann Lee",
            claims__0__citations__0__checked_on="2026-05-31",
        )
        saved = draft(framework)
        assert (saved.title, saved.overview) == ("Box breathing, slowly", "One.\n\nTwo.")
        assert (saved.supervision, saved.certainty.reason) == ("ask-first", "One small trial.")
        assert saved.steps[0].tip == "Near a window."
        assert saved.claims[0].citations[0].checked_on.isoformat() == "2026-05-31"

    def test_records_who_changed_what(self, editor, framework):
        before = draft(framework)
        save(editor, framework, title="Another", steps__0__title="Sit down")
        change = DraftChange.objects.get()
        assert (change.changed_by, change.version, change.before) == (editor.person, 2, before)
        assert LogEntry.objects.get().change_message == "Changed Steps: 1, Title."
        assert "Changed Steps: 1, Title." in editor.get(address(framework, "history")).text

    def test_says_of_each_mistake_what_to_mend_and_where_and_keeps_all_that_was_typed(
        self, editor, framework
    ):
        answer = save(
            editor,
            framework,
            title="Kept as typed",
            category="",
            steps__0__title="",
            steps__0__position="second",
            warnings__0__level="",
            whole__citations__0__checked="says-it",
            examples__0__outcome="x" * 10_001,
        )
        assert answer.status_code == 422
        mistakes = mistakes_of(answer)
        assert mistakes == {
            "id_category": "Category: Choose a category.",
            "id_steps-0-title": "Step 2: Title: Is empty. Write it, or remove the whole entry.",
            "id_steps-0-position": "Step 2: Position: Write a number: 2.5 stands between 2 and 3.",
            "id_warnings-0-level": "Safety warning 1: Level: Choose one from the list.",
            "id_whole-citations-0-checked": (
                "Sources of the whole, citation 1: Checked: A citation that was checked says by whom and when; one "
                "that was not says neither."
            ),
            "id_examples-0-outcome": "Example 1: Outcome: It is 10,001 characters long; at most 10,000 fit.",
        }
        assert all(f'id="{anchor}"' in answer.text for anchor in mistakes)
        again = typed(answer)
        assert (again["title"], again["steps-0-position"]) == (["Kept as typed"], ["second"])
        assert "data-unsaved" in answer.text
        assert draft(framework).title == "Box breathing"

    def test_says_all_at_once_what_is_wrong_with_fields_and_with_what_they_say_together(
        self, editor, framework
    ):
        """A Document asks whether citations and sources fit only once each field is right."""
        answer = save(
            editor,
            framework,
            claims__0__citations__0__source="nobody1999",
            claims__0__citations__0__stance="",
            claims__0__citations__1__source="lee2020",
            claims__0__citations__1__stance="supports",
            claims__0__citations__1__checked="says-it",
            claims__0__citations__1__checked_on="yesterday",
            whole__citations__0__checked="says-it",
            certainty_level="low",
        )
        mistakes = mistakes_of(answer)
        check = "Checked: A citation that was checked says by whom and when; one that was not says neither."
        assert mistakes == {
            "id_certainty_outcome": "Outcome that was judged: Is empty. Write it, or remove the whole entry.",
            "id_certainty_judged_by": "Judged by: Is empty. Write it, or remove the whole entry.",
            "id_certainty_reason": "Why this certain: Is empty. Write it, or remove the whole entry.",
            "id_whole-citations-0-checked": f"Sources of the whole, citation 1: {check}",
            "id_claims-0-citations-0-source": (
                "Claim 1, citation 1: Source: There is no source “nobody1999”; add its record first."
            ),
            "id_claims-0-citations-0-stance": "Claim 1, citation 1: Stance: Choose one from the list.",
            "id_claims-0-citations-1-checked_on": (
                "Claim 1, citation 2: Checked on: Is not a day: write it as 2026-05-31."
            ),
            "id_claims-0-citations-1-checked": f"Claim 1, citation 2: {check}",
        }
        assert answer.text.count("Is empty. Write it") == 6  # each at its field, too

    def test_says_so_of_a_source_that_is_not_there(self, editor, framework):
        answer = save(editor, framework, claims__0__citations__0__source="nobody1999")
        assert answer.status_code == 422
        assert "Source: There is no source “nobody1999”; add its record first." in answer.text
        assert 'href="#id_claims-0-citations-0-source"' in answer.text

    def test_finds_the_field_of_each_place_of_a_document(self):
        document = make_document()
        anchors = {
            "claims[0]": "entry-calms",
            "steps[0].warnings[0].text": "entry-no-driving",
            "steps[1]": "entry-breathe",
            "overview": "id_overview",
            "certainty.reason": "id_certainty_reason",
            "warnings": "part-warnings",
        }
        assert {path: anchor_of(path, document) for path in anchors} == anchors

    def test_takes_a_source_with_its_title_behind_the_key(self, editor, framework):
        save(editor, framework, claims__0__citations__0__source="lee2020: Slow breathing and the pulse")
        assert draft(framework).claims[0].citations[0].source == "lee2020"

    @pytest.mark.parametrize(
        "typed_as", ["Lee2020", "  slow breathing and the  PULSE ", "The study of lee2020: a title"]
    )
    def test_takes_a_source_by_its_key_in_capitals_and_by_its_whole_title(self, editor, framework, typed_as):
        Source.objects.filter(key="lee2020").update(
            title=typed_as if "a title" in typed_as else "Slow breathing and the pulse"
        )
        save(editor, framework, title="Saved", claims__0__citations__0__source=typed_as)
        saved = draft(framework)
        assert (saved.title, saved.claims[0].citations[0].source) == ("Saved", "lee2020")

    def test_asks_which_source_where_two_have_the_title(self, editor, framework):
        Source.objects.filter(key__in=["lee2020", "talk2019"]).update(title="Slow breathing")
        answer = save(editor, framework, claims__0__citations__0__source="Slow breathing")
        assert "Several sources have this title: write the key of one, lee2020, talk2019." in answer.text

    def test_names_entries_without_the_signs_of_their_emphasis(self, editor, framework):
        save(editor, framework, principles__0__text="**Expectation** matters: [see](https://example.org).")
        assert (
            '<option value="slow">Principle 1: Expectation matters: see.</option>'
            in editor.get(address(framework)).text
        )


class TestRows:
    def test_in_which_something_is_typed_become_entries_with_keys_of_their_first_words(
        self, editor, framework
    ):
        save(
            editor,
            framework,
            steps__2__title="Open the eyes, and look around",
            steps__2__body="Slowly.",
            principles__1__text="Größe: 4 × 4!",
        )
        saved = draft(framework)
        assert [step.key for step in saved.steps] == ["sit", "breathe", "open-the-eyes-and-look"]
        assert saved.principles[1].key == "grosse-4-4"

    def test_stand_where_their_position_says_and_keep_their_keys(self, editor, framework):
        save(
            editor,
            framework,
            steps__0__position="2",
            steps__1__position="1",
            steps__2__title="Between",
            steps__2__body="The two.",
            steps__2__position="1.5",
        )
        assert [step.key for step in draft(framework).steps] == ["breathe", "between", "sit"]
        assert [step.key for step in compare(make_document(), draft(framework)).entries if step.added] == [
            "between"
        ]

    def test_that_are_removed_are_gone_with_what_names_them(self, editor, framework):
        save(editor, framework, steps__1__remove="on", checklist__1__remove="on")
        saved = draft(framework)
        assert [step.key for step in saved.steps] == ["sit"]
        assert saved.claims[0].about == ("overview",)

    def test_of_a_step_that_is_removed_are_asked_where_they_belong_now(self, editor, framework):
        answer = save(editor, framework, steps__0__remove="on")
        assert answer.status_code == 422
        mistakes = mistakes_of(answer)
        belongs = "belongs to the step “Sit”, which is removed: choose another."
        assert mistakes == {
            "id_warnings-1-step": f"Safety warning 2: About: “Never while driving.” {belongs}",
            "id_checklist-0-step": f"Checklist item 1: Step: “I have a chair” {belongs}",
        }
        assert "Sit (removed)" in answer.text

    def test_choose_their_step_and_what_they_are_about_by_name_a_new_one_too(self, editor, framework):
        page = editor.get(address(framework))
        assert '<option value="breathe">Breathe</option>' in page.text
        save(
            editor,
            framework,
            page,
            warnings__1__step="breathe",
            steps__2__title="Rest",
            steps__2__body="A minute.",
            checklist__0__step="new:steps-2",
            claims__0__about=["overview", "new:steps-2", "breathe"],
        )
        saved = draft(framework)
        assert [warning.key for warning in saved.steps[1].warnings] == ["no-driving"]
        assert saved.checklist[0].step == "rest"
        # What it was about already keeps its order.
        assert saved.claims[0].about == ("breathe", "overview", "rest")

    def test_of_a_new_claim_take_its_citations_along(self, editor, framework):
        save(
            editor,
            framework,
            claims__1__text="It helps sleep.",
            claims__1__citations__0__source="lee2020",
            claims__1__citations__0__stance="qualifies",
        )
        claim = draft(framework).claims[1]
        assert (claim.key, claim.citations[0].stance) == ("it-helps-sleep", "qualifies")

    def test_with_nothing_but_a_choice_are_not_dropped_without_a_word(self, editor, framework):
        answer = save(editor, framework, claims__0__citations__1__stance="disputes")
        assert answer.status_code == 422
        assert 'href="#id_claims-0-citations-1-source"' in answer.text

    def test_to_spare_are_always_there_without_a_script(self, editor, framework):
        page = typed(editor.get(address(framework)))
        assert page["steps-total"] == ["4"]
        assert page["claims-0-citations-total"] == ["2"]
        assert "steps-3-title" in page


class TestWhatAClaimIsAbout:
    @pytest.fixture
    def framework(self):
        claims = [
            {"key": "calms", "text": "It calms.", "about": ["sit", "overview"]},
            {"key": "why", "text": "It calms because it is slow.", "about": ["calms", "slow", "dizzy"]},
        ]
        return make_framework(claims=claims, citations=[])

    def test_can_be_another_claim_which_stays_when_nothing_is_changed(self, editor, framework):
        before = draft(framework)
        save(editor, framework, title="Other")
        assert draft(framework).claims == before.claims

    def test_is_shown_by_kind_number_and_name_each_with_a_box_to_untick(self, editor, framework):
        page = editor.get(address(framework)).text
        for said in ("Step 1: Sit", "Overview", "Claim 1: It calms.", "Safety warning 1: You may faint."):
            assert re.search(rf"checked autocomplete=\"off\"> {said}</label>", page)

    def test_is_chosen_from_one_list_of_all_entries(self, editor, framework):
        page = editor.get(address(framework)).text
        assert page.count('<datalist id="entries"') == 1
        offered = re.findall(
            r'<option value="([^"]+)">', page.split('<datalist id="entries"')[1].split("</datalist>")[0]
        )
        document = draft(framework)
        assert {*TEXT_SECTIONS, *(entry.key for _path, entry in document.entries()), "new:steps-2"} <= {
            *offered
        }
        assert "new:claims-0-citations-0" not in offered

    def test_that_is_unticked_is_left_out(self, editor, framework):
        save(editor, framework, claims__0__about=["overview", "", " breathe "])
        assert draft(framework).claims[0].about == ("overview", "breathe")

    def test_that_is_not_there_comes_back_to_be_mended(self, editor, framework):
        answer = save(editor, framework, claims__0__about=["sit", "nobody", "new:steps-2"])
        assert answer.status_code == 422
        assert "There is no entry “nobody”: choose one from the list." in answer.text
        assert 'href="#id_claims-0-about"' in answer.text
        assert typed(answer)["claims-0-about"] == ["sit", "new:steps-2", "nobody", ""]

    def test_that_is_removed_with_the_same_save_is_left_out(self, editor, framework):
        save(
            editor,
            framework,
            claims__0__remove="on",
            mistakes__0__remove="on",
            claims__1__about=["calms", "hurry"],
        )
        assert draft(framework).claims[0].about == ()

    def test_of_a_claim_without_words_is_not_dropped_without_a_word(self, editor, framework):
        answer = save(editor, framework, claims__2__about=["sit", ""])
        assert answer.status_code == 422
        assert 'href="#id_claims-2-text"' in answer.text


class TestAKey:
    def test_is_neither_taken_nor_a_name_of_a_part_of_the_page(self):
        assert key_of("Sit", "step", {"sit", "sit-2"}) == "sit-3"
        assert key_of("Sources", "step", set()) == "sources-2"
        assert key_of("息", "step", set()) == "step"
        assert key_of("Don't hurry, ever, on any one of the days", "step", set()) == "dont-hurry-ever-on-any"
        assert len(key_of("x" * 300, "step", set())) <= 80

    def test_of_an_item_that_was_ever_published_is_never_given_again(self, editor):
        framework = make_framework(published=True)
        save(editor, framework, checklist__0__remove="on")
        save(editor, framework, checklist__1__text="Chair")
        keys = [item.key for item in draft(framework).checklist]
        assert keys == ["four-rounds", "chair-2"]

    def test_of_what_was_published_stays_when_a_file_took_it_out_of_the_draft_meanwhile(self, editor):
        framework = make_framework(published=True)
        page = editor.get(address(framework))
        whole = make_document().model_dump()
        without = {"principles": [], "checklist": whole["checklist"][1:], "claims": [], "citations": []}
        write_draft(framework, make_document(**without))
        conflict = save(editor, framework, page, title="Mine", principles__0__text="Reworded.")
        assert conflict.status_code == 409
        editor.post(address(framework), typed(conflict, **mine(conflict)))
        saved = draft(framework)
        assert saved.title == "Mine"
        assert saved.item_keys == make_document().item_keys
        assert [one.key for one in saved.principles] == [one.key for one in make_document().principles]

    def test_of_an_item_that_was_published_before_stays_too(self, editor):
        framework = make_framework(published=True)
        page = editor.get(address(framework))
        whole = make_document().model_dump()
        write_draft(framework, make_document(checklist=whole["checklist"][1:]))
        framework.publish(by=None, kind="clinical")
        conflict = save(editor, framework, page)
        editor.post(address(framework), typed(conflict, **mine(conflict)))
        assert draft(framework).item_keys == make_document().item_keys

    def test_of_another_kind_of_entry_is_none_that_it_could_take(self, editor):
        framework = make_framework(published=True)
        save(
            editor,
            framework,
            checklist__0__remove="on",
            principles__1__text="Two",
            principles__1__key="chair",
        )
        assert [one.key for one in draft(framework).principles][1] == "two"


def version_of(conflict):
    return conflict.context["conflict"].version


def together(conflict):
    return {"_together": str(version_of(conflict))}


def mine(conflict):
    return {"_mine": str(version_of(conflict))}


class TestTwoEditorsOfOneDraft:
    @pytest.fixture
    def other(self):
        return browser_of("administrator")

    @pytest.fixture
    def conflict(self, editor, other, framework):
        """The page that the second to save gets. Both began with the same draft."""
        page = editor.get(address(framework))
        save(other, framework, overview="Theirs.", steps__1__title="Breathe out")
        return save(editor, framework, page, title="Mine", steps__2__title="Rest", steps__2__body="A while.")

    def test_the_second_to_save_gets_both_versions_and_stores_nothing(self, conflict, framework):
        assert conflict.status_code == 409
        assert draft(framework).title == "Box breathing"
        assert "What Administrator changed" in conflict.text
        theirs, mine = conflict.text.split("What you changed")
        assert "Theirs." in theirs
        assert "Mine" in mine
        assert "Rest" in mine
        assert typed(conflict)["title"] == ["Mine"]
        assert typed(conflict)["version"] == ["1"], (
            "until somebody has chosen, the edit is one of the first version"
        )

    def test_what_both_changed_is_marked_where_it_stands_with_what_the_other_wrote(
        self, editor, other, framework
    ):
        page = editor.get(address(framework))
        save(
            other,
            framework,
            overview="Theirs.",
            sensitive="on",
            tagline="Same",
            steps__0__title="Their step",
            warnings__1__step="breathe",
            claims__0__citations__0__finding="Theirs found",
        )
        conflict = save(
            editor,
            framework,
            page,
            overview="Mine.",
            tagline="Same",
            problem="Mine alone.",
            steps__0__title="My step",
            warnings__1__step="",
            claims__0__citations__0__finding="Mine found",
        )
        assert conflict.status_code == 409
        noted = re.findall(
            r'id="id_([^"]+)_theirs"><b>You both changed this.</b> Theirs: ([^<]+)</p>', conflict.text
        )
        assert dict(noted) == {
            "overview": "Theirs.",
            "steps-0-title": "Their step",
            "warnings-1-step": "Breathe",
            "claims-0-citations-0-finding": "Theirs found",
        }
        assert 'aria-describedby="id_overview_theirs id_overview_helptext"' in conflict.text
        links = re.findall(
            r'<a href="#([^"]+)">([^<]+)</a>',
            conflict.text.partition("You both changed:")[2].partition("</p>")[0],
        )
        assert links == [
            ("id_overview", "Overview"),
            ("id_warnings-1-step", "Safety warning 2: About"),
            ("id_steps-0-title", "Step 1: Title"),
            ("id_claims-0-citations-0-finding", "Claim 1, citation 1: What it found"),
        ]
        bar = conflict.text.partition('<div class="desk-submit">')[2]
        assert re.findall(r'<button class="([^"]+)" type="submit" name="(_\w+)"', bar) == [
            ("button default", "_together"),
            ("button", "_mine"),
        ]

    def test_the_second_can_save_both_together(self, editor, framework, conflict):
        assert editor.post(address(framework), typed(conflict, **together(conflict))).status_code == 303
        saved = draft(framework)
        assert (saved.title, saved.overview) == ("Mine", "Theirs.")
        assert [step.title for step in saved.steps] == ["Sit", "Breathe out", "Rest"]

    def test_the_second_can_save_theirs_in_place_of_the_first(self, editor, framework, conflict):
        assert f'name="_mine" value="{version_of(conflict)}"' in conflict.text
        assert editor.post(address(framework), typed(conflict, **mine(conflict))).status_code == 303
        saved = draft(framework)
        assert (saved.title, saved.steps[1].title) == ("Mine", "Breathe")

    def test_a_third_edit_meanwhile_is_another_conflict(self, editor, other, framework, conflict):
        save(other, framework, tagline="Third")
        for how in ({}, together(conflict), mine(conflict)):
            again = editor.post(address(framework), typed(conflict, **how))
            assert again.status_code == 409
        assert draft(framework).tagline == "Third"
        editor.post(address(framework), typed(again, **together(again)))
        saved = draft(framework)
        assert (saved.title, saved.overview, saved.tagline) == ("Mine", "Theirs.", "Third")
        assert [step.title for step in saved.steps] == ["Sit", "Breathe out", "Rest"]

    def test_the_second_who_presses_return_or_only_save_chooses_nothing(self, editor, framework, conflict):
        buttons = re.findall(r"<button type=\"submit\"[^>]*>|<button class=[^>]*>", conflict.text)
        assert "name=" not in next(button for button in buttons if 'form="draft"' in button)
        again = editor.post(address(framework), typed(conflict))
        assert again.status_code == 409
        assert draft(framework).overview == "Theirs."

    def test_no_way_round_a_choice_replaces_what_the_other_wrote(self, editor, framework, conflict):
        """A mistake to mend, two edits that do not fit together, a token that is too old: the conflict remains."""
        mended = editor.post(address(framework), typed(conflict, steps__0__title="", **together(conflict)))
        assert mended.status_code == 422
        assert editor.post(address(framework), typed(mended, steps__0__title="Sit")).status_code == 409
        strict = Client(enforce_csrf_checks=True, headers={"Origin": "http://testserver"})
        strict.force_login(editor.person)
        late = strict.post(address(framework), typed(conflict, csrfmiddlewaretoken="old", **mine(conflict)))
        assert late.status_code == 403
        assert strict.post(address(framework), typed(late)).status_code == 409
        assert draft(framework).overview == "Theirs."

    def test_two_edits_that_do_not_fit_together_are_a_conflict_still(self, editor, other, framework):
        page = editor.get(address(framework))
        steps = [{"key": f"s{n}", "title": f"S{n}", "body": "So."} for n in range(98)]
        document = make_document()
        both = document.model_dump()["steps"]
        save_draft(
            framework,
            make_document(steps=[*both, *steps]),
            by=other.person,
            version=1,
        )
        conflict = save(editor, framework, page, steps__2__title="Rest", steps__2__body="A while.")
        again = editor.post(address(framework), typed(conflict, **together(conflict)))
        assert again.status_code == 409
        assert "the two do not fit together" in again.text
        assert editor.post(address(framework), typed(again)).status_code == 409
        assert len(draft(framework).steps) == 100

    def test_a_form_that_is_sent_twice_is_saved_once(self, editor, framework):
        form = typed(editor.get(address(framework)), title="Mine")
        assert [editor.post(address(framework), form).status_code for _ in range(2)] == [303, 303]
        assert DraftChange.objects.filter(framework=framework).count() == 1

    def test_a_file_that_was_loaded_meanwhile_is_compared_with_the_draft_as_it_is(self, editor, framework):
        page = editor.get(address(framework))
        write_draft(framework, make_document(tagline="From a file"))
        answer = save(editor, framework, page, title="Mine")
        assert answer.status_code == 409
        assert "What yours says otherwise than the draft now" in answer.text
        assert "_together" not in answer.text

    def test_saved_as_one_never_brings_back_what_neither_wanted(self, editor, other, framework):
        page = editor.get(address(framework))
        save(other, framework, steps__1__remove="on", checklist__1__remove="on")
        conflict = save(editor, framework, page, checklist__0__text="A chair that is firm")
        editor.post(address(framework), typed(conflict, **together(conflict)))
        saved = draft(framework)
        assert [step.key for step in saved.steps] == ["sit"]
        assert [item.text for item in saved.checklist] == ["A chair that is firm"]


class TestADraftThatWasDeletedMeanwhile:
    @pytest.fixture
    def gone(self, editor, framework):
        """What the editor gets who saves after an administrator has deleted the draft."""
        page = editor.get(address(framework))
        administrator = browser_of("administrator")
        administrator.post(address(framework, "delete"), {"post": "yes"})
        assert not Framework.objects.exists()
        return save(editor, framework, page, title="Typed for an hour", steps__1__body="Two\nlines: <b>")

    def test_says_who_deleted_it_and_gives_back_what_was_typed(self, gone):
        assert gone.status_code == 410
        assert "Administrator deleted “Box breathing” on " in gone.text
        typed_before = typed(gone, "gone")["text"][0]
        assert "title: Typed for an hour" in typed_before
        assert "Two\n      lines: &lt;b&gt;" in gone.text

    def test_can_be_brought_back_with_all_keys_as_a_new_draft(self, editor, gone):
        from .test_desk_import import IMPORT

        plan = editor.post(IMPORT, typed(gone, "gone"))
        assert plan.status_code == 200
        editor.post(IMPORT, typed(plan, "import", _store=plan.context["plan"].digest))
        steps = list(make_document().steps)
        steps[1] = steps[1].model_copy(update={"body": "Two\nlines: <b>"})
        assert draft(Framework.objects.get()) == make_document(
            title="Typed for an hour", steps=[step.model_dump() for step in steps]
        )

    def test_gives_back_what_has_mistakes_too(self, editor, framework):
        page = editor.get(address(framework))
        Framework.objects.all().delete()
        gone = save(editor, framework, page, title="", steps__0__title="", certainty_reason="Few trials.")
        assert gone.status_code == 410
        assert "deleted “" not in gone.text
        assert "reason: Few trials." in typed(gone, "gone")["text"][0]

    def test_in_the_very_moment_of_saving_loses_nothing_either(self, editor, framework, monkeypatch):
        page = editor.get(address(framework))
        valid = DraftForm.is_valid

        def and_somebody_deletes_it(form, **options):
            Framework.objects.all().delete()
            return valid(form, **options)

        monkeypatch.setattr(DraftForm, "is_valid", and_somebody_deletes_it)
        gone = save(editor, framework, page, title="Typed")
        assert gone.status_code == 410
        assert "title: Typed" in gone.text

    @pytest.mark.parametrize(("role", "status"), [("reader", 302), ("verifier", 403)])
    def test_is_nothing_to_who_may_not_edit(self, role, status):
        answer = browser_of(role).post("/admin/frameworks/framework/999/change/", {"title": "Typed"})
        assert answer.status_code == status
        assert "Typed" not in answer.text


class TestASessionThatEndedMeanwhile:
    def test_keeps_what_was_typed_until_it_is_sent_again(self, editor, framework):
        form = typed(editor.get(address(framework)), title="Typed for an hour", overview="\nTwo\nlines <b>")
        kept = Client().post(address(framework), form)
        assert kept.status_code == 401
        assert "private, no-store" in kept.headers["Cache-Control"]
        assert "you are signed out" in kept.text
        again = typed(kept, form=None)
        for page in (form, again):
            del page["csrfmiddlewaretoken"]
        assert again == form
        assert editor.post(address(framework), again).status_code == 303
        assert draft(framework).title == "Typed for an hour"
        assert draft(framework).overview == "Two\nlines <b>"

    def test_and_a_new_sign_in_show_the_form_again_with_all_that_was_typed(self, framework):
        strict = Client(enforce_csrf_checks=True)
        editor = browser_of("editor")
        strict.force_login(editor.person)
        form = typed(
            strict.get(address(framework)), title="Typed", csrfmiddlewaretoken="of an earlier session"
        )
        origin = {"Origin": "http://testserver"}
        answer = strict.post(address(framework), form, headers=origin)
        assert answer.status_code == 403
        assert "you have signed in anew" in answer.text
        assert typed(answer)["title"] == ["Typed"]
        assert strict.post(address(framework), typed(answer), headers=origin).status_code == 303
        assert draft(framework).title == "Typed"

    def test_keeps_it_too_where_the_form_is_of_an_earlier_session(self, framework):
        nobody = Client(enforce_csrf_checks=True)
        answer = nobody.post(address(framework), {"title": "Typed"}, headers={"Origin": "http://testserver"})
        assert answer.status_code == 401
        assert typed(answer, form=None)["title"] == ["Typed"]

    def test_never_shows_what_another_site_has_sent(self, framework):
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(browser_of("editor").person)
        for headers in ({"Origin": "https://evil.example"}, {}):
            for browser in (strict, Client(enforce_csrf_checks=True)):
                answer = browser.post(address(framework), {"title": "Planted"}, headers=headers)
                assert answer.status_code == 403
                assert "Planted" not in answer.text


class TestALongDraft:
    @pytest.fixture
    def long(self):
        """40 steps, 40 items, 25 claims with 100 citations of as many sources."""
        return make_framework(
            make_document(
                steps=[{"key": f"s{n}", "title": f"Step {n}", "body": "Do it."} for n in range(40)],
                checklist=[{"key": f"i{n}", "text": f"Item {n}", "step": f"s{n}"} for n in range(40)],
                claims=[
                    {
                        "key": f"c{n}",
                        "text": f"Claim {n}",
                        "about": [f"s{n}"],
                        "citations": [{"source": f"a{4 * n + m}", "stance": "supports"} for m in range(4)],
                    }
                    for n in range(25)
                ],
            ),
            slug="long",
        )

    def test_is_opened_and_saved_in_as_many_statements_as_a_short_one(self, editor, framework, long):
        opened, saved = [], []
        save(editor, framework, tagline="First")  # what is asked only once
        for one in (framework, long):
            editor.get(address(one))  # the message of what was saved before
            with CaptureQueriesContext(connection) as asked:
                page = editor.get(address(one))
            opened.append(len(asked))
            form = typed(page, title="Longer", principles__1__text="Another")
            with CaptureQueriesContext(connection) as asked:
                answer = editor.post(
                    address(one), urlencode(form, doseq=True), "application/x-www-form-urlencoded"
                )
            assert answer.status_code == 303
            saved.append(len(asked))
        assert opened == [14, 14]
        assert saved == [35, 35]

    def test_is_reordered_with_all_its_fields_in_one_go(self, editor, long):
        turned = {f"steps__{n}__position": str(40 - n) for n in range(40)}
        form = typed(editor.get(address(long)), **turned)
        assert sum(map(len, form.values())) > 1500
        body = urlencode(form, doseq=True)
        assert editor.post(address(long), body, "application/x-www-form-urlencoded").status_code == 303
        saved = draft(long)
        assert [step.key for step in saved.steps] == [f"s{n}" for n in reversed(range(40))]
        assert sum(len(claim.citations) for claim in saved.claims) == 100

    def test_of_more_fields_than_any_draft_has_is_refused(self, editor, framework):
        body = "&".join(["x=1"] * (MOST_FIELDS + 1))
        answer = editor.post(address(framework), body, "application/x-www-form-urlencoded")
        assert answer.status_code == 400


class TestBeginningAFramework:
    def test_makes_a_draft_that_nobody_else_sees(self, editor):
        make_category()
        form = {"title": " Cold  showers", "slug": "cold-showers", "category": Category.objects.get().pk}
        answer = editor.post("/admin/frameworks/framework/add/", form)
        framework = Framework.objects.get()
        assert (answer.status_code, answer.url) == (303, address(framework))
        assert draft(framework).title == "Cold showers"
        assert DraftChange.objects.get().changed_by == editor.person
        assert editor.get("/frameworks/cold-showers/").status_code == 404

    def test_takes_its_address_from_the_title_where_none_is_given(self, editor):
        make_category()
        form = {"title": "Cold showers: 4 × 4!", "slug": "", "category": Category.objects.get().pk}
        page = editor.get("/admin/frameworks/framework/add/")
        assert "maxlength" not in page.text  # a browser would cut a title off without a word
        assert re.search(r'<label for="id_slug">Address</label>', page.text)
        assert editor.post("/admin/frameworks/framework/add/", form).status_code == 303
        assert Framework.objects.get().slug == "cold-showers-4-4"
        again = editor.post("/admin/frameworks/framework/add/", form)
        assert "Another framework has this address." in again.text

    def test_that_somebody_else_began_at_this_moment_is_refused(self, editor, framework, monkeypatch):
        def lose(*args, **kwargs):
            raise IntegrityError("frameworks_framework_slug_key")

        monkeypatch.setattr(admin, "begin_draft", lose)
        form = {"title": "Other", "slug": "other", "category": Category.objects.get().pk}
        answer = editor.post("/admin/frameworks/framework/add/", form)
        assert answer.status_code == 422
        assert "Another framework has this address." in answer.text

    def test_says_what_is_wrong_with_it(self, editor, framework):
        form = {"title": "x" * 301, "slug": "box-breathing", "category": ""}
        answer = editor.post("/admin/frameworks/framework/add/", form)
        assert answer.status_code == 422
        for said in (
            "Another framework has this address.",
            "at most 300 characters",
            "This field is required",
        ):
            assert said in answer.text
        assert editor.post("/admin/frameworks/framework/add/", form | {"slug": "Not One"}).status_code == 422


class TestTheListOfFrameworks:
    def test_says_how_each_stands(self, editor):
        make_framework(slug="never")
        make_framework(slug="live", published=True)
        changed = make_framework(slug="changed", published=True)
        save(editor, changed, title="Changed")
        make_framework(slug="gone", published=True).withdraw(reason="Outdated.")
        for status, slug in {
            "never-published": "never",
            "live": "live",
            "live-with-changes": "changed",
            "withdrawn": "gone",
        }.items():
            page = editor.get("/admin/frameworks/framework/", {"status": status})
            found = [one.slug for one in page.context["cl"].result_list]
            assert found == [slug]

    def test_counts_claims_and_those_with_a_source_that_stands(self, editor):
        cited = {"stance": "supports", "source": "lee2020"}
        make_framework(
            claims=[
                {"key": "a", "text": "A", "citations": [cited]},
                {"key": "b", "text": "B", "citations": [{"stance": "background", "source": "lee2020"}]},
                {"key": "c", "text": "C"},
                {"key": "d", "text": "D", "citations": [{"stance": "supports", "source": "gone2001"}]},
            ],
            sources=[make_source("gone2001")],
        )
        SourceUpdate.objects.create(
            source=Source.objects.get(key="gone2001"), type="retraction", date="2026-01-01"
        )
        one = editor.get("/admin/frameworks/framework/").context["cl"].result_list[0]
        assert (one.claims, one.sourced) == (4, 1)
        assert "25 %" in editor.get("/admin/frameworks/framework/").text

    def test_is_filtered_by_review_and_searched(self, editor):
        today = timezone.localdate()
        for slug, days in {"overdue": -1, "soon": 30, "later": 300}.items():
            framework = make_framework(slug=slug, title=slug.capitalize())
            Review.objects.create(
                framework=framework,
                reviewer="Ann",
                credential="GP",
                reviewed_on=today - timedelta(days=400),
                due_on=today + timedelta(days=days),
            )
        make_framework(slug="none", title="None")
        for review, slug in {"overdue": "overdue", "soon": "soon", "none": "none"}.items():
            page = editor.get("/admin/frameworks/framework/", {"review": review})
            assert [one.slug for one in page.context["cl"].result_list] == [slug]
        page = editor.get("/admin/frameworks/framework/", {"q": "later"})
        assert [one.slug for one in page.context["cl"].result_list] == ["later"]
        for query in (
            "category__id__exact=1",
            "supervision__exact=ask-first",
            "sensitive__exact=1",
            "o=2.3.4.5",
        ):
            assert editor.get(f"/admin/frameworks/framework/?{query}").status_code == 200

    def test_asks_as_much_for_many_as_for_one(self, editor, django_assert_num_queries):
        make_framework()
        editor.get("/admin/frameworks/framework/")
        with django_assert_num_queries(7):
            editor.get("/admin/frameworks/framework/")
        for n in range(5):
            make_framework(slug=f"more-{n}", published=True)
        with django_assert_num_queries(7):
            editor.get("/admin/frameworks/framework/")


class TestTheAddressOfADraft:
    def test_can_be_changed_until_it_is_published(self, editor, framework):
        form = address(framework, "address")
        assert f'href="{form}"' in editor.get(address(framework)).text
        answer = editor.post(form, {"slug": "square-breathing"})
        assert (answer.status_code, answer.url) == (303, address(framework))
        framework.refresh_from_db()
        assert framework.slug == "square-breathing"
        assert LogEntry.objects.get().change_message == "Changed the address to square-breathing."
        framework.publish(by=None, kind="editorial")
        assert editor.post(form, {"slug": "box"}).status_code == 404
        assert form not in editor.get(address(framework)).text

    @pytest.mark.parametrize(
        ("slug", "message"),
        [
            ("", "required"),
            ("Not one", "single hyphens"),
            ("other", "Another framework has this address."),
            ("a--b", "single hyphens"),
        ],
    )
    def test_that_is_none_or_anothers_is_refused(self, editor, framework, slug, message):
        make_framework(slug="other")
        answer = editor.post(address(framework, "address"), {"slug": slug})
        assert answer.status_code == 422
        assert message in answer.context["form"].errors["slug"][0]
        framework.refresh_from_db()
        assert framework.slug == "box-breathing"

    def test_that_somebody_takes_at_the_same_moment_is_refused(self, editor, framework, monkeypatch):
        make_framework(slug="other")
        monkeypatch.setattr(admin.AddressForm, "_post_clean", lambda form: None)
        answer = editor.post(address(framework, "address"), {"slug": "other"})
        assert answer.context["form"].errors["slug"] == ["Another framework has this address."]


class TestWhoMayEdit:
    @pytest.mark.parametrize("role", ROLES)
    def test_a_draft(self, role, framework):
        browser = browser_of(role)
        allowed = role in {"editor", "publisher", "administrator"}
        for path in ("", "add/", f"{framework.pk}/change/", f"{framework.pk}/history/"):
            answer = browser.get(f"/admin/frameworks/framework/{path}", follow=True)
            landed = answer.redirect_chain[-1][0] if answer.redirect_chain else ""
            if role == "anonymous":
                assert landed.startswith("/account/login/")
            else:
                assert answer.status_code == (200 if allowed else 403)
        form = typed(browser_of("editor", "another@example.com").get(address(framework)), title="Changed")
        browser.post(address(framework), form)
        assert (draft(framework).title == "Changed") is allowed

    def test_deletes_what_was_never_published_as_an_administrator_and_nothing_else(self, framework):
        live = make_framework(slug="live", published=True)
        for role, codes in {"editor": (403, 403), "administrator": (200, 403)}.items():
            browser = browser_of(role)
            assert [browser.get(address(one, "delete")).status_code for one in (framework, live)] == list(
                codes
            )

    def test_finds_no_framework_of_another_number(self, editor):
        assert editor.get("/admin/frameworks/framework/999/change/").status_code == 404

    def test_a_form_of_no_fields_loses_nothing(self, editor, framework):
        answer = editor.post(address(framework), {})
        assert answer.status_code == 422
        assert draft(framework) == make_document()


class TestAPageThatArrivedInPart:
    def test_stores_nothing_and_does_not_become_whole_by_being_sent_again(self, editor, framework):
        form = typed(editor.get(address(framework)), title="Typed")
        cut = {
            name: value
            for name, value in form.items()
            if not name.startswith(("warnings", "steps", "complete"))
        }
        answer = editor.post(address(framework), cut)
        assert answer.status_code == 422
        assert "The page had not arrived whole." in answer.text
        assert editor.post(address(framework), typed(answer)).status_code == 422
        assert draft(framework) == make_document()

    def test_is_told_by_what_stands_last_in_it(self, editor, framework):
        page = editor.get(address(framework)).text
        form = page[page.index('id="draft"') :]
        form = form[: form.index("</form>")]
        assert form.index('name="complete"') > max(form.rindex('name="_save"'), form.rindex("-title"))


class TestADraftOfManyLetters:
    """Within every limit of the Document, and beyond what Django reads of a form."""

    def sent(self, framework, editor):
        page = editor.get(address(framework))
        return urlencode(
            typed(page, overview="ж" * 9000, steps__0__body="ж" * 9000) | {"x": "ж" * 500_000}, doseq=True
        )

    def post(self, browser, framework, body):
        return browser.post(address(framework), body, content_type="application/x-www-form-urlencoded")

    def test_is_saved(self, editor, framework):
        body = self.sent(framework, editor)
        assert len(body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        assert self.post(editor, framework, body).status_code == 303
        assert draft(framework).overview == "ж" * 9000

    def test_is_not_read_for_who_has_no_session(self, editor, framework):
        assert self.post(Client(), framework, self.sent(framework, editor)).status_code == 400

    def test_has_an_end(self, editor, framework):
        assert self.post(editor, framework, "x=" + "y" * MOST_BYTES).status_code == 400


class TestWhatNoFormOfOursSends:
    @pytest.mark.parametrize(
        "name",
        [
            "claims__0__citations__0__source",
            "claims__0__about_was",
            "warnings__0__step",
            "checklist__0__step",
            "category",
            "steps__0__key",
            "steps__total",
            "whole__citations__0__checked_on",
        ],
    )
    @pytest.mark.parametrize("content_type", [MULTIPART_CONTENT, "application/x-www-form-urlencoded"])
    def test_a_nul_byte_is_refused(self, editor, framework, name, content_type):
        form = typed(editor.get(address(framework)), title="Kept", **{name: "a\0b"})
        if content_type != MULTIPART_CONTENT:
            form = urlencode(form, doseq=True)
        answer = editor.post(address(framework), form, content_type)
        assert answer.status_code == 422
        assert typed(answer)["title"] == ["Kept"]

    def test_an_unseen_character_is_named_at_its_field_and_nothing_is_lost(self, editor, framework):
        for sign, code in {"\0": "0000", "\x01": "0001"}.items():
            form = typed(editor.get(address(framework)), title="Kept", overview=f"From a{sign} PDF")
            body = urlencode(form, doseq=True)
            answer = editor.post(address(framework), body, "application/x-www-form-urlencoded")
            assert answer.status_code == 422
            assert f"Overview: Holds the unseen character U+{code} at position 7; delete it." in answer.text
            assert typed(answer)["title"] == ["Kept"]

    def test_a_category_that_is_not_there_is_asked_for_anew(self, editor, framework):
        answer = save(editor, framework, category="no-such")
        assert answer.status_code == 422
        assert "Choose a category." in answer.text

    def test_another_key_is_none_that_an_entry_could_take(self, editor, framework):
        save(editor, framework, checklist__0__key="brand-new")
        assert "brand-new" not in {item.key for item in draft(framework).checklist}

    def test_more_rows_than_are_read_are_not_dropped_without_a_word(self, editor, framework):
        answer = save(editor, framework, steps__total="1001")
        assert answer.status_code == 422
        assert "Has more than 1000 rows." in answer.text

    @pytest.mark.parametrize("position", ["1e", "2,5", "first"])
    def test_a_position_that_is_no_number_is_named(self, editor, framework, position):
        answer = save(editor, framework, steps__1__position=position)
        assert answer.status_code == 422
        assert 'type="text" name="steps-1-position"' in answer.text


class TestABoundForm:
    def test_offers_what_it_was_offered(self, framework):
        form = DraftForm(make_document())
        for row in (form.parts["warnings"].rows[0], form.parts["warnings"].blank):
            offered = [ref for ref, _ in row.fields["step"].widget.choices]
            assert offered == ["", "sit", "breathe", "new:steps-2", "new:steps-3"]
