"""The public page of a framework."""

import gzip
import json
from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from frameworks import citation_formats, public_page
from frameworks.article import moment_link
from frameworks.citation_formats import Format
from frameworks.document import ChangeKind
from frameworks.drafts import write_draft
from frameworks.library_files import export
from frameworks.models import DrawsOn, Framework, HelpContact, Review, SafetyNotice, Source, SourceUpdate
from tests.factories import make_document, make_framework, make_source

pytestmark = pytest.mark.django_db
URL = "/frameworks/box-breathing/"


@pytest.fixture(autouse=True)
def nothing_kept():
    public_page._kept.cache_clear()
    yield
    public_page._kept.cache_clear()


def html(client, url=URL):
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def at(page, words):
    """Where the words stand on the page, for what must come before what."""
    assert words in page
    return page.index(words)


def add_help():
    HelpContact.objects.create(
        key="gb-999",
        country="GB",
        kind="emergency",
        name="Emergency",
        number="999",
        link="tel:999",
        position=0,
    )
    HelpContact.objects.create(
        key="gb-talk",
        country="GB",
        kind="talk",
        name="Samaritans",
        number="116 123",
        link="tel:116123",
        position=1,
    )
    HelpContact.objects.create(
        key="gb-text", country="GB", kind="text", name="Shout", number="85258", link="sms:85258", position=2
    )


