"""Sources as reference managers write and read them: what is read, what is left out, and that nothing is lost."""

import io
import json

import pytest
import rispy
from hypothesis import example, given
from hypothesis import strategies as st
from pybtex.database import parse_string as read_with_pybtex
from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db

from frameworks.citation_formats import (
    Format,
    TooMany,
    as_bibtex,
    as_csl_json,
    as_ris,
    read,
    recognised,
    write,
)
from frameworks.document import Source, SourceType, StudyDesign
from frameworks.identifiers import plain_doi, plain_pmid
from tests.factories import make_source
from tests.strategies import _NAME, filled_lines, lines

FEDER = r"""
@Article{Feder_2014,
  author = {Feder, Adriana and {World Health Organization} and Vincent van Gogh and King, Jr, Martin L. and others},
  title = {{Efficacy} of {Ketamine}: 50% better \& {\"o}lder, Bu\l{}a, \textit{in vivo}, $\alpha$-wave},
  journal = jama,
  year = 2014, month = jun,
  volume = {71}, number = "6", pages = {681--688},
  doi = {https://doi.org/10.1001/jama{\_}2014},
  url = {https://doi.org/10.1001/jama_2014},
  note = {PMID: 24740528},
  keywords = {Randomized Controlled Trial, ketamine},
  publisher = {AMA},
}
@string{jama = "JAMA Psychiatry"}
"""


def one(text, format=None):
    """The only entry of a text."""
    reading = read(text, format or recognised(text))
    assert not reading.not_understood
    [entry] = reading.entries
    return entry


def bibtex(fields, kind="article"):
    return one(f"@{kind}{{x,\n{fields}\n}}")


def ris(*lines_, kind="JOUR"):
    return one("\n".join([f"TY  - {kind}", *lines_, "ER  - "]))


def csl(**fields):
    return one(json.dumps([{"id": "x", "type": "article-journal", **fields}]))


def left_out(entry):
    return {left.name: left.text for left in entry.left_out}


class TestTheFormatOfAText:
    @pytest.mark.parametrize(
        ("text", "format"),
        [
            (FEDER, Format.BIBTEX),
            ("% of JabRef\n@book(x, title={y})", Format.BIBTEX),
            ("\ufeffTY  - JOUR\nTI  - @x{ in a title\nER  - ", Format.RIS),
            ("1.\r\nTY  - JOUR\r\n", Format.RIS),
            (' [{"id": "x"}]', Format.CSL_JSON),
            ("{}", Format.CSL_JSON),
            ("Feder A. Efficacy of ketamine. 2014.", None),
            ("", None),
        ],
    )
    def test_is_recognised_by_its_first_entry(self, text, format):
        assert recognised(text.removeprefix("\ufeff")) is format


