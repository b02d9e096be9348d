"""Importing sources at the desk: what would become of each entry, and storing those that were ticked."""

import json
from itertools import count

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.files.uploadedfile import SimpleUploadedFile

from frameworks import bibliography, duplicates, source_import
from frameworks.citation_formats import Format
from frameworks.models import Source
from frameworks.source_import import Standing
from tests.factories import make_source

from .desk import ROLES, browser_of
from .desk_forms import typed

pytestmark = pytest.mark.django_db

IMPORT = "/admin/frameworks/source/import/"
FEDER = """@article{anything,
  author = {Feder, Adriana and others}, title = {Efficacy of ketamine}, journal = {JAMA Psychiatry}, year = 2014,
  doi = {https://doi.org/10.1001/X}, pmid = {24740528}, publisher = {AMA}
}
"""


def look(browser, text, **fields):
    return browser.post(IMPORT, {"text": text, "format": "", **fields})


def upload(browser, content, name="sources.bib"):
    return browser.post(IMPORT, {"file": SimpleUploadedFile(name, content), "text": "", "format": ""})


def put(browser, page, **changes):
    """Store what the page has ticked, unless `changes` say otherwise."""
    return browser.post(IMPORT, typed(page, "import", _store="yes", **changes))


_numbers = count()


def book(title="A book", **fields):
    """An entry of BibTeX; an empty field is left out."""
    said = {"title": title, "author": "Lee, Ann", "year": "2020", **fields}
    return f"@book{{x{next(_numbers)},{','.join(f'{name}={{{text}}}' for name, text in said.items() if text)}}}\n"


def standings(page):
    return [proposal.standing for proposal in page.context["run"].proposals]


class TestTheImport:
    def test_stands_on_the_list_of_sources(self, editor):
        assert f'<a href="{IMPORT}">Import</a>' in editor.get("/admin/frameworks/source/").text

    def test_shows_what_would_become_of_each_entry_and_stores_nothing(self, editor):
        page = look(editor, FEDER)
        assert page.status_code == 200
        for shown in (
            "feder2014",
            "Efficacy of ketamine",
            "Feder, Adriana",
            "JAMA Psychiatry",
            "10.1001/X",
            "24740528",
        ):
            assert shown in page.text, shown
        assert "<i>publisher</i> AMA" in page.text
        assert "1 new" in page.text
        assert not Source.objects.exists()

    def test_stores_what_is_ticked_and_says_what_is_still_to_do(self, editor):
        answer = put(editor, look(editor, FEDER))
        assert (answer.status_code, answer.url) == (303, "/admin/frameworks/source/")
        record = bibliography.records()["feder2014"]
        assert (record.type, record.title, record.DOI, record.PMID, record.issued, record.and_others) == (
            "article-journal",
            "Efficacy of ketamine",
            "10.1001/X",
            "24740528",
            "2014",
            True,
        )
        told = editor.get(answer.url).text
        assert "1 source stored: feder2014." in told
        assert "Fill in the kind of study of feder2014" in told
        [entry] = LogEntry.objects.all()
        assert (entry.user, entry.change_message) == (editor.person, "Imported.")
        assert entry.object_repr == "feder2014: Efficacy of ketamine"
        assert entry.is_addition()
        assert entry.get_admin_url() == f"/admin/frameworks/source/{Source.objects.get().pk}/change/"

    def test_leaves_what_is_not_ticked(self, editor):
        page = look(editor, book("One") + book("Another"))
        put(editor, page, store=["2"])
        assert [source.title for source in Source.objects.all()] == ["Another"]

    def test_asks_for_a_tick(self, editor):
        answer = put(editor, look(editor, FEDER), store=[])
        assert answer.status_code == 422
        assert "Tick the sources to store." in answer.text
        assert not typed(answer, "import").get("store")
        assert typed(answer, "import")["text"] == [FEDER]

    def test_makes_keys_as_in_a_bibliography(self, editor):
        bibliography.save([make_source("lee2020")])
        text = (
            book("One thing") + book("A quite different matter") + book("Ångström's law", author="", year="")
        )
        put(editor, look(editor, text))
        assert set(Source.objects.values_list("key", flat=True)) == {
            "lee2020",
            "lee2020b",
            "lee2020c",
            "angstroms",
        }

    @pytest.mark.parametrize(
        ("content", "name"),
        [
            (FEDER.encode(), "a.bib"),
            (b"\xef\xbb\xbf" + FEDER.replace("\n", "\r\n").encode(), "a.bib"),
            (FEDER.encode("utf-16"), "a.txt"),
            (
                b"TY  - JOUR\r\nTI  - Efficacy of ketamine\r\nAU  - Feder, A\r\nPY  - 2014\r\nER  - \r\n",
                "a.ris",
            ),
            (
                json.dumps(
                    [
                        {
                            "type": "book",
                            "title": "x",
                            "author": [{"family": "Feder"}],
                            "issued": {"raw": "2014"},
                        }
                    ]
                ).encode(),
                "a",
            ),
        ],
    )
    def test_takes_files_of_all_formats(self, editor, content, name):
        page = upload(editor, content, name)
        assert standings(page) == [Standing.NEW]
        put(editor, page)
        assert Source.objects.get().key == "feder2014"

    def test_takes_the_format_that_is_chosen(self, editor):
        page = look(editor, FEDER, format="ris")
        assert page.context["run"].proposals == ()
        assert "It stands outside of TY and ER lines." in page.text

    def test_shows_what_was_typed_as_text(self, editor):
        page = look(editor, book("<script>alert(1)</script>", note="<b>x</b>"))
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
        assert "<b>x</b>" not in page.text