class TestThePageOfAFramework:
    def test_shows_every_section(self, client):
        make_framework(published=True)
        page = html(client)
        for words in (
            "Box breathing",
            "Four slow counts, four times",
            "Minutes",
            "Self-guided",
            "Not graded",
            "1 of 1 claim traced",
            "Worry that keeps you from starting.",
            "The minutes before something hard.",
            "You may faint.",
            "Sit down.",
            "four counts each",
            "A slow breath calms.",
            "Find a chair.",
            "Count on your fingers.",
            "Never while driving.",
            "I did four rounds",
            "Ten people breathed.",
            "Nine felt calmer.",
            "Four counts are four seconds.",
            "Taught to sailors.",
            "Slow breathing lowers the pulse.",
            "Lower by five beats.",
            "Slow breathing and the pulse",
            "Lee 2020",
            "https://doi.org/10.1234/lee.2020",
            "Not yet reviewed by a clinician",
        ):
            assert words in page, words

    def test_counts_with_right_plurals(self, client):
        make_framework(published=True)
        page = html(client)
        for words in ("1 in all", "2 steps", "2 items", "1 case", "1 trap", "1 claim", "2 sources"):
            assert f"<span>{words}</span>" in page, words

    def test_leaves_no_trace_of_an_empty_section(self, client):
        make_framework(
            make_document(examples=[], mistakes=[], origin="", claims=[], citations=[]), published=True
        )
        page = html(client)
        for anchor in ("examples", "mistakes", "origin", "sources"):
            assert f'id="{anchor}"' not in page
            assert f'href="#{anchor}"' not in page

    def test_says_that_nothing_is_traced_where_no_claim_is_listed(self, client):
        make_framework(claims=[], published=True)
        page = html(client)
        assert page.count("No claims are listed yet, so nothing here is traced to a source.") == 1
        assert '<a href="#evidence">No claims listed</a>' in page[: at(page, "<h1>")]
        assert at(page, 'id="evidence"') < at(page, "No claims are listed yet")

    def test_gives_every_entry_an_anchor_with_a_visible_link(self, client):
        document = make_document()
        make_framework(document, published=True)
        page = html(client)
        for _, entry in document.entries():
            assert page.count(f'id="{entry.key}"') == 1, entry.key
            assert f'href="#{entry.key}"' in page, entry.key

    def test_puts_warnings_before_the_steps(self, client):
        grave = {"key": "no-driving", "level": "contraindication", "text": "Never if you are driving."}
        steps = [{"key": "sit", "title": "Sit", "body": "Find a chair.", "warnings": [grave]}]
        checklist = [{"key": "chair", "text": "I have a chair", "step": "sit"}]
        make_framework(make_document(steps=steps, checklist=checklist, claims=[]), published=True)
        page = html(client).partition("application/ld+json")[0]
        before = at(page, 'id="before-you-start"')
        assert before < at(page, "You may faint.") < at(page, 'id="steps"')
        assert before < at(page, "Never if you are driving.") < at(page, 'id="steps"')
        assert page.count("Never if you are driving.") == 2, "before the start, and again at its step"

    @pytest.mark.parametrize(("level", "times"), [("contraindication", 2), ("danger", 2), ("caution", 0)])
    def test_leads_from_each_step_to_the_grave_ones_that_stand_before_all(self, client, level, times):
        make_framework(
            make_document(warnings=[{"key": "asthma", "level": level, "text": "Asthma."}]), published=True
        )
        page = html(client)
        assert at(page, 'id="steps"') < page.find("First: Before you start") or not times
        assert page.count('<a href="#before-you-start">First: Before you start</a>') == times

    def test_says_who_does_a_step(self, client):
        steps = [
            {"key": "sit", "title": "Sit", "body": "Sit.", "done_by": "reader"},
            {"key": "breathe", "title": "Breathe", "body": "Breathe.", "done_by": "professional"},
        ]
        make_framework(make_document(steps=steps), published=True)
        page = html(client)
        assert "You do this" in page
        assert "A professional does this" in page

    def test_lets_no_html_of_an_editor_in(self, client):
        hostile = "<script>alert(1)</script>"
        document = make_document(
            title=f"T {hostile}",
            tagline=hostile,
            overview=hostile,
            principles=[{"key": "slow", "text": hostile}],
            checklist=[{"key": "chair", "text": hostile}],
        )
        make_framework(document, published=True)
        assert "<script>" not in html(client)

    def test_shows_the_review_and_when_the_next_is_due(self, client):
        framework = make_framework(published=True)
        Review.objects.create(
            framework=framework,
            reviewed_on="2026-01-02",
            reviewer="Dr A. Reader",
            credential="psychiatrist",
            due_on="2999-01-02",
        )
        page = html(client)
        assert "by Dr A. Reader, psychiatrist" in page
        assert "next review due" in page
        assert "Not yet reviewed" not in page

    def test_says_when_a_review_is_overdue(self, client):
        framework = make_framework(published=True)
        Review.objects.create(
            framework=framework,
            reviewed_on="2020-01-02",
            reviewer="Dr A.",
            credential="GP",
            due_on="2021-01-02",
        )
        assert "next review was due" in html(client)

    def test_shows_where_to_find_help_on_a_sensitive_framework_alone(self, client):
        add_help()
        make_framework(make_document(sensitive=True), published=True)
        make_framework(make_document(title="Other"), slug="other", published=True)
        page = html(client)
        assert at(page, "tel:999") < at(page, 'id="steps"')
        assert "tel:116123" in page
        assert "tel:999" not in html(client, "/frameworks/other/")

    def test_never_folds_the_emergency_line_and_the_first_contact(self, client):
        add_help()
        make_framework(make_document(sensitive=True), published=True)
        page = html(client)
        help_block = page[at(page, 'id="help"') : at(page, 'id="overview"')]
        assert "<details" not in help_block
        assert "999" in help_block

    def test_shows_sources_for_and_against_a_claim(self, client):
        claims = [
            {
                "key": "calms",
                "text": "It calms.",
                "citations": [
                    {"source": "lee2020", "stance": "supports", "finding": "It did."},
                    {"source": "roe2021", "stance": "disputes", "finding": "It did not."},
                ],
            },
            {"key": "alone", "text": "Nobody studied this."},
        ]
        make_framework(make_document(claims=claims), published=True)
        page = html(client)
        ledger = page[at(page, 'id="calms"') : at(page, 'id="alone"')]
        assert "It did." in ledger
        assert "It did not." in ledger
        assert "Contradicts" in ledger
        assert "No source: this is our own advice." in page[at(page, 'id="alone"') :]

    def test_sets_apart_what_was_found_not_to_say_it(self, client):
        found = {"checked": "does-not-say-it", "checked_by": "An editor", "checked_on": "2026-11-23"}
        citations = [
            {"source": "lee2020", "stance": "supports", "finding": "Quite another thing.", **found},
            {"source": "roe2021", "stance": "supports"},
        ]
        make_framework(
            make_document(claims=[{"key": "calms", "text": "So.", "citations": citations}]), published=True
        )
        page = html(client)
        apart = at(page, "Cited, but does not say it")
        assert at(page, ">For</h4>") < at(page, "#source_roe2021") < apart < at(page, "Quite another thing.")
        assert page.count("Supports</span>") == 1
        assert "Cited as “Supports”" in page[apart:]
        assert "Checked by An editor, 23\xa0Nov\xa02026: does not say it" in page[apart:]

    def test_says_that_nothing_supports_a_claim_whose_only_source_does_not_say_it(self, client):
        found = {"checked": "does-not-say-it", "checked_by": "An editor", "checked_on": "2026-11-23"}
        citations = [{"source": "lee2020", "stance": "supports", **found}]
        claims = [{"key": "calms", "text": "So.", "about": ["sit"], "citations": citations}]
        make_framework(make_document(claims=claims), published=True)
        page = html(client)
        assert "“So.”" in page
        assert "No source supports it" in page
        assert ">For</h4>" not in page
        assert "this is our own advice" not in page
        assert "1 no source</a>" in page

    def test_names_a_claim_by_its_number_and_lets_it_be_focused_where_a_mark_leads(self, client):
        make_framework(published=True)
        page = html(client)
        assert 'href="#calms"><span class="hush">Claim </span>1</a>' in page
        assert '<li id="calms" tabindex="-1">' in page
        assert '<h3><span class="hush">Claim 1: </span>' in page[at(page, '<li id="calms"') :]
        assert '<li id="source_lee2020" tabindex="-1">' in page

    @pytest.mark.parametrize(("grade", "sign"), [(True, "#grade-low"), (False, "#sure-low")])
    def test_bears_the_sign_of_grade_only_where_a_panel_used_it(self, client, grade, sign):
        certainty = {"level": "low", "outcome": "calm", "judged_by": "Us", "reason": "So.", "grade": grade}
        make_framework(make_document(certainty=certainty), published=True)
        page = html(client)
        assert f'{sign}"/></svg> Low' in page
        assert ("#grade-" in page) is grade
        assert "#grade-" not in html(client, "/"), "the library does not know who judged it"

    def test_says_who_checked_a_citation_and_when(self, client):
        found = {"checked": "says-part", "checked_by": "An <i>editor", "checked_on": "2026-11-03"}
        citations = [{"source": "lee2020", "stance": "supports", **found}]
        whole = [{"source": "talk2019", "stance": "background"}]
        claims = [{"key": "calms", "text": "So.", "citations": citations}]
        make_framework(make_document(claims=claims, citations=whole), published=True)
        page = html(client)
        assert "Checked by An &lt;i&gt;editor, 3\xa0Nov\xa02026: says part of it" in page
        assert "Not checked</p>" in page[at(page, 'id="source_talk2019"') :]

    def test_says_of_a_source_of_the_whole_what_it_found_where_and_what_checking_found(self, client):
        talk = make_source("talk2019", type="broadcast", study_design=None, URL="https://youtu.be/abc")
        found = {"checked": "says-it", "checked_by": "An editor", "checked_on": "2026-11-23"}
        whole = [{"source": "talk2019", "stance": "origin", "locator": "1:25:00", "finding": "So it began."}]
        whole[0] |= found
        make_framework(make_document(citations=whole, sources=[talk]), published=True)
        page = html(client)
        entry = page[at(page, 'id="source_talk2019"') :]
        for words in (
            "Origin of the idea</span>",
            "So it began.",
            '<a href="https://youtu.be/abc?t=5100s" rel="external">1:25:00</a>',
            "Checked by An editor, 23\xa0Nov\xa02026: says it",
        ):
            assert words in entry

    def test_quotes_a_claim_that_its_sources_do_not_support(self, client):
        claims = [
            {"key": "cures", "text": "It cures.", "citations": [{"source": "roe2021", "stance": "disputes"}]},
            {"key": "advice", "text": "Sit down first."},
        ]
        make_framework(make_document(claims=claims), published=True)
        page = html(client)
        assert "“It cures.”" in page
        assert "Contradicted: no source supports it" in page
        assert "“Sit down first.”" not in page, "our own advice is what we say"

    def test_computes_the_verdict(self, client):
        claims = [
            {"key": "one", "text": "One.", "citations": [{"source": "lee2020", "stance": "supports"}]},
            {"key": "two", "text": "Two.", "citations": [{"source": "talk2019", "stance": "supports"}]},
        ]
        make_framework(make_document(claims=claims), published=True)
        assert "1 of 2 claims traced to primary" in html(client)

    def test_says_on_what_one_source_most_claims_rest(self, client):
        supported = [{"source": "talk2019", "stance": "supports"}]
        claims = [{"key": f"c{n}", "text": "So.", "citations": supported} for n in range(2)]
        make_framework(make_document(claims=[*claims, {"key": "own", "text": "Sit."}]), published=True)
        page = html(client)
        assert "2 of 3 claims rest on one podcast or broadcast alone" in page
        assert '<a href="#source_talk2019">' in page

    def test_shows_where_the_sources_of_a_claim_lead(self, client):
        review = make_source("review2021", title="A review", study_design="review", draws_on=["lee2020"])
        podcast = make_source("pod2021", type="broadcast", study_design=None, draws_on=["lee2020"])
        claims = [
            {"key": "calms", "text": "So.", "citations": [{"source": "review2021", "stance": "supports"}]},
            {"key": "told", "text": "So.", "citations": [{"source": "pod2021", "stance": "supports"}]},
        ]
        make_framework(make_document(claims=claims, sources=[review, podcast]), published=True)
        page = html(client)
        first, second = page[at(page, 'id="evidence"') :].split('<div class="trace ui">')[1:]
        assert at(first, "Claim 1") < at(first, "#source_review2021") < at(first, "#source_lee2020")
        assert "does not count" not in first
        counts = at(second, "does not count: reached through no review or guideline")
        assert at(second, "Claim 2") < at(second, "#source_pod2021") < at(second, "#source_lee2020") < counts

    def test_draws_no_trace_that_ends_where_it_begins(self, client):
        make_framework(published=True)
        page = html(client)
        assert 'class="trace' not in page
        assert 'class="picture' in page

    def test_marks_a_claim_without_a_source_where_it_stands(self, client):
        claims = [
            {
                "key": "calms",
                "text": "So.",
                "about": ["sit"],
                "citations": [{"source": "lee2020", "stance": "supports"}],
            },
            {"key": "own", "text": "Sit first.", "about": ["sit"]},
            {
                "key": "said",
                "text": "It is said.",
                "about": ["sit"],
                "citations": [{"source": "talk2019", "stance": "origin"}],
            },
        ]
        make_framework(make_document(claims=claims), published=True)
        step = html(client).split('<li id="sit">')[1].split("</li>")[0]
        assert '<a class="cite" href="#calms"><span class="hush">Claim </span>1</a>' in step
        assert '<a class="cite" href="#own"><span class="hush">Claim </span>2 no source</a>' in step
        assert '<a class="cite" href="#said"><span class="hush">Claim </span>3 no source</a>' in step


