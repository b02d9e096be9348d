"""Who sees what: every address of the site outside the admin, by every kind of person, with nothing left out.

What a reader ticks and writes is seen by that reader, and of the ticks what they have shown by one clinician. Nobody
else sees any of it, or can tell that it is there. That the admin has none of it, tests/test_admin_addresses.py shows.
"""

import copy
import io
import zipfile
from dataclasses import dataclass

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from accounts.models import ClinicianProfile, User
from checklists import consents
from checklists.models import Checklist, RevisionMove, StorageConsent, Tick, TickChange
from frameworks.drafts import write_draft
from sharing import progress
from sharing.models import Handout, HandoutStart, ProgressConsent, ProgressLook
from tests.factories import AGREED, PASSWORD, make_clinician, make_document, make_framework, make_user
from tests.frameworks.desk import browser_of
from tests.private import EARLIER_NOTE, EMAIL, MESSAGE, NAME, NOTE, YEAR, Private, masked

pytestmark = pytest.mark.django_db

VISITOR, GUEST = "visitor", "guest"
READER, OTHER_READER = "reader", "other reader"
CLINICIAN, OTHER_CLINICIAN = "clinician", "other clinician"
STAFF = ("editor", "publisher", "verifier", "administrator")
PEOPLE = (VISITOR, GUEST, READER, OTHER_READER, CLINICIAN, OTHER_CLINICIAN, *STAFF)

#: Led to the sign-in, or to another page.
SIGN_IN, LED = "sign in", "led elsewhere"

# What an address answers, by who asks; `...` is everybody else.

EVERYBODY = {...: 200}
NEVER = {...: 405}
SIGNED_OUT = {VISITOR: SIGN_IN, GUEST: SIGN_IN}
#: Of who is signed out, what was sent comes back.
SENT_BACK = {VISITOR: 401, GUEST: 401}
#: A checklist: a visitor could be its reader and is asked to sign in; for anybody else it is not there.
THE_READER = {READER: 200, VISITOR: SIGN_IN, ...: 404}
THE_READER_ACTS = {READER: LED, VISITOR: SIGN_IN, ...: 404}
#: With an account alone.
THE_SIGNED_IN_READER = {READER: 200, **SIGNED_OUT, ...: 404}
THE_SIGNED_IN_READER_ACTS = {READER: LED, **SENT_BACK, ...: 404}
CLINICIANS = {CLINICIAN: 200, OTHER_CLINICIAN: 200, **SIGNED_OUT, ...: 403}
CLINICIANS_ACT = {CLINICIAN: LED, OTHER_CLINICIAN: LED, **SENT_BACK, ...: 403}
THE_CLINICIAN = {CLINICIAN: 200, OTHER_CLINICIAN: 404, **SIGNED_OUT, ...: 403}
THE_CLINICIAN_ACTS = {CLINICIAN: LED, OTHER_CLINICIAN: 404, **SENT_BACK, ...: 403}
#: One's own account.
ONESELF = {**SIGNED_OUT, ...: 200}
ONESELF_ACTS = {**SIGNED_OUT, ...: LED}
ONESELF_IS_TOLD_WHAT_IS_WRONG = {**SIGNED_OUT, ...: 422}
#: Where there is nothing of it: nobody here has an app for codes.
ONESELF_HAS_NONE = {**SIGNED_OUT, ...: 404}
#: For who is not signed in yet.
SIGNING_IN = {VISITOR: 200, GUEST: 200, ...: LED}

