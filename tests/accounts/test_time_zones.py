from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.template import engines
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts.models import User
from accounts.time_zones import choices, in_own_time_zone

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.fixture
def ask(rf):
    def ask(view, user):
        request = rf.get("/")
        request.user = user
        return in_own_time_zone(view)(request).content.decode()

    return ask


class TestAPageInOnesOwnTimeZone:
    def test_shows_times_there_and_only_while_it_is_made(self, ask):
        def view(request):
            return HttpResponse(timezone.localtime(NOON).strftime("%H:%M"))

        assert ask(view, User(time_zone="Asia/Tokyo")) == "21:00"
        assert ask(view, AnonymousUser()) == "12:00"
        assert timezone.get_current_timezone_name() == "UTC"

    def test_is_rendered_there_too(self, ask):
        def view(request):
            template = engines["django"].from_string("{{ noon|date:'H:i' }}")
            return TemplateResponse(request, template, {"noon": NOON})

        assert ask(view, User(time_zone="America/New_York")) == "08:00"


class TestTheChoices:
    def test_are_all_names_that_a_user_may_have(self):
        names = ["UTC", *(name for _region, zones in choices()[1:] for name, _place in zones)]
        assert len(names) > 400
        assert len(names) == len(set(names))
        for name in names:
            User._meta.get_field("time_zone").run_validators(name)
