"""What editors are told of cited sources that were retracted, corrected or put in doubt."""

import pytest

from frameworks import bibliography
from frameworks.drafts import write_draft
from frameworks.models import Source, SourceUpdate
from frameworks.readiness import about_sources
from tests.factories import make_checklist, make_document, make_framework, make_source, make_user

from .desk import address
from .desk_forms import typed

LIST = "/admin/frameworks/framework/"


def update(key, type="retraction"):
    SourceUpdate.objects.create(source=Source.objects.get(key=key), type=type, date="2026-05-04")


def about(updates, **changes):
    return {(one.rule, one.path): one.message for one in about_sources(make_document(**changes), updates)}


class TestAdviceAboutACitedSource:
    @pytest.mark.parametrize(
        ("type", "rule", "words"),
        [
            ("retraction", "no-retraction-of-a-cited-source", "was retracted"),
            ("expression_of_concern", "no-expression-of-concern-of-a-cited-source", "expression of concern"),
            ("correction", "no-correction-of-a-cited-source", "was corrected"),
        ],
    )
    def test_says_what_became_of_it(self, type, rule, words):
        found = about({"lee2020": {type}})
        assert list(found) == [(rule, "claims[0].citations[0]")]
        assert "“lee2020”" in found[rule, "claims[0].citations[0]"]
        assert words in found[rule, "claims[0].citations[0]"]

    def test_names_the_gravest_alone(self):
        found = about({"lee2020": {"correction", "retraction", "expression_of_concern"}})
        assert [rule for rule, _path in found] == ["no-retraction-of-a-cited-source"]

    def test_names_a_source_once_where_it_is_cited_first(self):
        citation = {"source": "lee2020", "stance": "supports"}
        claims = [{"key": key, "text": key, "citations": [citation]} for key in ("a", "b")]
        background = [{"source": "lee2020", "stance": "background"}]
        assert [path for _rule, path in about({"lee2020": {"correction"}}, claims=claims)] == [
            "claims[0].citations[0]"
        ]
        assert [
            path for _rule, path in about({"lee2020": {"correction"}}, claims=[], citations=background)
        ] == ["citations[0]"]

    def test_is_none_where_nothing_became_of_any(self):
        assert about({}) == about({"somebody-elses": {"retraction"}}) == {}


@pytest.mark.django_db
class TestAnEditor:
    def test_reads_it_on_the_readiness_panel_with_a_link_to_the_field(self, editor):
        framework = make_framework()
        update("lee2020", "expression_of_concern")
        page = editor.get(address(framework)).text
        assert 'data-rule="no-expression-of-concern-of-a-cited-source"' in page
        assert f'{address(framework)}#entry-calms">“lee2020” is under an expression of concern' in page

    def test_is_warned_at_once_on_citing_a_retracted_source(self, editor):
        framework = make_framework(make_document(claims=[], citations=[]))
        claims = make_document().claims
        bibliography.save([make_source("lee2020")])
        update("lee2020")
        cited = make_framework(make_document(claims=claims, citations=[]), slug="a-copy")
        form = typed(editor.get(address(cited)))
        form["version"] = [str(framework.version)]
        said = editor.post(address(framework), form, follow=True).text
        assert "Saved." in said
        assert '<li class="warning">“lee2020” was retracted' in said

    def test_is_not_warned_again_of_what_was_cited_before(self, editor):
        framework = make_framework()
        update("lee2020")
        form = typed(editor.get(address(framework)), tagline="Another")
        said = editor.post(address(framework), form, follow=True).text
        assert "Saved." in said
        assert '<li class="warning">' not in said

    def test_finds_the_frameworks_that_cite_one(self, editor):
        def found(value):
            page = editor.get(LIST, {"sources": value})
            return sorted(one.slug for one in page.context["cl"].result_list)

        def citing(key, **fields):
            claims = [{"key": "a", "text": "A", "citations": [{"source": key, "stance": "supports"}]}]
            source = make_source(key, **fields)
            return make_document(title=key, claims=claims, citations=[], sources=[source])

        make_framework(citing("retracted"), slug="retracted")
        make_framework(citing("doubted"), slug="doubted", published=True)
        make_framework(citing("corrected"), slug="corrected")
        make_framework(citing("sound"), slug="sound", published=True)
        review = {"study_design": "systematic-review", "draws_on": ["retracted"]}
        make_framework(citing("review", **review), slug="review")
        dropped = make_framework(citing("doubted"), slug="was-doubted", published=True)
        write_draft(dropped, citing("sound").model_copy(update={"title": "Was doubted"}))
        update("retracted")
        update("doubted", "expression_of_concern")
        update("corrected", "correction")
        assert found("doubtful") == ["doubted", "retracted", "review", "was-doubted"]
        assert found("retraction") == ["retracted", "review"]
        assert found("expression_of_concern") == ["doubted", "was-doubted"]
        assert found("correction") == ["corrected"]
        assert len(found("nonsense")) == 6
        counted = editor.get(LIST, {"_facets": ""}).text
        assert "Cites one retracted or under concern (4)" in counted


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("type", "words"),
    [
        ("retraction", "Retracted."),
        ("expression_of_concern", "Expression of concern."),
        ("correction", "Corrected."),
    ],
)
class TestAReader:
    def test_sees_it_on_the_page_its_older_revision_and_a_checklist(self, client, type, words):
        framework = make_framework(published=True)
        reader = make_user()
        checklist = make_checklist(reader, framework=framework)
        write_draft(framework, make_document(title="Again", claims=[], citations=[]))
        framework.publish(by=None, kind="editorial")
        update("lee2020", type)
        words = f"A source of this page, 4 May 2026: {words}"
        assert words not in client.get("/frameworks/box-breathing/").text, "it cites the source no longer"
        assert words in client.get("/frameworks/box-breathing/revisions/1/").text
        client.force_login(reader)
        assert words in client.get(checklist.get_absolute_url()).text

    def test_sees_it_wherever_a_comparison_names_the_source(self, client, type, words):
        framework = make_framework(published=True)
        reader = make_user()
        checklist = make_checklist(reader, framework=framework)
        claim = make_document().claims[0]
        again = claim.citations[0].model_copy(update={"finding": "Lower by four beats."})
        kept = make_document(claims=[claim.model_copy(update={"citations": (again,)})])
        for document in (kept, make_document(title="Again", claims=[], citations=[])):
            write_draft(framework, document)
            framework.publish(by=None, kind="editorial")
        update("lee2020", type)
        client.force_login(reader)
        badge = f"{words.removesuffix('.')} 4 May 2026</span>"
        revisions = "/frameworks/box-breathing/revisions/"
        for url in (f"{revisions}1...2/", f"{revisions}2...3/", f"{checklist.get_absolute_url()}changes/"):
            page = client.get(url).text
            assert badge in page[page.index("Lee 2020") :], url