class TestReadingBibTeX:
    def test_takes_what_a_record_has_a_place_for_and_says_what_it_left_out(self):
        entry = one(FEDER)
        assert entry.fields == {
            "type": "article-journal",
            "title": "Efficacy of Ketamine: 50% better & ölder, Buła, in vivo, α-wave",
            "author": [
                {"family": "Feder", "given": "Adriana"},
                {"literal": "World Health Organization"},
                {"family": "van Gogh", "given": "Vincent"},
                {"family": "King", "given": "Martin L., Jr"},
            ],
            "and_others": True,
            "container_title": "JAMA Psychiatry",
            "issued": "2014-06",
            "volume": "71",
            "issue": "6",
            "page": "681–688",
            "DOI": "10.1001/jama_2014",
            "PMID": "24740528",
            "study_design": "randomized-controlled-trial",
        }
        assert left_out(entry) == {"keywords": "ketamine", "publisher": "AMA"}
        assert (entry.place, entry.name, entry.remarks, entry.mistakes) == ("line 2", "Feder_2014", [], [])

    @pytest.mark.parametrize(
        ("typed", "issued"),
        [
            ("year={2014}", "2014"),
            ("year={2014}, month={6}", "2014-06"),
            ("year={2014}, month=jun, day={3}", "2014-06-03"),
            ("year={2014}, month={June}", "2014-06"),
            ("date={2014-06-30}", "2014-06-30"),
            ("date={2014-06}, year={2014}, month={6}", "2014-06"),
        ],
    )
    def test_knows_dates_as_far_as_they_are_known(self, typed, issued):
        entry = bibtex(typed)
        assert entry.fields["issued"] == issued
        assert not entry.left_out

    def test_names_each_part_that_is_no_entry_with_its_line(self):
        reading = read(
            "% made by hand\n@article{open, title={no end\n@book{ok, title={Kept}}\n"
            '@book{ok, title={Twice}}\n@book{two, title={a}, title={b}}\n@preamble{"x"}\n@comment{y}\nstray',
            Format.BIBTEX,
        )
        assert [entry.name for entry in reading.entries] == ["ok"]
        told = [(part.place, part.begin[:12], part.why) for part in reading.not_understood]
        assert [(place, begin) for place, begin, _why in told] == [
            ("line 1", "% made by ha"),
            ("line 2", "@article{ope"),
            ("line 4", "@book{ok, ti"),
            ("line 5", "@book{two, t"),
            ("line 6", '@preamble{"x'),
            ("line 7", "@comment{y}"),
            ("line 8", "stray"),
        ]
        assert "a brace, a comma or a quotation mark" in told[1][2]
        assert "called ok too" in told[2][2]
        assert "title" in told[3][2]

    def test_remarks_on_what_it_reads_and_does_not_understand(self):
        entry = bibtex(r"title = {Of \mystery{things}}, journal = unknown")
        assert entry.fields["title"] == r"Of \mystery things"
        assert entry.fields["container_title"] == "unknown"
        assert any(r"\mystery" in remark for remark in entry.remarks)
        assert any("no @string explains it" in remark for remark in entry.remarks)
        entry = bibtex("title = {A}", kind="patent")
        assert entry.fields["type"] == "document"
        assert "“patent”" in entry.remarks[0]

    def test_refuses_to_guess_at_names_and_joined_texts(self):
        assert "cannot be told apart" in bibtex("author = {Lee, A, B, C, D}").mistakes[0]
        assert "put together with #" in bibtex('title = "a" # b').mistakes[0]

    @pytest.mark.parametrize(
        ("latex", "text"),
        [
            (r"50\% of \$5 \& a\_b \#1", "50% of $5 & a_b #1"),
            ("costs $5", "costs $5"),
            (r"H\textsubscript{2}O", "H2O"),
            (r"Bu\l a \v{S}ko{\v r}", "Buła Škoř"),
            (r"a -- b --- c", "a – b — c"),
            ("``so''", "“so”"),
            (r"\url{https://example.org/a_b}", "https://example.org/a_b"),
            ("naïve ~ 𝔘", "naïve 𝔘"),
        ],
    )
    def test_decodes_latex(self, latex, text):
        entry = bibtex(f"title = {{{latex}}}")
        assert entry.fields["title"] == text
        assert not entry.remarks

    def test_takes_addresses_as_they_are(self):
        entry = bibtex("url = {https://example.org/~a?b=50%25&c=d_e}, doi = {10.1002/(SICI)1-2<3::AID>4_5}")
        assert entry.fields["URL"] == "https://example.org/~a?b=50%25&c=d_e"
        assert entry.fields["DOI"] == "10.1002/(SICI)1-2<3::AID>4_5"

    def test_ends_with_a_word_on_nested_and_endless_braces(self):
        [told] = read("@article{x, title={" + "{" * 5000, Format.BIBTEX).not_understood
        assert told.place == "line 1"
        for depth in (900, 5000):
            title = bibtex("title = {" + "{" * depth + "a" + "}" * depth + "}").fields["title"]
            assert title.strip("{}") == "a"


