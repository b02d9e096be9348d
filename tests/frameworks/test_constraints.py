"""What the database itself refuses, by the name of the promise. Through SQL and bulk updates, which pass no `save`."""

from datetime import date, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.utils import timezone

from frameworks.models import (
    Category,
    Citation,
    DraftChange,
    DrawsOn,
    Entry,
    FacetCount,
    Framework,
    HelpContact,
    Listing,
    Review,
    Revision,
    SafetyNotice,
    Source,
    SourceUpdate,
)
from tests.factories import make_category, make_document, make_framework
from tests.promises import Refuses

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def framework():
    return make_framework(published=True, certainty=None)


def entry(key):
    return Entry.objects.filter(key=key)


class TestCategoriesAndFrameworks:
    def test_words_are_known_ones(self):
        for name, field in {
            "a_time_to_result_is_a_known_word": "time_to_result",
            "a_supervision_is_a_known_word": "supervision",
        }.items():
            with Refuses(name):
                Framework.objects.update(**{field: "whatever"})
        with Refuses("a_certainty_is_a_known_word"):
            Framework.objects.update(
                certainty="sure", certainty_outcome="a", certainty_judged_by="b", certainty_reason="c"
            )

    def test_a_slug_is_small_letters_digits_and_hyphens(self):
        with Refuses("a_category_slug_is_small_letters_digits_and_hyphens"):
            Category.objects.update(slug="Mental_Health")
        with Refuses("a_slug_is_small_letters_digits_and_hyphens"):
            Framework.objects.create(slug="A_b", category=Category.objects.first())

    def test_a_category_has_a_name(self):
        with Refuses("a_category_has_a_name"):
            Category.objects.update(name="")

    @pytest.mark.parametrize(
        "fields",
        [
            {"certainty": "low"},
            {"certainty_reason": "Because."},
            {"certainty_grade": True},
            {"certainty": "low", "certainty_outcome": "a", "certainty_reason": "b"},
        ],
    )
    def test_a_certainty_says_of_what_by_whom_and_why(self, fields):
        with Refuses("a_certainty_says_of_what_by_whom_and_why"):
            Framework.objects.update(**fields)

    def test_a_withdrawal_is_of_something_published_and_gives_a_reason(self):
        name = "a_withdrawal_is_of_something_published_and_gives_a_reason"
        with Refuses(name):
            Framework.objects.update(withdrawn_at=timezone.now())
        with Refuses(name):
            Framework.objects.update(withdrawn_reason="It harms.")
        draft = make_framework(slug="draft")
        with Refuses(name):
            Framework.objects.filter(pk=draft.pk).update(
                withdrawn_at=timezone.now(), withdrawn_reason="It harms."
            )

    def test_a_draft_has_a_version(self):
        with Refuses("a_draft_has_a_version"):
            Framework.objects.update(version=0)

    def test_the_current_revision_is_the_frameworks_own(self, framework):
        other = make_framework(slug="other")
        with Refuses("the_current_revision_is_the_frameworks_own"):
            Framework.objects.filter(pk=other.pk).update(current_revision=framework.current_revision)

    def test_a_published_slug_never_changes(self):
        with Refuses("a_published_slug_never_changes"):
            Framework.objects.update(slug="another")
        draft = make_framework(slug="draft")
        Framework.objects.filter(pk=draft.pk).update(slug="renamed")


