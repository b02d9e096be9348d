"""Passing on the public address of a framework, of a revision and of a step."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
import segno
from django.test import Client

from frameworks import known_documents, qr_code
from frameworks.drafts import write_draft
from frameworks.mail_links import mail_link
from frameworks.models import SafetyNotice
from tests.factories import make_document, make_framework, make_user

pytestmark = pytest.mark.django_db

URL = "/frameworks/box-breathing/"
WHOLE = f"https://tracework.example{URL}"
SHARE = f"{URL}share/"


@pytest.fixture
def framework():
    """Box breathing in two revisions; the second has another title."""
    framework = make_framework(published=True)
    write_draft(framework, make_document(title="Box breathing, again"))
    framework.publish(by=None, kind="editorial")
    return framework


def fields(page):
    return re.findall(r'readonly value="([^"]+)"', page)


def letters(page):
    """What each link opens in a mail program, in the order of the page."""
    found = [link.replace("&amp;", "&") for link in re.findall(r'href="(mailto:[^"]+)"', page)]
    return [(letter["subject"][0], letter["body"][0]) for letter in map(_said, found)]


def _said(link):
    return parse_qs(urlsplit(link).query, strict_parsing=True)


class TestThePage:
    def test_gives_the_address_of_the_framework_of_its_revision_and_of_each_step(self, client, framework):
        assert fields(client.get(SHARE).text) == [
            WHOLE,
            f"{WHOLE}revisions/2/",
            f"{WHOLE}#sit",
            f"{WHOLE}#breathe",
        ]

    def test_of_a_revision_gives_that_one_first_and_its_steps(self, client, framework):
        assert fields(client.get(f"{URL}revisions/1/share/").text) == [
            f"{WHOLE}revisions/1/",
            WHOLE,
            f"{WHOLE}revisions/1/#sit",
            f"{WHOLE}revisions/1/#breathe",
        ]

    def test_leads_to_places_that_are_there(self, client, framework):
        for address in fields(client.get(SHARE).text) + fields(client.get(f"{URL}revisions/1/share/").text):
            path, _, key = address.removeprefix("https://tracework.example").partition("#")
            page = client.get(path).text
            assert not key or f'id="{key}"' in page

    def test_says_how_the_two_differ(self, client, framework):
        page = client.get(SHARE).text
        assert page.index("always opens the current revision") < page.index("says exactly this, for ever")
        page = client.get(f"{URL}revisions/1/share/").text
        assert page.index("says exactly this, for ever") < page.index("always opens the current revision")

    def test_opens_a_letter_in_the_persons_own_mail_program(self, client, framework):
        whole, revision, _sit, breathe = letters(client.get(SHARE).text)
        assert whole == ("Box breathing, again", f"Box breathing, again\r\n\r\n{WHOLE}\r\n")
        assert revision[0] == "Box breathing, again, revision 2"
        assert breathe[0] == "Box breathing, again, step 2: Breathe"
        assert f"{WHOLE}#breathe" in breathe[1]

    def test_names_an_older_revision_and_the_framework_each_by_its_own_title(self, client, framework):
        revision, whole, *_steps = letters(client.get(f"{URL}revisions/1/share/").text)
        assert revision[0] == "Box breathing, revision 1"
        assert whole[0] == "Box breathing, again"

    def test_draws_the_qr_code_of_what_it_was_opened_for(self, client, framework):
        assert qr_code.drawn(WHOLE) in client.get(SHARE).text
        assert qr_code.drawn(f"{WHOLE}revisions/1/") in client.get(f"{URL}revisions/1/share/").text

    def test_says_first_that_it_was_withdrawn_and_still_gives_the_address(self, client, framework):
        framework.withdraw(reason="A trial found harm.")
        page = client.get(SHARE).text
        assert page.index("A trial found harm.") < page.index("<h1>") < page.index(f'value="{WHOLE}"')
        assert letters(page)[0][0] == "Withdrawn: Box breathing, again"

    def test_shows_notices_first(self, client, framework):
        SafetyNotice.objects.create(framework=framework, level="danger", text="Two people fainted.")
        page = client.get(f"{URL}revisions/1/share/").text
        assert page.index("Two people fainted.") < page.index("<h1>")

    def test_of_an_older_revision_shows_first_the_dangers_that_came_later(self, client, framework):
        later = [{"key": "asthma", "level": "contraindication", "text": "Severe asthma can get worse."}]
        write_draft(framework, make_document(warnings=later))
        framework.publish(by=None, kind="safety")
        page = client.get(f"{URL}revisions/1/share/").text
        assert page.index("Severe asthma can get worse.") < page.index("<h1>")
        assert "Severe asthma" not in client.get(SHARE).text

    def test_is_not_for_search_engines(self, client, framework):
        assert '<meta name="robots" content="noindex">' in client.get(SHARE).text

    def test_lets_no_html_of_an_editor_in(self, client):
        steps = [{"key": "sit", "title": '"><script>alert(1)</script>', "body": "Find a chair."}]
        items = [{"key": "chair", "text": "I have a chair"}]
        make_framework(steps=steps, checklist=items, claims=[], published=True)
        page = client.get(SHARE).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page


class TestTheWayThere:
    def test_is_on_the_page_of_the_framework(self, client, framework):
        assert f'href="{SHARE}"' in client.get(URL).text

    def test_of_an_older_revision_leads_to_its_own(self, client, framework):
        page = client.get(f"{URL}revisions/1/").text
        assert f'href="{URL}revisions/1/share/"' in page
        assert f'href="{SHARE}"' not in page

    def test_and_the_qr_code_for_paper_names_the_revision(self, client, framework):
        assert qr_code.drawn(f"{WHOLE}revisions/2/") in client.get(URL).text
        assert qr_code.drawn(f"{WHOLE}revisions/1/") in client.get(f"{URL}revisions/1/").text


class TestTheQrCodeAsAFile:
    @pytest.mark.parametrize(
        ("path", "address", "name"),
        [
            ("share/qr.svg", "", "box-breathing"),
            ("share/qr.svg?step=sit", "#sit", "box-breathing-sit"),
            ("revisions/1/share/qr.svg", "revisions/1/", "box-breathing-revision-1"),
            ("revisions/1/share/qr.svg?step=sit", "revisions/1/#sit", "box-breathing-revision-1-sit"),
        ],
    )
    def test_is_of_the_address(self, client, framework, path, address, name):
        answer = client.get(URL + path)
        assert answer.headers["Content-Type"] == "image/svg+xml"
        assert answer.headers["Content-Disposition"] == f'inline; filename="{name}.svg"'
        assert answer.headers["X-Robots-Tag"] == "noindex"
        assert answer.text == qr_code.as_file(WHOLE + address)

    @pytest.mark.parametrize("path", [SHARE, f"{URL}revisions/1/share/"])
    def test_is_where_the_page_says(self, client, framework, path):
        links = re.findall(r'href="([^"]+qr\.svg[^"]*)"', client.get(path).text)
        assert len(links) == 4
        drawn = [client.get(link).text for link in links]
        assert drawn == [qr_code.as_file(address) for address in fields(client.get(path).text)]

    def test_holds_the_address_and_mends_what_a_fold_hides(self):
        code = segno.make_qr(WHOLE, error="m")
        assert code.error in {"M", "Q", "H"}
        modules = sum(sum(1 for module in row if module) for row in code.matrix)
        dark = sum(
            int(run)
            for run in re.findall(r"h(\d+)", re.search(r' d="(M4 4.5[^"]+)"', qr_code.drawn(WHOLE))[1])
        )
        assert dark == modules


class TestALetter:
    def test_has_spaces_and_line_ends_as_mail_programs_read_them(self):
        link = mail_link(subject="Sit & breathe", body="One\ntwo three?")
        assert link == "mailto:?subject=Sit%20%26%20breathe&body=One%0D%0Atwo%20three%3F"


class TestWhoMayAndHow:
    PATHS = ["share/", "share/qr.svg", "revisions/1/share/", "revisions/1/share/qr.svg"]

    @pytest.mark.parametrize("path", PATHS)
    def test_caches_keep_it_and_ask_each_time(self, client, framework, path):
        answer = client.get(URL + path)
        assert answer.headers["Cache-Control"] == "public, no-cache"
        assert not answer.cookies

    @pytest.mark.parametrize("path", PATHS)
    def test_is_one_statement(self, client, framework, path, django_assert_num_queries):
        for _cold_then_warm in range(2):
            with django_assert_num_queries(1):
                client.get(URL + path)
        known_documents.forget()

    @pytest.mark.parametrize("path", PATHS)
    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
    def test_is_only_read(self, client, framework, path, method):
        assert getattr(client, method)(URL + path).status_code == 405
        assert client.head(URL + path).status_code == 200

    @pytest.mark.parametrize(
        "path",
        [
            "share/qr.svg?step=nowhere",
            "share/qr.svg?step=chair",  # an item of the checklist, and no step
            "revisions/0/share/",
            "revisions/3/share/",
            "revisions/3/share/qr.svg",
            "revisions/1/share/qr.svg?step=nowhere",
        ],
    )
    def test_what_is_not_there_is_not_found(self, client, framework, path):
        assert client.get(URL + path).status_code == 404

    @pytest.mark.parametrize("path", PATHS)
    def test_a_draft_and_an_unknown_framework_are_not_found(self, client, path):
        make_framework(slug="draft")
        assert client.get(f"/frameworks/draft/{path}").status_code == 404
        assert client.get(f"/frameworks/unknown/{path}").status_code == 404

    def test_a_page_for_who_is_signed_in_is_kept_by_no_cache(self, framework):
        reader = Client()
        reader.force_login(make_user(display_name="Ada"))
        answer = reader.get(SHARE)
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert "Ada" in answer.text
        assert "Ada" not in Client().get(SHARE).text
