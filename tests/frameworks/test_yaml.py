import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from frameworks.document import Change, FrameworkFile
from frameworks.library_files import CategoriesFile, ContactsFile, SourcesFile
from frameworks.yaml_text import MAX_BYTES, Refused, YamlText, as_yaml, dump
from tests.factories import make_document, make_source
from tests.strategies import documents

_BEGINNING = "title: Breathing\ncategory: stress\n"


def read(text, bibliography=()):
    content = text if isinstance(text, bytes) else text.encode()
    return YamlText(content, "x.yaml").read_framework({source.key: source for source in bibliography})


def refusals(text, bibliography=()):
    """What a file is refused for, without the file's name: `2: steps[0].title is missing`."""
    with pytest.raises(Refused) as refused:
        read(text, bibliography)
    return [str(refusal).removeprefix("x.yaml:") for refusal in refused.value.refusals]


class TestADocumentAndItsYaml:
    @settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
    @given(documents())
    def test_any_document_survives_being_written_and_read(self, document):
        change = Change(kind="safety", note=document.title)
        file = read(as_yaml(document, change=change, heading=[document.title]))
        assert file.document == document
        assert file.change == change

    @settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
    @given(documents())
    def test_without_its_sources_it_takes_them_from_the_bibliography(self, document):
        spare = make_source("never-cited")
        assert read(as_yaml(document, with_sources=False), [*document.sources, spare]).document == document

    def test_is_written_as_people_write(self):
        document = make_document(
            overview="Breathe in, hold, breathe out, hold: "
            + "four counts each, no more and no less, " * 3
            + "no more.",
            problem="Worry:\n\n- before a talk\n- at night",
            tagline="23:34",
            best_for="",
            not_ideal_for="No",
            sources=[
                make_source("lee2020", author=[{"family": "Lee", "given": "A, B"}]),
                make_source("talk2019"),
            ],
        )
        text = as_yaml(document, change=Change(kind="clinical"), heading=["Revision 2", "Two\nlines"])
        assert text.startswith('# Revision 2\n# Two\n# lines\n\ntitle: Box breathing\ntagline: "23:34"\n')
        assert "\nproblem: |-\n  Worry:\n\n  - before a talk\n  - at night\n" in text
        assert "\noverview: >-\n  Breathe in, hold, breathe out, hold: four counts" in text
        assert "best_for" not in text
        assert '\nnot_ideal_for: "No"\n' in text  # other programs take it for false
        assert "\n    about: [breathe, overview]\n" in text
        assert '\n    author: [{family: Lee, given: "A, B"}]\n' in text
        assert text.endswith("\n\nchange:\n  kind: clinical\n")
        assert max(map(len, text.splitlines())) <= 110

    def test_what_is_said_in_comments_on_top_never_becomes_content(self):
        text = as_yaml(
            make_document(), heading=["WITHDRAWN: dangerous\ntitle: Safe\r\ntitle: Safe\x85title: Safe"]
        )
        assert read(text).title == "Box breathing"


