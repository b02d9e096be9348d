"""The desk of those who verify: they read, decide with a reason, and edit nothing."""

import pytest
from django.contrib.admin.models import LogEntry
from django.core import mail

from accounts import clinicians
from accounts.models import ClinicianProfile, ClinicianState, User
from tests.clinicians import DETAILS, apply, make_refused, make_verified, make_withdrawn
from tests.factories import make_user
from tests.frameworks.desk import browser_of

pytestmark = pytest.mark.django_db

LIST = "/admin/accounts/clinicianprofile/"


@pytest.fixture(params=["verifier", "administrator"])
def desk(request):
    return browser_of(request.param)


def address(profile, name="change"):
    return f"{LIST}{profile.pk}/{name}/"


def decide(desk, profile, name, **form):
    """Send the form of the page as it was when this profile was read."""
    return desk.post(address(profile, name), {"applied": profile.applied_at.isoformat(), **form})


def stored(profile):
    return ClinicianProfile.objects.get(pk=profile.pk)


class TestTheIndex:
    def test_of_a_verifier_shows_clinicians_and_nothing_else(self):
        page = browser_of("verifier").get("/admin/")
        models = [model["object_name"] for app in page.context["app_list"] for model in app["models"]]
        assert models == ["ClinicianProfile"]

    def test_says_to_a_verifier_how_many_wait(self):
        verifier = browser_of("verifier")
        assert "waits to be verified" not in verifier.get("/admin/").text
        apply()
        assert "1 clinician waits to be verified" in verifier.get("/admin/").text

    @pytest.mark.parametrize("role", ["editor", "publisher"])
    def test_of_an_editor_shows_none(self, role):
        apply()
        assert "clinician" not in browser_of(role).get("/admin/").text.lower()


class TestTheList:
    def test_has_who_waits_first_and_the_longest_wait_at_the_top(self, desk):
        for make, name in (
            (make_verified, "verified"),
            (apply, "first"),
            (make_refused, "refused"),
            (apply, "second"),
        ):
            profile = make(make_user(f"{name}@example.com"))
            ClinicianProfile.objects.filter(pk=profile.pk).update(name=name)
        rows = [profile.name for profile in desk.get(LIST).context["cl"].result_list]
        assert rows == ["first", "second", "refused", "verified"]

    @pytest.mark.parametrize("state", ClinicianState)
    def test_is_filtered_by_state(self, desk, state):
        made = {
            make(make_user(f"{name}@example.com")).pk: name
            for name, make in (
                ("applied", apply),
                ("verified", make_verified),
                ("refused", make_refused),
                ("withdrawn", make_withdrawn),
            )
        }
        page = desk.get(LIST, {"state": state})
        assert [made[profile.pk] for profile in page.context["cl"].result_list] == [state]

    @pytest.mark.parametrize("word", ["Wren", "Harbour", "9876"])
    def test_is_searched_by_name_organisation_and_registration(self, desk, word):
        apply(make_user("other@example.com"))
        found = apply(name="Dr Wren", organisation="Harbour Clinic", registration="HCPC 9876")
        assert list(desk.get(LIST, {"q": word}).context["cl"].result_list) == [found]

    def test_deletes_nothing(self, desk):
        profile = apply()
        form = {"action": "delete_selected", "_selected_action": profile.pk, "post": "yes"}
        desk.post(LIST, form)
        assert ClinicianProfile.objects.exists()
        assert "delete_selected" not in desk.get(LIST).text

    def test_takes_as_many_statements_for_many_as_for_few(self, desk, django_assert_num_queries):
        for number in range(3):
            apply(make_user(f"reader{number}@example.com"))
        with django_assert_num_queries(4 if desk.person.is_superuser else 6):  # two for what a group may
            desk.get(LIST)


class TestTheDetail:
    def test_shows_what_was_said_and_no_address(self, desk):
        profile = apply()
        page = desk.get(address(profile)).text
        assert all(said in page for said in DETAILS.values())
        assert profile.user.email not in page

    @pytest.mark.parametrize("name", ["change", "verify", "refuse"])
    def test_shows_as_text_what_was_typed(self, desk, name):
        profile = apply(**dict.fromkeys(DETAILS, "<i>Ada</i>"))
        page = desk.get(address(profile, name)).text
        assert "&lt;i&gt;Ada" in page
        assert "<i>Ada" not in page

    @pytest.mark.parametrize(
        ("make", "offered"),
        [
            (apply, {"verify", "refuse"}),
            (make_verified, {"withdraw"}),
            (make_refused, set()),
            (make_withdrawn, set()),
        ],
    )
    def test_offers_what_can_be_decided(self, desk, make, offered):
        profile = make()
        page = desk.get(address(profile)).text
        assert {
            name for name in ("verify", "refuse", "withdraw") if address(profile, name) in page
        } == offered

    def test_edits_nothing(self, desk):
        profile = apply()
        form = {**DETAILS, "name": "Dr Somebody Else", "verified_at_0": "2026-01-01", "_save": "Save"}
        assert desk.post(address(profile), form).status_code == 405
        assert stored(profile).name == DETAILS["name"]
        assert "<textarea" not in desk.get(address(profile)).text

    def test_says_that_an_account_is_closed(self, desk):
        profile = make_verified()
        User.objects.filter(pk=profile.user_id).update(is_active=False)
        assert "The account is closed." in desk.get(address(profile)).text

    def test_tells_what_was_decided_by_whom_also_after_a_new_application(self, desk):
        profile = apply()
        decide(desk, profile, "refuse", reason="Not in the register.")
        apply(profile.user)
        page = desk.get(address(profile)).text
        assert "Refused. Not in the register." in page
        assert str(desk.person) in page


