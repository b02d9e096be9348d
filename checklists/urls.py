from django.urls import path

from . import views

app_name = "checklists"
urlpatterns = [
    path("checklists/", views.index, name="index"),
    path("checklists/start/<slug:slug>/", views.start, name="start"),
    path("checklists/join/", views.join, name="join"),
    path("checklists/agreement/", views.agreement, name="agreement"),
    path("checklists/<uuid:id>/", views.detail, name="detail"),
    path("checklists/<uuid:id>/items/<slug:key>/", views.item, name="item"),
    path("checklists/<uuid:id>/changes/", views.changes, name="changes"),
    path("checklists/<uuid:id>/changes/undo/", views.undo_move, name="undo_move"),
    path("checklists/<uuid:id>/history/", views.history, name="history"),
    path("checklists/<uuid:id>/history/forget/", views.forget_earlier_notes, name="forget_earlier_notes"),
    path("checklists/<uuid:id>/unsaved/forget/", views.forget_unsaved, name="forget_unsaved"),
    path("checklists/<uuid:id>/notes/", views.notes, name="notes"),
    path("checklists/<uuid:id>/archive/", views.archive, name="archive"),
    path("checklists/<uuid:id>/delete/", views.delete, name="delete"),
    path("checklists/<uuid:id>.json", views.as_json, name="json"),
    path("checklists/<uuid:id>.csv", views.as_csv, name="csv"),
]
