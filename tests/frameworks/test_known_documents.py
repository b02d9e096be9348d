"""Documents that this process has parsed already are not sent again."""

import pytest
from django.db import connection

from frameworks import known_documents
from frameworks.kept import Kept
from frameworks.models import Revision
from tests.factories import make_document, make_framework

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_is_known():
    known_documents.forget()
    yield
    known_documents.forget()


@pytest.fixture
def revision():
    return make_framework(published=True).current_revision


def ask(known):
    """The rows that a statement answers to whoever knows these documents: id, moment and text, or None."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT revision.id, revision.published_at, "
            + known_documents.unknown("revision")
            + " FROM frameworks_revision revision ORDER BY revision.id",
            known.parameters,
        )
        return cursor.fetchall()


def read():
    """The documents of all revisions, as a page reads them."""
    known = known_documents.known()
    return [known.document(*row) for row in ask(known)]


class TestADocument:
    def test_is_sent_once(self, revision):
        ((_id, _moment, text),) = ask(known_documents.known())
        assert text is not None
        (first,) = read()
        assert first == make_document()
        ((_id, _moment, text),) = ask(known_documents.known())
        assert text is None
        (again,) = read()
        assert again is first

    def test_of_a_new_revision_is_sent_beside_those_that_are_known(self, revision):
        read()
        make_framework(make_document(title="Second"), published=True)
        assert [text is None for _id, _moment, text in ask(known_documents.known())] == [True, False]
        assert [document.title for document in read()] == ["Box breathing", "Second"]

    def test_is_another_ones_where_the_same_id_was_published_at_another_moment(self, revision):
        """As after a restore from a backup: the id came again, with another document."""
        read()
        known = known_documents.known()
        ((id, moment),) = known.documents
        earlier = known_documents.Known({(id, moment.replace(year=2020)): make_document(title="Another")})
        ((_id, _moment, text),) = ask(earlier)
        assert earlier.document(id, moment, text).title == "Box breathing"

    def test_that_was_left_out_is_found_though_it_was_forgotten_meanwhile(self, revision):
        (first,) = read()
        known = known_documents.known()
        rows = ask(known)
        known_documents.forget()  # as another thread does, whose documents fill the place
        assert [known.document(*row) for row in rows] == [first]


class TestWhatIsKept:
    def test_is_bounded_and_what_was_read_last_stays(self, revision, monkeypatch):
        monkeypatch.setattr(known_documents, "_kept", Kept(2))
        framework = revision.framework
        for title in ("Second", "Third"):
            make_framework(make_document(title=title), slug=framework.slug, published=True)
        first, second, third = Revision.objects.order_by("id").values_list("id", flat=True)
        assert [document.title for document in read()] == ["Box breathing", "Second", "Third"]
        assert {id for id, _moment in known_documents.known().documents} == {second, third}
        known = known_documents.known()
        rows = {row[0]: row for row in ask(known)}
        known.document(*rows[second])  # used again, so that the third is now the one to go
        known.document(*rows[first])
        assert {id for id, _moment in known_documents.known().documents} == {first, second}