class TestReadingYaml:
    @settings(max_examples=150)
    @given(
        st.binary(max_size=300)
        | st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass"))
    )
    def test_any_bytes_are_read_or_refused(self, content):
        assert_read_or_refused(content)

    @settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
    @given(
        st.randoms(use_true_random=False),
        st.lists(st.sampled_from("\n :-[]{}&*!|>'\"%@`#,?\\\t\0\x85~<=x1é\ud800"), max_size=8),
    )
    def test_any_way_of_spoiling_a_file_is_read_or_refused(self, chance, signs):
        text = as_yaml(make_document())
        for sign in signs:
            place = chance.randrange(len(text))
            text = text[:place] + sign + text[place + chance.randrange(3) :]
        assert_read_or_refused(text.encode("utf-8", "surrogatepass"))

    @settings(max_examples=100)
    @given(
        st.recursive(
            st.text("ab:1 ", max_size=4),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from([*FrameworkFile.model_fields, "key", "text", "source"]), inner, max_size=4
                )
            ),
            max_leaves=12,
        ).filter(lambda data: isinstance(data, dict))
    )
    def test_any_shape_of_data_is_read_or_refused(self, data):
        assert_read_or_refused(dump(data).encode())

    def test_scalars_arrive_as_they_were_typed(self):
        file = read(
            f"{_BEGINNING}tagline: yes\ncitations:\n- {{source: a, stance: origin, locator: 23:34}}\n"
            "sources:\n- {key: a, type: broadcast, title: NO, volume: 012, page: 1:20, issue: 1e3, PMID: 24740528}"
        )
        (source,) = file.sources
        assert (file.tagline, file.citations[0].locator) == ("yes", "23:34")
        assert (source.title, source.volume, source.page, source.issue) == ("NO", "012", "1:20", "1e3")
        assert source.PMID == "24740528"

    def test_days_truths_and_numbers_are_made_of_what_should_be_some(self):
        file = read(
            f"{_BEGINNING}sensitive: true\ncitations:\n- {{source: a, stance: origin}}\nsources:\n"
            "- {key: a, type: article, title: A, verified_on: 2026-08-01, and_others: true,\n"
            "   study_level: {level: 2, read_by: B, read_on: 2026-08-02}}"
        )
        (source,) = file.sources
        assert file.sensitive is True
        assert source.and_others is True
        assert str(source.verified_on) == "2026-08-01"
        assert source.study_level.level == 2

    def test_a_byte_order_mark_and_windows_line_ends_are_no_content(self):
        assert read(b"\xef\xbb\xbf" + _BEGINNING.replace("\n", "\r\n").encode()).title == "Breathing"

    def test_what_is_written_as_nothing_is_left_out(self):
        file = read(_BEGINNING + "tagline:\nsupervision:\ntime_to_result: ''\n")
        assert (file.tagline, file.supervision, file.time_to_result) == ("", None, None)


def assert_read_or_refused(content):
    """No other exception, and each refusal can be printed."""
    for model in (FrameworkFile, CategoriesFile, ContactsFile, SourcesFile):
        for refusal in refusals_of(content, lambda text, model=model: text.read(model)):
            assert refusal.line >= 1
            assert str(refusal).encode()
    refusals_of(content, lambda text: text.read_framework({"a": make_source("a")}))


def refusals_of(content, reading):
    try:
        reading(YamlText(content, "x.yaml"))
    except Refused as refused:
        return refused.refusals
    return []


class TestAFileThatIsNoYaml:
    @pytest.mark.parametrize(
        ("content", "refusal"),
        [
            ("", "1: is empty; write its content, or delete the file"),
            ("# only a comment\n", "1: is empty; write its content, or delete the file"),
            ("- a\n- b", "1: is a list where fields are expected; begin with “title:”"),
            ("just a text", "1: is a text where fields are expected; begin with “title:”"),
            (b"title: \xff", "1: is not UTF-8 at byte 8; save the file with the encoding UTF-8"),
            ("title: A".encode("utf-16"), "1: is not UTF-8 at byte 1; save the file with the encoding UTF-8"),
            ("title: A\ntagline: a\0b", "2: holds the unseen character U+0000; delete it"),
            ("title: A\r\ntagline: \x1b", "2: holds the unseen character U+001B; delete it"),
            (
                'title: A\ntagline: "\\0"',
                "2: tagline holds the unseen character U+0000 at position 1; delete it",
            ),
            (
                "title: A\n--- \ntitle: B",
                "2: begins a second document; put each framework in a file of its own",
            ),
            ("a: &b c", "1: a uses an anchor (&) or an alias (*); write the value out, or quote it"),
            ("a: b\nc: *b", "2: c uses an anchor (&) or an alias (*); write the value out, or quote it"),
            (
                "a: !!python/none b",
                "1: a has the tag tag:yaml.org,2002:python/none; leave it out, or put the text in quotes",
            ),
            ("[a]: b", "1: has a list or a mapping for the name of a field; write a text"),
            ("[" * 100_000, "1: is nested too deeply; nothing here has so many levels"),
        ],
    )
    def test_says_where_and_what_to_do(self, content, refusal):
        assert refusals(content) == [refusal]

    @pytest.mark.parametrize(
        ("content", "line", "advice"),
        [
            ("title: A: B", 1, "quote a text that holds “: ”"),
            ("title: A\n\ttagline: B", 2, "indent with spaces"),
            ("title: 'A\n", 2, "look at the indentation"),
            ("title: A\n  tagline: B\n", 2, "look at the indentation"),
            ("title: A\ntagline: @B", 2, "begins with a sign"),
            ('title: "\\UFFFFFFFF"', 1, "stray signs and escapes"),
        ],
    )
    def test_says_what_the_reader_of_yaml_says_and_what_helps(self, content, line, advice):
        (refusal,) = refusals(content)
        assert refusal.startswith(f"{line}: cannot be read as YAML: ")
        assert advice in refusal

    def test_is_refused_unread_where_it_is_longer_than_any_file_of_ours(self):
        (refusal,) = refusals(b"a" * (MAX_BYTES + 1))
        assert "5,000,001 bytes long; 5,000,000 are the most" in refusal

    def test_a_field_that_stands_there_twice_names_both_lines(self):
        assert refusals("title: A\nsteps:\n  - key: a\n    title: B\n    title: C\n") == [
            "5: steps[0].title stands here a second time, after line 4; keep one of the two"
        ]