class TestReadingRIS:
    def test_takes_what_a_record_has_a_place_for_and_says_what_it_left_out(self):
        entry = ris(
            "AU  - Feder, Adriana",
            "A1  - World Health Organization",
            "AU  - Plato,",
            "AU  - et al.",
            "TI  - Efficacy of ketamine",
            "  for PTSD",
            "T2  - JAMA Psychiatry",
            "JA  - JAMA Psych.",
            "PY  - 2014",
            "DA  - 2014/06/30/",
            "VL  - 71",
            "IS  - 6",
            "SP  - 681",
            "EP  - 688",
            "DO  - doi:10.1001/x",
            "UR  - https://doi.org/10.1001/x",
            "UR  - https://example.org/1;2",
            "N1  - PMID: 24740528",
            "PMCID: PMC1",
            "KW  - randomized controlled trial",
            "KW  - ketamine",
            "AB  - Long.",
            "XX  - new",
            "ID  - feder",
        )
        assert entry.fields == {
            "type": "article-journal",
            "title": "Efficacy of ketamine for PTSD",
            "author": [
                {"family": "Feder", "given": "Adriana"},
                {"family": "Plato", "given": ""},
                {"literal": "World Health Organization"},
            ],
            "and_others": True,
            "container_title": "JAMA Psychiatry",
            "issued": "2014-06-30",
            "volume": "71",
            "issue": "6",
            "page": "681–688",
            "DOI": "10.1001/x",
            "URL": "https://example.org/1;2",
            "PMID": "24740528",
            "note": "PMCID: PMC1",
            "study_design": "randomized-controlled-trial",
        }
        assert left_out(entry) == {"JA": "JAMA Psych.", "KW": "ketamine", "AB": "Long.", "XX": "new"}
        assert (entry.place, entry.name, entry.remarks) == ("line 1", "feder", [])

    def test_drops_no_line_without_a_word(self):
        reading = read("stray\n1.\nTY  - JOUR\nTI  - A\nTY  - BOOK\nTI  - B\n", Format.RIS)
        assert [(entry.place, entry.fields["title"]) for entry in reading.entries] == [
            ("line 3", "A"),
            ("line 5", "B"),
        ]
        assert all("no ER line" in entry.remarks[0] for entry in reading.entries)
        [stray] = reading.not_understood
        assert (stray.place, stray.begin) == ("line 1", "stray")

    def test_takes_a_second_title_for_none(self):
        assert left_out(ris("TI  - A", "T1  - B")) == {"T1": "B"}

    @pytest.mark.parametrize(
        ("given_", "pmid"),
        [
            (["AN  - 24740528", "DB  - PubMed"], "24740528"),
            (["AN  - 24740528", "DP  - NLM"], "24740528"),
            (["AN  - PMID: 24740528"], "24740528"),
            (["UR  - https://pubmed.ncbi.nlm.nih.gov/24740528/"], "24740528"),
            (["AN  - 24740528"], None),
            (["AN  - 2014-1234", "DB  - PsycINFO"], None),
            (["N1  - Comment in: JAMA. PMID: 1234"], None),
        ],
    )
    def test_takes_a_number_for_a_pmid_only_where_that_is_sure(self, given_, pmid):
        assert ris(*given_).fields.get("PMID") == pmid

    def test_names_no_kind_of_study_where_the_file_names_several(self):
        entry = ris("KW  - Review", "KW  - Meta-Analysis")
        assert "study_design" not in entry.fields
        assert "Review, Meta-Analysis" in entry.remarks[0]
        assert "study_design" not in ris("KW  - a review of trials").fields


