"""A checklist as a file that its owner takes along."""

import csv
import io
import json
from collections import defaultdict
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from .models import Checklist, RevisionMove, State, StorageConsent, TickChange
from .owners import Owner
from .standing import Standing, standings


def as_record(standing: Standing, changes, moves) -> dict:
    """All that is kept of a checklist, with the texts of its items, ready for JSON."""
    document = standing.document
    titles = {step.key: step.title for step in document.steps}
    totals = standing.totals
    return {
        "framework": document.title,
        "address": reverse("frameworks:revision", args=[standing.slug, standing.number]),
        "revision": standing.number,
        "started_at": standing.started_at,
        "supervision_confirmed_at": standing.supervision_confirmed_at,
        "finished_at": standing.finished_at,
        "archived_at": standing.archived_at,
        "totals": {"done": totals.done, "open": totals.open, "not_for_me": totals.not_for_me},
        "items": [
            {
                "key": item.key,
                "step": titles.get(item.step),
                "text": item.text,
                **_kept(standing, item.key),
            }
            for item in standing.items
        ],
        "removed_items": [
            {"key": removed.key, "text": removed.text, **_kept(standing, removed.key)}
            for removed in standing.removed
        ],
        "history": [
            {"item": change.item, "state": change.state, "note": change.note, "changed_at": change.changed_at}
            for change in changes
        ],
        "moves": [
            {
                "from_revision": move.from_revision.number,
                "to_revision": move.to_revision.number,
                "moved_at": move.moved_at,
                "undone_at": move.undone_at,
            }
            for move in moves
        ],
    }


def _kept(standing: Standing, key: str) -> dict:
    kept = standing.kept(key)
    return {
        "state": kept.state.value,
        "means": meaning(standing, key),
        "changed_at": kept.changed_at,
        "note": kept.note,
        "noted_at": kept.noted_at,
    }


def as_json(standing: Standing) -> str:
    return _as_json(standing, *_histories([standing]))


def _histories(found: list[Standing]) -> tuple[dict, dict]:
    """The changes and the moves of several checklists by the checklist's id, in two statements."""
    changes, moves = defaultdict(list), defaultdict(list)
    ids = [one.id for one in found]
    for change in TickChange.objects.filter(checklist__in=ids).order_by("id"):
        changes[change.checklist_id].append(change)
    related = ("from_revision", "to_revision")
    unread = ("from_revision__document", "to_revision__document")
    rows = RevisionMove.objects.filter(checklist__in=ids).select_related(*related).defer(*unread)
    for move in rows.order_by("id"):
        moves[move.checklist_id].append(move)
    return changes, moves


def _as_json(standing: Standing, changes: dict, moves: dict) -> str:
    record = as_record(standing, changes[standing.id], moves[standing.id])
    return json.dumps(record, ensure_ascii=False, indent=2, default=_moment) + "\n"


def as_csv(standing: Standing) -> str:
    """A line an item, for spreadsheets, which need the mark at the start to read it as UTF-8."""
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out)
    writer.writerow(["step", "item", "state", "means", "changed_at", "note"])
    titles = {step.key: step.title for step in standing.document.steps}
    rows = [(titles.get(item.step, ""), item.text, item.key) for item in standing.items]
    rows += [("(removed)", removed.text, removed.key) for removed in standing.removed]
    for step, text, key in rows:
        kept = standing.kept(key)
        changed_at = kept.changed_at.isoformat() if kept.changed_at else ""
        means = meaning(standing, key)
        writer.writerow([_cell(step), _cell(text), kept.state.value, means, changed_at, _cell(kept.note)])
    return out.getvalue()


def meaning(standing: Standing, key: str) -> str:
    """What the state of an item is called on the page."""
    state = standing.kept(key).state
    if state is State.DONE:
        return _("Discussed with my clinician") if key in standing.professional_items else _("Done")
    return _("Open") if state is State.OPEN else _("Not for me")


def _cell(text: str) -> str:
    """The text, which no spreadsheet takes for a formula. Source: OWASP, CSV Injection."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _moment(value: datetime) -> str:
    return value.isoformat()


def file_name(standing: Standing, extension: str) -> str:
    return f"{standing.slug}-{standing.started_at:%Y-%m-%d}.{extension}"


def everything(owner: Owner):
    """All of an owner's checklists and consents, as pairs of a file's name and its text."""
    found = standings(owner)
    histories = _histories(found)
    for number, one in enumerate(found, 1):
        yield f"checklists/{number:03}-{file_name(one, 'json')}", _as_json(one, *histories)
        yield f"checklists/{number:03}-{file_name(one, 'csv')}", as_csv(one)
    consents = [
        {"version": consent.version, "given_at": consent.given_at, "withdrawn_at": consent.withdrawn_at}
        for consent in StorageConsent.objects.filter(**owner.fields).order_by("given_at")
    ]
    if consents:
        yield "checklists/agreements.json", json.dumps(consents, indent=2, default=_moment) + "\n"


def count(owner: Owner) -> int:
    return Checklist.objects.filter(**owner.fields).count()