class TestAFileThatIsNoFramework:
    @pytest.mark.parametrize(
        ("content", "refusal"),
        [
            ("taglien: A", "3: taglien is not a field here; did you mean “tagline”?"),
            ("doi: A", "3: doi is not a field here; write one of: title, tagline, category"),
            (
                "supervision: selfguided",
                "3: supervision is “selfguided”, which is none of its words; did you mean “self-guided”?",
            ),
            (
                "supervision: none",
                "3: supervision is “none”, which is none of its words; write one of: self-guided, ask-first",
            ),
            ("sensitive: perhaps", "3: sensitive is neither true nor false; write one of the two"),
            (
                "steps: sit",
                "3: steps is a text where a list is expected; write each entry under it after “- ”",
            ),
            (
                "steps: {sit: a}",
                "3: steps is a mapping where a list is expected; write each entry under it after “- ”",
            ),
            ("steps:", "3: steps is empty; leave it out, or write each entry under it after “- ”"),
            (
                "steps:\n- sit",
                "4: steps[0] is a text where fields are expected; write them under it as “name: text”",
            ),
            ("certainty:", "3: certainty is empty; leave it out, or write its fields under it"),
            ("problem:\n  - a", "3: problem is a list where a text is expected"),
            (f"tagline: {'a' * 301}", "3: tagline is 301 characters long; 300 are the most"),
            (f"problem: {'a' * 10_001}", "3: problem is 10001 characters long; 10000 are the most"),
            ("steps:\n- key: a\n  body: B", "4: steps[0].title is missing; every step needs a title"),
            ("steps:\n- key: a\n  title:\n  body: B", "5: steps[0].title is empty; every step needs a title"),
            (
                "warnings:\n- key: a\n  level: danger",
                "4: warnings[0].text is missing; every safety warning needs a text",
            ),
            (
                "principles:\n- key: a\n  text: B\n- key: a\n  text: C",
                "6: principles[1].key “a” is the key of principles[0] already",
            ),
            ("principles:\n- key: steps\n  text: B", "4: principles[0].key “steps” names a part of the page"),
            ("checklist:\n- {key: a, text: B, step: c}", "4: checklist[0].step there is no step “c”"),
            (
                "claims:\n- key: a\n  text: B\n  about:\n  - origin\n  - c",
                "8: claims[0].about[1] there is no entry “c”",
            ),
            (
                "citations:\n- source: nobody\n  stance: origin",
                "4: citations[0].source there is no source “nobody”",
            ),
            (
                "change: {kind: big}",
                "3: change.kind is “big”, which is none of its words; write one of: editorial, clinical, safety",
            ),
            ("change:\n  note: A", "3: change.kind is missing; every change needs a kind"),
        ],
    )
    def test_says_where_and_what_to_do(self, content, refusal):
        (found,) = refusals(_BEGINNING + content)
        assert found.startswith(refusal)

    def test_all_mistakes_are_named_at_once_in_the_order_of_lines(self):
        found = refusals("titel: A\nsteps:\n- key: B\n  title: C\n  bdy: D\ncategory: stress\n")
        assert [refusal.split(" ")[:2] for refusal in found] == [
            ["1:", "title"],
            ["1:", "titel"],
            ["3:", "steps[0].key"],
            ["3:", "steps[0].body"],
            ["5:", "steps[0].bdy"],
        ]


