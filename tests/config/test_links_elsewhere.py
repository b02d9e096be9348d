"""What a link to a page shows elsewhere (Open Graph): everything of a public page, and nothing of a private one."""

import re
import struct

import pytest
from django.conf import settings as project
from django.test import Client

from frameworks import public_page
from frameworks.drafts import write_draft
from tests.factories import (
    make_checklist,
    make_clinician,
    make_document,
    make_framework,
    make_handout,
    make_user,
)

pytestmark = pytest.mark.django_db

SITE = "https://tracework.example"
URL = "/frameworks/box-breathing/"


@pytest.fixture(autouse=True)
def nothing_kept():
    public_page._kept.cache_clear()
    yield
    public_page._kept.cache_clear()


@pytest.fixture
def framework():
    return make_framework(published=True)


@pytest.fixture
def second(framework):
    write_draft(framework, make_document(title="Box breathing, again"))
    framework.publish(by=None, kind="editorial")
    return framework


def shown(path, browser=None):
    page = (browser or Client()).get(path).text
    named = re.findall(r'<meta (?:property|name)="((?:og|twitter):[^"]+)" content="([^"]*)">', page)
    assert len(named) == len(dict(named)), "something is said twice"
    return dict(named)


def canonical(path):
    return re.findall(r'<link rel="canonical" href="([^"]*)">', Client().get(path).text)


PUBLIC = {
    "/": "A library of protocols for health and performance",
    URL: "Box breathing",
    f"{URL}revisions/": "Box breathing",
    f"{URL}share/": "Box breathing",
    "/sources/lee2020/": "Slow breathing and the pulse",
    "/help/": "If you need help now",
    "/about/": "About",
    "/privacy/": "Privacy",
    "/accessibility/": "Accessibility",
}


class TestAPublicPage:
    @pytest.mark.parametrize("path", PUBLIC)
    def test_says_what_it_is_where_it_is_and_with_which_picture(self, framework, path):
        page = shown(path)
        assert page["og:title"] == PUBLIC[path]
        assert page["og:url"] == SITE + path.removesuffix("share/")
        assert page["og:description"]
        assert page["og:site_name"] == "Tracework"
        assert page["og:image"] == f"{SITE}/static/social.png"
        assert page["og:image:alt"]
        assert page["twitter:card"] == "summary_large_image"

    def test_of_a_comparison_leads_to_it(self, second):
        assert shown(f"{URL}revisions/1...2/")["og:url"] == f"{SITE}{URL}revisions/1...2/"

    def test_says_the_same_to_who_is_signed_in(self, framework):
        reader = Client()
        reader.force_login(make_user(display_name="Ada"))
        for path in PUBLIC:
            assert shown(path, reader) == shown(path)

    def test_lets_no_html_of_an_editor_in(self):
        make_framework(title='"><script>alert(1)</script>', published=True)
        assert "<script>alert" not in Client().get(URL).text


class TestAFramework:
    def test_is_an_article_with_its_tagline(self, framework):
        page = shown(URL)
        assert page["og:type"] == "article"
        assert page["og:description"] == "Four slow counts, four times"
        assert shown("/")["og:type"] == "website"

    def test_that_was_withdrawn_says_so(self, framework):
        framework.withdraw(reason="Harm.")
        for path in (URL, f"{URL}revisions/1/", f"{URL}share/"):
            assert shown(path)["og:title"].startswith("Withdrawn: Box breathing")

    def test_revision_is_shown_by_its_own_address_also_while_it_is_current(self, second):
        """Some sites link to og:url in place of what was posted: then a revision would become another one."""
        for number, title in ((1, "Box breathing, revision 1"), (2, "Box breathing, again, revision 2")):
            page = shown(f"{URL}revisions/{number}/")
            assert (page["og:url"], page["og:title"]) == (f"{SITE}{URL}revisions/{number}/", title)
        assert shown(URL)["og:url"] == SITE + URL

    def test_of_two_addresses_has_two_pages_however_they_are_kept(self, framework):
        for browser in (Client(), signed_in()):
            for path in (URL, f"{URL}revisions/1/", URL):
                assert shown(path, browser)["og:url"] == SITE + path
        etags = {Client().get(path).headers["ETag"] for path in (URL, f"{URL}revisions/1/")}
        assert len(etags) == 2


def signed_in():
    browser = Client()
    browser.force_login(make_user("signed-in@example.com"))
    return browser


class TestTheAddressThatCounts:
    def test_of_the_current_revision_is_the_frameworks(self, second):
        assert canonical(URL) == canonical(f"{URL}revisions/2/") == [SITE + URL]

    def test_of_an_older_revision_is_no_other(self, second):
        assert canonical(f"{URL}revisions/1/") == []
        assert '<meta name="robots" content="noindex">' in Client().get(f"{URL}revisions/1/").text


class TestAPrivatePage:
    @pytest.fixture
    def pages(self, framework):
        """Each with the browser of whose it is."""
        clinician, reader = make_clinician(), make_user()
        desk, own = Client(), Client()
        desk.force_login(clinician)
        own.force_login(reader)
        handout = make_handout(clinician, framework)
        revoked = make_handout(clinician, framework)
        revoked.revoke()
        checklist = make_checklist(reader).get_absolute_url()
        return [
            (Client(), handout.path),
            (Client(), revoked.path),
            *(
                (desk, path)
                for path in (
                    "/handouts/",
                    handout.get_absolute_url(),
                    "/handouts/new/box-breathing/6b1f0c52-3f5e-4d0c-9a53-0d1b6f8a4c11/",
                )
            ),
            *((own, path) for path in ("/checklists/", checklist, f"{checklist}history/")),
            *((own, path) for path in ("/account/", "/account/data/", "/account/clinician/")),
            (Client(), "/checklists/start/box-breathing/"),
            (Client(), "/account/login/"),
            (Client(), "/account/signup/"),
            (Client(), "/nothing-here/"),
        ]

    def test_shows_nothing_elsewhere(self, pages):
        for browser, path in pages:
            answer = browser.get(path)
            assert answer.headers["Content-Type"].startswith("text/html"), path
            assert "</html>" in answer.text, path
            assert not re.search(r"og:|twitter:|social\.png|rel=.canonical", answer.text), path


class TestThePicture:
    def test_is_small_and_of_the_size_that_is_said(self):
        picture = (project.STATICFILES_DIRS[0] / "social.png").read_bytes()
        assert picture.startswith(b"\x89PNG")
        assert struct.unpack(">II", picture[16:24]) == (1200, 630)
        assert len(picture) < 60_000
        assert (shown("/")["og:image:width"], shown("/")["og:image:height"]) == ("1200", "630")