class TestAnEntryThatIsThere:
    @pytest.mark.parametrize("number", ["doi = {10.1001/x}", "pmid = {24740528}"])
    def test_by_its_doi_or_pmid_stays_as_it_is(self, editor, number):
        bibliography.save(
            [
                make_source(
                    "old2014", title="Ketamine", DOI="10.1001/X", PMID="24740528", volume="71", issued="2014"
                )
            ]
        )
        before = bibliography.records()
        page = look(
            editor, f"@article{{a, title={{Efficacy}}, volume={{72}}, year=2014, number={{6}}, {number}}}"
        )
        [proposal] = page.context["run"].proposals
        assert proposal.standing is Standing.KNOWN
        assert [(each.name, each.here, each.there) for each in proposal.differences] == [
            ("Title", "Ketamine", "Efficacy"),
            ("Volume", "71", "72"),
            ("Issue", "", "6"),
        ]
        assert "stays as it is" in page.text
        assert 'name="store"' not in page.text
        assert put(editor, page, store=["1"]).status_code == 422
        assert bibliography.records() == before

    @pytest.mark.parametrize(
        ("title", "author", "year", "alike"),
        [
            ("SLOW breathing, and the pulsé", "Roe, Jan", "1999", True),
            ("Slow breathing and pulse", "Lée, A.", "2020", True),
            ("Slow breathing and pulse", "Roe, Jan", "2020", False),
            ("Slow breathing and pulse", "Lee, Ann", "2021", False),
            ("Fast running", "Lee, Ann", "2020", False),
        ],
    )
    def test_perhaps_is_not_ticked_and_leads_to_the_record(self, editor, title, author, year, alike):
        there = make_source(
            "lee2020", title="Slow breathing and the pulse", author=[{"family": "Lee"}], issued="2020-05"
        )
        bibliography.save([there])
        page = look(editor, book(title, author=author, year=year))
        assert standings(page) == [Standing.PERHAPS if alike else Standing.NEW]
        assert (f"/admin/frameworks/source/{Source.objects.get().pk}/change/" in page.text) is alike
        assert ("store" in typed(page, "import")) is not alike
        put(editor, page, store=["1"])
        assert Source.objects.count() == 2

    def test_twice_in_the_text_is_stored_once(self, editor):
        page = look(editor, book("One", doi="10.1234/A") + book("Two", doi="10.1234/a") + book("One", doi=""))
        assert standings(page) == [Standing.NEW, Standing.TWICE, Standing.PERHAPS]
        put(editor, page)
        assert Source.objects.count() == 1


