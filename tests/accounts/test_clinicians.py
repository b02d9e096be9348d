"""Who is a verified clinician: what can be done when, by whom, and who is told."""

import logging

import pytest
from django.contrib.auth.models import AnonymousUser, Group
from django.core import mail
from django.db import transaction
from django.utils import timezone

from accounts import clinicians, personal_data
from accounts.models import ClinicianProfile, ClinicianState, User
from tests.clinicians import DETAILS, apply, make_refused, make_verified, make_verifier, make_withdrawn
from tests.factories import make_user
from tests.promises import Refuses

pytestmark = pytest.mark.django_db

MAKE = {
    ClinicianState.APPLIED: apply,
    ClinicianState.VERIFIED: make_verified,
    ClinicianState.REFUSED: make_refused,
    ClinicianState.WITHDRAWN: make_withdrawn,
}
VERBS = {
    "verify": lambda profile, by: clinicians.verify(profile, by=by),
    "refuse": lambda profile, by: clinicians.refuse(profile, by=by, reason="Because."),
    "revoke": lambda profile, by: clinicians.revoke(profile, by=by, reason="Because."),
}
POSSIBLE = {("verify", "applied"), ("refuse", "applied"), ("revoke", "verified")}


def stored(profile):
    return ClinicianProfile.objects.get(pk=profile.pk)


class TestTheState:
    @pytest.mark.parametrize("state", ClinicianState)
    def test_is_the_same_in_python_and_in_sql(self, state):
        made = {state: make(make_user(f"{state}@example.com")) for state, make in MAKE.items()}
        assert list(ClinicianProfile.objects.in_state(state)) == [made[state]]
        assert stored(made[state]).state == state

    def test_of_being_verified_is_the_same_in_python_and_in_sql(self):
        made = [make(make_user(f"{state}@example.com")) for state, make in MAKE.items()]
        made.append(make_verified(make_user("closed@example.com")))
        User.objects.filter(email="closed@example.com").update(is_active=False)
        verified = [stored(profile) for profile in made if stored(profile).is_verified]
        assert verified == list(ClinicianProfile.objects.verified()) == [made[1]]


class TestTheVerifiedProfile:
    def test_is_found_in_one_statement(self, django_assert_num_queries):
        profile = make_verified()
        with django_assert_num_queries(1):
            found = clinicians.verified_profile(profile.user)
            assert found.is_verified
        assert found == profile

    @pytest.mark.parametrize("state", [state for state in ClinicianState if state != ClinicianState.VERIFIED])
    def test_is_there_for_nobody_else(self, state):
        assert clinicians.verified_profile(MAKE[state]().user) is None
        assert clinicians.verified_profile(make_user()) is None
        assert clinicians.verified_profile(AnonymousUser()) is None

    def test_is_gone_when_the_account_is_closed_and_back_when_it_opens(self):
        user = make_verified().user
        for is_active in (False, True):
            User.objects.filter(pk=user.pk).update(is_active=is_active)
            assert bool(clinicians.verified_profile(user)) is is_active

    def test_goes_with_the_person(self):
        personal_data.erase(make_verified().user)
        assert not ClinicianProfile.objects.exists()

    def test_stays_when_whoever_verified_leaves(self):
        profile = make_verified()
        personal_data.erase(make_verifier())
        assert stored(profile).is_verified
        assert stored(profile).verified_by is None


class TestApplying:
    def test_keeps_what_was_said_and_when(self):
        before = timezone.now()
        profile = stored(apply())
        assert {field: getattr(profile, field) for field in DETAILS} == DETAILS
        assert before <= profile.applied_at <= timezone.now()
        assert profile.state == ClinicianState.APPLIED

    def test_twice_with_the_same_words_is_one_application(self):
        first = apply()
        assert apply(first.user).applied_at == first.applied_at
        assert ClinicianProfile.objects.count() == 1

    def test_with_other_words_replaces_what_waits(self):
        first = apply()
        second = apply(first.user, organisation="Oak Road")
        assert second.pk == first.pk
        assert second.applied_at > first.applied_at
        assert stored(first).organisation == "Oak Road"

    def test_after_a_refusal_clears_it(self):
        refused = make_refused()
        profile = stored(apply(refused.user))
        assert profile.state == ClinicianState.APPLIED
        assert (profile.refused_at, profile.refused_by, profile.refused_reason) == (None, None, "")
        assert profile.applied_at > refused.applied_at

    def test_after_a_withdrawal_is_not_possible(self):
        withdrawn = make_withdrawn()
        with pytest.raises(clinicians.WithdrawnForGood, match="cannot apply again"):
            apply(withdrawn.user, name="Dr Somebody Else")
        assert stored(withdrawn).name == DETAILS["name"]

    @pytest.mark.django_db(transaction=True)
    def test_of_two_requests_at_once_makes_one(self, elsewhere):
        user = make_user()
        with transaction.atomic():
            apply(user)
            other = elsewhere(apply, user).until_it_waits()
        assert other.result().pk == ClinicianProfile.objects.get().pk


