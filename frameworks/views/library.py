"""The library: the list and its search, at one address."""

import re
from dataclasses import replace
from functools import lru_cache
from hashlib import blake2b

from django import forms
from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from ..library import FACETS, RELEVANCE, SORTS, Selection, browse
from ..search import LONGEST_QUERY, search
from ..shared_page import Page, is_personal, personally, respond

_TEMPLATE = "frameworks/library.html"

# Characters that nobody sees, and those that turn round the text after them: nothing to look for in any of them.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


class WordsField(forms.Field):
    """Some of the words that an address may hold, each once. Others are left out."""

    widget = forms.SelectMultiple

    def __init__(self, words=None):
        super().__init__(required=False)
        self.words = words

    def clean(self, value):
        return tuple(dict.fromkeys(word for word in value if self.knows(word)))

    def knows(self, word):
        return bool(re.fullmatch(r"[a-z0-9-]{1,80}", word)) if self.words is None else word in self.words


class SearchField(forms.CharField):
    def to_python(self, value):
        return " ".join(_UNSEEN.sub(" ", super().to_python(value)).split())


class LibraryForm(forms.Form):
    """The parameters of the library's address. A value that there is not is left out, and the page says so."""

    q = SearchField(
        required=False,
        validators=[
            MaxLengthValidator(
                LONGEST_QUERY,
                _(
                    "This search has %(show_value)d characters. Shorten it to %(limit_value)d: a few words find most."
                ),
            )
        ],
    )
    category = WordsField()
    time = WordsField(FACETS["time"].words)
    supervision = WordsField(FACETS["supervision"].words)
    certainty = WordsField(FACETS["certainty"].words)
    sort = WordsField({RELEVANCE, *SORTS})
    after = WordsField()
    before = WordsField()

    def clean(self):
        cleaned = super().clean()
        for name in ("sort", "after", "before"):
            cleaned[name] = (cleaned[name] or ("",))[0]
        return cleaned

    @property
    def selection(self) -> Selection:
        return Selection(**{"q": "", **self.cleaned_data})

    @property
    def left_out(self) -> bool:
        """Whether the address held a filter or an order that there is not."""
        return any(
            word and not self.fields[name].knows(word)
            for name in (*FACETS, "sort")
            for word in self.data.getlist(name)
        )


@require_safe
def library(request):
    """The library's list, narrowed, ordered and searched as the address says."""
    form = LibraryForm(request.GET)
    if not form.is_valid():
        context = {
            "here": "library",
            "selection": form.selection,
            "typed": form.data["q"],
            "error": form.errors["q"][0],
        }
        if is_personal(request):
            return personally(request, _TEMPLATE, context)
        page = _page(context)
    else:
        results = search(form.selection) if form.selection.q else browse(form.selection)
        results = replace(results, left_out=results.left_out or form.left_out)
        if is_personal(request):
            return personally(request, _TEMPLATE, _context(results))
        page = (_of.__wrapped__ if settings.DEBUG else _of)(results, get_language())
    etag = f'W/"{blake2b(page.body, digest_size=16).hexdigest()}"'
    return respond(request, etag=etag, page=lambda: page)


@lru_cache(maxsize=256)
def _of(results, language):
    """The page of these results, rendered once: most readers ask for the same few."""
    return _page(_context(results))


def _context(results):
    return {
        "here": "library",
        "selection": results.selection,
        "typed": results.selection.q,
        "results": results,
    }


def _page(context):
    return Page.render(_TEMPLATE, context)
