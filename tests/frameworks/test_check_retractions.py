"""What became of sources, after the CSV file of Retraction Watch."""

import io
from datetime import date

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from frameworks import bibliography, retractions
from frameworks.drafts import write_draft
from frameworks.models import Listing, Source, SourceUpdate
from tests.factories import make_document, make_framework, make_source

from .retraction_watch import HEADER, as_text, row

LEE = "10.1234/lee.2020"


@pytest.fixture
def file(tmp_path):
    return tmp_path / "retraction_watch.csv"


@pytest.fixture
def check(file):
    """Run the command on a file of these rows: what it says, or the SystemExit with what it said."""

    def check(*rows, text=None, **options):
        file.write_text(text or as_text(*rows), encoding="utf-8", newline="")
        out = io.StringIO()
        call_command("check_retractions", str(file), stdout=out, stderr=out, **options)
        return out.getvalue()

    return check


def about_lee(**cells):
    return row(OriginalPaperDOI=LEE, **cells)


def recorded():
    return [
        (update.source.key, update.type, str(update.date), update.notice_doi)
        for update in SourceUpdate.objects.select_related("source").order_by("date", "type")
    ]


RETRACTED = ("lee2020", "retraction", "2024-04-24", "10.1155/2023/9804945")


@pytest.mark.django_db
class TestANoticeOfASource:
    @pytest.fixture(autouse=True)
    def framework(self):
        return make_framework(published=True)

    @pytest.mark.parametrize(
        ("nature", "type"),
        [
            ("Retraction", "retraction"),
            ("Correction", "correction"),
            ("Expression of concern", "expression_of_concern"),
            ("Expression of Concern", "expression_of_concern"),
        ],
    )
    def test_is_recorded_with_its_date_and_doi(self, check, nature, type):
        said = check(row(), about_lee(RetractionNature=nature))
        assert recorded() == [("lee2020", type, "2024-04-24", "10.1155/2023/9804945")]
        assert "line 3 (record 50438)" in said
        assert "2 rows: 1 recorded, 0 known, 0 to decide, 1 of other works" in said

    @pytest.mark.parametrize("before", ["", "https://doi.org/", "http://dx.doi.org/", "doi:", "DOI: ", " "])
    def test_is_found_by_its_doi_however_it_is_written(self, check, before):
        check(row(OriginalPaperDOI=before + LEE.upper()))
        assert recorded() == [RETRACTED]

    def test_is_found_by_its_pmid(self, check):
        bibliography.save([make_source("roe2021", PMID="24740528")])
        check(row(OriginalPaperDOI="unavailable", OriginalPaperPubMedID="24740528"))
        assert [update[0] for update in recorded()] == ["roe2021"]

    @pytest.mark.parametrize("several", [f"{LEE}.", f"10.5555/abc;{LEE}", f"{LEE}; 10.5555/abc", f"{LEE} "])
    def test_is_found_by_one_of_several_dois_and_behind_a_full_stop(self, check, several):
        check(row(OriginalPaperDOI=several))
        assert recorded() == [RETRACTED]

    def test_is_found_by_an_old_doi_with_a_semicolon_within(self, check):
        old = "10.1002/(SICI)1096-8644(199601)99:1<1::AID-AJPA1>3.0.CO;2-1"
        bibliography.save([make_source("old1996", DOI=old)])
        check(row(OriginalPaperDOI=old))
        assert [update[0] for update in recorded()] == ["old1996"]

    @pytest.mark.parametrize("none", ["", "0", "unavailable", "Unavailable", "n/a"])
    def test_without_a_doi_of_the_notice_has_none(self, check, none):
        check(about_lee(RetractionDOI=none))
        assert recorded() == [("lee2020", "retraction", "2024-04-24", "")]

    @pytest.mark.parametrize("none", ["", "0", "unavailable", "Unavailable"])
    def test_is_none_where_the_row_names_no_work(self, check, none):
        said = check(row(OriginalPaperDOI=none, OriginalPaperPubMedID=none))
        assert recorded() == []
        assert "1 without DOI and PMID" in said

    @pytest.mark.parametrize("day", ["4/24/2024 0:00", "04/24/2024", "4/24/2024 00:00:00", "2024-04-24"])
    def test_has_its_date_however_it_is_written(self, check, day):
        check(about_lee(RetractionDate=day))
        assert recorded() == [RETRACTED]

    def test_shows_at_once_where_the_source_is_cited_and_in_the_library(self, check, client):
        assert "1 of 1 claim traced to primary" in client.get("/frameworks/box-breathing/").text
        said = check(about_lee())
        page = client.get("/frameworks/box-breathing/").text
        assert "A source of this page, 24 April 2024: Retracted." in page
        assert "0 of 1 claim traced to primary" in page
        assert Listing.objects.get().traced_claims == 0
        assert "1 listings counted anew" in said

    def test_costs_the_same_however_many_rows_and_sources(self, check, django_assert_num_queries):
        bibliography.save([make_source(f"roe{n}", DOI=f"10.1234/roe.{n}") for n in range(30)])
        # One reads the sources; a savepoint, the turn, the rows, the listings and their counts; one finds who cites.
        with django_assert_num_queries(12):
            check(about_lee(), *(row(OriginalPaperDOI=f"10.1234/roe.{n}") for n in range(30)), row(), row())
        assert SourceUpdate.objects.count() == 31