class TestChangingWhatWasVerified:
    def test_is_refused_unless_it_is_said_that_it_ends_the_verification(self):
        profile = make_verified()
        with pytest.raises(clinicians.StillVerified):
            apply(profile.user, name="Dr Somebody Else")
        assert stored(profile).name == DETAILS["name"]
        assert stored(profile).is_verified

    @pytest.mark.parametrize("field", DETAILS)
    def test_ends_the_verification_until_it_is_verified_in_its_turn(self, field):
        profile = apply(make_verified().user, **{field: "Other"}, ends_verification=True)
        assert stored(profile).state == ClinicianState.APPLIED
        assert stored(profile).verified_by is None
        assert clinicians.verified_profile(profile.user) is None
        clinicians.verify(profile, by=make_verifier())
        assert getattr(clinicians.verified_profile(profile.user), field) == "Other"

    def test_to_the_same_words_changes_nothing(self):
        profile = make_verified()
        assert apply(profile.user, ends_verification=True).verified_at == profile.verified_at


class TestDeciding:
    def test_to_verify_says_who_and_when(self):
        profile = stored(make_verified())
        assert profile.state == ClinicianState.VERIFIED
        assert profile.verified_by == make_verifier()
        assert profile.verified_at <= timezone.now()

    def test_to_refuse_says_who_and_why(self):
        profile = stored(make_refused(reason="Not in the register."))
        assert profile.state == ClinicianState.REFUSED
        assert (profile.refused_by, profile.refused_reason) == (make_verifier(), "Not in the register.")

    def test_to_withdraw_says_who_and_why_and_since_when_it_had_been_verified(self):
        profile = stored(make_withdrawn(reason="It has ended."))
        assert profile.state == ClinicianState.WITHDRAWN
        assert (profile.revoked_by, profile.revoked_reason) == (make_verifier(), "It has ended.")
        assert profile.verified_at < profile.revoked_at

    @pytest.mark.parametrize("state", ClinicianState)
    @pytest.mark.parametrize("verb", VERBS)
    def test_is_possible_only_where_there_is_something_to_decide(self, verb, state):
        profile = MAKE[state]()
        if (verb, state) in POSSIBLE:
            VERBS[verb](profile, make_verifier())
            assert stored(profile).state != state
            return
        before = ClinicianProfile.objects.values().get()
        with pytest.raises(clinicians.NothingToDecide):
            VERBS[verb](profile, make_verifier())
        assert ClinicianProfile.objects.values().get() == before

    @pytest.mark.django_db(transaction=True)
    def test_by_two_at_once_counts_for_the_first(self, elsewhere):
        profile = apply()
        by = make_verifier()
        with transaction.atomic():
            clinicians.verify(profile, by=by)
            other = elsewhere(VERBS["refuse"], profile, by).until_it_waits()
        with pytest.raises(clinicians.NothingToDecide):
            other.result()
        assert stored(profile).is_verified

    @pytest.mark.parametrize("verb", ["verify", "refuse"])
    def test_about_what_has_changed_since_it_was_read_is_not_possible(self, verb):
        read = apply()
        apply(read.user, registration="HCPC, PYL99999")
        with pytest.raises(clinicians.ChangedMeanwhile):
            VERBS[verb](read, make_verifier())
        assert stored(read).state == ClinicianState.APPLIED

    @pytest.mark.parametrize(("verb", "state"), sorted(POSSIBLE))
    def test_about_oneself_is_not_possible(self, verb, state):
        profile = MAKE[state](make_user("admin@example.com", is_staff=True, is_superuser=True))
        with pytest.raises(clinicians.OwnApplication):
            VERBS[verb](profile, profile.user)
        assert stored(profile).state == state


class TestTheDatabase:
    def refuses(self, promise, profile, **fields):
        with Refuses(promise):
            ClinicianProfile.objects.filter(pk=profile.pk).update(**fields)

    @pytest.mark.parametrize("field", DETAILS)
    def test_refuses_a_detail_that_is_empty(self, field):
        self.refuses("a_clinician_says_name_credential_organisation_and_registration", apply(), **{field: ""})

    def test_refuses_what_is_verified_and_refused(self):
        refused = {"refused_at": timezone.now(), "refused_reason": "No."}
        self.refuses("a_clinician_is_verified_or_refused_and_not_both", make_verified(), **refused)

    def test_refuses_a_refusal_without_a_reason(self):
        self.refuses("a_refusal_of_a_clinician_has_a_reason", apply(), refused_at=timezone.now())

    def test_refuses_a_withdrawal_without_a_reason_or_of_nothing(self):
        name = "only_a_verification_is_withdrawn_and_with_a_reason"
        self.refuses(name, make_verified(), revoked_at=timezone.now())
        other = apply(make_user())
        self.refuses(name, other, revoked_at=timezone.now(), revoked_reason="Because.")

    @pytest.mark.parametrize("field", ["verified_by", "refused_by", "revoked_by"])
    def test_refuses_who_decides_about_themselves(self, field):
        profile = apply()
        self.refuses("nobody_decides_about_themselves_as_a_clinician", profile, **{field: profile.user})

    def test_refuses_two_profiles_of_one_person(self):
        profile = apply()
        with Refuses("accounts_clinicianprofile_user_id_key"):
            ClinicianProfile.objects.create(user=profile.user, **DETAILS)


