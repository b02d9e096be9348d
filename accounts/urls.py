"""The account's addresses. Of allauth's only those stand here that have pages of ours; it knows them by these names."""

from allauth.account import views as allauth
from django.urls import path
from django.views.generic import RedirectView

from . import clinician_views as clinician
from . import second_factor_views as second_factor
from . import views

PAGES = [
    path("", views.settings, name="account_settings"),
    path("signup/", allauth.signup, name="account_signup"),
    path("confirm-email/", views.ConfirmEmail.as_view(), name="account_email_verification_sent"),
    path("login/", allauth.login, name="account_login"),
    path("logout/", allauth.logout, name="account_logout"),
    path("signed-out/", views.signed_out, name="account_signed_out"),
    path("inactive/", allauth.account_inactive, name="account_inactive"),
    path("reauthenticate/", allauth.reauthenticate, name="account_reauthenticate"),
    path("email/", views.recently_confirmed(allauth.email), name="account_email"),
    path("password/change/", allauth.password_change, name="account_change_password"),
    # Who has no password yet gets one as who has forgotten theirs does: by proving the address.
    path(
        "password/set/",
        RedirectView.as_view(pattern_name="account_reset_password"),
        name="account_set_password",
    ),
    path("password/reset/", allauth.password_reset, name="account_reset_password"),
    path(
        "password/reset/confirm/",
        views.ConfirmPasswordReset.as_view(),
        name="account_confirm_password_reset_code",
    ),
    path(
        "password/reset/complete/",
        allauth.complete_password_reset,
        name="account_complete_password_reset",
    ),
    path("second-factor/", second_factor.overview, name="mfa_index"),
    path("second-factor/use/", second_factor.Use.as_view(), name="mfa_authenticate"),
    path("second-factor/confirm/", second_factor.Confirm.as_view(), name="mfa_reauthenticate"),
    path(
        "second-factor/confirm/key/", second_factor.ConfirmByKey.as_view(), name="mfa_reauthenticate_webauthn"
    ),
    path("second-factor/app/add/", second_factor.add_app, name="mfa_activate_totp"),
    path("second-factor/app/add/qr.svg", second_factor.qr_code, name="account_qr_code"),
    path("second-factor/app/remove/", second_factor.remove_app, name="mfa_deactivate_totp"),
    path("second-factor/recovery-codes/", second_factor.codes, name="mfa_view_recovery_codes"),
    path("second-factor/recovery-codes/new/", second_factor.new_codes, name="mfa_generate_recovery_codes"),
    path(
        "second-factor/recovery-codes/download/",
        second_factor.download_codes,
        name="mfa_download_recovery_codes",
    ),
    path("second-factor/keys/", RedirectView.as_view(pattern_name="mfa_index"), name="mfa_list_webauthn"),
    path("second-factor/keys/add/", second_factor.add_key, name="mfa_add_webauthn"),
    path("second-factor/keys/<int:pk>/", second_factor.rename_key, name="mfa_edit_webauthn"),
    path("second-factor/keys/<int:pk>/remove/", second_factor.remove_key, name="mfa_remove_webauthn"),
    path("clinician/", clinician.standing, name="account_clinician"),
    path("clinician/apply/", clinician.apply, name="account_clinician_apply"),
    path("data/", views.data, name="account_data"),
    path("data/download/", views.download, name="account_data_download"),
    path("leave/", views.leave, name="account_leave"),
    path("goodbye/", views.goodbye, name="account_goodbye"),
]

for page in PAGES:
    page.callback = views.private(page.callback)

urlpatterns = PAGES