class TestDeciding:
    def test_asks_first_and_changes_nothing_by_looking(self, desk):
        waiting, verified = apply(), make_verified(make_user())
        for profile, name, words in (
            (waiting, "verify", "found this registration in the register itself"),
            (waiting, "refuse", "can apply again"),
            (verified, "withdraw", "Their handouts stop at once"),
        ):
            before = stored(profile).state
            assert words in desk.get(address(profile, name)).text
            assert stored(profile).state == before

    @pytest.mark.parametrize(
        ("make", "name", "form", "state", "said"),
        [
            (apply, "verify", {}, "verified", "Verified."),
            (apply, "refuse", {"reason": "No."}, "refused", "Refused. No."),
            (make_verified, "withdraw", {"reason": "Over."}, "withdrawn", "Verification withdrawn. Over."),
        ],
    )
    def test_stores_tells_and_notes_it(
        self, desk, django_capture_on_commit_callbacks, make, name, form, state, said
    ):
        profile = make()
        with django_capture_on_commit_callbacks(execute=True):
            answer = decide(desk, profile, name, **form)
        assert (answer.status_code, answer.url) == (303, address(profile))
        assert stored(profile).state == state
        [entry] = LogEntry.objects.all()
        about = "(Dr Ada Example, Clinical psychologist, Elm Street Clinic, Leeds, HCPC, PYL00001)"
        assert (entry.user, entry.get_change_message(), entry.object_id) == (
            desk.person,
            f"{said} {about}",
            str(profile.pk),
        )
        assert len(mail.outbox) == 1
        assert said.partition(".")[0] in desk.get(answer.url).text

    @pytest.mark.parametrize("reason", ["", " \n ", "A\u202eB", "x" * 2001])
    @pytest.mark.parametrize(("make", "name"), [(apply, "refuse"), (make_verified, "withdraw")])
    def test_needs_a_reason_that_can_be_read(self, desk, make, name, reason):
        profile = make()
        answer = decide(desk, profile, name, reason=reason)
        assert answer.status_code == 422
        assert "Not decided yet." in answer.text
        assert reason.strip() in answer.text
        assert stored(profile).state == profile.state
        assert not LogEntry.objects.exists()

    def test_keeps_the_lines_of_a_reason(self, desk):
        profile = apply()
        decide(desk, profile, "refuse", reason="One.\r\n\r\nTwo.")
        assert stored(profile).refused_reason == "One.\n\nTwo."

    @pytest.mark.parametrize("form", [{}, {"reason": "Because of that."}])
    def test_about_what_has_changed_since_shows_it_and_keeps_the_reason(self, desk, form):
        read = apply()
        apply(read.user, registration="HCPC, PYL99999")
        name = "refuse" if form else "verify"
        answer = decide(desk, read, name, **form)
        assert answer.status_code == 409
        assert "has changed their application since you read it" in answer.text
        assert "HCPC, PYL99999" in answer.text
        assert form.get("reason", "") in answer.text
        assert stored(read).state == ClinicianState.APPLIED
        # The page shows the new one now, and decides about that.
        assert f'name="applied" value="{stored(read).applied_at.isoformat()}"' in answer.text
        assert decide(desk, stored(read), name, **form).status_code == 303

    @pytest.mark.parametrize("applied", ["", "yesterday", "2026-01-01"])
    def test_without_saying_about_what_decides_nothing(self, desk, applied):
        profile = apply()
        answer = desk.post(address(profile, "verify"), {"applied": applied})
        assert answer.status_code in {409, 422}
        assert stored(profile).state == ClinicianState.APPLIED

    def test_what_somebody_else_has_decided_says_so_and_keeps_the_reason(self, desk):
        profile = apply()
        clinicians.verify(profile, by=make_user("other@example.com"))
        answer = decide(desk, profile, "refuse", reason="Because of that.")
        assert answer.status_code == 409
        assert "Somebody has decided this already." in answer.text
        assert "Because of that." in answer.text
        assert stored(profile).is_verified

    @pytest.mark.parametrize(
        ("make", "name"), [(apply, "verify"), (apply, "refuse"), (make_verified, "withdraw")]
    )
    def test_about_oneself_is_left_to_others(self, desk, make, name):
        profile = make(desk.person)
        assert "This is you." in desk.get(address(profile)).text
        assert address(profile, name) not in desk.get(address(profile)).text
        answer = decide(desk, profile, name, reason="Me.")
        assert answer.status_code == 409
        assert "Ask somebody else to decide." in answer.text
        assert stored(profile).state == profile.state

    def test_of_somebody_who_is_not_there_is_not_found(self, desk):
        assert desk.get(f"{LIST}999/verify/").status_code == 404

    @pytest.mark.parametrize("role", ["editor", "publisher"])
    def test_is_for_nobody_else(self, role):
        profile = apply()
        browser = browser_of(role)
        for name in ("verify", "refuse", "withdraw"):
            assert decide(browser, profile, name, reason="No.").status_code == 403
        assert stored(profile).state == ClinicianState.APPLIED
