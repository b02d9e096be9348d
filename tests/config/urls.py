"""The site's addresses, and a few that go wrong on purpose."""

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpResponse
from django.urls import path

from config.urls import *
from config.urls import urlpatterns as site


def fails_with(error):
    def view(request, **kwargs):
        raise error

    return view


def ask_the_database(request):
    return HttpResponse(f"{get_user_model().objects.count()} users")


def ask_who_it_is(request):
    return HttpResponse(str(request.user))


def show_users(request):
    users = get_user_model().objects.all()
    return HttpResponse(str(list(users)))


def read_form(request):
    return HttpResponse(repr(sorted(request.POST.items())))


urlpatterns = [
    path("wrong/broken/", fails_with(ValueError("ada@example.org")), name="broken"),
    path("wrong/conflict/", fails_with(IntegrityError("Key (email)=(ada@example.org) already exists"))),
    path("wrong/operational/", fails_with(OperationalError("FATAL: shutting down 192.0.2.7"))),
    path("wrong/interface/", fails_with(InterfaceError("connection already closed"))),
    path("wrong/forbidden/", fails_with(PermissionDenied("ada"))),
    path("wrong/missing/", fails_with(Http404("ada"))),
    path("wrong/form/", read_form),
    path("wrong/database/", ask_the_database),
    path("wrong/slow-to-print/", show_users),
    path("wrong/user/", ask_who_it_is),
    path("wrong/keyed/<str:token>/", fails_with(ValueError("s3cret")), name="keyed"),
    *site,
]
