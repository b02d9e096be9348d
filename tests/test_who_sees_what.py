"""Who sees what: every address of the site outside the admin, by every kind of person, with nothing left out.

What a reader ticks and writes is seen by that reader, and of the ticks what they have shown by one clinician. Nobody
else sees any of it at any address, the admin included.
"""

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from checklists.models import Checklist, State, Tick
from checklists.owners import Owner
from checklists.ticking import Change, tick
from frameworks.drafts import write_draft
from sharing import progress
from sharing.models import Handout, HandoutStart, ProgressConsent, ProgressLook
from tests.factories import (
    AGREED,
    make_checklist,
    make_clinician,
    make_document,
    make_framework,
    make_handout,
    make_user,
)
from tests.frameworks.desk import browser_of

pytestmark = pytest.mark.django_db

NOTE, NAME, EMAIL = "Xanthippe was here", "M. B. of the bakery", "xanthippe@example.com"

VISITOR, GUEST = "visitor", "guest"
READER, OTHER_READER = "reader", "other reader"
CLINICIAN, OTHER_CLINICIAN = "clinician", "other clinician"
EDITORS = ("editor", "publisher", "administrator")
PEOPLE = (VISITOR, GUEST, READER, OTHER_READER, CLINICIAN, OTHER_CLINICIAN, *EDITORS)

#: What each kind of address answers, by who asks; `...` is everybody else.
EVERYBODY = {...: 200}
SIGNED_IN = {VISITOR: 302, GUEST: 302, ...: 200}
#: A checklist: a visitor could be its reader and is asked to sign in; of anybody else it is not there.
READERS = {READER: 200, VISITOR: 302, ...: 404}
#: For who is signed in at all.
READERS_ALONE = {READER: 200, VISITOR: 302, GUEST: 302, ...: 404}
CLINICIANS = {CLINICIAN: 200, OTHER_CLINICIAN: 200, VISITOR: 302, GUEST: 302, ...: 403}
THE_CLINICIANS = {**CLINICIANS, OTHER_CLINICIAN: 404}


def posted(kind):
    """The same people, by a POST: it leads elsewhere, and of who is signed out what was typed comes back."""
    return {who: {200: 303, 302: 401}.get(status, status) for who, status in kind.items()}


READERS_POST = {READER: 303, VISITOR: 303, ...: 404}

GET = {
    "alive": EVERYBODY,
    "ready": EVERYBODY,
    "robots": EVERYBODY,
    "security": {...: 404},  # these settings name nobody to tell
    "frameworks:library": EVERYBODY,
    "frameworks:detail": EVERYBODY,
    "frameworks:revisions": EVERYBODY,
    "frameworks:comparison": EVERYBODY,
    "frameworks:revision": EVERYBODY,
    "frameworks:json": EVERYBODY,
    "frameworks:yaml": EVERYBODY,
    "frameworks:source": EVERYBODY,
    "frameworks:bibtex": EVERYBODY,
    "frameworks:ris": EVERYBODY,
    "frameworks:csl-json": EVERYBODY,
    "frameworks:share": EVERYBODY,
    "frameworks:share_qr": EVERYBODY,
    "frameworks:share_revision": EVERYBODY,
    "frameworks:share_revision_qr": EVERYBODY,
    "frameworks:feed": EVERYBODY,
    "frameworks:sitemap": EVERYBODY,
    "frameworks:sitemap_section": EVERYBODY,
    "frameworks:help": EVERYBODY,
    "frameworks:about": EVERYBODY,
    "frameworks:privacy": EVERYBODY,
    "frameworks:accessibility": EVERYBODY,
    "checklists:index": EVERYBODY,
    # Who has one open is led there.
    "checklists:start": {READER: 302, GUEST: 302, ...: 200},
    "checklists:join": {...: 302},
    "checklists:agreement": {VISITOR: 302, ...: 200},
    "checklists:detail": READERS,
    "checklists:changes": READERS,
    "checklists:history": READERS,
    "checklists:delete": READERS,
    "checklists:json": READERS,
    "checklists:csv": READERS,
    "sharing:desk": CLINICIANS,
    "sharing:new": CLINICIANS,
    "sharing:detail": THE_CLINICIANS,
    "sharing:qr": THE_CLINICIANS,
    "sharing:progress": THE_CLINICIANS,
    "sharing:handout": EVERYBODY,
    # Whose checklist came from it is led there.
    "sharing:start": {READER: 303, ...: 200},
    "sharing:shown": SIGNED_IN,
    "sharing:show": READERS_ALONE,
}
POST = {
    "checklists:item": READERS_POST,
    "checklists:undo_move": READERS_POST,
    "checklists:forget_earlier_notes": READERS_POST,
    "checklists:forget_unsaved": READERS_POST,
    "checklists:notes": READERS_POST,
    "checklists:archive": READERS_POST,
    "sharing:extend": posted(THE_CLINICIANS),
    "sharing:revoke": posted(THE_CLINICIANS),
    "sharing:replace_link": posted(THE_CLINICIANS),
    "sharing:renew": posted(THE_CLINICIANS),
    "sharing:withdraw": posted(READERS_ALONE),
}
#: One's own account, which no address names: what each shows is tested in tests/accounts.
OF_ONESELF = ("account_", "mfa_")


def addresses(patterns, before=""):
    """The name of each address outside the admin, with the names of what stands in it."""
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            if pattern.name:
                yield before + pattern.name, pattern.pattern.converters
        elif str(pattern.pattern) != "admin/":
            inside = f"{pattern.namespace}:" if pattern.namespace else before
            yield from addresses(pattern.url_patterns, inside)


