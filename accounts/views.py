"""The account's own pages, and allauth's where a page needs more than a template of ours."""

from functools import wraps

from allauth.account import views as allauth
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME, logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from . import personal_data, second_factor
from .adapter import MAIL_FAILED
from .forms import LeaveForm, SettingsForm
from .signals import left
from .time_zones import in_own_time_zone

form_page = require_http_methods(["GET", "HEAD", "POST"])
SECONDS_TO_WAIT = 10 * 60  # the longest of the limits that people meet


def private(view):
    """Let no cache and no Back button of a shared device keep the page."""

    @wraps(view)
    def wrapped(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        response.headers["Cache-Control"] = "private, no-store"
        return response

    return wrapped


def recently_confirmed(view):
    """Ask for the password first, unless it was given in the last minutes, at the sign-in or since.

    allauth would keep a form that was sent too late, its headers included, in the session.
    """

    @wraps(view)
    def wrapped(request, *args, **kwargs):
        if request.user.is_authenticated and is_reauthentication_required(request, app="allauth.account"):
            back = urlencode({REDIRECT_FIELD_NAME: request.get_full_path()})
            return _see(f"/account/reauthenticate/?{back}")
        return view(request, *args, **kwargs)

    return wrapped


def _see(address):
    return HttpResponseRedirect(address, status=303)


# What anyone may see


@require_safe
def signed_out(request):
    return render(request, "account/signed_out.html")


@require_safe
def goodbye(request):
    return render(request, "account/goodbye.html")


def too_many_requests(request):
    """allauth asks for this page (`handler429` of the root addresses) where one of its limits is reached."""
    response = render(request, "429.html", status=429)
    response.headers["Retry-After"] = str(SECONDS_TO_WAIT)
    response.headers["Cache-Control"] = "private, no-store"
    return response


@require_GET
def admin_login(request):
    """Lead to the site's own sign-in, with its limits. Whoever is signed in and no editor is told so."""
    target = request.GET.get(REDIRECT_FIELD_NAME, "")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = "/admin/"
    if not request.user.is_authenticated:
        return redirect_to_login(target)
    if not request.user.is_staff:
        raise PermissionDenied
    return redirect(target)


# Who is signed in


@form_page
@login_required
@in_own_time_zone
def settings(request):
    form = SettingsForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return _see("/account/")
    if form.errors:
        request.user.refresh_from_db()  # the form has put what was typed on it, and the header shows the name
    context = {"form": form, "factor": second_factor.standing(request.user)}
    return render(request, "account/settings.html", context, status=422 if form.errors else 200)


@require_safe
@login_required
@in_own_time_zone
def data(request):
    return render(request, "account/data.html", {"holdings": personal_data.described(request.user)})


@require_safe
@login_required
@in_own_time_zone
def download(request):
    """All that is held of the person, as one file. It changes nothing, so a link is enough."""
    name = f"tracework-{timezone.localdate()}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(personal_data.as_zip(request.user), "application/zip", headers=headers)


@form_page
@login_required
@in_own_time_zone
def leave(request):
    form = LeaveForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        personal_data.erase(request.user)
        logout(request)
        response = _see("/account/goodbye/")
        left.send(sender=None, request=request, response=response)
        return response
    context = {"form": form, "holdings": personal_data.described(request.user)}
    return render(request, "account/leave.html", context, status=422 if form.errors else 200)


# allauth's pages


class ConfirmEmail(allauth.ConfirmEmailVerificationCodeView):
    """Where the code is typed that proves an address, at sign-up and when it changes."""

    def dispatch(self, request, *args, **kwargs):
        waited = "account_email_verification_code" in request.session
        response = super().dispatch(request, *args, **kwargs)
        if waited and not self._process:
            messages.info(
                request, _("The code is too old. Sign in with your password, and we send a new one.")
            )
        return response

    def get_context_data(self, **kwargs):
        mail_failed = self.request.session.get(MAIL_FAILED, False)
        return super().get_context_data(**kwargs) | {"mail_failed": mail_failed}

    def _resend_form_valid(self, form):
        """Send another message whoever the address belongs to, and count only what could be sent.

        allauth sends nothing where the address has an account already: slower or not, failed or not, would tell.
        """
        process = self._process
        earlier = process.code
        process.generate_code()
        try:
            process.send()
            sent = not self.request.session.get(MAIL_FAILED)
        except allauth.ImmediateHttpResponse:  # too soon after the last, where allauth has a bare 429
            messages.error(self.request, get_adapter().error_messages["rate_limited"])
            sent = False
        if sent:
            process.record_resend()
            messages.success(self.request, _("We have sent a new code. The earlier one no longer works."))
        else:
            process.state["code"] = earlier
        process.persist()
        return _see(self.passthrough_next_url(self.request.path))

    def _verify_form_invalid(self, form):
        response = super()._verify_form_invalid(form)
        if response.status_code == 302 and self.request.user.is_authenticated:
            return _see("/account/email/")
        return response


class ConfirmPasswordReset(allauth.ConfirmPasswordResetCodeView):
    """Where the code is typed that allows a new password."""

    def get_context_data(self, **kwargs):
        mail_failed = self.request.session.get(MAIL_FAILED, False)
        return super().get_context_data(**kwargs) | {"mail_failed": mail_failed}
