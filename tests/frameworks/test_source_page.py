"""The page of one source."""

from itertools import pairwise

import pytest

from frameworks import source_page
from frameworks.drafts import write_draft
from frameworks.models import Source, SourceUpdate
from tests.factories import make_document, make_framework, make_source, make_user

pytestmark = pytest.mark.django_db


def cited_by(*keys):
    """A claim that these sources support."""
    citations = [
        {"source": key, "stance": "supports", "locator": "abstract", "finding": "It did."} for key in keys
    ]
    return [{"key": "calms", "text": "It calms.", "citations": citations}]


def chain(*keys):
    """Records that draw on one another, the first on the second and so on; reviews, and a trial at the end."""
    return [
        make_source(key, study_design="systematic-review", draws_on=[beneath])
        for key, beneath in pairwise(keys)
    ] + [make_source(keys[-1])]


def names(related):
    return [(each.cited.source.key, names(each.behind)) for each in related]


class TestThePageOfASource:
    def test_shows_what_it_is_and_where_it_leads(self, client):
        lee = make_source(
            "lee2020",
            title="Slow <b>breathing</b>",
            author=[{"family": "Lee", "given": "Ann"}],
            issued="2020",
            DOI="10.1234/lee.2020",
            PMID="123",
            URL="https://example.org/lee",
            sample="40 people",
            note="Paid for by a maker of chairs.",
            study_level={"level": 2, "read_by": "An editor", "read_on": "2026-01-02"},
            verified_on="2026-01-03",
        )
        make_framework(make_document(claims=cited_by("lee2020"), sources=[lee]), published=True)
        page = client.get("/sources/lee2020/").text
        for shown in (
            "Slow &lt;b&gt;breathing&lt;/b&gt;",
            "Lee Ann",
            "Primary · randomised trial",
            'href="https://doi.org/10.1234/lee.2020"',
            'href="https://pubmed.ncbi.nlm.nih.gov/123/"',
            'href="https://example.org/lee"',
            "40 people",
            "Paid for by a maker of chairs.",
            "2, as read by An editor, 2 January 2026",
            "3 January 2026",
        ):
            assert shown in page

    def test_shows_each_framework_and_claim_that_cites_it_with_what_it_found(self, client):
        make_framework(published=True)
        make_framework(make_document(title="Other", claims=cited_by("lee2020")), slug="other", published=True)
        found = source_page.find("lee2020")
        assert [framework.slug for framework in found.citing] == ["box-breathing", "other"]
        page = client.get("/sources/lee2020/").text
        assert 'href="/frameworks/other/#calms"' in page
        assert "It calms." in page
        assert "It did." in page
        assert "2 frameworks" in page

    def test_says_of_each_citation_where_in_the_work_and_what_who_found(self, client):
        talk = make_source("talk2019", type="broadcast", study_design=None, URL="https://youtu.be/abc")
        found = {"checked": "says-it", "checked_by": "An editor", "checked_on": "2026-11-23"}
        origin = {"source": "talk2019", "stance": "origin", "locator": "1:25:00", **found}
        denied = {"source": "talk2019", "stance": "supports", "locator": "0:59", **found}
        denied["checked"] = "does-not-say-it"
        claims = [{"key": "calms", "text": "It calms.", "citations": [denied]}]
        make_framework(make_document(claims=claims, citations=[origin], sources=[talk]), published=True)
        page = client.get("/sources/talk2019/").text
        for words in (
            '<a href="https://youtu.be/abc?t=59s" rel="external">0:59</a>',
            "Cited as “Supports”",
            "Checked by An editor, 23\xa0Nov\xa02026: does not say it",
            '<a href="https://youtu.be/abc?t=5100s" rel="external">1:25:00</a>',
            "Checked by An editor, 23\xa0Nov\xa02026: says it",
        ):
            assert words in page

    def test_shows_what_is_live_and_not_what_waits_in_drafts(self, client):
        framework = make_framework(make_document(claims=cited_by("lee2020")), published=True)
        write_draft(framework, make_document(claims=[], citations=[]))
        assert "It calms." in client.get("/sources/lee2020/").text
        framework.publish(by=None, kind="editorial")
        page = client.get("/sources/lee2020/").text
        assert "It calms." not in page
        assert "No current revision cites it." in page
        assert "0 frameworks" not in page

    def test_names_the_earlier_revisions_that_cite_it_where_the_current_one_does_not(
        self, client, monkeypatch
    ):
        monkeypatch.setattr(source_page, "MOST_REVISIONS", 2)
        framework = make_framework(make_document(claims=cited_by("lee2020")), published=True)
        for title in ("Two", "Three"):
            write_draft(framework, make_document(title=title, claims=cited_by("lee2020")))
            framework.publish(by=None, kind="editorial")
        assert source_page.find("lee2020").cited_before == ()
        write_draft(framework, make_document(title="Four", claims=[], citations=[]))
        framework.publish(by=None, kind="editorial")
        (before,) = source_page.find("lee2020").cited_before
        assert (before.title, before.revisions, before.more) == ("Four", (3, 2), 1)
        page = client.get("/sources/lee2020/").text
        listed = page[page.index("Cited by earlier revisions") :]
        assert 'href="/frameworks/box-breathing/revisions/3/#source_lee2020"' in listed
        assert "and 1 before" in listed
        assert 'id="source_lee2020"' in client.get("/frameworks/box-breathing/revisions/3/").text

    def test_says_that_a_framework_that_cites_it_was_withdrawn(self, client):
        make_framework(published=True).withdraw(reason="Harm.")
        assert "Withdrawn" in client.get("/sources/lee2020/").text

    def test_shows_a_retraction_first_and_at_once(self, client):
        make_framework(published=True)
        assert "Retracted" not in client.get("/sources/lee2020/").text
        SourceUpdate.objects.create(
            source=Source.objects.get(key="lee2020"),
            type="retraction",
            date="2026-05-04",
            notice_doi="10.1234/notice",
        )
        page = client.get("/sources/lee2020/").text
        assert page.index("Retracted") < page.index("<h1>")
        assert "https://doi.org/10.1234/notice" in page