@pytest.mark.django_db
class TestItIsSafeToRunTwice:
    @pytest.fixture(autouse=True)
    def framework(self):
        return make_framework(published=True)

    def test_and_records_nothing_twice(self, check):
        rows = [
            about_lee(),
            about_lee(RetractionNature="Correction"),
            about_lee(RetractionNature="Correction"),
        ]
        assert "2 recorded, 1 known" in check(*rows)
        assert "0 recorded, 3 known" in check(*rows)
        assert len(recorded()) == 2

    def test_what_an_editor_recorded_is_not_recorded_again(self, check):
        lee = Source.objects.get(key="lee2020")
        SourceUpdate.objects.create(source=lee, type="retraction", date="2024-05-02")
        SourceUpdate.objects.create(
            source=lee, type="correction", date="2023-01-01", notice_doi="10.1155/Other"
        )
        said = check(
            about_lee(),
            about_lee(RetractionNature="Correction", RetractionDOI="10.1155/other", Record_ID="9"),
        )
        assert "0 recorded, 2 known" in said
        assert len(recorded()) == 2

    def test_two_corrections_are_two(self, check):
        check(
            about_lee(RetractionNature="Correction"),
            about_lee(RetractionNature="Correction", RetractionDate="5/2/2024", RetractionDOI="10.1155/b"),
        )
        assert [update[2] for update in recorded()] == ["2024-04-24", "2024-05-02"]

    def test_of_two_rows_on_one_retraction_the_earlier_day_stands(self, check):
        check(about_lee(RetractionDate="5/2/2024"), about_lee())
        assert recorded() == [RETRACTED]

    def test_a_dry_run_says_the_same_and_stores_nothing(self, check):
        said = check(about_lee(), dry_run=True)
        assert recorded() == []
        assert "lee2020: retraction of 2024-04-24" in said
        assert "1 would be recorded" in said
        assert "Dry run: nothing was stored." in said