class TestTheMomentOfALocator:
    @pytest.mark.parametrize(
        ("url", "locator", "leads_to"),
        [
            ("https://www.youtube.com/watch?v=abc", "23:34", "https://www.youtube.com/watch?v=abc&t=1414s"),
            ("https://youtu.be/abc", "1:02:03–1:05:00", "https://youtu.be/abc?t=3723s"),
            ("https://example.org/a.mp3#x", "at 0:59", "https://example.org/a.mp3#t=59"),
            ("https://example.org/a.mp3", "chapter 3", ""),
            ("https://example.org/a.mp3", "12:99", ""),
            ("https://youtu.be/abc", "75:30", "https://youtu.be/abc?t=4530s"),
            ("https://youtu.be/abc", "100:30", "https://youtu.be/abc?t=6030s"),
            ("https://youtu.be/abc", "episode 49, 12:05", "https://youtu.be/abc?t=725s"),
            ("https://youtu.be/abc", "the chapter on drugs 1:25:00", "https://youtu.be/abc?t=5100s"),
            ("https://youtu.be/abc?t=5s", "0:59", "https://youtu.be/abc?t=59s"),
            (
                "https://www.youtube.com/watch?t=5&v=abc#t=5",
                "0:59",
                "https://www.youtube.com/watch?v=abc&t=59s",
            ),
            ("https://music.youtube.com/watch?v=a", "0:59", "https://music.youtube.com/watch?v=a&t=59s"),
            (
                "https://www.youtube-nocookie.com/embed/a",
                "0:59",
                "https://www.youtube-nocookie.com/embed/a?start=59",
            ),
            ("https://notyoutube.com/a", "0:59", "https://notyoutube.com/a#t=59"),
            ("https://youtu.be/abc", "Exodus 3:14", ""),
            ("https://youtu.be/abc", "Exodus 3:14–3:20", ""),
            ("https://youtu.be/abc", "1:2:3:04", ""),
            ("https://youtu.be/abc", "v1:02:03", ""),
            ("https://youtu.be/abc", "12:30pm", ""),
            ("https://[1", "0:59", ""),
            (None, "23:34", ""),
        ],
    )
    def test_leads_to_the_second(self, url, locator, leads_to):
        assert moment_link(make_source("talk2019", type="broadcast", URL=url), locator) == leads_to

    @given(
        url=st.sampled_from(["https://youtu.be/a", "https://youtu.be/a?t=1", "https://a.org/b?c=d#t=5"]),
        second=st.integers(0, 59_999),
        hours=st.booleans(),
        around=st.sampled_from(["{}", "at {}", "{}–9:59:59", "chapter 3, {}", "{} (in the video)"]),
    )
    def test_is_the_second_that_was_written(self, url, second, hours, around):
        minutes, seconds = divmod(second, 60)
        moment = f"{minutes // 60}:{minutes % 60:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
        link = urlsplit(
            moment_link(make_source("talk2019", type="broadcast", URL=url), around.format(moment))
        )
        begins = parse_qs(link.query if "youtu" in url else link.fragment)["t"]
        assert [int(begin.removesuffix("s")) for begin in begins] == [second]

    def test_is_none_of_what_nobody_plays(self):
        assert moment_link(make_source("lee2020", URL="https://example.org/"), "2:34") == ""

    def test_stands_at_the_citation(self, client):
        talk = make_source("talk2019", type="broadcast", study_design=None, URL="https://youtu.be/abc")
        citation = {"source": "talk2019", "stance": "supports", "locator": "1:10"}
        claims = [{"key": "calms", "text": "So.", "citations": [citation]}]
        make_framework(make_document(claims=claims, sources=[talk]), published=True)
        assert '<a href="https://youtu.be/abc?t=70s" rel="external">1:10</a>' in html(client)


