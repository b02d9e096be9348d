"""What is said of a page that was read (page_text.py), in the editor's language."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from .page_text import Remark, Says

WORDS = {
    Says.NO_PAGE: _(
        "This is no page of a framework: such a page has its title on top, and headings such as “Problem it solves”, "
        "“Core principles” and “Steps” on lines of their own."
    ),
    Says.TOO_MANY_LINES: _("This is no page of a framework: it has %(lines)s lines, %(most)s are the most."),
    Says.NO_TITLE: _("the page has no title"),
    Says.NO_ITEM: _("the page has no checklist item; it cannot be published without one"),
    Says.UNSEEN: _("holds the unseen character %(character)s, which is left out"),
    Says.VERDICT: _("“%(text)s” is dropped: what sources amount to is computed"),
    Says.HEADING_AGAIN: _("“%(text)s” stands here again, after line %(first)s; taken as one"),
    Says.NUMBER_OF_TIME: _("the number in “%(text)s” is dropped; the time is kept as its unit"),
    Says.SHORT_LINES: _("%(place)s is several short lines; see whether each belongs there"),
    Says.TOO_LONG: _("%(place)s is %(length)s characters long; %(most)s are the most"),
    Says.COUNT: ngettext_lazy(
        "the page counts %(said)s here under %(part)s, and %(found)d follows",
        "the page counts %(said)s here under %(part)s, and %(found)d follow",
        "found",
    ),
    Says.TOO_MANY: _("%(number)s %(part)s are too many; %(most)s are the most"),
    Says.OUT_OF_TURN: _("is numbered %(number)s where %(due)s would come"),
    Says.CAUTION: _("a warning arrives as caution: level to be judged"),
    Says.DANGER: _("a warning arrives as danger: level to be judged"),
    Says.CONTRAINDICATION: _("a warning arrives as contraindication: level to be judged"),
    Says.EMPTY_WARNING: _("announces a warning, and none follows"),
    Says.PERHAPS_A_WARNING: _(
        "says “%(word)s”, and is not taken for a warning; if it is one, write it as one in the draft"
    ),
    Says.TITLE_TOO_LONG: _("is too long for a title (%(most)s characters); it begins the text"),
    Says.NO_BODY: _("the step has no text; its title stands for it until there is one"),
    Says.UNKNOWN_KIND: _("“%(kind)s” is no kind of source that is known; taken as a document"),
    Says.NO_KIND: _("the kind of the source is not said; taken as a document"),
}


def worded(remark: Remark) -> str:
    """What a remark says, in a sentence."""
    values = {
        name: f"{value:,}" if isinstance(value, int) and name != "found" else value
        for name, value in remark.values.items()
    }
    return str(WORDS[remark.says] % values) if values else str(WORDS[remark.says])