class TestEntries:
    def test_a_key_names_one_entry_of_a_framework(self, framework):
        with Refuses("a_key_names_one_entry_of_a_framework"):
            Entry.objects.create(framework=framework, kind="principle", key="slow", text="Again", position=9)

    def test_no_two_entries_of_a_kind_stand_in_one_place(self):
        with Refuses("no_two_entries_of_a_kind_stand_in_one_place"):
            entry("sit").update(position=1)

    def test_two_entries_may_change_places(self):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE frameworks_entry SET position = 1 - position WHERE kind = 'step'")
        connection.check_constraints()

    def test_an_entry_is_of_a_known_kind(self):
        with Refuses("an_entry_is_of_a_known_kind"):
            entry("slow").update(kind="thought")

    @pytest.mark.parametrize("key", ["Slow", "slow down", "slow--down", ""])
    def test_a_key_is_small_letters_digits_and_hyphens(self, framework, key):
        with Refuses("a_key_is_small_letters_digits_and_hyphens"):
            Entry.objects.create(framework=framework, kind="principle", key=key, text="A", position=9)

    def test_a_key_is_no_name_of_a_part_of_the_page(self, framework):
        with Refuses("a_key_is_no_name_of_a_part_of_the_page"):
            Entry.objects.create(
                framework=framework, kind="principle", key="steps", position=9, text="A principle."
            )

    def test_an_entry_key_never_changes(self):
        with Refuses("an_entry_key_never_changes"):
            entry("slow").update(key="another")

    def test_words_are_known_ones(self):
        with Refuses("who_does_a_step_is_a_known_word"):
            entry("sit").update(done_by="nobody")
        with Refuses("a_level_is_a_known_word"):
            entry("dizzy").update(level="terrible")

    @pytest.mark.parametrize(
        ("kind", "key", "missing", "foreign"),
        [
            ("principle", "slow", "text", {"title": "A"}),
            ("step", "sit", "body", {"level": "danger"}),
            ("warning", "dizzy", "level", {"about": ["sit"]}),
            ("item", "chair", "text", {"tip": "A"}),
            ("example", "trial", "title", {"what_to_do": "A"}),
            ("mistake", "hurry", "body", {"outcome": "A"}),
            ("claim", "calms", "text", {"body": "A"}),
        ],
    )
    def test_an_entry_has_what_its_kind_needs_and_no_more(self, kind, key, missing, foreign):
        with Refuses(f"a_{kind}_has_what_it_needs_and_no_more"):
            entry(key).update(**{missing: ""})
        with Refuses(f"a_{kind}_has_what_it_needs_and_no_more"):
            entry(key).update(**foreign)

    def test_an_entry_belongs_to_a_step_of_its_own_framework(self):
        other = make_framework(slug="other")
        name = "an_entry_belongs_to_a_step_of_its_own_framework"
        with Refuses(name):
            entry("chair").filter(framework__slug="box-breathing").update(step=other.entries.get(key="sit"))
        with Refuses(name):
            entry("chair").filter(framework=other).update(step=other.entries.get(key="slow"))

    def test_a_step_is_no_other_kind_while_an_item_hangs_on_it(self):
        with Refuses("an_entry_belongs_to_a_step_of_its_own_framework"):
            entry("sit").update(kind="mistake", done_by="")


class TestSources:
    @pytest.mark.parametrize(
        ("name", "fields"),
        [
            ("a_source_has_a_title", {"title": ""}),
            ("a_source_is_of_a_known_type", {"type": "podcast"}),
            ("a_study_design_is_a_known_word", {"study_design": "guess"}),
            ("a_doi_has_the_form_of_one", {"DOI": "https://doi.org/10.1234/5"}),
            ("a_pmid_has_the_form_of_one", {"PMID": "012"}),
            ("a_source_is_issued_in_a_year_month_or_day", {"issued": "June"}),
            ("a_study_level_says_who_read_it_and_when", {"study_level": 2}),
            ("a_study_level_says_who_read_it_and_when", {"study_level_read_by": "A. Lee"}),
            (
                "a_study_level_says_who_read_it_and_when",
                {"study_level": 6, "study_level_read_by": "A. Lee", "study_level_read_on": date(2026, 8, 1)},
            ),
        ],
    )
    def test_a_record_has_the_form_of_one(self, name, fields):
        with Refuses(name):
            Source.objects.filter(key="talk2019").update(**fields)

    def test_a_source_key_is_small_letters_digits_and_hyphens(self):
        with Refuses("a_source_key_is_small_letters_digits_and_hyphens"):
            Source.objects.create(key="2014feder", type="book", title="A")

    def test_a_doi_is_of_one_source_in_whatever_case(self):
        with Refuses("a_doi_is_of_one_source"):
            Source.objects.filter(key="talk2019").update(DOI="10.1234/LEE.2020")

    def test_a_pmid_is_of_one_source(self):
        with Refuses("a_pmid_is_of_one_source"):
            Source.objects.update(PMID="123")

    def test_an_address_is_one_of_the_web(self):
        with Refuses("the_address_of_a_source_is_a_web_address"):
            Source.objects.update(URL="javascript:alert(1)")

    def test_a_notice_of_an_update_has_the_form_of_a_doi(self):
        with Refuses("the_doi_of_a_notice_has_the_form_of_one"):
            SourceUpdate.objects.create(
                source=Source.objects.first(),
                type="correction",
                date=date(2026, 1, 5),
                notice_doi="see the journal",
            )

    def test_a_source_key_never_changes(self):
        with Refuses("a_source_key_never_changes"):
            Source.objects.filter(key="talk2019").update(key="another")

    def test_a_published_source_is_kept(self):
        Citation.objects.all().delete()
        with Refuses("a_published_source_is_kept"):
            Source.objects.filter(key="talk2019").delete()
        spare = Source.objects.create(key="spare", type="book", title="A")
        spare.delete()

    def test_a_source_draws_on_another_once(self):
        lee, talk = Source.objects.order_by("key")
        DrawsOn.objects.create(from_source=talk, to_source=lee)
        with Refuses("a_source_draws_on_another_once"):
            DrawsOn.objects.create(from_source=talk, to_source=lee)

    def test_a_source_never_rests_on_itself(self):
        lee, talk = Source.objects.order_by("key")
        book = Source.objects.create(key="book", type="book", title="A")
        name = "a_source_never_rests_on_itself"
        with Refuses(name):
            DrawsOn.objects.create(from_source=lee, to_source=lee)
        DrawsOn.objects.create(from_source=lee, to_source=talk)
        DrawsOn.objects.create(from_source=talk, to_source=book)
        with Refuses(name):
            DrawsOn.objects.create(from_source=book, to_source=lee)
        with Refuses(name):
            DrawsOn.objects.filter(from_source=talk).update(to_source=lee)

    def test_an_update_is_of_a_known_type_and_recorded_once(self):
        lee = Source.objects.get(key="lee2020")
        SourceUpdate.objects.create(source=lee, type="retraction", date=date(2026, 8, 1))
        with Refuses("an_update_is_recorded_once"):
            SourceUpdate.objects.create(source=lee, type="retraction", date=date(2026, 8, 1))
        with Refuses("an_update_is_of_a_known_type"):
            SourceUpdate.objects.create(source=lee, type="rumour", date=date(2026, 8, 1))