class TestASourceInAFile:
    def file(self, *records):
        return f"{_BEGINNING}citations:\n- {{source: b, stance: origin}}\nsources:\n" + "".join(
            f"- key: {key}\n  type: article\n  title: T\n{rest}" for key, rest in records
        )

    @pytest.mark.parametrize(
        ("rest", "refusal"),
        [
            (
                "  DOI: https://doi.org/10.1/2\n",
                "9: sources[0].DOI is not a DOI: write it as 10.1001/example",
            ),
            (
                "  verified_on: 1.8.2026\n",
                "9: sources[0].verified_on is “1.8.2026”, which is not a day; write it as 2026-08-01",
            ),
            (
                "  issued: Juli\n",
                "9: sources[0].issued is not a date of the form 2014, 2014-06 or 2014-06-30",
            ),
            (
                "  study_level: {level: 6, read_by: A, read_on: 2026-08-01}\n",
                "9: sources[0].study_level.level is “6”; write a whole number from 1 to 5",
            ),
            (
                "  author:\n  - {given: Ann}\n",
                "10: sources[0].author[0] a name is either family (and given), or literal",
            ),
            ("  draws_on: [c]\n", "9: sources[0].draws_on there is no source “c”; add its record first"),
        ],
    )
    def test_that_is_malformed_says_where_and_what_to_do(self, rest, refusal):
        (found,) = refusals(self.file(("b", rest)))
        assert found.startswith(refusal)

    def test_a_circle_is_named_where_it_was_typed_whatever_the_order_of_keys(self):
        found = refusals(self.file(("b", "  draws_on: [a]\n"), ("a", "  draws_on: [b]\n")))
        assert found == [
            "9: sources[0].draws_on “a” draws on “b” already; take one of the two out of draws_on",
            "13: sources[1].draws_on “b” draws on “a” already; take one of the two out of draws_on",
        ]

    def test_that_the_bibliography_has_may_be_left_out_with_what_it_draws_on(self):
        trial, review = make_source("trial"), make_source("review", draws_on=["trial"])
        text = self.file(("b", "  draws_on: [review]\n"))
        assert [source.key for source in read(text, [trial, review]).sources] == ["b", "review", "trial"]


class TestOtherFiles:
    @pytest.mark.parametrize(
        ("model", "content", "refusal"),
        [
            (
                CategoriesFile,
                "categories:\n- {slug: a, name: A}\n- {slug: a, name: B}",
                "3: categories[1] “a” stands here a second time; keep one of the two",
            ),
            (
                CategoriesFile,
                "categories:\n- {slug: a}",
                "2: categories[0].name is missing; every category needs a name",
            ),
            (CategoriesFile, "category: a", "1: category is not a field here; did you mean “categories”?"),
            (CategoriesFile, "{}", "1: categories is missing; every categories file needs categories"),
            (
                ContactsFile,
                "contacts:\n- {key: a, kind: talk, name: A, number: 1, link: 'javascript:alert(1)'}",
                "2: contacts[0].link does not begin with tel:, sms: or https://",
            ),
            (
                ContactsFile,
                "contacts:\n- {key: a, country: gb, kind: talk, name: A, number: 1, link: 'tel:1'}",
                "2: contacts[0].country is not a country in two capital letters",
            ),
            (
                ContactsFile,
                "contacts:\n- {key: a, kind: fax, name: A, number: 1, link: 'tel:1'}",
                "2: contacts[0].kind is “fax”, which is none of its words; write one of: emergency, talk",
            ),
            (
                SourcesFile,
                "sources:\n- {key: a, type: book, title: A, draws_on: [a]}",
                "2: sources[0].draws_on “a” draws on “a” already",
            ),
        ],
    )
    def test_say_where_and_what_to_do(self, model, content, refusal):
        with pytest.raises(Refused) as refused:
            YamlText(content.encode(), "x.yaml").read(model)
        assert str(refused.value.refusals[-1]).removeprefix("x.yaml:").startswith(refusal)

    def test_norway_is_a_country(self):
        contacts = (
            "contacts:\n- {key: a, country: NO, kind: talk, name: A, number: 116 123, link: 'tel:116123'}"
        )
        assert YamlText(contacts.encode(), "x.yaml").read(ContactsFile).contacts[0].country == "NO"