class TestWhatIsLive:
    """Shown at the next request, on the current and on an older revision."""

    @pytest.fixture
    def framework(self):
        framework = make_framework(published=True)
        write_draft(framework, make_document(title="Box breathing, again"))
        framework.publish(by=None, kind=ChangeKind.EDITORIAL)
        return framework

    @pytest.fixture(params=[URL, f"{URL}revisions/1/"])
    def url(self, request, framework, client):
        html(client, request.param)  # the page is kept before anything happens
        return request.param

    def test_a_safety_notice_is_shown_and_lifted_at_once(self, client, framework, url):
        notice = SafetyNotice.objects.create(framework=framework, level="danger", text="Two people fainted.")
        page = html(client, url)
        assert at(page, "Two people fainted.") < at(page, "<h1>")
        notice.lift()
        assert "Two people fainted." not in html(client, url)

    def test_a_withdrawal_comes_first_and_is_not_indexed(self, client, framework, url):
        framework.withdraw(reason="A trial found harm.")
        page = html(client, url)
        assert at(page, "Withdrawn on") < at(page, "A trial found harm.") < at(page, "<h1>")
        assert '<meta name="robots" content="noindex">' in page

    def test_a_retraction_is_shown_and_the_source_no_longer_counts(self, client, framework, url):
        source = Source.objects.get(key="lee2020")
        SourceUpdate.objects.create(
            source=source, type="retraction", date="2026-05-04", notice_doi="10.1234/notice"
        )
        page = html(client, url)
        assert at(page, "Retracted") < at(page, "<h1>")
        assert "https://doi.org/10.1234/notice" in page
        assert "0 of 1 claim traced to primary" in page

    def test_a_help_contact_is_shown_as_it_is_now(self, client):
        add_help()
        make_framework(make_document(sensitive=True), slug="sensitive", published=True)
        html(client, "/frameworks/sensitive/")
        HelpContact.objects.filter(key="gb-talk").update(number="0800 000 000", link="tel:0800000000")
        assert "tel:0800000000" in html(client, "/frameworks/sensitive/")


