import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from frameworks.drafts import write_draft
from tests.factories import make_clinician, make_document, make_framework, make_handout, make_user

_OF_TRANSACTIONS = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")


def signed_in(user):
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.fixture
def framework():
    """Box breathing: the steps `sit` and `breathe`, the items `chair` and `four-rounds`."""
    return make_framework(published=True)


@pytest.fixture
def clinician():
    return make_clinician()


@pytest.fixture
def desk(clinician):
    """A browser in which the clinician is signed in."""
    return signed_in(clinician)


@pytest.fixture
def handout(clinician, framework):
    return make_handout(clinician, framework)


@pytest.fixture
def patient():
    """A browser that knows nobody."""
    return Client()


@pytest.fixture
def others(framework):
    """Everybody who is not the clinician of the handout and is not to see their desk, by who they are, signed in."""
    unverified = make_clinician("applied@example.com", verified=False)
    revoked = make_clinician("revoked@example.com", revoked_at=timezone.now(), revoked_reason="Struck off.")
    return {
        "reader": signed_in(make_user("reader@example.com")),
        "editor": signed_in(make_user("editor@example.com", is_staff=True, is_superuser=True)),
        "unverified": signed_in(unverified),
        "revoked": signed_in(revoked),
    }


@pytest.fixture
def publish(framework):
    """Publish a next revision: `publish(checklist=[…])`."""

    def publish(kind="clinical", **changes):
        write_draft(framework, make_document(**(changes or {"overview": "Said otherwise."})))
        return framework.publish(by=None, kind=kind)

    return publish


@pytest.fixture
def clock(monkeypatch):
    """Move the clock: `clock(moment)`."""
    return lambda moment: monkeypatch.setattr(timezone, "now", lambda: moment)


@pytest.fixture
def statements():
    """What something asks of the database: everything but BEGIN, COMMIT and savepoints."""

    def statements(ask, status=200):
        with CaptureQueriesContext(connection) as asked:
            answer = ask()
        assert answer.status_code == status
        return [one["sql"] for one in asked if not one["sql"].startswith(_OF_TRANSACTIONS)]

    return statements