#: By the name of the address, or its path where it has no name: what GET answers, and what POST.
TABLE = {
    "alive": (EVERYBODY, NEVER),
    "ready": (EVERYBODY, NEVER),
    "robots": (EVERYBODY, NEVER),
    "favicon": ({...: LED}, NEVER),
    "security": ({...: 404}, NEVER),  # these settings name nobody to tell
    "frameworks:library": (EVERYBODY, NEVER),
    "frameworks:detail": (EVERYBODY, NEVER),
    "frameworks:revisions": (EVERYBODY, NEVER),
    "frameworks:comparison": (EVERYBODY, NEVER),
    "frameworks:revision": (EVERYBODY, NEVER),
    "frameworks:json": (EVERYBODY, NEVER),
    "frameworks:yaml": (EVERYBODY, NEVER),
    "frameworks:source": (EVERYBODY, NEVER),
    "frameworks:bibtex": (EVERYBODY, NEVER),
    "frameworks:ris": (EVERYBODY, NEVER),
    "frameworks:csl-json": (EVERYBODY, NEVER),
    "frameworks:share": (EVERYBODY, NEVER),
    "frameworks:share_qr": (EVERYBODY, NEVER),
    "frameworks:share_revision": (EVERYBODY, NEVER),
    "frameworks:share_revision_qr": (EVERYBODY, NEVER),
    "frameworks:feed": (EVERYBODY, NEVER),
    "frameworks:sitemap": (EVERYBODY, NEVER),
    "frameworks:sitemap_section": (EVERYBODY, NEVER),
    "frameworks:help": (EVERYBODY, NEVER),
    "frameworks:about": (EVERYBODY, NEVER),
    "frameworks:privacy": (EVERYBODY, NEVER),
    "frameworks:accessibility": (EVERYBODY, NEVER),
    "checklists:index": (EVERYBODY, NEVER),
    # Who has one open is led there.
    "checklists:start": ({READER: LED, GUEST: LED, ...: 200}, {...: LED}),
    # Who has nothing to choose is led to their checklists.
    "checklists:join": ({READER: 200, **SIGNED_OUT, ...: LED}, ONESELF_ACTS),
    "checklists:agreement": ({VISITOR: SIGN_IN, ...: 200}, {VISITOR: SIGN_IN, ...: LED}),
    "checklists:detail": (THE_READER, THE_READER_ACTS),
    "checklists:item": (NEVER, THE_READER_ACTS),
    "checklists:changes": (THE_READER, THE_READER_ACTS),
    "checklists:undo_move": (NEVER, THE_READER_ACTS),
    "checklists:history": (THE_READER, NEVER),
    "checklists:forget_earlier_notes": (NEVER, THE_READER_ACTS),
    "checklists:forget_unsaved": (NEVER, THE_READER_ACTS),
    "checklists:notes": (NEVER, THE_READER_ACTS),
    "checklists:archive": (NEVER, THE_READER_ACTS),
    "checklists:delete": (THE_READER, THE_READER_ACTS),
    "checklists:json": (THE_READER, NEVER),
    "checklists:csv": (THE_READER, NEVER),
    "sharing:desk": (CLINICIANS, NEVER),
    # Each new one has an address of its own; what is made already is led to.
    "sharing:new": ({**CLINICIANS, CLINICIAN: LED, OTHER_CLINICIAN: LED}, NEVER),
    "sharing:choose": ({**CLINICIANS, CLINICIAN: LED}, CLINICIANS_ACT),
    "sharing:preview": ({**CLINICIANS, CLINICIAN: LED, OTHER_CLINICIAN: LED}, CLINICIANS_ACT),
    "sharing:detail": (THE_CLINICIAN, NEVER),
    "sharing:qr": (THE_CLINICIAN, NEVER),
    "sharing:extend": (NEVER, THE_CLINICIAN_ACTS),
    "sharing:revoke": (NEVER, THE_CLINICIAN_ACTS),
    "sharing:replace_link": (NEVER, THE_CLINICIAN_ACTS),
    "sharing:renew": (NEVER, THE_CLINICIAN_ACTS),
    "sharing:progress": (THE_CLINICIAN, NEVER),
    "sharing:handout": (EVERYBODY, NEVER),
    "sharing:back": ({...: LED}, NEVER),
    # Whose checklist came from it is led there.
    "sharing:start": ({READER: LED, ...: 200}, {...: LED}),
    "sharing:shown": (ONESELF, NEVER),
    "sharing:withdraw": (NEVER, THE_SIGNED_IN_READER_ACTS),
    "sharing:show": (THE_SIGNED_IN_READER, THE_SIGNED_IN_READER_ACTS),
    "account_settings": (ONESELF, ONESELF_ACTS),
    "account_signup": (SIGNING_IN, SIGNING_IN),
    "account_email_verification_sent": ({**SIGNED_OUT, ...: LED}, {**SIGNED_OUT, ...: LED}),
    "account_login": (SIGNING_IN, SIGNING_IN),
    "account_logout": ({VISITOR: LED, GUEST: LED, ...: 200}, {...: LED}),
    "account_signed_out": (EVERYBODY, NEVER),
    "account_inactive": (EVERYBODY, NEVER),
    "account_reauthenticate": (ONESELF, ONESELF_ACTS),
    "account_email": (ONESELF, ONESELF_ACTS),
    "account_change_password": (ONESELF, ONESELF),
    "account_set_password": ({...: LED}, {...: LED}),
    "account_reset_password": (EVERYBODY, EVERYBODY),
    # Nobody here has asked for a code.
    "account_confirm_password_reset_code": ({...: SIGN_IN}, {...: SIGN_IN}),
    "account_complete_password_reset": ({...: LED}, {...: LED}),
    "mfa_index": (ONESELF, NEVER),
    "mfa_authenticate": (ONESELF_ACTS, ONESELF_ACTS),
    "mfa_reauthenticate": (ONESELF_ACTS, ONESELF_ACTS),
    # The reader alone has a key.
    "mfa_reauthenticate_webauthn": ({**ONESELF_ACTS, READER: 200}, {**ONESELF_ACTS, READER: 422}),
    "mfa_activate_totp": (ONESELF, ONESELF_IS_TOLD_WHAT_IS_WRONG),
    "mfa_deactivate_totp": (ONESELF_HAS_NONE, ONESELF_HAS_NONE),
    "mfa_view_recovery_codes": (ONESELF_HAS_NONE, {**SIGNED_OUT, ...: 405}),
    "mfa_generate_recovery_codes": (ONESELF, {**ONESELF_IS_TOLD_WHAT_IS_WRONG, READER: LED}),
    "mfa_download_recovery_codes": (ONESELF_HAS_NONE, ONESELF_HAS_NONE),
    "mfa_list_webauthn": ({...: LED}, {...: LED}),
    "mfa_add_webauthn": (ONESELF, ONESELF_IS_TOLD_WHAT_IS_WRONG),
    "mfa_edit_webauthn": ({**ONESELF_HAS_NONE, READER: 200}, {**ONESELF_HAS_NONE, READER: LED}),
    "mfa_remove_webauthn": ({**ONESELF_HAS_NONE, READER: 200}, {**ONESELF_HAS_NONE, READER: LED}),
    "account_qr_code": (ONESELF_HAS_NONE, NEVER),
    "account_clinician": (ONESELF, NEVER),
    "account_clinician_apply": (ONESELF, {**SENT_BACK, ...: 422}),
    "account_data": (ONESELF, NEVER),
    "account_data_download": (ONESELF, NEVER),
    "account_leave": (ONESELF, ONESELF_ACTS),
    "account_goodbye": (EVERYBODY, NEVER),
    "/admin/login/": ({**SIGNED_OUT, **dict.fromkeys(STAFF, LED), ...: 403}, NEVER),
    "/admin/password_change/": ({...: LED}, {...: LED}),
}

