"""What is new in the library, for programs that read feeds."""

from django.contrib.syndication.views import Feed
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import linebreaks
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import conditional_page, require_safe

from ..document import ChangeKind, Level
from ..labels import label
from ..news import Happening, News, latest
from ..structured_data import absolute


class Latest(Feed):
    feed_type = Atom1Feed
    title = gettext_lazy("Tracework: what is new")
    subtitle = gettext_lazy("New revisions of frameworks, safety notices and withdrawals.")
    author_name = "Tracework"

    # Whole addresses, so that Django takes none from the request.

    def link(self):
        return absolute(reverse("frameworks:library"))

    def feed_url(self):
        return absolute(reverse("frameworks:feed"))

    def items(self):
        return latest()

    def item_title(self, news: News):
        names = {"title": news.title, "number": news.number}
        match news.what:
            case Happening.WITHDRAWAL:
                return _("Withdrawn: %(title)s") % names
            case Happening.NOTICE:
                return _("Safety notice: %(title)s") % names
            case Happening.REVISION if news.number == 1:
                return _("New: %(title)s") % names
        return _("%(title)s, revision %(number)d") % names

    def item_description(self, news: News):
        return linebreaks(news.text, autoescape=True)

    def item_categories(self, news: News):
        match news.what:
            case Happening.REVISION:
                return [label(ChangeKind(news.word))]
            case Happening.NOTICE:
                return [label(Level(news.word))]
        return []

    def item_link(self, news: News):
        if news.what is Happening.REVISION:
            return absolute(reverse("frameworks:revision", args=[news.slug, news.number]))
        return absolute(reverse("frameworks:detail", args=[news.slug])) + "#notices"

    def item_guid(self, news: News):
        if news.what is Happening.REVISION:
            return self.item_link(news)
        return absolute(reverse("frameworks:detail", args=[news.slug])) + f"#{news.what}-{news.id}"

    def item_pubdate(self, news: News):
        return news.at

    item_updateddate = item_pubdate


_latest = Latest()


@require_safe
@conditional_page
def feed(request):
    """Caches ask each time: a safety notice is news."""
    response = _latest(request)
    response.headers["Cache-Control"] = "public, no-cache"
    return response