class TestWhatCannotBeStored:
    def test_is_shown_with_what_is_wrong(self, editor):
        page = look(
            editor,
            book("")
            + book("x" * 301)
            + book("Fine", doi="abc", year="20")
            + book("Names", author="A, B, C, D, E"),
        )
        assert standings(page) == [Standing.REFUSED] * 4
        for said in (
            "Title: Is empty.",
            "Title: It is 301 characters long; at most 300 fit.",
            "DOI: Is not a DOI",
            "Published: Is not a date",
            "cannot be told apart",
        ):
            assert said in page.text, said
        assert "_store" not in page.text

    def test_what_is_not_understood_is_shown_with_its_line(self, editor):
        page = look(editor, FEDER + "@article{open, title={no end")
        assert "<b>Line 5</b>: <q>@article{open, title={no end</q>" in page.text
        assert "1 not understood" in page.text

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (
                "@book{a,\ntitle={é}}".encode("latin-1"),
                "The text is not UTF-8 in line 2; save the file with the encoding UTF-8",
            ),
            (FEDER.encode("utf-16-le"), "it holds NUL bytes"),
            (b"@" * 1_000_001, "Is larger than 1 MB"),
            (b" ", "Is empty. Choose a file"),
            (b"Feder A. Efficacy. 2014.", "looks like none of the three formats"),
            ("".join(book() for _ in range(501)).encode(), "more than 500 entries"),
        ],
    )
    def test_as_a_file_is_refused_with_what_to_do(self, editor, content, said):
        page = upload(editor, content)
        assert page.status_code == 422
        assert said in page.text

    def test_as_a_text_is_refused_and_kept(self, editor):
        assert "Is empty." in look(editor, " ").text
        assert "Is larger than 1 MB" in look(editor, "é" * 500_001).text
        page = look(editor, "Feder A. 2014.")
        assert page.status_code == 422
        assert typed(page, "import")["text"] == ["Feder A. 2014."]
        both = editor.post(
            IMPORT, {"file": SimpleUploadedFile("a.bib", FEDER.encode()), "text": FEDER, "format": ""}
        )
        assert "not both" in both.text


class TestSomethingChangedSinceTheDryRun:
    def test_in_the_bibliography_is_said_and_stores_nothing(self, editor):
        page = look(editor, FEDER)
        bibliography.save([make_source("feder2014", title="Another of hers")])
        answer = put(editor, page)
        assert answer.status_code == 422
        assert "has changed since you looked" in answer.text
        assert Source.objects.get().title == "Another of hers"
        assert "feder2014b" in answer.text
        assert put(editor, answer).status_code == 303
        assert Source.objects.count() == 2

    def test_in_the_text_is_said_and_stores_nothing(self, editor):
        page = look(editor, FEDER)
        answer = put(editor, page, text=FEDER.replace("Efficacy", "Safety"))
        assert answer.status_code == 422
        assert "Safety of ketamine" in answer.text
        assert not Source.objects.exists()

    def test_never_overwrites_a_record(self, editor):
        run = source_import.dry_run(FEDER, Format.BIBTEX)
        bibliography.save([make_source("feder2014", title="Another of hers")])
        with pytest.raises(source_import.ChangedMeanwhile):
            source_import.store(FEDER, Format.BIBTEX, chosen={0}, seen=run.seen)
        with pytest.raises(source_import.ChangedMeanwhile):
            source_import.store(
                FEDER, Format.BIBTEX, chosen={7}, seen=source_import.dry_run(FEDER, Format.BIBTEX).seen
            )

    def test_after_signing_out_keeps_the_text(self, editor):
        page = look(editor, FEDER)
        editor.logout()
        answer = put(editor, page)
        assert answer.status_code == 401
        assert "Efficacy of ketamine" in answer.text
        assert not Source.objects.exists()