class TestCitations:
    def test_words_are_known_ones(self):
        for name, field in {
            "a_stance_is_a_known_word": "stance",
            "a_directness_is_a_known_word": "directness",
        }.items():
            with Refuses(name):
                Citation.objects.update(**{field: "whatever"})
        with Refuses("what_checking_found_is_a_known_word"):
            Citation.objects.update(checked="perhaps", checked_by="A. Lee", checked_on=date(2026, 8, 1))

    @pytest.mark.parametrize(
        "fields",
        [
            {"checked": "says-it"},
            {"checked_by": "A. Lee"},
            {"checked": "says-it", "checked_on": date(2026, 8, 1)},
        ],
    )
    def test_a_check_says_who_and_when(self, fields):
        with Refuses("a_check_says_who_and_when"):
            Citation.objects.update(**fields)

    def test_a_citation_is_of_one_claim_or_of_the_framework(self, framework):
        name = "a_citation_is_of_one_claim_or_of_the_framework"
        with Refuses(name):
            Citation.objects.filter(claim__isnull=False).update(framework=framework)
        with Refuses(name):
            Citation.objects.filter(claim__isnull=False).update(claim=None)

    def test_a_citation_of_an_entry_is_of_a_claim(self, framework):
        with Refuses("a_citation_of_an_entry_is_of_a_claim"):
            Citation.objects.filter(claim__isnull=False).update(claim=framework.entries.get(key="sit"))


class TestRevisions:
    @pytest.mark.parametrize(
        "sql",
        [
            "UPDATE frameworks_revision SET note = 'Nothing happened'",
            "UPDATE frameworks_revision SET document = '{}'",
            "UPDATE frameworks_revision SET item_keys = '{}', published_by_id = NULL",
            "DELETE FROM frameworks_revision",
        ],
    )
    def test_a_revision_never_changes(self, sql):
        Framework.objects.update(current_revision=None)
        Listing.objects.all().delete()
        with Refuses("a_revision_never_changes"), connection.cursor() as cursor:
            cursor.execute(sql)

    def test_a_revision_is_given_to_nobody_else(self):
        user = get_user_model().objects.create_user("someone@example.org")
        with Refuses("a_revision_never_changes"):
            Revision.objects.update(published_by=user)

    def test_a_revision_forgets_who_published_it_when_that_account_is_erased(self, framework):
        user = get_user_model().objects.create_user("someone@example.org")
        make_framework(make_document(title="Second"), published=True, by=user)
        user.delete()
        revision = Revision.objects.get(number=2)
        assert revision.published_by is None
        assert revision.document.title == "Second"

    def test_a_number_is_of_one_revision_of_a_framework(self, framework):
        with Refuses("a_number_is_of_one_revision_of_a_framework"):
            Revision.objects.create(framework=framework, number=1, document=make_document(), kind="safety")

    def test_a_version_of_a_draft_is_made_by_one_change(self, framework):
        DraftChange.objects.create(framework=framework, version=2)
        with Refuses("a_version_of_a_draft_is_made_by_one_change"):
            DraftChange.objects.create(framework=framework, version=2)

    def test_revisions_are_numbered_from_one_and_of_a_known_kind(self, framework):
        with Refuses("revisions_are_numbered_from_one"):
            Revision.objects.create(framework=framework, number=0, document=make_document(), kind="safety")
        with Refuses("a_revision_is_of_a_known_kind"):
            Revision.objects.create(framework=framework, number=2, document=make_document(), kind="big")


