"""The starting library in the test database, and the addresses of every page."""

from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command

from frameworks import public_page
from frameworks.document import ChangeKind
from frameworks.drafts import read_draft, write_draft
from frameworks.models import Framework, SafetyNotice, Source, SourceUpdate

#: Each kind of page that there is, and each condition that a page can be in.
ADDRESSES = {
    "library": "/",
    "library, filtered": "/?category=sleep&sort=title",
    "library, searched": "/?q=sleep+restriction",
    "library, a near miss": "/?q=insomina",
    "library, nothing found": "/?q=qqxyzzy",
    "ketamine": "/frameworks/ketamine-assisted-psychotherapy/",
    "insomnia": "/frameworks/cbt-i-for-insomnia/",
    "source": "/sources/duek2023/",
    "breathing, with everything live": "/frameworks/structured-breathing/",
    "breathing, an older revision": "/frameworks/structured-breathing/revisions/1/",
    "breathing, its revisions": "/frameworks/structured-breathing/revisions/",
    "breathing, what changed": "/frameworks/structured-breathing/revisions/1...2/",
    "share": "/frameworks/cbt-i-for-insomnia/share/",
    "share what was withdrawn": "/frameworks/structured-breathing/share/",
    "share an older revision": "/frameworks/structured-breathing/revisions/1/share/",
    "help": "/help/",
    "about": "/about/",
    "privacy": "/privacy/",
    "accessibility": "/accessibility/",
    "sign in": "/account/login/",
    "sign up": "/account/signup/",
    "a new password": "/account/password/reset/",
    "signed out": "/account/signed-out/",
    "goodbye": "/account/goodbye/",
    "not found": "/nothing-here/",
}


@pytest.fixture
def starting_library(db):
    """The library as `make run` loads it; on one framework, everything that can be live over a revision."""
    call_command("load_library", settings.BASE_DIR / "content", stdout=StringIO())
    framework = Framework.objects.get(slug="structured-breathing")
    document = read_draft(framework)
    later = document.warnings[0].model_copy(
        update={"key": "a-later-danger", "text": "Something learned afterwards."}
    )
    write_draft(framework, document.model_copy(update={"warnings": (*document.warnings, later)}))
    framework.publish(by=None, kind=ChangeKind.SAFETY, note="A warning was added.")
    SafetyNotice.objects.create(framework=framework, level="danger", text="Two people fainted.")
    source = Source.objects.get(key=document.claims[0].citations[0].source)
    SourceUpdate.objects.create(
        source=source, type="retraction", date="2026-05-04", notice_doi="10.1234/notice"
    )
    framework.withdraw(reason="Only to show what a withdrawal looks like.")
    public_page._kept.cache_clear()
    yield
    public_page._kept.cache_clear()
