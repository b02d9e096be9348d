"""Every link to a place on a page leads to one, all through the starting library."""

import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from django.test import Client

from frameworks.models import Framework, Source

from .conftest import ADDRESSES


class _Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.ids, self.links = set(), set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if given.get("id"):
            self.ids.add(given["id"])
        if tag == "a" and "#" in (given.get("href") or ""):
            self.links.add(given["href"])


@pytest.mark.django_db
@pytest.mark.usefixtures("starting_library")
def test_every_link_to_a_place_leads_to_one():
    addresses = {address for address in ADDRESSES.values() if not re.search("[?]|account", address)}
    addresses |= {f"/frameworks/{slug}/" for slug in Framework.objects.values_list("slug", flat=True)}
    addresses |= {f"/sources/{key}/" for key in Source.objects.values_list("key", flat=True)}
    client = Client()
    pages = {address: _Page(client.get(address).text) for address in addresses}
    assert len(pages) > 90
    astray = [
        f"{address}: {link}"
        for address, page in pages.items()
        for link in page.links
        if (target := pages.get(urlsplit(link).path or address)) and urlsplit(link).fragment not in target.ids
    ]
    assert not astray, "\n".join(astray)
