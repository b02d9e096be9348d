"""The forms of sign-up, sign-in and the account's pages: allauth's, in our words and with what our fields need."""

import struct

from allauth.account import forms as allauth
from allauth.mfa import app_settings as mfa_settings
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from cryptography.fernet import InvalidToken
from django import forms
from django.core.cache import cache
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _

from . import second_factor, time_zones
from .models import ClinicianProfile, ClinicianState, User
from .plain_text import clean

_EMAIL = _("E-mail address")
_CURRENT_PASSWORD = {"autocomplete": "current-password"}
_NEW_PASSWORD_HELP = _(
    "At least 10 characters. Three or four unrelated words are easier to remember than signs."
)
_NAME = _("What should we call you?")
_NAME_HELP = _("Any name will do. It stands at the top of your own pages.")
_NAME_WIDGET = forms.TextInput(attrs={"autocomplete": "nickname"})


class _Worded:
    """A form whose fields are named here: `worded = {"login": (label, help text, attributes of its input)}`."""

    worded = {}
    required = {}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # One box for a new password: the code that was sent, or the current password, is what protects from a slip.
        self.fields.pop("password2", None)
        for name, (label, help_text, attributes) in self.worded.items():
            field = self.fields[name]
            field.label, field.help_text = label, help_text
            field.widget.attrs.pop("placeholder", None)
            field.widget.attrs.update(attributes)
            field.error_messages["required"] = self.required.get(name, field.error_messages["required"])
            if isinstance(field, forms.EmailField):
                field.error_messages["invalid"] = _("Enter an e-mail address such as name@example.com.")


class SignInForm(_Worded, allauth.LoginForm):
    worded = {
        "login": (_EMAIL, "", {"autocomplete": "username"}),
        "password": (_("Password"), "", _CURRENT_PASSWORD),
        "remember": (_("Stay signed in on this device"), "", {}),
    }
    required = {"login": _("Enter your e-mail address."), "password": _("Enter your password.")}


class SignUpForm(_Worded, allauth.SignupForm):
    display_name = forms.CharField(
        label=_NAME, help_text=_NAME_HELP, max_length=150, required=False, widget=_NAME_WIDGET
    )
    field_order = ["email", "password1", "display_name"]
    worded = {
        "email": (
            _EMAIL,
            _("We send a code there, to see that it is yours. Nobody else is shown it."),
            {"autocomplete": "username"},
        ),
        "password1": (_("Password"), _NEW_PASSWORD_HELP, {"autocomplete": "new-password"}),
    }
    required = {"email": _("Enter your e-mail address."), "password1": _("Choose a password.")}

    def try_save(self, request):
        if self.account_already_exists:
            # Hashing is the slowest part of making an account: without it the answer would come noticeably sooner.
            User().set_password(self.cleaned_data["password1"])
        return super().try_save(request)


class _CodeForm(_Worded):
    worded = {
        "code": (
            _("Code"),
            _("Nine digits, with or without the dashes."),
            {"autocomplete": "one-time-code", "inputmode": "numeric"},
        )
    }
    required = {"code": _("Enter the code from the message.")}


class ConfirmEmailForm(_CodeForm, allauth.ConfirmEmailVerificationCodeForm):
    def clean_code(self):
        """With the right code the address is theirs, also where somebody else had signed up with it."""
        allauth.BaseConfirmCodeForm.clean_code(self)
        if self.user:
            User.objects.never_confirmed(self.email).exclude(pk=self.user.pk).delete()
        return super().clean_code()


class ConfirmPasswordResetForm(_CodeForm, allauth.ConfirmPasswordResetCodeForm):
    pass


class ResetPasswordForm(_Worded, allauth.ResetPasswordForm):
    worded = {"email": (_EMAIL, "", {"autocomplete": "username"})}
    required = {"email": _("Enter your e-mail address.")}


class ChoosePasswordForm(_Worded, allauth.ResetPasswordKeyForm):
    worded = {"password1": (_("New password"), _NEW_PASSWORD_HELP, {"autocomplete": "new-password"})}
    required = {"password1": _("Choose a password.")}


class ChangePasswordForm(_Worded, allauth.ChangePasswordForm):
    worded = {
        "oldpassword": (_("Current password"), "", _CURRENT_PASSWORD),
        "password1": (_("New password"), _NEW_PASSWORD_HELP, {"autocomplete": "new-password"}),
    }
    required = {"oldpassword": _("Enter your current password."), "password1": _("Choose a password.")}


class ChangeEmailForm(_Worded, allauth.AddEmailForm):
    worded = {
        "email": (
            _("New e-mail address"),
            _("We send a code there. Until you type it, your present address stays."),
            {"autocomplete": "email"},
        )
    }
    required = {"email": _("Enter the new address.")}


class ConfirmPasswordForm(_Worded, allauth.ReauthenticateForm):
    """Asks for the password of who is signed in. Wrong ones count as those at sign-in do."""

    worded = {"password": (_("Password"), "", _CURRENT_PASSWORD)}
    required = {"password": _("Enter your password.")}


class LeaveForm(ConfirmPasswordForm):
    worded = {
        "password": (_("Password"), _("So that nobody else can do this on your device."), _CURRENT_PASSWORD)
    }


