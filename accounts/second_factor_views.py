"""The pages of the second factor: allauth's, in our templates, and each knowing where the person was going."""

from allauth.account.utils import get_next_redirect_url, passthrough_next_redirect_url
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import views as base
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from allauth.mfa.webauthn import views as webauthn
from cryptography.fernet import InvalidToken
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from . import second_factor
from .time_zones import in_own_time_zone
from .views import recently_confirmed


class _GoingOn:
    """Keeps the address that the person was going to, on every page of the way there, if it is one of ours."""

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | _going_on(self.request)

    def get_success_url(self):
        return self.keeping_next(super().get_success_url())

    def keeping_next(self, address):
        return passthrough_next_redirect_url(self.request, str(address), REDIRECT_FIELD_NAME)

    def form_invalid(self, form):
        response = super().form_invalid(form)
        response.status_code = 422
        return response


def _going_on(request):
    return {
        "redirect_field_name": REDIRECT_FIELD_NAME,
        "redirect_field_value": get_next_redirect_url(request),
        "is_required": second_factor.is_required_of(request.user),
    }


def _guarded(view):
    """For who is signed in and has given the password in the last minutes."""
    return login_required(recently_confirmed(view))


@require_safe
@login_required
@in_own_time_zone
def overview(request):
    factor = second_factor.standing(request.user)
    return render(request, "mfa/index.html", {"factor": factor, **_going_on(request)})


# At sign-in, and before something that could lock out


class Use(base.AuthenticateView):
    def get_context_data(self, **kwargs):
        has_key = bool(second_factor.standing(self.stage.login.user).keys)
        return super().get_context_data(**kwargs) | {"has_key": has_key}

    def form_valid(self, form):
        response = super().form_valid(form)
        if form is self.auth_form and form.authenticator.type == second_factor.TYPES.RECOVERY_CODES:
            form.authenticator.refresh_from_db()  # allauth crosses the code off on a row of its own
            left = second_factor.codes_left(form.authenticator)
            words = ngettext(
                "That recovery code is used up: %(left)s is left. Make new ones in your account, under Second factor.",
                "That recovery code is used up: %(left)s are left. In your account, under Second factor, you can make "
                "new ones.",
                left,
            )
            messages.warning(self.request, words % {"left": left})
        return response

    def form_invalid(self, form):
        response = super().form_invalid(form)
        response.status_code = 422
        return response


class _Confirming:
    def form_invalid(self, form):
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        if second_factor.still_to_do(self.request):
            # The admin asks for the factor itself: the password would only lead back here.
            others = context["reauthentication_alternatives"]
            context["reauthentication_alternatives"] = [
                one for one in others if one["id"] != "reauthenticate"
            ]
            context["for_the_admin"] = True
        return context


class Confirm(_Confirming, base.ReauthenticateView):
    pass


class ConfirmByKey(_Confirming, webauthn.ReauthenticateWebAuthnView):
    def get_context_data(self, form=None, **kwargs):
        context = super().get_context_data(**kwargs)
        return context if form is None else context | {"form": form}


# The app


class AddApp(_GoingOn, totp.ActivateTOTPView):
    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        secret = context["form"].secret
        groups = [secret[start : start + 4] for start in range(0, len(secret), 4)]
        return context | {"secret": " ".join(groups)}


class RemoveApp(_GoingOn, totp.DeactivateTOTPView):
    pass


@require_safe
@login_required
def qr_code(request):
    """The secret that this session is about to set up, for a camera. The address says nothing of it."""
    secret = request.session.get(SECRET_SESSION_KEY)
    if not secret:
        raise Http404
    adapter = get_adapter()
    drawing = adapter.build_totp_svg(adapter.build_totp_url(request.user, secret))
    return HttpResponse(drawing, "image/svg+xml")


# Recovery codes


def _readable(view):
    """Where SECRET_KEY was changed without keeping the earlier one, offer new codes instead of failing."""

    def wrapped(request, *args, **kwargs):
        try:
            return view(request, *args, **kwargs)
        except InvalidToken:
            messages.error(request, _("Your recovery codes can no longer be read. Make new ones."))
            return redirect("mfa_generate_recovery_codes")

    return wrapped


class Codes(_GoingOn, recovery_codes.ViewRecoveryCodesView):
    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        codes = [f"{code[:4]}-{code[4:]}" for code in context["unused_codes"]]
        return context | {"codes": codes, "few": len(codes) <= second_factor.FEW}


class NewCodes(_GoingOn, recovery_codes.GenerateRecoveryCodesView):
    def get_context_data(self, **kwargs):
        # allauth's would open the codes to count them.
        factor = second_factor.standing(self.request.user)
        kwargs.setdefault("form", self.get_form())
        return kwargs | {"factor": factor, "view": self} | _going_on(self.request)


class DownloadCodes(recovery_codes.DownloadRecoveryCodesView):
    pass


# Keys


class AddKey(_GoingOn, webauthn.AddWebAuthnView):
    def get_context_data(self, **kwargs):
        # allauth's forgets the form that came back.
        return super().get_context_data(**kwargs) | {"form": kwargs.get("form") or self.get_form()}


class RenameKey(_GoingOn, webauthn.EditWebAuthnView):
    pass


class RemoveKey(_GoingOn, webauthn.RemoveWebAuthnView):
    pass


add_app = _guarded(AddApp.as_view())
remove_app = _guarded(RemoveApp.as_view())
codes = _guarded(_readable(Codes.as_view()))
new_codes = _guarded(NewCodes.as_view())
download_codes = _guarded(_readable(DownloadCodes.as_view()))
add_key = _guarded(AddKey.as_view())
rename_key = _guarded(RenameKey.as_view())
remove_key = _guarded(RemoveKey.as_view())