class TestWhatLiesOverAndUnderIt:
    def test_is_shown_as_far_as_it_goes(self):
        records = chain("review2022", "review2021", "trial2019")
        make_framework(make_document(claims=cited_by("review2022"), sources=records), published=True)
        assert names(source_page.find("review2022").draws_on) == [("review2021", [("trial2019", [])])]
        assert names(source_page.find("trial2019").drawn_on_by) == [("review2021", [("review2022", [])])]

    def test_is_cited_through_what_draws_on_it(self, client):
        make_framework(
            make_document(claims=cited_by("review2022"), sources=chain("review2022", "trial2019")),
            published=True,
        )
        page = client.get("/sources/trial2019/").text
        assert "No claim cites it there; a source that draws on it is cited." in page

    def test_opens_what_is_reached_twice_once(self):
        wide = [
            make_source("top", study_design="review", draws_on=["left", "right"]),
            make_source("left", study_design="review", draws_on=["foot"]),
            make_source("right", study_design="review", draws_on=["foot"]),
            make_source("foot", study_design="review", draws_on=["trial"]),
            make_source("trial"),
        ]
        make_framework(make_document(claims=cited_by("top"), sources=wide), published=True)
        assert names(source_page.find("top").draws_on) == [
            ("left", [("foot", [("trial", [])])]),
            ("right", [("foot", [])]),
        ]

    def test_is_opened_where_it_is_nearest(self):
        sources = [
            make_source("top", study_design="review", draws_on=["a-far", "foot"]),
            make_source("a-far", study_design="review", draws_on=["foot"]),
            make_source("foot", study_design="review", draws_on=["trial"]),
        ]
        make_framework(make_document(claims=cited_by("top"), sources=sources), published=True)
        far, foot = source_page.find("top").draws_on
        assert names([far, foot]) == [("a-far", [("foot", [])]), ("foot", [("trial", [])])]
        assert (far.behind[0].goes_on, foot.goes_on, foot.behind[0].goes_on) == (True, False, False)

    def test_is_shown_so_many_steps_far_of_any_chain(self, client):
        keys = [f"r{n:03}" for n in range(200)]
        make_framework(make_document(claims=cited_by("r000"), sources=chain(*keys)), published=True)
        page = client.get("/sources/r100/")
        assert page.status_code == 200
        assert "/sources/r105/" in page.text
        assert "/sources/r095/" in page.text
        assert "/sources/r120/" not in page.text
        assert page.text.count("What lies behind it stands on its own page.") == 2
        assert client.get("/frameworks/box-breathing/").status_code == 200

    def test_leaves_out_what_no_revision_has(self, client):
        make_framework(published=True)
        over = make_source("draft2024", study_design="review", draws_on=["lee2020"])
        make_framework(make_document(claims=cited_by("draft2024"), sources=[over]), slug="draft")
        assert source_page.find("lee2020").drawn_on_by == ()
        assert client.get("/sources/draft2024/").status_code == 404


class TestWhoMayAndHow:
    @pytest.mark.parametrize("key", ["nobody1999", "a" * 200, "Lee2020"])
    def test_an_unknown_one_is_not_found(self, client, key):
        assert client.get(f"/sources/{key}/").status_code == 404

    def test_is_only_read(self, client):
        make_framework(published=True)
        assert client.post("/sources/lee2020/").status_code == 405

    def test_caches_ask_each_time_and_a_page_of_a_person_is_kept_by_none(self, client):
        make_framework(published=True)
        answer = client.get("/sources/lee2020/")
        assert answer.headers["Cache-Control"] == "public, no-cache"
        assert not answer.cookies
        client.force_login(make_user(display_name="Ann"))
        answer = client.get("/sources/lee2020/")
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert "Ann" in answer.text

    def test_costs_five_statements_at_any_size(self, client, django_assert_num_queries):
        make_framework(published=True)
        with django_assert_num_queries(5):
            client.get("/sources/lee2020/")
        for n in range(3):
            keys = [f"r{n}a", f"r{n}b", "lee2020"]
            make_framework(
                make_document(title=f"F{n}", claims=cited_by(keys[0]), sources=chain(*keys)),
                slug=f"f{n}",
                published=True,
            )
        with django_assert_num_queries(5):
            client.get("/sources/lee2020/")

    def test_shows_so_many_frameworks_and_says_how_many_there_are(self, client, monkeypatch):
        monkeypatch.setattr(source_page, "MOST_FRAMEWORKS", 1)
        make_framework(published=True)
        make_framework(title="Other", slug="other", published=True)
        page = client.get("/sources/lee2020/").text
        assert "2 frameworks" in page
        assert "1 more framework cites it, and is not listed here." in page
