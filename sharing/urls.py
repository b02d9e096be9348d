from django.urls import path

from . import progress_views, views

app_name = "sharing"
urlpatterns = [
    path("handouts/", views.desk, name="desk"),
    path("handouts/new/<slug:slug>/", views.new, name="new"),
    path("handouts/new/<slug:slug>/<uuid:id>/", views.choose, name="choose"),
    path("handouts/new/<slug:slug>/<uuid:id>/preview/", views.preview, name="preview"),
    path("handouts/<uuid:id>/", views.detail, name="detail"),
    path("handouts/<uuid:id>/qr.svg", views.qr, name="qr"),
    path("handouts/<uuid:id>/extend/", views.extend, name="extend"),
    path("handouts/<uuid:id>/revoke/", views.revoke, name="revoke"),
    path("handouts/<uuid:id>/replace-link/", views.replace_link, name="replace_link"),
    path("handouts/<uuid:id>/renew/", views.renew, name="renew"),
    path("handouts/progress/<uuid:id>/", progress_views.progress, name="progress"),
    path("h/back/", views.back, name="back"),
    path("h/<slug:token>/", views.handout, name="handout"),
    path("h/<slug:token>/start/", views.start, name="start"),
    path("checklists/shown/", progress_views.shown, name="shown"),
    path("checklists/shown/<uuid:id>/withdraw/", progress_views.withdraw, name="withdraw"),
    path("checklists/<uuid:id>/show/", progress_views.show, name="show"),
]