@pytest.mark.django_db
class TestWhatAPersonDecides:
    @pytest.fixture(autouse=True)
    def framework(self):
        return make_framework(published=True)

    def test_a_reinstatement_is_reported_and_not_applied(self, check):
        check(about_lee())
        said = check(about_lee(), about_lee(RetractionNature="Reinstatement", RetractionDate="1/2/2025"))
        assert recorded() == [RETRACTED]
        assert "lee2020: reinstatement of 2025-01-02, line 3" in said
        assert "delete the retraction" in said

    def test_a_work_that_stands_again_is_not_retracted_anew(self, check):
        said = check(about_lee(), about_lee(RetractionNature="Reinstatement", RetractionDate="1/2/2025"))
        assert recorded() == []
        assert "none was added" in said
        assert "2 to decide" in said

    def test_a_retraction_after_a_reinstatement_counts(self, check):
        check(about_lee(RetractionNature="Reinstatement", RetractionDate="1/2/2023"), about_lee())
        assert recorded() == [RETRACTED]

    @pytest.mark.parametrize(
        ("cells", "said_of_it"),
        [
            ({"RetractionDate": "unavailable"}, "the date “unavailable” cannot be read"),
            ({"RetractionDate": "31/12/2024"}, "the date “31/12/2024” cannot be read"),
            ({"RetractionDate": ""}, "the date “” cannot be read"),
            ({"RetractionDate": "1/9/2999"}, "the date “1/9/2999” lies ahead"),
            ({"RetractionNature": "Withdrawal"}, "the nature “Withdrawal” cannot be read"),
        ],
    )
    def test_a_row_that_cannot_be_read_is_named(self, check, cells, said_of_it):
        said = check(row(), about_lee(**cells))
        assert recorded() == []
        assert "lee2020: line 3 (record 50438)" in said
        assert said_of_it in said
        assert "box-breathing (draft and page): lee2020" in said, "who has to know is named as well"

    def test_a_doi_and_a_pmid_of_two_works_are_pointed_out(self, check):
        bibliography.save([make_source("roe2021", PMID="24740528")])
        said = check(about_lee(OriginalPaperPubMedID="24740528"))
        assert recorded() == [RETRACTED], "the DOI decides"
        assert "roe2021: line 2 (record 50438) has its PMID, and the DOI of lee2020" in said

    def test_a_pmid_beside_a_strange_doi_is_pointed_out(self, check):
        bibliography.save([make_source("roe2021", PMID="24740528", DOI="10.1234/roe")])
        said = check(row(OriginalPaperPubMedID="24740528"))
        assert recorded() == []
        assert "roe2021: line 2 (record 50438) has its PMID, and another DOI (10.1155/2021/6907871)" in said

    def test_two_works_of_ours_in_one_row_are_pointed_out_with_who_cites_them(self, check):
        source = make_source("roe2021", DOI="10.1234/roe")
        citations = [{"source": "roe2021", "stance": "background"}]
        make_framework(make_document(claims=[], citations=citations, sources=[source]), slug="cites-roe")
        said = check(row(OriginalPaperDOI=f"{LEE};10.1234/roe"))
        assert recorded() == [RETRACTED]
        assert "roe2021: line 2 (record 50438) has its DOI, and that of lee2020" in said
        assert "cites-roe (draft): roe2021" in said


@pytest.mark.django_db
class TestItEndsWith:
    def test_each_framework_that_cites_an_affected_source(self, check):
        make_framework(published=True)
        review = make_source("review", study_design="systematic-review", draws_on=["lee2020"])
        claims = [{"key": "a", "text": "A", "citations": [{"source": "review", "stance": "supports"}]}]
        document = make_document(claims=claims, citations=[], sources=[review])
        make_framework(document, slug="by-a-review")
        dropped = make_framework(slug="dropped-it", published=True)
        write_draft(dropped, make_document(claims=[], citations=[]))
        make_framework(make_document(claims=[], citations=[]), slug="cites-nothing", published=True)
        said = check(about_lee())
        assert said.index("Frameworks that cite what the file names:") < said.index(
            "by-a-review (draft): lee2020"
        )
        assert "box-breathing (draft and page): lee2020" in said
        assert "dropped-it (page): lee2020" in said
        assert "cites-nothing" not in said
        assert "3 frameworks affected" in said
        assert "3 frameworks affected" in check(about_lee()), "also where all of it is known"


