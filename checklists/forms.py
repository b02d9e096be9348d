"""What a reader sends: the form of a checklist, one item of it, and the start."""

import re
from dataclasses import dataclass, field
from hashlib import blake2b

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from . import consents
from .models import LONGEST_NOTE, State
from .ticking import Change

# The colon is in no key, so that none can be taken for another name.
_NOTE, _NOTE_WAS, _STATE = "note:", "note-was:", "state:"


@dataclass(frozen=True)
class Sent:
    """What was sent of a checklist: the changes that can be made, and those that cannot, each with what is wrong."""

    changes: tuple[Change, ...]
    #: The revision of the page that it was sent from, where it says so.
    revision: int | None = None
    refused: tuple[Change, ...] = ()
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def wanted(self) -> tuple[Change, ...]:
        return (*self.changes, *self.refused)


def read_form(post, key: str | None = None) -> Sent:
    """The items that the reader changed in the form, by what the form was made from; and what a button asks of `key`.

    `was` holds the keys that were done when the page was made, `item` those that are ticked now: an item that is the
    same in both is none of the reader's changes. A note counts where it differs from the digest sent with it. What was
    asked for earlier, is not saved yet and cannot be said by a box stands in `state:<key>` (see Row.beyond_its_box).
    """
    was = set(_storable(" ".join(post.getlist("was"))).split())
    ticked = {_storable(item) for item in post.getlist("item")}
    asked = {
        _storable(name.removeprefix(_STATE)): State(state)
        for name, state in post.items()
        if name.startswith(_STATE) and state in set(State)
    }
    # An item that is not to count has no box, so that a box which is missing says nothing about it.
    states = asked | dict.fromkeys(ticked - was, State.DONE) | dict.fromkeys(was - ticked, State.OPEN)
    states |= {item: state for item, state in asked.items() if state is State.NOT_FOR_ME}
    notes = {
        _storable(name.removeprefix(_NOTE)): normal(text)
        for name, text in post.items()
        if name.startswith(_NOTE)
    }
    notes = {item: text for item, text in notes.items() if digest(text) != post.get(_NOTE_WAS + item, "")}
    errors = {}
    if key is not None:
        if "note" in post:
            notes[key] = normal(post["note"])
        if "state" in post:
            if post["state"] in set(State):
                states[key] = State(post["state"])
            else:
                errors[key] = _("This page asked for something that there is not. This item was not changed.")
        elif "note" not in post and "was" not in post:
            errors[key] = _("This page did not say what it wants. This item was not changed.")
    changes, refused = [], []
    for item in sorted(states.keys() | notes.keys()):
        note = notes.get(item)
        if note is not None and len(note) > LONGEST_NOTE:
            over = len(note) - LONGEST_NOTE
            errors[item] = ngettext(
                "This note is %(over)d character too long, and was not saved. Shorten it to %(longest)d.",
                "This note is %(over)d characters too long, and was not saved. Shorten it to %(longest)d.",
                over,
            ) % {"over": over, "longest": LONGEST_NOTE}
            refused.append(Refused(item, note))
            note = None
        if note is not None or item in states:
            changes.append(Change(item, states.get(item), note))
    revision = post.get("revision", "")
    return Sent(
        tuple(changes),
        int(revision) if re.fullmatch(r"[0-9]{1,9}", revision) else None,
        tuple(refused),
        errors,
    )


@dataclass(frozen=True)
class Refused:
    """A note that is too long to be stored: kept as typed, to be shortened."""

    item: str
    note: str
    state: None = None


def _storable(key: str) -> str:
    """The key of an item as it can be looked for: PostgreSQL takes no NUL, which is in none of them."""
    return key.replace("\0", "\ufffd")


def normal(text: str) -> str:
    """A note as it is stored: browsers send line ends of their own."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").strip()


def digest(note: str) -> str:
    """Which note the form was made from; empty where there was none."""
    return blake2b(note.encode(), digest_size=9).hexdigest() if note else ""


class StartForm(forms.Form):
    """The one button that starts a checklist, and what has to be agreed to before it."""

    def clean(self):
        """Refuse an agreement to what the reader has not seen, or does not say: other warnings, or another wording."""
        if any(self.data.get(name) != now for name, now in self.shown.items()):
            raise forms.ValidationError(
                _("This page changed while you were reading it. Please read it again, then start.")
            )
        return super().clean()

    def __init__(self, *args, number: int, ask_supervision: bool, ask_consent: bool, **kwargs):
        """`number` is that of the revision whose warnings stand on the page."""
        super().__init__(*args, **kwargs)
        self.shown = {"revision": str(number), "wording": consents.VERSION}
        if ask_supervision:
            self.fields["supervised"] = forms.BooleanField(
                label=_("A qualified professional has agreed to this with me and will supervise it."),
                error_messages={
                    "required": _(
                        "Tick this only if it is so. Without a professional, please do not start this: "
                        "talk to a doctor first."
                    )
                },
            )
        if ask_consent:
            self.fields["consent"] = forms.BooleanField(
                label=_("I agree that Tracework keeps this for me."),
                error_messages={
                    "required": _(
                        "Tick this to agree. Without it nothing can be kept, so nothing is started."
                    )
                },
            )