class TestWhatIsLive:
    def test_a_notice_has_a_text_a_known_level_and_ends_after_it_began(self, framework):
        with Refuses("a_notice_has_a_text"):
            SafetyNotice.objects.create(framework=framework, text="")
        with Refuses("a_notice_is_of_a_known_level"):
            SafetyNotice.objects.create(framework=framework, text="Stop.", level="terrible")
        with Refuses("a_notice_is_lifted_after_it_was_issued"):
            SafetyNotice.objects.create(
                framework=framework, text="Stop.", lifted_at=timezone.now() - timedelta(days=1)
            )

    @pytest.mark.parametrize(
        ("name", "fields"),
        [
            ("a_review_names_its_reviewer", {"reviewer": ""}),
            ("a_reviewer_has_a_credential", {"credential": ""}),
            ("the_next_review_comes_after_this_one", {"due_on": date(2026, 8, 1)}),
        ],
    )
    def test_a_review_says_by_whom_and_when_the_next_is_due(self, framework, name, fields):
        review = {
            "reviewed_on": date(2026, 8, 1),
            "due_on": date(2027, 8, 1),
            "reviewer": "A. Lee",
            "credential": "MD",
        }
        with Refuses(name):
            Review.objects.create(framework=framework, **review | fields)

    @pytest.mark.parametrize(
        ("name", "fields"),
        [
            ("a_help_contact_has_a_name", {"name": ""}),
            ("a_help_contact_has_a_number", {"number": ""}),
            ("a_help_contact_is_of_a_known_kind", {"kind": "fax"}),
            ("a_country_is_two_capital_letters", {"country": "uk"}),
            ("a_help_link_calls_texts_or_opens_a_page", {"link": "javascript:alert(1)"}),
            ("a_help_link_calls_texts_or_opens_a_page", {"link": "http://example.org"}),
        ],
    )
    def test_a_help_contact_can_be_reached(self, name, fields):
        contact = {"key": "a", "country": "GB", "kind": "talk", "name": "A", "number": "1", "link": "tel:1"}
        with Refuses(name):
            HelpContact.objects.create(**contact | fields)

    def test_the_key_of_a_contact_is_small_letters_digits_and_hyphens(self):
        with Refuses("a_contact_key_is_small_letters_digits_and_hyphens"):
            HelpContact.objects.create(key="UK_1", kind="talk", name="A", number="1", link="tel:1")


class TestFacetCounts:
    def counts(self):
        return {count.category.slug: count.listings for count in FacetCount.objects.filter(listings__gt=0)}

    def test_follow_what_is_listed(self, framework):
        assert self.counts() == {"stress": 1}
        make_framework(slug="other", published=True)
        assert self.counts() == {"stress": 2}
        make_framework(make_document(category="sleep"), slug="other", published=True)
        assert self.counts() == {"stress": 1, "sleep": 1}
        framework.withdraw(reason="It harms.")
        assert self.counts() == {"sleep": 1}

    def test_are_one_for_each_combination_and_never_below_nothing(self):
        with Refuses("a_count_is_never_below_nothing"):
            FacetCount.objects.update(listings=-1)
        with Refuses("each_combination_of_facets_is_counted_once"):
            FacetCount.objects.create(
                category=make_category("stress"),
                time_to_result="minutes",
                supervision="self-guided",
                certainty="",
            )


#: What foreign keys lead to: they hold an id, which is unique already, so nobody can break them.
TARGETS = {
    "an_entry_is_of_one_framework_and_kind",
    "an_entry_is_of_one_kind",
    "a_revision_is_of_one_framework",
}


class TestThisFile:
    def test_shows_every_named_promise_kept(self, request):
        """Read from the database, so that a promise added later is not forgotten here."""
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT conname FROM pg_constraint
                WHERE conrelid::regclass::text LIKE 'frameworks%' AND conname NOT LIKE 'frameworks%' AND contype <> 'n'
                UNION
                SELECT tgname FROM pg_trigger
                WHERE NOT tgisinternal AND tgname NOT LIKE 'facets%' AND tgrelid::regclass::text LIKE 'frameworks%'
                UNION
                SELECT indexrelid::regclass::text FROM pg_index
                WHERE indisunique AND indrelid::regclass::text LIKE 'frameworks%'
                """
            )
            promises = {name for (name,) in cursor if not name.startswith("frameworks_")}
        source = request.path.read_text(encoding="utf-8")
        named = {name for name in promises if f'"{name}"' in source or name.endswith("_needs_and_no_more")}
        assert len(promises) > 60
        assert promises - named - TARGETS == set()