class TestReadingCSL:
    def test_takes_what_a_record_has_a_place_for_and_says_what_it_left_out(self):
        entry = csl(
            title="Efficacy of ketamine",
            author=[
                {"family": "Gogh", "given": "Vincent", "non-dropping-particle": "van", "suffix": "Jr"},
                {"literal": "World Health Organization"},
                {"literal": "et al."},
            ],
            issued={"date-parts": [[2014, "6"]]},
            volume=71,
            page="681-688",
            **{"container-title": ["JAMA Psychiatry"], "publisher": "AMA", "custom": {"a": 1}},
            DOI="https://doi.org/10.1001/x",
            note="PMID: 24740528\nPMCID: PMC1",
            genre="Randomized Controlled Trial",
        )
        assert entry.fields == {
            "type": "article-journal",
            "title": "Efficacy of ketamine",
            "author": [
                {"family": "van Gogh", "given": "Vincent, Jr"},
                {"literal": "World Health Organization"},
            ],
            "and_others": True,
            "container_title": "JAMA Psychiatry",
            "issued": "2014-06",
            "volume": "71",
            "page": "681–688",
            "DOI": "10.1001/x",
            "PMID": "24740528",
            "note": "PMCID: PMC1",
            "study_design": "randomized-controlled-trial",
        }
        assert left_out(entry) == {"publisher": "AMA", "custom": '{"a": 1}'}

    def test_says_where_it_is_no_json(self):
        for text, place in {'[{"id": "a"},\n{"id" 3}]': "line 2", "[" * 100_000: "line 1"}.items():
            reading = read(text, Format.CSL_JSON)
            assert not reading.entries
            assert [part.place for part in reading.not_understood] == [place]

    def test_says_which_entry_is_none(self):
        reading = read(
            '{"items": [3, {"id": "a", "title": "x", "title": "y"}, {"id": "b", "title": "z"}]}',
            Format.CSL_JSON,
        )
        assert [(part.place, part.why) for part in reading.not_understood] == [
            ("entry 1", "It is no object with fields."),
            ("entry 2", "It says this more than once: title. Leave one of each."),
        ]
        assert [(entry.place, entry.name) for entry in reading.entries] == [("entry 3", "b")]

    def test_keeps_what_is_of_another_shape_in_sight(self):
        entry = csl(author="Lee", issued={"season": 1}, title=["a", "b"], volume={"x": 1}, DOI=True)
        assert entry.fields == {"type": "article-journal"}
        assert left_out(entry).keys() == {"author", "issued", "title", "volume", "DOI"}
        entry = csl(author=[{"name": "Lee"}, 3], issued={"date-parts": [[2014], [2015]]})
        assert entry.fields == {"type": "article-journal", "issued": "2014"}
        assert len(entry.left_out) == 4


class TestATextOfManyEntries:
    @pytest.mark.parametrize(
        ("format", "entry", "many"),
        [
            (Format.BIBTEX, "@a{{x{0}, title={{a}}}}\n", 100_000),
            (Format.BIBTEX, "@a{{", 300_000),
            (Format.RIS, "TY  - JOUR\nER  - \n", 50_000),
            (Format.CSL_JSON, "{{}},", 50_000),
        ],
    )
    def test_is_refused_before_it_takes_long(self, format, entry, many):
        text = "".join(entry.format(number) for number in range(many))
        text = f"[{text}{{}}]" if format is Format.CSL_JSON else text
        with pytest.raises(TooMany):
            read(text, format)
        few = "".join(entry.format(number) for number in range(3))
        read(f"[{few}{{}}]" if format is Format.CSL_JSON else few, format, most=4)

    def test_lines_that_are_none_are_told_together(self):
        [told] = read("some words\n" * 80_000, Format.RIS).not_understood
        assert told.place == "line 1"

    def test_a_title_without_end_is_taken_as_it_is(self):
        entry = bibtex("title = {" + r"\foo{a}" * 100_000 + "}")
        assert len(entry.fields["title"]) == 700_000


class TestNumbersOfWorks:
    @pytest.mark.parametrize(
        "typed",
        [
            "10.1001/x<1>",
            " doi:10.1001/x<1> ",
            "DOI 10.1001/x<1>",
            "https://doi.org/10.1001/x%3C1%3E",
            "http://dx.doi.org/10.1001/x<1>",
            "doi.org/10.1001/x<1>",
        ],
    )
    def test_a_doi_is_taken_out_of_its_address(self, typed):
        assert plain_doi(typed) == "10.1001/x<1>"

    @pytest.mark.parametrize(
        "typed",
        [
            "24740528",
            "PMID: 24740528",
            "pmid24740528",
            "PubMed ID: 24740528",
            "https://pubmed.ncbi.nlm.nih.gov/24740528/",
        ],
    )
    def test_a_pmid_is_taken_out_of_its_address(self, typed):
        assert plain_pmid(typed) == "24740528"

    def test_what_is_neither_stays_as_it_is(self):
        assert plain_doi("https://example.org/10.1/x") == "https://example.org/10.1/x"
        assert plain_pmid("PMC123") == "PMC123"


# The way out