class TestTheMessage:
    """To the person, once what was decided is stored."""

    @pytest.fixture(autouse=True)
    def base_url(self, settings):
        settings.BASE_URL = "https://tracework.example"

    @pytest.mark.parametrize(
        ("state", "verb", "subject", "words"),
        [
            ("applied", "verify", "verified", "Dr Ada Example, Clinical psychologist"),
            ("applied", "refuse", "application", "Because."),
            ("verified", "revoke", "withdrawn", "Because."),
        ],
    )
    def test_says_what_was_decided_and_where_it_stands(
        self, django_capture_on_commit_callbacks, state, verb, subject, words
    ):
        profile = MAKE[state]()
        with django_capture_on_commit_callbacks(execute=True):
            VERBS[verb](profile, make_verifier())
            assert not mail.outbox
        [message] = mail.outbox
        assert message.to == ["ada@example.com"]
        assert subject in message.subject
        assert words in message.body
        assert "https://tracework.example/account/clinician/" in message.body
        assert "Nobody at Tracework ever asks you for a code or a password." in message.body
        assert not message.alternatives

    def test_has_the_reason_as_it_was_typed(self, django_capture_on_commit_callbacks):
        profile = apply()
        with django_capture_on_commit_callbacks(execute=True):
            clinicians.refuse(profile, by=make_verifier(), reason="It's <expired> & gone.")
        assert "It's <expired> & gone." in mail.outbox[0].body

    def test_is_not_sent_for_what_was_not_stored(self, django_capture_on_commit_callbacks):
        profile = apply()
        with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
            clinicians.verify(profile, by=make_verifier())
            transaction.set_rollback(True)
        assert not mail.outbox
        assert stored(profile).state == ClinicianState.APPLIED

    def test_that_cannot_be_sent_undoes_nothing(
        self, django_capture_on_commit_callbacks, mail_is_down, caplog
    ):
        profile = apply()
        with django_capture_on_commit_callbacks(execute=True):
            clinicians.verify(profile, by=make_verifier())
        assert stored(profile).is_verified
        [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
        assert record.getMessage() == "A message could not be sent"


class TestTheMessageToVerifiers:
    """That somebody waits, once that is stored; of who it is, nothing stands in a mailbox."""

    @pytest.fixture(autouse=True)
    def verifiers(self, settings):
        settings.BASE_URL = "https://tracework.example"
        group = Group.objects.get(name="Clinician verifiers")
        for email, fields in {
            "val@example.com": {"is_staff": True},
            "vic@example.com": {"is_staff": True},
            "gone@example.com": {"is_staff": True, "is_active": False},
            "no-staff@example.com": {},
        }.items():
            make_user(email, **fields).groups.add(group)
        make_user("editor@example.com", is_staff=True).groups.add(Group.objects.get(name="Editors"))

    def test_is_sent_to_each_and_names_nobody(self, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            profile = apply()
            assert not mail.outbox
        assert [message.to for message in mail.outbox] == [["val@example.com"], ["vic@example.com"]]
        for message in mail.outbox:
            assert "https://tracework.example/admin/accounts/clinicianprofile/" in message.body
            for said in (profile.name, profile.organisation, profile.registration, profile.user.email):
                assert said not in message.subject + message.body

    def test_is_not_sent_again_while_they_wait(self, django_capture_on_commit_callbacks):
        profile = apply()
        with django_capture_on_commit_callbacks(execute=True):
            apply(profile.user, name="Dr Ada E. Example")
            apply(profile.user, name="Dr Ada E. Example")
        assert not mail.outbox

    @pytest.mark.parametrize("make", [make_refused, make_verified])
    def test_is_sent_when_they_apply_anew(self, django_capture_on_commit_callbacks, make):
        profile = make()
        with django_capture_on_commit_callbacks(execute=True):
            apply(profile.user, name="Dr Ada E. Example", ends_verification=True)
        assert len(mail.outbox) == 2

    def test_that_cannot_be_sent_undoes_nothing(self, django_capture_on_commit_callbacks, mail_is_down):
        with django_capture_on_commit_callbacks(execute=True):
            profile = apply()
        assert stored(profile).state == ClinicianState.APPLIED