class TestAnOlderRevision:
    @pytest.fixture
    def framework(self):
        framework = make_framework(published=True)
        later = [
            {"key": "dizzy", "level": "danger", "text": "You may faint and fall.", "what_to_do": "Sit down."},
            {"key": "asthma", "level": "contraindication", "text": "Severe asthma can get worse."},
            {"key": "cold", "level": "caution", "text": "Cold air can make you cough."},
        ]
        write_draft(framework, make_document(title="Box breathing, again", warnings=later))
        framework.publish(by=None, kind="safety", note="Warnings added.")
        return framework

    def test_shows_first_the_dangers_that_came_later(self, client, framework):
        page = html(client, f"{URL}revisions/1/")
        came_later = page[at(page, "What came later") : at(page, "<h1>")]
        assert at(came_later, "Severe asthma can get worse.") < at(came_later, "You may faint and fall.")
        assert "Cold air" not in came_later

    def test_shows_the_stricter_supervision_and_the_help_of_the_current_one(self, client, framework):
        add_help()
        changed = make_document(supervision="professional-required", sensitive=True)
        write_draft(framework, changed)
        framework.publish(by=None, kind="safety")
        page = html(client, f"{URL}revisions/1/")
        assert at(page, "Professional required:") < at(page, "<h1>")
        assert at(page, "Do not do this alone") < at(page, 'id="steps"')
        assert "tel:999" in page

    def test_still_says_what_it_said(self, client, framework):
        page = html(client, f"{URL}revisions/1/")
        assert "<h1>Box breathing</h1>" in page
        assert "You may faint.</p>" in page or "You may faint." in page

    def test_says_which_it_is_and_leads_to_the_current_one(self, client, framework):
        page = html(client, f"{URL}revisions/1/")
        assert "This is revision 1" in page
        assert f'href="{URL}"' in page
        assert '<meta name="robots" content="noindex">' in page

    def test_the_current_one_says_nothing_of_the_kind(self, client, framework):
        page = html(client)
        assert "came later" not in page
        assert "noindex" not in page
        assert "Warnings added." in page

    @pytest.mark.parametrize("number", ["0", "3", "99999999999999999999"])
    def test_that_is_not_there_is_not_found(self, client, framework, number):
        assert client.get(f"{URL}revisions/{number}/").status_code == 404


