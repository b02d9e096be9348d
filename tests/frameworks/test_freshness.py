"""When a framework was last reviewed, and what readers are told once the next review is overdue."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from frameworks import public_page
from frameworks.desk.preview import preview
from frameworks.drafts import read_draft, write_draft
from frameworks.models import Framework, Review
from tests.factories import make_checklist, make_document, make_framework, make_handout, make_user

pytestmark = pytest.mark.django_db
URL = "/frameworks/box-breathing/"
OVERDUE = "The next review was due on 2 March 2030."


@pytest.fixture(autouse=True)
def nothing_kept():
    public_page._kept.cache_clear()
    yield
    public_page._kept.cache_clear()


@pytest.fixture
def framework():
    """Reviewed once; the next review is due on 2 March 2030."""
    framework = make_framework(published=True)
    _review(framework, "2028-03-02", "2030-03-02")
    return framework


def _review(framework, reviewed_on, due_on):
    Review.objects.create(
        framework=framework, reviewed_on=reviewed_on, due_on=due_on, reviewer="Dr A.", credential="GP"
    )


@pytest.fixture
def clock(monkeypatch):
    """Move the clock: `clock("2030-03-02")` makes it noon of that day, or another hour with `T23:59`."""

    def clock(moment):
        now = datetime.fromisoformat(moment if "T" in moment else f"{moment}T12:00").replace(tzinfo=UTC)
        monkeypatch.setattr(timezone, "now", lambda: now)

    return clock


class TestEveryPage:
    def test_says_when_it_was_last_reviewed_and_when_the_next_is_due(self, client, framework, clock):
        clock("2029-01-01")
        page = client.get(URL).text
        assert "last reviewed <time" in page
        assert "2 Mar 2028" in page
        assert "next review due <time" in page
        assert "2 Mar 2030" in page

    def test_says_where_nobody_reviewed_it(self, client):
        make_framework(published=True)
        page = client.get(URL).text
        assert "Not yet reviewed by a clinician" in page
        assert "was due" not in page

    def test_says_it_on_a_checklist_and_a_handout_too(self, client):
        framework = make_framework(published=True)
        reader = make_user()
        pages = (make_checklist(reader, framework=framework).get_absolute_url(), make_handout().path)
        client.force_login(reader)
        for url in pages:
            assert "Not yet reviewed by a clinician" in client.get(url).text
        today = timezone.localdate()
        _review(framework, today, today + timedelta(days=365))
        for url in pages:
            page = client.get(url).text
            assert f'last reviewed <time datetime="{today}">' in page
            assert "by Dr A., GP" in page
            assert f'next review due <time datetime="{today + timedelta(days=365)}">' in page


class TestAReviewThatIsOverdue:
    @pytest.mark.parametrize(
        ("moment", "overdue"),
        [
            ("2030-03-01", False),
            ("2030-03-02T23:59", False),
            ("2030-03-03T00:00", True),
            ("2031-01-01", True),
        ],
    )
    def test_is_told_from_the_day_after_it_was_due(self, client, framework, clock, moment, overdue):
        clock(moment)
        page = client.get(URL).text
        assert (OVERDUE in page) is overdue
        assert ("next review was due</b>" in page) is overdue

    def test_is_told_before_the_title(self, client, framework, clock):
        clock("2030-03-03")
        page = client.get(URL).text
        assert page.index(OVERDUE) < page.index("last reviewed on 2 March 2028") < page.index("<h1>")

    def test_shows_on_a_page_that_was_kept_before(self, client, framework, clock):
        """By the server under its key, and by the browser under its ETag."""
        clock("2030-03-02")
        first = client.get(URL)
        clock("2030-03-03")
        again = client.get(URL, headers={"if-none-match": first["ETag"]})
        assert again.status_code == 200
        assert OVERDUE in again.text

    @pytest.mark.parametrize(("one", "other"), [("2029-01-01", "2030-03-02"), ("2030-03-03", "2030-09-09")])
    def test_makes_no_page_anew_on_other_days(self, client, framework, clock, one, other):
        clock(one)
        first = client.get(URL)
        clock(other)
        assert client.get(URL, headers={"if-none-match": first["ETag"]}).status_code == 304
        assert public_page._kept.cache_info().misses == 1

    def test_shows_on_older_revisions_and_what_is_about_them(self, client, framework, clock):
        write_draft(framework, make_document(title="Again"))
        framework.publish(by=None, kind="editorial")
        clock("2030-03-03")
        for path in ("revisions/1/", "revisions/"):
            assert OVERDUE in client.get(URL + path).text

    def test_shows_on_a_checklist(self, client, framework, clock):
        reader = make_user()
        checklist = make_checklist(reader, framework=framework)
        Review.objects.update(reviewed_on="2020-03-02", due_on=timezone.localdate() - timedelta(days=1))
        client.force_login(reader)
        for url in (checklist.get_absolute_url(), URL):
            assert "The next review was due on" in client.get(url).text

    def test_shows_in_a_preview(self, framework, clock):
        clock("2030-03-03")
        assert preview(framework, read_draft(framework)).live.review.overdue

    def test_is_over_with_the_next_review(self, client, framework, clock):
        clock("2030-03-03")
        assert OVERDUE in client.get(URL).text
        _review(framework, "2030-03-03", "2032-03-03")
        page = client.get(URL).text
        assert "was due" not in page
        assert "3 Mar 2032" in page

    def test_says_nothing_of_what_was_withdrawn(self, client, framework, clock):
        clock("2030-03-03")
        Framework.objects.get().withdraw(reason="A trial found harm.")
        page = client.get(URL).text
        assert "Withdrawn on" in page
        assert OVERDUE not in page
