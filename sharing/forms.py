"""What a clinician says of a handout."""

from django import forms
from django.utils.formats import number_format
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.plain_text import clean
from checklists.forms import StartForm
from checklists.joining import Choice
from frameworks.article import Article

from . import progress
from .models import DAYS, DEFAULT_DAYS, LONGEST_MESSAGE, LONGEST_NAME

_LASTS = {
    7: gettext_lazy("7 days"),
    30: gettext_lazy("30 days"),
    90: gettext_lazy("90 days"),
    365: gettext_lazy("One year"),
}


class Days(forms.TypedChoiceField):
    def __init__(self, **options):
        choose = gettext_lazy("Choose how long the link works.")
        super().__init__(
            error_messages={"required": choose, "invalid_choice": choose},
            choices=[(days, _LASTS[days]) for days in DAYS],
            coerce=int,
            initial=DEFAULT_DAYS,
            widget=forms.RadioSelect,
            **options,
        )


class ExtendForm(forms.Form):
    days = Days()


class _PlainText(forms.CharField):
    """As people read it, on one line or on many: see accounts.plain_text."""

    def __init__(self, *, lines=False, **options):
        super().__init__(**options)
        self.lines = lines

    def to_python(self, value):
        return clean(super().to_python(value), lines=self.lines)


_NOT_AS_MADE = gettext_lazy(
    "This form did not arrive as it was made. Look through it, then preview it again."
)


class HandoutForm(forms.Form):
    """What is left out, the message, and how long it is open. Texts and warnings are no matter of choice.

    `article` is the current revision. The form carries the one that it was made from.
    """

    message = _PlainText(
        lines=True,
        label=gettext_lazy("A message to the reader"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "maxlength": LONGEST_MESSAGE}),
        help_text=gettext_lazy(
            "Write no name and no diagnosis: whoever has the link can read it. Plain text, at most 2,000 characters."
        ),
    )
    days = Days(
        label=gettext_lazy("The link works for"),
        help_text=gettext_lazy("You can extend, replace or revoke it at any time."),
    )
    revision = forms.IntegerField(
        widget=forms.HiddenInput, error_messages={"required": _NOT_AS_MADE, "invalid": _NOT_AS_MADE}
    )

    def __init__(self, data=None, *, article: Article):
        super().__init__(data, initial={"revision": article.number})
        self.article = article

    @cached_property
    def steps(self) -> list[str]:
        """The keys of the steps that are chosen, in their order; at first all of them."""
        return [step.key for step in self.article.document.steps if self._is_chosen("step", step.key)]

    @cached_property
    def items(self) -> list[str]:
        """The keys of the items that are chosen. A step that is left out takes its items along."""
        return [
            item.key
            for item in self.article.document.checklist
            if self._is_chosen("item", item.key) and (item.step is None or item.step in self.steps)
        ]

    @property
    def ticked_items(self) -> list[str]:
        """As they were ticked, also under a step that is left out."""
        return [item.key for item in self.article.document.checklist if self._is_chosen("item", item.key)]

    def _is_chosen(self, name, key):
        return not self.is_bound or key in self.data.getlist(name)

    def clean_message(self):
        message = self.cleaned_data["message"]
        if len(message) > LONGEST_MESSAGE:
            raise forms.ValidationError(
                _("The message has %(length)s characters; shorten it to %(longest)s.")
                % {
                    "length": number_format(len(message), force_grouping=True),
                    "longest": number_format(LONGEST_MESSAGE, force_grouping=True),
                }
            )
        return message

    def clean_revision(self):
        number = self.cleaned_data["revision"]
        if number != self.article.number:
            # What comes back is made from the revision that is current now, and says so by its number.
            self.data = self.data.copy()
            self.data["revision"] = self.article.number
            raise forms.ValidationError(
                format_html(
                    _(
                        "The framework changed while you were filling this in: it is on revision {} now. "
                        "What is new in it is not ticked. Look through it, then preview it again."
                    ),
                    self.article.number,
                ),
                code="changed",
            )
        return number

    def clean(self):
        if not self.steps and not self.items:
            nothing = _("Nothing is chosen. Tick at least one step or one item.")
            self.add_error(None, format_html('<a href="#chosen_title">{}</a>', nothing))
        return super().clean()

    @property
    def values(self) -> list[tuple[str, object]]:
        """What was chosen, for a form that carries it along unseen."""
        return [
            *(("step", key) for key in self.steps),
            # Also under a step that is left out: who takes it in again finds them as they were.
            *(("item", key) for key in self.ticked_items),
            *((name, self.cleaned_data[name]) for name in ("message", "days", "revision")),
        ]


class StartFromHandoutForm(StartForm):
    """Starting from a handout; where a checklist of the framework is open, what is to become of that."""

    def __init__(self, *args, mine=None, **kwargs):
        """`mine` is the Standing of the one that is open."""
        super().__init__(*args, **kwargs)
        if mine is not None:
            self.shown["mine"] = str(mine.id)
            self.fields["choice"] = forms.TypedChoiceField(
                choices=[(choice, choice) for choice in Choice],
                coerce=Choice,
                error_messages={
                    "required": gettext_lazy("Choose what should become of the checklist that you have open.")
                },
            )


class ShowForm(forms.Form):
    """Showing progress to a clinician, under a name. The form carries what the reader was told."""

    name = _PlainText(
        label=gettext_lazy("The name that they see"),
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy(
            "So that they know who it is. What you call each other is enough, or initials."
        ),
        error_messages={"required": gettext_lazy("Write a name or initials by which they know you.")},
    )

    def __init__(self, *args, origin, **kwargs):
        super().__init__(*args, **kwargs)
        self.shown = {"handout": str(origin.handout), "wording": progress.VERSION}

    def clean(self):
        if any(self.data.get(name) != now for name, now in self.shown.items()):
            raise forms.ValidationError(
                gettext_lazy("This page changed while you were reading it. Please read it again, then agree.")
            )
        return super().clean()
