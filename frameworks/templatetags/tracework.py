"""What every page of the site draws with."""

import json
import re

from django import template
from django.templatetags.static import static
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from .. import qr_code as qr
from ..labels import country as country_of
from ..labels import label as label_of
from ..structured_data import absolute as absolute_address
from ..structured_data import structured_data

register = template.Library()

#: The elements that close behind the last words.
_CLOSING = re.compile(r"(\s|</(p|li|ul|ol)>)*$")
#: As Django's json_script has them.
_ESCAPES = {ord(sign): f"\\u{ord(sign):04X}" for sign in "<>&\u2028\u2029"}
_SIZES = {"logo": (32, 20), "grade": (56, 14), "sure": (56, 14), "trace": (56, 12)}


@register.simple_tag
def icon(name: str):
    """A drawing from static/icons.svg. It is decoration: the words beside it say the same."""
    width, height = _SIZES.get(name.partition("-")[0], (20, 20))
    return format_html(
        '<svg aria-hidden="true" width="{}" height="{}"><use href="{}#{}"/></svg>',
        width,
        height,
        static("icons.svg"),
        name,
    )


@register.filter
def absolute(path: str):
    """The whole address of a page of this site, for what people take along."""
    return absolute_address(path)


@register.simple_tag
def qr_code(address: str):
    """The address as a QR code. Say beside it or in an `aria-label` what it is the address of."""
    return qr.drawn(address)


@register.simple_tag
def json_ld(article):
    """The page in the words of schema.org: data, which the security policy lets stand, and nothing in it ends it."""
    data = structured_data(article)
    if data is None:
        return ""
    text = json.dumps(data, ensure_ascii=False).translate(_ESCAPES)
    return format_html('<script type="application/ld+json">{}</script>', SafeString(text))


@register.filter
def label(word):
    """What the page calls a word of the document, such as a supervision or a stance."""
    return label_of(word) if word else ""


@register.filter
def country(code: str):
    """What the page calls a country of a help contact."""
    return country_of(code)


@register.simple_tag
def prose(text, marks=(), key="", name="", ledger=""):
    """Prose as HTML; behind its last words the marks of the claims about it, and the link to its own place.

    `ledger` is the address of the page that has the claims, where it is another one.
    """
    behind = [_mark(mark, ledger) for mark in marks]
    if key:
        behind.append(anchor(key, name))
    rendered = conditional_escape(text)
    end = _CLOSING.search(rendered).start()
    # What Prose rendered is safe already: it is only taken apart and put together again here.
    return format_html(
        "{}{}{}", SafeString(rendered[:end]), SafeString("".join(behind)), SafeString(rendered[end:])
    )


@register.simple_tag
def claim_marks(marks, ledger=""):
    """The marks of claims behind a plain text."""
    return SafeString("".join(_mark(mark, ledger) for mark in marks))


@register.simple_tag
def heading(key, text):
    """A heading's text as the visible link to its own place: read out, it is the heading and nothing more."""
    return format_html(
        '<a class="self" href="#{}">{} <span class="anchor ui" aria-hidden="true">#</span></a>', key, text
    )


@register.simple_tag
def anchor(key, name):
    """The visible link to a place that has no heading, so that it can be copied and sent."""
    return format_html(
        ' <a class="anchor ui" href="#{}"><span aria-hidden="true">#</span><span class="hush">{} {}</span></a>',
        key,
        gettext("Link to"),
        name,
    )


def _mark(mark, ledger):
    return format_html(
        '<a class="cite" href="{}#{}"><span class="hush">{} </span>{}{}</a>',
        ledger,
        mark.key,
        gettext("Claim"),
        mark.number,
        "" if mark.sourced else format_html(" {}", gettext("no source")),
    )