_TRAPS = [
    "}", "{", "}}\n@article{evil, title={x}", "a\nER  - \nTY  - JOUR\nTI  - evil", "ER  -", "TY  - JOUR",
    "50% & $5 #1 a_b ~ ^ \\", "\\", "\\end{document}", "a -- b --- c", "''a'' ``b`` !` ?`", '"a" # b', "%", "a  b",
    "PTSD in McDonald's", "@string{a={b}}", "a, b and c", "{\\\"o}", "$x^2$", "others", "van der Berg",
    "\\textbackslash{}", "<i>a</i>",
]  # fmt: skip
texts = st.one_of(st.sampled_from(_TRAPS), lines)
filled = st.one_of(st.sampled_from(_TRAPS), filled_lines)
names = st.one_of(
    _NAME,
    st.fixed_dictionaries({"family": st.sampled_from(_TRAPS), "given": st.sampled_from(_TRAPS)}),
    st.fixed_dictionaries({"literal": st.sampled_from(_TRAPS)}),
)
dois = st.from_regex(r"10\.[0-9]{4,9}/[!-~]{1,30}", fullmatch=True)
sources = st.fixed_dictionaries(
    {"key": st.just("lee2020"), "type": st.sampled_from(SourceType), "title": filled},
    optional={
        "author": st.lists(names, max_size=3),
        "and_others": st.booleans(),
        "issued": st.sampled_from(["2014", "2014-06", "2014-06-30"]),
        **dict.fromkeys(("container_title", "volume", "issue", "page"), texts),
        "note": st.sampled_from(["", "A note.", "ER  - }"]),
        "DOI": dois,
        "PMID": st.just("24740528"),
        "URL": st.sampled_from(["https://example.org/{a}?b=50%25&c=~d_e#f", "https://example.org/ü"]),
        "study_design": st.none() | st.sampled_from(StudyDesign),
    },
).map(Source.model_validate)
#: Stands after each: what is written of one source never reaches into the next.
NEXT = make_source("next2021", title="The next one")


def latex(text):
    """LaTeX as text, as somebody else would read it."""
    known = get_default_latex_context_db()
    signs = {"textbraceleft": "{", "textbraceright": "}", "textasciicircum": "^"}
    known.add_context_category(
        "signs",
        prepend=True,
        macros=[MacroTextSpec(name, simplify_repl=sign) for name, sign in signs.items()],
    )
    return LatexNodes2Text(latex_context=known, keep_comments=True).latex_to_text(text)


def words(text):
    return " ".join(text.split())


class TestWritingBibTeX:
    @given(sources)
    @example(make_source("lee2020", title="}}\n@article{evil, title={x}", DOI="10.1234/}{\\%"))
    def test_loses_nothing_to_another_reader(self, source):
        library = read_with_pybtex(as_bibtex([source, NEXT]), "bibtex")
        assert list(library.entries) == ["lee2020", "next2021"]
        entry = library.entries["lee2020"]
        said = {
            name.lower(): words(latex(text))
            for name, text in entry.fields.items()
            if name not in {"doi", "url"}
        }
        assert said["title"] == words(source.title)
        assert said.get("volume", "") == words(source.volume)
        assert said.get("number", "") == words(source.issue)
        assert said.get("journal", said.get("booktitle", "")) == words(source.container_title)
        assert said.get("pages", "") == words(source.page)
        assert said.get("pmid") == source.PMID
        issued = "-".join(said[part] for part in ("year", "month", "day") if part in said)
        assert issued == (source.issued or "")
        doi = entry.fields.get("doi", "")
        assert (latex(doi) if "\\" in doi else doi) == (source.DOI or "")
        people = entry.persons.get("author", [])
        assert len(people) == len(source.author) + source.and_others
        for person, name in zip(people, source.author, strict=False):
            family = words(latex(" ".join(person.prelast_names + person.last_names)))
            given_ = words(latex(" ".join(person.first_names + person.middle_names)))
            assert (family, given_) == (words(name.family or name.literal), words(name.given))

    @given(sources)
    def test_is_read_here_as_the_same_record(self, source):
        assert_same(source, Format.BIBTEX, said_names=source.author)