#: By a POST to which addresses something of the reader's or of the clinician's changes. Nobody else changes any of it.
CHANGED = {
    READER: {
        "checklists:join",
        "checklists:agreement",
        "checklists:detail",
        "checklists:item",
        "checklists:changes",
        "checklists:undo_move",
        "checklists:forget_earlier_notes",
        "checklists:notes",
        "checklists:archive",
        "checklists:delete",
        "sharing:withdraw",
        "account_settings",
        "account_leave",
        "mfa_generate_recovery_codes",
        "mfa_edit_webauthn",
        "mfa_remove_webauthn",
    },
    CLINICIAN: {
        "sharing:extend",
        "sharing:revoke",
        "sharing:replace_link",
        "sharing:renew",
        "account_settings",
        "account_leave",
    },
}
#: Where what is private is seen, by whom. It is the reader's, but for the message, which is in the link's keeping.
SEEN = {
    READER: {
        NOTE: {
            "checklists:detail",
            "checklists:history",
            "checklists:json",
            "checklists:csv",
            "account_data_download",
        },
        EARLIER_NOTE: {"checklists:history", "checklists:json", "account_data_download"},
        YEAR: {
            "checklists:index",
            "checklists:detail",
            "checklists:history",
            "checklists:json",
            "checklists:csv",
            "account_data_download",
        },
        NAME: {"checklists:detail", "sharing:shown", "sharing:show", "account_data_download"},
        EMAIL: {"account_settings", "account_email", "mfa_add_webauthn", "account_data_download"},
        MESSAGE: {"sharing:handout"},
    },
    CLINICIAN: {
        YEAR: {"sharing:progress"},
        NAME: {"sharing:desk", "sharing:detail", "sharing:progress"},
        MESSAGE: {"sharing:handout", "sharing:desk", "sharing:detail", "account_data_download"},
    },
    ...: {MESSAGE: {"sharing:handout"}},
}
SECRETS = (NOTE, EARLIER_NOTE, YEAR, NAME, EMAIL, MESSAGE)
#: These make a new secret for whoever opens them.
DRAWN_ANEW = {"mfa_activate_totp", "mfa_add_webauthn"}