class TestStatements:
    @pytest.mark.parametrize("number", [1, 50])
    def test_are_as_many_for_one_entry_as_for_fifty(self, editor, number, django_assert_num_queries):
        words = [f"{a}{b} {b}{a}" for a in "abcdefgh" for b in "qrstuvwxyz"]
        text = "".join(
            book(words[n], author=f"{words[n].title()}, A", doi=f"10.1234/{n}") for n in range(number)
        )
        bibliography.save([make_source("known2000", DOI="10.1234/known")])
        text += book("Known", doi="10.1234/known")
        editor.get(IMPORT)
        ContentType.objects.get_for_model(Source)
        with django_assert_num_queries(4):
            editor.get(IMPORT)
        with django_assert_num_queries(8):
            page = look(editor, text)
        ticked = typed(page, "import")["store"]
        assert len(ticked) == number
        with django_assert_num_queries(22):
            assert put(editor, page).status_code == 303
        assert Source.objects.count() == number + 1


class TestWhoMay:
    @pytest.mark.parametrize("role", ROLES)
    def test_import(self, role):
        browser = browser_of(role)
        opened = browser.get(IMPORT)
        if role in {"anonymous", "reader"}:
            assert opened.status_code == 302
            assert opened.url.startswith("/admin/login/")
        elif role == "verifier":
            assert opened.status_code == 403
        else:
            assert opened.status_code == 200
            put(browser, look(browser, FEDER))
            assert Source.objects.exists()

    def test_import_needs_the_right_to_add_a_source(self, editor):
        editor.person.groups.clear()
        editor.person.user_permissions.add(*Permission.objects.filter(codename="view_source"))
        assert editor.get(IMPORT).status_code == 403
        assert look(editor, FEDER).status_code == 403
        assert IMPORT not in editor.get("/admin/frameworks/source/").text

    def test_nobody_by_another_method(self, editor):
        assert editor.put(IMPORT).status_code == 405


class TestDuplicatesOnTheForm:
    def test_are_pointed_out_by_the_same_rule(self, editor):
        lee = [{"family": "Lee", "given": "Ann"}]
        bibliography.save(
            [
                make_source("lee2020", title="Slow breathing and the pulse", author=lee, issued="2020"),
                make_source("roe2011", title="slow BREATHING and the pulse!"),
                make_source("lee2020b", title="Slow breathing and pulse", author=lee, issued="2020-05"),
                make_source("poe2000", title="Fast running"),
            ]
        )
        [found] = duplicates.alike([bibliography.records()["lee2020"]])
        assert [(each.key, each.why) for each in found] == [
            ("roe2011", "same-title"),
            ("lee2020b", "same-author-and-year"),
        ]
        change = f"/admin/frameworks/source/{Source.objects.get(key='lee2020').pk}/change/"
        editor.post(change, typed(editor.get(change), "source_form"))
        told = editor.get("/admin/frameworks/source/").text
        assert "Perhaps the same work as roe2011: it has the same title." in told
        assert "Perhaps the same work as lee2020b: it has the same first author and year" in told

    def test_titles_of_signs_alone_are_not_alike(self):
        bibliography.save([make_source("a2000", title="…!"), make_source("b2000", title="?!…")])
        assert duplicates.alike(list(bibliography.records().values())) == [(), ()]


class TestNumbersOnTheForm:
    def test_are_taken_with_the_address_or_the_word_before_them(self, editor):
        bibliography.save([make_source("lee2020")])
        change = f"/admin/frameworks/source/{Source.objects.get().pk}/change/"
        form = typed(
            editor.get(change), "source_form", DOI="https://doi.org/10.1001/jama.2014", PMID="PMID: 24740528"
        )
        assert editor.post(change, form).status_code == 302
        source = Source.objects.get()
        assert (source.DOI, source.PMID) == ("10.1001/jama.2014", "24740528")
        form = typed(
            editor.get(change),
            "source_form",
            DOI="doi:10.1001/other",
            PMID="https://pubmed.ncbi.nlm.nih.gov/7/",
        )
        editor.post(change, form)
        source.refresh_from_db()
        assert (source.DOI, source.PMID) == ("10.1001/other", "7")