class TestWhoMayAndHow:
    def test_an_unknown_framework_is_not_found_and_offers_search(self, client):
        response = client.get("/frameworks/nothing-here/")
        assert response.status_code == 404
        assert 'name="q"' in response.content.decode()

    def test_a_draft_is_not_found(self, client):
        make_framework()
        for url in (
            URL,
            f"{URL}revisions/1/",
            "/frameworks/box-breathing.json",
            "/frameworks/box-breathing.yaml",
            "/frameworks/box-breathing.bib",
            "/frameworks/box-breathing.ris",
            "/frameworks/box-breathing.csl.json",
        ):
            assert client.get(url).status_code == 404

    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
    def test_it_is_only_read(self, client, method):
        make_framework(published=True)
        assert getattr(client, method)(URL).status_code == 405

    def test_it_sets_no_cookie_and_holds_no_token(self):
        make_framework(published=True)
        client = Client(enforce_csrf_checks=True)
        response = client.get(URL)
        assert not response.cookies
        assert "csrf" not in response.content.decode()


class TestItsCost:
    def test_is_one_statement_whatever_the_number_of_steps(self, client, django_assert_num_queries):
        steps = [{"key": f"step-{n}", "title": f"Step {n}", "body": "Do it."} for n in range(60)]
        make_framework(published=True)
        make_framework(
            make_document(steps=steps, checklist=[{"key": "a", "text": "A"}], claims=[]),
            slug="long",
            published=True,
        )
        for url in (URL, "/frameworks/long/"):
            with django_assert_num_queries(2):
                client.get(url)
            with django_assert_num_queries(1):
                client.get(url)

    def test_of_an_older_revision_is_the_same(self, client, django_assert_num_queries):
        framework = make_framework(published=True)
        write_draft(framework, make_document(title="Again"))
        framework.publish(by=None, kind="editorial")
        with django_assert_num_queries(2):
            client.get(f"{URL}revisions/1/")
        with django_assert_num_queries(1):
            client.get(f"{URL}revisions/1/")

    def test_an_unchanged_page_is_not_sent_again(self, client):
        make_framework(published=True)
        first = client.get(URL)
        assert first["Cache-Control"] == "public, no-cache"
        assert "Cookie" in first["Vary"]
        again = client.get(URL, headers={"if-none-match": first["ETag"]})
        assert again.status_code == 304
        assert not again.content
        SafetyNotice.objects.create(framework=Framework.objects.get(), level="danger", text="Stop.")
        assert client.get(URL, headers={"if-none-match": first["ETag"]}).status_code == 200

    def test_a_document_that_takes_the_place_of_another_is_another_page(self, client):
        """As after a restore from a backup: the ids come again, with other documents."""
        make_framework(published=True)
        first = client.get(URL)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE frameworks_revision DISABLE TRIGGER a_revision_never_changes")
            cursor.execute(
                "UPDATE frameworks_revision SET published_at = now() + interval '1 day',"
                " document = replace(document::text, 'Sit down.', 'Lie down.')::jsonb"
            )
            cursor.execute("ALTER TABLE frameworks_revision ENABLE TRIGGER a_revision_never_changes")
        again = client.get(URL, headers={"if-none-match": first["ETag"]})
        assert again.status_code == 200
        assert "Lie down." in again.content.decode()

    @pytest.mark.parametrize("accepts", ["gzip;q=0", "br", "identity", ""])
    def test_it_is_sent_plain_to_those_who_do_not(self, client, accepts):
        make_framework(published=True)
        assert "Content-Encoding" not in client.get(URL, headers={"accept-encoding": accepts}).headers

    def test_it_is_sent_compressed_to_those_who_ask(self, client):
        make_framework(published=True)
        plain = client.get(URL)
        zipped = client.get(URL, headers={"accept-encoding": "gzip"})
        assert zipped["Content-Encoding"] == "gzip"
        assert gzip.decompress(zipped.content) == plain.content