class SettingsForm(forms.ModelForm):
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        help_text=_("Days and times on your pages are shown in it."),
        choices=time_zones.choices,
    )

    class Meta:
        model = User
        fields = ["display_name", "time_zone"]
        labels = {"display_name": _NAME}
        help_texts = {"display_name": _NAME_HELP}
        widgets = {"display_name": _NAME_WIDGET}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        own = self.instance.time_zone
        offered = {name for _region, zones in time_zones.choices()[1:] for name, _place in zones} | {"UTC"}
        if own not in offered:  # a name such as GB, which is valid and has a newer one
            self.fields["time_zone"].choices = [(own, own), *time_zones.choices()]


# The second factor

_ONE_TIME_CODE = {"autocomplete": "one-time-code", "inputmode": "numeric", "autocapitalize": "off"}


class AddAppForm(_Worded, totp.ActivateTOTPForm):
    worded = {"code": (_("Code from the app"), _("The six digits that it shows now."), _ONE_TIME_CODE)}
    required = {"code": _("Enter the code that the app shows.")}


class _FactorCodeForm(_Worded):
    worded = {
        "code": (
            _("Code"),
            _("The six digits that your app shows now, or one of your recovery codes."),
            _ONE_TIME_CODE,
        )
    }
    required = {"code": _("Enter the code that your app shows, or a recovery code.")}

    def clean_code(self):
        try:
            code = super().clean_code()
        except InvalidToken as error:  # SECRET_KEY was changed without keeping the earlier one
            raise get_mfa_adapter().validation_error("unreadable") from error
        if self.authenticator.type == second_factor.TYPES.TOTP:
            # allauth forgets after one period that a code was used. It is let in for longer, and must not be twice.
            steps = 2 * mfa_settings.TOTP_TOLERANCE + 1
            key = self.authenticator.wrap()._get_used_cache_key(code)
            cache.touch(key, timeout=steps * mfa_settings.TOTP_PERIOD)
        return code


class UseCodeForm(_FactorCodeForm, mfa.AuthenticateForm):
    pass


class ConfirmCodeForm(_FactorCodeForm, mfa.ReauthenticateForm):
    pass


#: What fido2 stumbles over, besides what allauth expects of it, in an answer that no browser has given.
_NO_ANSWER = (AttributeError, LookupError, TypeError, ValueError, struct.error)


class _KeyForm:
    """A form that a browser fills in with what a key answers."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["credential"].error_messages = dict.fromkeys(
            ("required", "invalid"), get_mfa_adapter().error_messages["key_failed"]
        )

    def add_error(self, field, error):
        if getattr(error, "code", None) == "incorrect_code":  # allauth's word for codes and keys alike
            error = get_mfa_adapter().validation_error("key_failed")
        super().add_error(field, error)


class _KeyNameForm(_Worded):
    worded = {
        "name": (
            _("Name of the key"),
            _("By which you tell it from others, such as: blue key, my phone."),
            {},
        )
    }
    required = {"name": _("Give the key a name.")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["name"].validators.append(MaxLengthValidator(60))
        self.fields["name"].widget.attrs["maxlength"] = 60


class AddKeyForm(_KeyForm, _KeyNameForm, webauthn.AddWebAuthnForm):
    def clean(self):
        try:
            return super().clean()
        except _NO_ANSWER as error:
            raise get_mfa_adapter().validation_error("key_failed") from error


class RenameKeyForm(_KeyNameForm, webauthn.EditWebAuthnForm):
    pass


class _UsedKeyForm(_KeyForm):
    def clean_credential(self):
        try:
            return super().clean_credential()
        except _NO_ANSWER as error:
            raise get_mfa_adapter().validation_error("key_failed") from error


class UseKeyForm(_UsedKeyForm, webauthn.AuthenticateWebAuthnForm):
    pass


class ConfirmKeyForm(_UsedKeyForm, webauthn.ReauthenticateWebAuthnForm):
    pass


# Clinicians


class _PlainTextField(forms.CharField):
    """One line, as people read it: see plain_text. What shows nothing is empty."""

    def to_python(self, value):
        return clean(super().to_python(value))


class ClinicianForm(forms.Form):
    """What a clinician says of themselves. `profile` is what they said before, if they did."""

    name = _PlainTextField(
        label=_("Name"),
        help_text=_("With your title, as the register has it: “Dr Ada Example”. Patients read it."),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Enter your name.")},
    )
    credential = _PlainTextField(
        label=_("Credential"),
        help_text=_("What you are: “Clinical psychologist”. Patients read it."),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Enter your credential.")},
    )
    organisation = _PlainTextField(
        label=_("Organisation"),
        help_text=_("Where you work, or “own practice”, with its town."),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
        error_messages={"required": _("Enter your organisation.")},
    )
    registration = _PlainTextField(
        label=_("Registration"),
        help_text=_("The register, and your number in it: “HCPC, PYL00000”."),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Enter the register and your number in it.")},
    )
    ends_verification = forms.BooleanField(
        label=_("End my verification until the new details are verified"),
        error_messages={
            "required": _("Other details end your verification: tick that this is what you want.")
        },
    )

    def __init__(self, *args, profile, **kwargs):
        said = {field: getattr(profile, field) for field in ClinicianProfile.DETAILS} if profile else {}
        super().__init__(*args, initial=said, **kwargs)
        self._ends = self.fields.pop("ends_verification")
        is_verified = profile is not None and profile.state == ClinicianState.VERIFIED
        if is_verified and (not self.is_bound or self.has_changed()):
            self.ask_whether_it_ends()

    def ask_whether_it_ends(self):
        """Put the box on the form that has to be ticked before a verification ends."""
        self.fields["ends_verification"] = self._ends
