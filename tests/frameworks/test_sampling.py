from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from frameworks import bibliography
from frameworks.drafts import read_draft
from frameworks.models import Framework, Listing, Revision, TitleWord
from tests.factories import make_framework

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _debug(settings):
    settings.DEBUG = True


def make(number):
    said = StringIO()
    call_command("make_frameworks", number, stdout=said)
    return said.getvalue()


class TestMakingUpFrameworks:
    def test_makes_as_many_published_ones_as_asked_and_more_the_next_time(self):
        assert make(1) == "1 framework made; 1 made-up in all.\n"
        assert make(2) == "2 frameworks made; 3 made-up in all.\n"
        assert Framework.objects.published().count() == Listing.objects.count() == 3

    def test_their_rows_are_those_that_publish_writes(self):
        make(1)
        made = Framework.objects.get()
        document = read_draft(made)
        published = make_framework(document, slug="published", published=True)
        assert made.current_revision.document == document
        assert rows(made.current_revision, Revision) == rows(published.current_revision, Revision)
        assert rows(made.listing, Listing) == rows(Listing.objects.get(framework=published), Listing)
        assert TitleWord.objects.exists()

    def test_they_are_of_a_realistic_size_and_differ(self):
        make(20)
        documents = [framework.current_revision.document for framework in Framework.objects.all()]
        for document in documents:
            assert len(document.steps) == 6
            assert len(document.checklist) == 10
            assert len(document.claims) == 12
            assert sum(1 for _ in document.cited()) == 20
        assert len({document.title for document in documents}) == 20
        for facet in ("category", "time_to_result", "supervision", "certainty"):
            assert Listing.objects.values(facet).distinct().count() > 2

    def test_hundreds_take_as_many_statements_as_one_but_for_one_each(self, django_assert_max_num_queries):
        make(1)
        with django_assert_max_num_queries(200):
            make(50)

    def test_leaves_what_is_there_alone(self):
        framework = make_framework(published=True)
        make(1)
        assert read_draft(framework) == framework.current_revision.document
        assert "lee2020" in bibliography.records()


class TestRefusingToMakeThemUp:
    def test_where_people_read_the_library(self, settings):
        settings.DEBUG = False
        with pytest.raises(CommandError, match="DEBUG is off"):
            make(1)
        assert not Framework.objects.exists()

    def test_where_there_are_none_to_make(self):
        with pytest.raises(CommandError, match="0 is no number of frameworks to make; give 1 or more"):
            make(0)


def rows(row, model):
    """The row but for what makes it this one."""
    own = {"id", "framework", "slug", "published_at", "current_revision"}
    names = [field.name for field in model._meta.concrete_fields if field.name not in own]
    return model.objects.filter(pk=row.pk).values(*names).get()