class TestTheExports:
    def test_json_is_the_document_with_what_is_live(self, client):
        framework = make_framework(published=True, note="First.")
        SafetyNotice.objects.create(framework=framework, level="danger", text="Two people fainted.")
        record = json.loads(client.get("/frameworks/box-breathing.json").content)
        assert record["framework"] == "box-breathing"
        assert record["revision"] == 1
        assert record["notices"][0]["text"] == "Two people fainted."
        assert record["document"]["title"] == "Box breathing"

    def test_yaml_is_a_file_that_can_be_loaded_again(self, client):
        framework = make_framework(published=True, note="First.")
        SafetyNotice.objects.create(framework=framework, level="danger", text="Two people fainted.")
        response = client.get("/frameworks/box-breathing.yaml")
        text = response.content.decode()
        assert "SAFETY NOTICE (danger)" in text.splitlines()[1]
        assert "title: Box breathing" in text

    @pytest.mark.parametrize("name", ["json", "yaml", "bibtex", "ris", "csl-json"])
    def test_all_are_always_asked_for_anew(self, client, name, django_assert_num_queries):
        make_framework(published=True)
        with django_assert_num_queries(2):
            response = client.get(reverse(f"frameworks:{name}", args=["box-breathing"]))
        assert response["Cache-Control"] == "public, no-cache"
        assert response["X-Robots-Tag"] == "noindex"
        assert client.post(reverse(f"frameworks:{name}", args=["box-breathing"])).status_code == 405

    @pytest.mark.parametrize("end", ["bib", "ris", "csl.json"])
    def test_sources_are_for_reference_managers_in_the_order_of_the_page(self, client, end):
        framework = make_framework(published=True)
        assert f'href="/frameworks/box-breathing.{end}"' in client.get(URL).text
        response = client.get(f"/frameworks/box-breathing.{end}")
        assert response["Content-Disposition"] == f'inline; filename="box-breathing.{end}"'
        entries = citation_formats.read(response.text, Format(end)).entries
        assert [(entry.name, entry.fields["title"]) for entry in entries] == [
            ("lee2020", "Slow breathing and the pulse"),
            ("talk2019", "A talk on breath"),
        ]
        SourceUpdate.objects.create(
            source=Source.objects.get(key="lee2020"),
            type="retraction",
            date=date(2026, 2, 3),
            notice_doi="10.1234/notice",
        )
        framework.withdraw(reason="It harms @article{x}.")
        text = client.get(f"/frameworks/box-breathing.{end}").text
        lee, talk = citation_formats.read(text, Format(end)).entries
        day = timezone.now().date()
        withdrawn = f"Cited by “Box breathing” of Tracework, WITHDRAWN {day}: It harms @article{{x}}."
        assert talk.fields["note"] == withdrawn
        assert lee.fields["note"] == f"Retracted on 2026-02-03 (doi:10.1234/notice). {withdrawn}"