ADDRESSES = dict(addresses(get_resolver().url_patterns))


def admin_addresses():
    for pattern in admin.site.urls[0]:
        yield from (one for one in getattr(pattern, "url_patterns", [pattern]) if one.name)


class World:
    """A reader with a checklist from a clinician's handout, who shows them the progress; and everybody else."""

    def __init__(self):
        self.framework = make_framework(published=True)
        self.clinician = make_clinician()
        self.handout = make_handout(self.clinician, self.framework)
        reader = make_user(EMAIL)
        self.checklist = make_checklist(reader, framework=self.framework)
        HandoutStart.objects.create(checklist=self.checklist, handout=self.handout)
        changes = [Change("chair", State.DONE, NOTE), Change("four-rounds", State.NOT_FOR_ME, NOTE)]
        tick(self.checklist.pk, Owner(reader=reader.pk), changes)
        self.consent = progress.grant(self.checklist.pk, reader, handout=self.handout.pk, name=NAME)
        write_draft(self.framework, make_document(title="Again"))
        self.framework.publish(by=None, kind="clinical")
        self.browsers = {who: Client() for who in PEOPLE}
        self.browsers |= {who: browser_of(who) for who in EDITORS}
        for who, person in (
            (READER, reader),
            (OTHER_READER, make_user("other@example.com")),
            (CLINICIAN, self.clinician),
            (OTHER_CLINICIAN, make_clinician("second@example.com")),
        ):
            self.browsers[who].force_login(person)
        self.browsers[GUEST].post("/checklists/start/box-breathing/", AGREED | {"revision": "2"})

    def address(self, name) -> str:
        of_checklist = name.startswith("checklists:")
        there = {
            "slug": "box-breathing",
            "number": 1,
            "old": 1,
            "new": 2,
            "key": "chair" if of_checklist else "lee2020",
            "section": "frameworks",
            "token": self.handout.path.split("/")[2],
            "id": self.checklist.pk if of_checklist else self.handout.pk,
        }
        if name in ("sharing:progress", "sharing:withdraw"):
            there["id"] = self.consent.pk
        elif name == "sharing:show":
            there["id"] = self.checklist.pk
        return reverse(name, kwargs={part: there[part] for part in ADDRESSES[name]})

    @property
    def kept(self):
        """All that a POST of somebody else could have changed."""
        rows = [
            list(model.objects.order_by("pk").values())
            for model in (Checklist, Tick, Handout, ProgressConsent, HandoutStart)
        ]
        return repr(rows)


@pytest.fixture
def world():
    return World()


def expected(kind, who):
    return kind[who] if who in kind else kind[...]


class TestEveryAddress:
    def test_is_in_the_table(self):
        found = {name for name in ADDRESSES if not name.startswith(OF_ONESELF)}
        assert found == GET.keys() | POST.keys()

    @pytest.mark.parametrize("who", PEOPLE)
    def test_opens_for_whom_it_should_and_for_nobody_else(self, world, who):
        answers = {name: world.browsers[who].get(world.address(name)).status_code for name in GET}
        assert answers == {name: expected(kind, who) for name, kind in GET.items()}

    @pytest.mark.parametrize("who", PEOPLE)
    def test_acts_for_whom_it_should_and_for_nobody_else(self, world, who):
        before = world.kept
        answers = {}
        for name in POST:
            # What each needs to do something: the item's, the link's, the revision's.
            sent = {"state": "open", "days": "7", "generation": "1", "to": "2", "move": "1"}
            answers[name] = world.browsers[who].post(world.address(name), sent).status_code
        assert answers == {name: expected(kind, who) for name, kind in POST.items()}
        assert (world.kept == before) is (who not in (READER, CLINICIAN))


class TestWhatIsWritten:
    @pytest.mark.parametrize("who", [who for who in PEOPLE if who != READER])
    def test_by_a_reader_is_seen_by_nobody_else_at_any_address(self, world, who):
        for name in GET:
            page = world.browsers[who].get(world.address(name)).content.decode()
            for secret in (NOTE, EMAIL, *([] if who == CLINICIAN else [NAME])):
                assert secret not in page, (name, secret)

    @pytest.mark.parametrize("role", EDITORS)
    def test_by_a_reader_is_at_no_address_of_the_admin(self, world, role):
        browser = world.browsers[role]
        reader = world.checklist.reader
        seen = 0
        for pattern in admin_addresses():
            arguments = {0: [], 1: [reader.pk]}.get(pattern.pattern.regex.groups)
            if arguments is None or pattern.name in {"app_list", "logout", "view_on_site"}:
                continue
            page = browser.get(reverse(f"admin:{pattern.name}", args=arguments)).content.decode()
            seen += 1
            for secret in (NOTE, NAME, str(world.checklist.pk), str(world.handout.pk)):
                assert secret not in page, (pattern.name, secret)
        assert seen > 50

    def test_is_seen_by_the_reader_and_what_is_shown_by_the_clinician(self, world):
        assert NOTE in world.browsers[READER].get(world.address("checklists:detail")).text
        assert NAME in world.browsers[CLINICIAN].get(world.address("sharing:progress")).text

    def test_is_no_longer_seen_by_the_clinician_once_the_reader_has_said_so(self, world):
        world.browsers[READER].post(world.address("sharing:withdraw"))
        for name in GET:
            assert NAME not in world.browsers[CLINICIAN].get(world.address(name)).content.decode()
        assert not ProgressLook.objects.exists()