@pytest.mark.django_db
class TestAFileThat:
    def test_lacks_columns_is_refused_with_their_names(self, check):
        with pytest.raises(CommandError, match="no column OriginalPaperPubMedID, RetractionNature"):
            check(text="Record ID,OriginalPaperDOI,RetractionDate,RetractionDOI\n1,2,3,4\n")

    @pytest.mark.parametrize("content", [b"", b"\n\n", "Record ID".encode("utf-16"), b"\x00\xff", b'"'])
    def test_is_something_else_is_refused(self, file, content):
        file.write_bytes(content)
        with pytest.raises(CommandError, match=r"no column|no table"):
            call_command("check_retractions", str(file))

    def test_is_not_there_is_refused(self, file):
        with pytest.raises(CommandError, match="cannot be read: No such file"):
            call_command("check_retractions", str(file))

    def test_starts_with_a_byte_order_mark_is_read(self, check):
        make_framework()
        check(text="\ufeff" + as_text(about_lee()))
        assert recorded() == [RETRACTED]

    def test_has_its_columns_in_another_order_is_read(self, check):
        make_framework()
        text = as_text(*(cells[::-1] for cells in [about_lee()]), header=[n.lower() for n in HEADER[::-1]])
        check(text=text)
        assert recorded() == [RETRACTED]

    def test_has_letters_of_another_encoding_is_read(self, file):
        make_framework()
        file.write_bytes(as_text(about_lee(Author="Møller")).encode("latin-1"))
        call_command("check_retractions", str(file), stdout=io.StringIO())
        assert recorded() == [RETRACTED]

    def test_has_huge_fields_is_read(self, check):
        make_framework()
        check(about_lee(Reason="x" * 200_000))
        assert recorded() == [RETRACTED]

    def test_is_damaged_is_read_around_the_damage_and_says_where(self, check, capsys):
        make_framework()
        text = as_text(["1", "2"], about_lee(), [*row(), "one", "more"]) + '3,"never closed\n4,x\n'
        with pytest.raises(SystemExit):
            check(text=text)
        assert recorded() == [RETRACTED]

    def test_is_damaged_names_the_lines(self):
        text = as_text(["1", "2"], row(), [*row(), "one", "more"]) + '3,"never closed\n4,x\n'
        report = retractions.compare(retractions.read_rows(io.StringIO(text)), [])
        assert [str(damage) for damage in report.damage] == [
            "line 2: it has 2 columns, and the first line 21",
            "line 4: it has 23 columns, and the first line 21",
            "lines 5 to 6: unexpected end of data",
        ]

    def test_is_all_damage_names_only_the_first(self, check):
        text = as_text() + "1,2\n" * 70
        report = retractions.compare(retractions.read_rows(io.StringIO(text)), [])
        assert (len(report.damage), report.damaged) == (50, 70)

    def test_is_long_is_never_held_whole(self):
        def lines():
            yield ",".join(HEADER) + "\n"
            for n in range(3):
                asked.append(n)
                yield ",".join(row(Title="x")) + "\n"

        asked = []
        rows = retractions.read_rows(lines())
        next(rows)
        assert asked == [0]


DOIS = st.sampled_from(
    [LEE, f"https://doi.org/{LEE.upper()}", "10.1/x", "10.9999/other", "unavailable", "", "0"]
)
PMIDS = st.sampled_from(["24740528", "1", "0", "", "unavailable"])
NATURES = st.sampled_from(
    ["Retraction", "Correction", "Expression of concern", "Reinstatement", "retraction ", "Hm", ""]
)
DATES = st.sampled_from(["4/24/2024 0:00", "1/1/2020", "2025-02-03", "13/13/2020 0:00", "unavailable", ""])
ROWS = st.builds(
    row,
    OriginalPaperDOI=DOIS,
    OriginalPaperPubMedID=PMIDS,
    RetractionNature=NATURES,
    RetractionDate=DATES,
    Title=st.text(alphabet='a,"\n\r\x00é', max_size=5),
)
CUT = st.lists(st.sampled_from(["", "1", "x\ny"]), min_size=1, max_size=25).filter(any)


class TestAnyMixOfRows:
    @given(
        st.lists(ROWS | CUT, max_size=12),
        st.lists(
            st.tuples(st.sampled_from(["retraction", "correction"]), st.dates(date(2019, 1, 1)), st.just("")),
            max_size=3,
        ),
    )
    def test_is_read_or_reported(self, rows, known):
        lee = retractions.Work(1, "lee2020", LEE, "", list(known))
        roe = retractions.Work(2, "roe2021", "", "24740528", [])
        report = retractions.compare(
            retractions.read_rows(io.StringIO(as_text(*rows), newline="")), [lee, roe]
        )
        counted = [
            report.others,
            report.nameless,
            report.known,
            len(report.new),
            report.undecided,
            report.damaged,
        ]
        assert report.rows == len(rows) == sum(counted)
        assert len({(work.key, n.kind, n.date) for work, n in report.new}) == len(report.new)

    @given(st.text())
    def test_and_any_text_is_refused_or_read_to_its_end(self, text):
        try:
            list(retractions.read_rows(io.StringIO(as_text() + text, newline="")))
            list(retractions.read_rows(io.StringIO(text, newline="")))
        except retractions.NotTheFile:
            pass
