"""Where a page of the desk leads, and what it reads of what was sent."""

from http import HTTPStatus

from django.http import HttpResponseRedirect
from django.urls import reverse


def address(framework, name: str) -> str:
    """The address of a page of this framework."""
    return reverse(f"admin:frameworks_framework_{name}", args=[framework.pk])


def number(typed: str | None) -> int:
    """The number that was sent; 0 for what is none."""
    return int(typed) if typed and typed.isascii() and typed.isdigit() and len(typed) < 10 else 0


def status_of(errors) -> HTTPStatus:
    return HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK


def see(address: str) -> HttpResponseRedirect:
    """Where to go after what was sent is done."""
    return HttpResponseRedirect(address, status=HTTPStatus.SEE_OTHER)