class TestSourcesThatGoRoundInACircle:
    """Loader, form and trigger let none in. One that got in all the same must hide no warning."""

    @pytest.fixture
    def framework(self):
        review = make_source("review2021", study_design="systematic-review", draws_on=["lee2020"])
        citations = [{"source": "review2021", "stance": "supports"}]
        framework = make_framework(
            claims=[{"key": "calms", "text": "It calms.", "citations": citations}],
            citations=[],
            sources=[make_source("lee2020"), review],
        )
        ids = dict(Source.objects.values_list("key", "pk"))
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE frameworks_drawson DISABLE TRIGGER USER")
            DrawsOn.objects.create(from_source_id=ids["lee2020"], to_source_id=ids["review2021"])
            cursor.execute("ALTER TABLE frameworks_drawson ENABLE TRIGGER USER")
        framework.publish(by=None, kind="editorial", note="")
        return framework

    def test_show_with_their_page_and_its_warnings(self, framework, client):
        page = html(client)
        assert "You may faint." in page
        assert "1 of 1 claim traced to primary" in page
        assert client.get("/sources/lee2020/").status_code == 200
        assert client.get("/").status_code == 200

    def test_can_be_mended_at_the_desk_and_taken_along(self, framework, editor, tmp_path):
        assert editor.get(f"/admin/frameworks/framework/{framework.pk}/change/").status_code == 200
        export(tmp_path)
        assert "review2021" in (tmp_path / "sources.yaml").read_text()
