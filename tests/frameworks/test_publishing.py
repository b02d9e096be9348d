"""From draft to revision, and out of the library again."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection, connections

from frameworks import publishing
from frameworks.drafts import read_draft, write_draft
from frameworks.models import Framework, HelpContact, Listing, Revision, SourceUpdate, Step
from frameworks.publishing import NothingToPublish, NotReady
from tests.factories import make_document, make_framework

pytestmark = pytest.mark.django_db


@pytest.fixture
def framework():
    return make_framework()


@pytest.fixture
def publisher():
    return get_user_model().objects.create_user(email="publisher@example.org", password="a long password")


class TestPublishingADraft:
    def test_makes_the_first_revision_of_what_the_draft_says(self, framework, publisher):
        revision = framework.publish(by=publisher, kind="clinical", note="First edition.")
        assert (revision.number, revision.kind, revision.note) == (1, "clinical", "First edition.")
        assert revision.published_by == publisher
        revision.refresh_from_db()
        assert revision.document == make_document()
        assert revision.item_keys == ["chair", "four-rounds"]
        assert revision.source_keys == ["lee2020", "talk2019"]

    def test_makes_it_the_current_one_and_lists_it(self, framework):
        revision = framework.publish(by=None, kind="editorial")
        assert framework.current_revision == revision
        assert Framework.objects.published().get() == framework
        assert framework.is_published
        assert Listing.objects.get().title == "Box breathing"

    def test_numbers_revisions_from_one_without_a_gap(self, framework):
        numbers = []
        for title in ("One", "Two", "Three"):
            write_draft(framework, make_document(title=title))
            numbers.append(framework.publish(by=None, kind="editorial").number)
        assert numbers == [1, 2, 3]

    def test_later_edits_leave_the_published_revision_alone(self, framework):
        revision = framework.publish(by=None, kind="editorial")
        Step.objects.filter(framework=framework).update(title="Edited afterwards")
        revision.refresh_from_db()
        assert [step.title for step in revision.document.steps] == ["Sit", "Breathe"]

    def test_of_the_same_words_again_is_refused(self, framework):
        framework.publish(by=None, kind="editorial")
        with pytest.raises(NothingToPublish, match="revision 1"):
            framework.publish(by=None, kind="editorial")
        assert Revision.objects.count() == 1

    def test_names_all_that_is_missing_and_saves_nothing(self):
        framework = make_framework(make_document(overview="", supervision=None))
        with pytest.raises(NotReady) as refusal:
            framework.publish(by=None, kind="editorial")
        assert [problem.path for problem in refusal.value.problems] == ["overview", "supervision"]
        assert "The overview is empty" in str(refusal.value)
        assert not Revision.objects.exists()
        assert not Listing.objects.exists()

    def test_asks_whether_there_is_help_to_show(self):
        framework = make_framework(make_document(sensitive=True))
        with pytest.raises(NotReady, match="help contact"):
            framework.publish(by=None, kind="editorial")
        HelpContact.objects.create(
            key="gb-999", country="GB", kind="emergency", name="Emergency", number="999", link="tel:999"
        )
        assert framework.publish(by=None, kind="editorial").number == 1

    def test_asks_whether_sources_were_retracted(self, framework):
        source = framework.entries.get(key="calms").citations.get().source
        SourceUpdate.objects.create(source=source, type="retraction", date="2026-01-05")
        with pytest.raises(NotReady, match="retracted"):
            framework.publish(by=None, kind="editorial")

    def test_a_correction_does_not_keep_it_from_being_published(self, framework):
        source = framework.entries.get(key="calms").citations.get().source
        SourceUpdate.objects.create(source=source, type="correction", date="2026-01-05")
        assert framework.publish(by=None, kind="editorial").number == 1

    def test_takes_a_fixed_number_of_statements(self, framework, django_assert_num_queries):
        many = make_framework(
            make_document(
                steps=[{"key": f"step-{n}", "title": f"Step {n}", "body": "Do it."} for n in range(40)],
                checklist=[{"key": f"item-{n}", "text": f"Item {n}", "step": f"step-{n}"} for n in range(40)],
                claims=[],
            ),
            slug="many",
        )
        with django_assert_num_queries(14) as few:
            framework.publish(by=None, kind="editorial")
        with django_assert_num_queries(len(few)):
            many.publish(by=None, kind="editorial")


class TestTheDatabaseKeepsRevisions:
    @pytest.fixture
    def revision(self, framework, publisher):
        return framework.publish(by=publisher, kind="editorial")

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE frameworks_revision SET note = 'rewritten'",
            "UPDATE frameworks_revision SET document = '{}'",
            "UPDATE frameworks_revision SET published_by_id = NULL, note = 'rewritten'",
            "DELETE FROM frameworks_revision",
        ],
    )
    def test_from_being_changed_or_deleted_by_sql(self, revision, statement):
        with pytest.raises(IntegrityError, match="never changes"), connection.cursor() as cursor:
            cursor.execute(statement)

    def test_but_lets_one_forget_who_published_it(self, revision, publisher):
        publisher.delete()
        revision.refresh_from_db()
        assert revision.published_by is None
        assert revision.number == 1


class TestWithdrawing:
    def test_takes_it_out_of_the_library_and_keeps_its_revisions(self, framework):
        framework.publish(by=None, kind="editorial")
        framework.withdraw(reason="A trial found harm.")
        assert not Listing.objects.exists()
        assert not Framework.objects.published().exists()
        assert not framework.is_published
        assert Revision.objects.count() == 1

    def test_again_changes_nothing(self, framework):
        framework.publish(by=None, kind="editorial")
        framework.withdraw(reason="A trial found harm.")
        first = framework.withdrawn_at
        framework.withdraw(reason="Another reason.")
        assert (framework.withdrawn_at, framework.withdrawn_reason) == (first, "A trial found harm.")

    def test_needs_a_reason(self, framework):
        framework.publish(by=None, kind="editorial")
        with pytest.raises(IntegrityError, match="a_withdrawal_is_of_something_published_and_gives_a_reason"):
            framework.withdraw(reason="")

    def test_is_only_of_something_published(self, framework):
        with pytest.raises(IntegrityError, match="a_withdrawal_is_of_something_published_and_gives_a_reason"):
            framework.withdraw(reason="Never shown.")

    def test_keeps_it_from_being_published_again(self, framework):
        framework.publish(by=None, kind="editorial")
        framework.withdraw(reason="A trial found harm.")
        write_draft(framework, make_document(title="Another title"))
        with pytest.raises(NotReady, match="withdrawn"):
            framework.publish(by=None, kind="editorial")


@pytest.mark.django_db(transaction=True)
class TestTwoPublishAtOnce:
    def test_and_make_one_revision_of_one_draft(self, monkeypatch):
        framework = make_framework()
        both_have_read = Barrier(2)

        def read_when_both_do(draft):
            # Without a lock the two meet here, and both go on to make revision 1.
            with suppress(BrokenBarrierError):
                both_have_read.wait(timeout=0.5)
            return read_draft(draft)

        monkeypatch.setattr(publishing, "read_draft", read_when_both_do)

        def publish(_):
            try:
                return Framework.objects.get(pk=framework.pk).publish(by=None, kind="editorial").number
            except NothingToPublish:
                return None
            finally:
                connections.close_all()

        with ThreadPoolExecutor(2) as pool:
            numbers = list(pool.map(publish, range(2)))
        assert sorted(numbers, key=str) == [1, None]