class TestWritingRIS:
    @given(sources)
    @example(make_source("lee2020", title="a\nER  - \nTY  - JOUR\nTI  - evil"))
    def test_loses_nothing_to_another_reader(self, source):
        entry, following = rispy.load(io.StringIO(as_ris([source, NEXT])))
        assert following["primary_title" if "primary_title" in following else "title"] == "The next one"
        assert words(entry["title"]) == words(source.title)
        assert words(entry.get("volume", "")) == words(source.volume)
        assert words(entry.get("number", "")) == words(source.issue)
        assert words(entry.get("secondary_title", "")) == words(source.container_title)
        assert entry.get("year", "") == (source.issued or "")[:4]
        assert entry.get("doi") == source.DOI
        assert entry.get("accession_number") == source.PMID
        pages = "–".join(filter(None, [entry.get("start_page"), entry.get("end_page")]))
        assert words(pages) == words(source.page) or pages == source.page.replace("-", "–")
        assert len(entry.get("authors", [])) == len(source.author) + source.and_others
        for written, name in zip(entry.get("authors", []), source.author, strict=False):
            assert words(written) == words(name.literal or f"{name.family}, {name.given}".strip())

    @given(sources)
    def test_is_read_here_as_the_same_record(self, source):
        # RIS knows a person by the comma alone.
        said = [name.literal or f"{name.family}, {name.given}" for name in source.author]
        assert_same(source, Format.RIS, said_names=said)


class TestWritingCSL:
    @given(sources)
    def test_says_all_of_it_in_the_words_of_csl(self, source):
        [item, _next] = json.loads(as_csl_json([source, NEXT]))
        assert (item["type"], item["title"]) == (source.type.value, source.title)
        plain = {"volume": "volume", "issue": "issue", "page": "page", "container-title": "container_title"}
        plain |= {"DOI": "DOI", "PMID": "PMID", "URL": "URL"}
        for name, ours in plain.items():
            assert item.get(name, "") == (getattr(source, ours) or "")
        assert item.get("author", [])[: len(source.author)] == [
            name.model_dump(exclude_defaults=True) for name in source.author
        ]
        parts = item.get("issued", {"date-parts": [[]]})["date-parts"][0]
        assert "-".join(f"{part:02}" for part in parts) == (source.issued or "")

    @given(sources)
    def test_is_read_here_as_the_same_record(self, source):
        assert_same(source, Format.CSL_JSON, said_names=source.author)


def assert_same(source, format, said_names):
    """What is written is read again as the same, but for the marks by which a format tells its fields apart."""
    reading = read(write([source, NEXT], format), format)
    assert not reading.not_understood
    entry, following = reading.entries
    assert following.fields["title"] == "The next one"
    again = entry.fields
    assert not entry.mistakes
    assert again["type"] == source.type
    assert again["title"] == words(source.title)
    for name in ("volume", "issue", "container_title"):
        assert again.get(name, "") == words(getattr(source, name)), name
    assert same_signs(again.get("page", "")) == same_signs(source.page)
    for name in ("DOI", "PMID", "URL", "issued", "study_design"):
        assert again.get(name) == getattr(source, name), name
    alike = [name for name in said_names if str(getattr(name, "literal", name)).lower() not in OTHERS]
    if len(alike) == len(said_names):
        assert again.get("and_others", False) == source.and_others
        assert len(again.get("author", [])) == len(source.author)
    if format is not Format.RIS:
        for name, original in zip(again.get("author", []), alike, strict=True):
            # BibTeX has no other way to write a person of one name that is several words than that of a body.
            assert words(name.get("family") or name["literal"]) == words(original.family or original.literal)
            assert words(name.get("given", "")) == words(original.given)


OTHERS = {"others", "et al.", "et al", "and others", "et al.,"}


def same_signs(page):
    return words(page).replace("–", "-").replace("--", "-").replace(" ", "")


class TestWhatBecameOfASource:
    REMARKS = {"lee2020": ["Retracted on 2026-02-03 (doi:10.1234/notice)."]}

    @pytest.mark.parametrize("format", Format)
    def test_stands_in_its_note_and_a_retraction_in_its_keywords(self, format):
        text = write([make_source("lee2020", note="Small."), NEXT], format, self.REMARKS)
        retracted, other = read(text, format).entries
        assert retracted.fields["note"] == "Retracted on 2026-02-03 (doi:10.1234/notice). Small."
        assert "Retracted" in " ".join(left.text for left in retracted.left_out)
        assert "note" not in other.fields
        assert "Retracted" not in " ".join(left.text for left in other.left_out)

    @pytest.mark.parametrize("format", Format)
    def test_stands_beside_the_kind_of_study_and_the_tier(self, format):
        text = write([make_source("lee2020", study_design="network-meta-analysis")], format)
        assert "Network Meta-Analysis" in text
        assert "secondary source" in text
