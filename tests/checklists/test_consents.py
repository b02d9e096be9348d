"""The consent to what is kept, and taking it back."""

import pytest

from checklists import consents
from checklists.models import Checklist, State, StorageConsent, Tick, TickChange
from checklists.owners import Owner
from checklists.ticking import Change, tick
from tests.factories import make_checklist, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def guest():
    return Owner.new_guest()


class TestGivingConsent:
    def test_is_dated_and_says_to_which_wording(self, owner):
        assert consents.standing_consent(owner) is None
        consents.give(owner)
        given = consents.standing_consent(owner)
        assert (given.version, given.reader_id, given.guest) == (consents.VERSION, owner.reader, None)
        assert given.given_at is not None

    def test_twice_is_once(self, owner, guest):
        for who in (owner, guest):
            consents.give(who)
            first = consents.standing_consent(who)
            consents.give(who)
            assert consents.standing_consent(who).given_at == first.given_at
        assert StorageConsent.objects.count() == 2

    def test_is_each_persons_own(self, owner, guest):
        consents.give(guest)
        assert consents.standing_consent(owner) is None
        assert consents.standing_consent(Owner.new_guest()) is None
        assert consents.standing_consent(Owner()) is None

    def test_to_an_older_wording_is_not_to_todays(self, owner, monkeypatch):
        consents.give(owner)
        monkeypatch.setattr(consents, "VERSION", "2030-01-01")
        assert consents.standing_consent(owner) is None
        consents.give(owner)
        assert StorageConsent.objects.count() == 2

    def test_again_after_it_was_withdrawn_is_a_new_one(self, owner):
        consents.give(owner)
        consents.withdraw(owner)
        consents.give(owner)
        assert consents.standing_consent(owner) is not None
        assert StorageConsent.objects.count() == 2


class TestWithdrawingIt:
    @pytest.fixture(autouse=True)
    def kept(self, checklist, owner):
        tick(checklist.pk, owner, [Change("chair", State.DONE, "By the window")])

    def test_erases_all_that_was_kept(self, owner):
        consents.withdraw(owner)
        for model in (Checklist, Tick, TickChange):
            assert not model.objects.exists()
        assert consents.standing_consent(owner) is None

    def test_leaves_a_reader_the_dates_of_giving_and_withdrawing_alone(self, owner):
        consents.withdraw(owner)
        left = StorageConsent.objects.get()
        assert left.withdrawn_at > left.given_at
        withdrawn_at = left.withdrawn_at
        consents.withdraw(owner)
        left.refresh_from_db()
        assert left.withdrawn_at == withdrawn_at

    def test_leaves_nothing_of_a_guest(self, guest, framework, checklist):
        theirs = make_checklist(guest=guest, framework=framework)
        tick(theirs.pk, guest, [Change("chair", State.DONE, "Theirs")])
        consents.withdraw(guest)
        assert not StorageConsent.objects.filter(guest=guest.guest).exists()
        assert Checklist.objects.get() == checklist

    def test_touches_nothing_of_anybody_else(self, owner, guest, framework, checklist, rows):
        others = make_user("other@example.com")
        make_checklist(others, framework=framework)
        make_checklist(guest=guest, framework=framework)
        consents.withdraw(Owner(reader=others.pk))
        consents.withdraw(Owner())
        assert set(Checklist.objects.values_list("reader", "guest")) == {
            (owner.reader, None),
            (None, guest.guest),
        }
        assert rows(checklist) == {"chair": ("done", "By the window")}
        assert consents.standing_consent(owner) is not None
        assert consents.standing_consent(guest) is not None