def addresses(patterns, before="", path="/"):
    """Of each address outside the admin its name, or its path where it has none; and what stands in it."""
    for pattern in patterns:
        here = path + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield before + pattern.name if pattern.name else here, pattern.pattern.converters
        elif here != "/admin/":
            inside = f"{pattern.namespace}:" if pattern.namespace else before
            yield from addresses(pattern.url_patterns, inside, here)


ADDRESSES = list(addresses(get_resolver().url_patterns))


@dataclass(frozen=True)
class Answer:
    status: int | str
    text: str
    #: Whether a POST left anything of the reader's or the clinician's another one.
    changed: bool


class World:
    """A reader with a checklist from a clinician's handout, who shows them the progress; and everybody else."""

    def __init__(self):
        self.framework = make_framework(published=True)
        self.private = Private(self.framework)
        self.publish(title="Box breathing again")
        self.move = self.private.move(to=2)
        self.publish(title="Box breathing, once more")
        people = {
            READER: self.private.reader,
            OTHER_READER: make_user("other@example.com"),
            CLINICIAN: self.private.clinician,
            OTHER_CLINICIAN: make_clinician("second@example.com"),
            **{who: browser_of(who).person for who in STAFF},
        }
        self.browsers = {who: Client() for who in PEOPLE}
        # In the reader's browser, too, something was started before the sign-in: there is something to join.
        for who in (GUEST, READER):
            self.browsers[who].post("/checklists/start/box-breathing/", AGREED | {"revision": "3"})
        self.guests = Checklist.objects.exclude(guest=None).latest("started_at")
        for who, person in people.items():
            self.browsers[who].force_login(person)
            self.browsers[who].post("/account/reauthenticate/", {"password": PASSWORD})
        self.kept = self.what_is_kept()
        self.before = self.kept()

    def publish(self, **changes):
        write_draft(self.framework, make_document(**changes))
        self.framework.publish(by=None, kind="clinical")

    def address(self, name, parts) -> str:
        private = self.private
        ids = {
            "checklists": private.checklist,
            "sharing": private.handout,
            "sharing:progress": private.consent,
            "sharing:withdraw": private.consent,
            "sharing:show": private.checklist,
        }
        there = {
            "slug": "box-breathing",
            "number": 1,
            "old": 1,
            "new": 2,
            "key": "chair" if name == "checklists:item" else "lee2020",
            "section": "frameworks",
            "token": private.handout.path.split("/")[2],
            "pk": private.key.pk,
        }
        if "id" in parts:
            there["id"] = ids.get(name, ids[name.partition(":")[0]]).pk
        return name if name.startswith("/") else reverse(name, kwargs={part: there[part] for part in parts})

    def sent(self, name) -> dict:
        """All that the forms need, so that each of them does what it can."""
        return {
            "consent": "on",
            "name": "N.",
            "display_name": "N.",
            "time_zone": "UTC",
            "password": PASSWORD,
            "state": "open",
            "was": "chair",
            "step": "sit",
            "days": "365",
            "act": "create",
            "generation": "1",
            "move": self.move.pk,
            "to": "3",
            "revision": "1" if name == "sharing:start" else "3",
            "wording": progress.VERSION if name == "sharing:show" else consents.VERSION,
            "handout": self.private.handout.pk,
            "mine": Checklist.objects.exclude(guest=None).earliest("started_at").pk,  # the guest's
            "choice": "take-this",
            f"choice-{self.guests.pk}": "join-both",
        }

    def what_is_kept(self):
        """A function that reads all rows of the reader's and the clinician's, in one statement."""
        private = self.private
        of_checklist = (Tick, TickChange, RevisionMove, HandoutStart, ProgressConsent)
        rows = [
            Checklist.objects.filter(pk=private.checklist.pk),
            *(model.objects.filter(checklist=private.checklist.pk) for model in of_checklist),
            ProgressLook.objects.filter(consent=private.consent.pk),
            StorageConsent.objects.filter(reader=private.reader),
            private.reader.authenticator_set.all(),
            Handout.objects.filter(pk=private.handout.pk),
            ClinicianProfile.objects.filter(user=private.clinician),
            User.objects.filter(pk__in=[private.reader.pk, private.clinician.pk]),
        ]
        queries = [one.query.sql_with_params() for one in rows]
        columns = (f"(SELECT array_agg(a::text ORDER BY a::text) FROM ({sql}) a)" for sql, _ in queries)
        statement = f"SELECT {', '.join(columns)}"
        values = [value for _, values in queries for value in values]

        def kept():
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchone()

        return kept

    def ask(self, who, verb, name, parts) -> Answer:
        """What this person is answered. Afterwards all is as it was before."""
        browser = self.browsers[who]
        cookies = copy.deepcopy(browser.cookies)
        with transaction.atomic():
            address, sent = self.address(name, parts), self.sent(name) if verb == "post" else None
            try:
                response = getattr(browser, verb)(address, sent)
            except Exception as error:
                error.add_note(f"{who}: {verb} {name}")
                raise
            changed = verb == "post" and self.kept() != self.before
            answer = Answer(status_of(response), text_of(response), changed)
            transaction.set_rollback(True)
        browser.cookies = cookies
        return answer


def status_of(response):
    if 300 <= response.status_code < 400:
        return SIGN_IN if response.url.startswith("/account/login/") else LED
    return int(response.status_code)


def text_of(response) -> str:
    content = response.getvalue()
    if response.headers.get("Content-Type") == "application/zip":
        with zipfile.ZipFile(io.BytesIO(content)) as files:
            return "\n".join(f"{name}\n{files.read(name).decode()}" for name in files.namelist())
    return content.decode()


@pytest.fixture(scope="module")
def world(shared_database):
    return World()


@pytest.fixture(scope="module")
def answers(world):
    """What each person is answered: `answers[who][verb, name]`."""
    return {
        who: {
            (verb, name): world.ask(who, verb, name, parts)
            for name, parts in ADDRESSES
            for verb in ("get", "post")
        }
        for who in PEOPLE
    }


def expected(by_person, who):
    return by_person[who] if who in by_person else by_person[...]


everybody = pytest.mark.parametrize("who", PEOPLE)


class TestEveryAddress:
    def test_is_in_the_table_once(self):
        assert sorted(name for name, _parts in ADDRESSES) == sorted(TABLE)

    @everybody
    def test_answers_each_person_as_the_table_says(self, answers, who):
        found = {asked: answer.status for asked, answer in answers[who].items()}
        said = {
            (verb, name): expected(kind, who)
            for name, kinds in TABLE.items()
            for verb, kind in zip(("get", "post"), kinds, strict=True)
        }
        assert found == said


class TestWhatIsPrivate:
    @everybody
    def test_is_changed_by_whose_it_is_and_by_nobody_else(self, answers, who):
        changed = {name for (_verb, name), answer in answers[who].items() if answer.changed}
        assert changed == CHANGED.get(who, set())

    @everybody
    def test_is_seen_where_it_should_be_and_nowhere_else(self, answers, who):
        seen = {}
        for (_verb, name), answer in answers[who].items():
            for secret in SECRETS:
                if secret in answer.text:
                    seen.setdefault(secret, set()).add(name)
        assert seen == expected(SEEN, who)

    # Outside the admin those who work there are readers like any other: one of them stands for all.
    @pytest.mark.parametrize("who", [VISITOR, GUEST, OTHER_READER, OTHER_CLINICIAN, "administrator"])
    def test_is_nothing_that_anybody_else_could_tell_from_a_page(self, world, answers, who):
        Checklist.objects.filter(pk=world.private.checklist.pk).erase()
        without = {name: world.ask(who, "get", name, parts).text for name, parts in ADDRESSES}
        told = {
            name for name, text in without.items() if masked(text) != masked(answers[who]["get", name].text)
        }
        assert told <= DRAWN_ANEW

    def test_is_no_longer_seen_by_the_clinician_once_the_reader_has_said_so(self, world):
        address = reverse("sharing:withdraw", args=[world.private.consent.pk])
        assert world.browsers[READER].post(address).status_code == 303
        for name, parts in ADDRESSES:
            text = world.ask(CLINICIAN, "get", name, parts).text
            assert not [secret for secret in (NAME, YEAR) if secret in text], name
