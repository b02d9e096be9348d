"""What search engines read of a framework's page."""

import json
import re

import pytest

from frameworks.models import Review, SafetyNotice, Source, SourceUpdate
from tests.factories import make_document, make_framework, make_source

pytestmark = pytest.mark.django_db

URL = "/frameworks/box-breathing/"
#: The properties that are used, each with the types of schema.org that have it.
#: Source: https://schema.org/MedicalWebPage, /HowTo, /ScholarlyArticle and their parents, read in November 2026.
_THING = {"@type", "@id", "@context", "name", "description", "url", "identifier"}
_CREATIVE_WORK = _THING | {
    "inLanguage", "dateModified", "datePublished", "version", "isAccessibleForFree", "publisher", "citation",
    "mainEntity", "author", "isPartOf",
}  # fmt: skip
PROPERTIES = {
    "MedicalWebPage": _CREATIVE_WORK | {"lastReviewed", "reviewedBy"},
    "HowTo": _CREATIVE_WORK | {"step"},
    "HowToStep": _CREATIVE_WORK | {"text"},
    "Person": _THING | {"familyName"},
    "Organization": _THING,
    # Each of these is a CreativeWork, and of what is used adds nothing.
    **dict.fromkeys(
        [
            "ScholarlyArticle",
            "Article",
            "NewsArticle",
            "Book",
            "Chapter",
            "Dataset",
            "BlogPosting",
            "Report",
            "Thesis",
            "WebPage",
            "CreativeWork",
        ],
        _CREATIVE_WORK,
    ),
}


def data(client, url=URL):
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', client.get(url).text, re.DOTALL)
    return json.loads(found[0]) if found else None


def parts(value):
    """Every object in the data."""
    if isinstance(value, list):
        for each in value:
            yield from parts(each)
    elif isinstance(value, dict):
        yield value
        yield from parts(list(value.values()))


class TestAPage:
    def test_says_what_it_is_by_its_whole_address(self, client):
        make_framework(published=True)
        page = data(client)
        assert page["@type"] == "MedicalWebPage"
        assert page["url"] == "https://tracework.example/frameworks/box-breathing/"
        assert (page["name"], page["version"]) == ("Box breathing", "1")
        assert f'<link rel="canonical" href="{page["url"]}">' in client.get(URL).text

    def test_uses_nothing_that_schema_org_does_not_have(self, client):
        book = make_source("book2001", type="book", author=[{"literal": "A body"}], container_title="A row")
        citations = [{"source": "book2001", "stance": "background"}]
        framework = make_framework(make_document(sources=[book], citations=citations), published=True)
        review(framework)
        found = list(parts(data(client)))
        assert {part["@type"] for part in found} >= {"MedicalWebPage", "HowTo", "ScholarlyArticle", "Person"}
        for part in found:
            assert part.keys() <= PROPERTIES[part["@type"]], part

    def test_is_nothing_that_could_end_the_script_or_begin_another(self, client):
        title = "</script><script>alert(1)</script>"
        make_framework(make_document(title=title), published=True)
        assert data(client)["name"] == title
        assert "<script>alert" not in client.get(URL).text

    def test_that_nobody_is_to_find_says_nothing(self, client):
        framework = make_framework(published=True)
        make_framework(title="Again").publish(by=None, kind="editorial")
        assert data(client, f"{URL}revisions/1/") is None
        framework.refresh_from_db()
        framework.withdraw(reason="Harm.")
        assert data(client) is None


def review(framework):
    return Review.objects.create(
        framework=framework,
        reviewer="Dr Ann Lee",
        credential="GP",
        reviewed_on="2026-01-01",
        due_on="2027-01-01",
    )


class TestAReview:
    def test_is_named_where_there_was_one(self, client):
        framework = make_framework(published=True)
        assert not {"lastReviewed", "reviewedBy"} & data(client).keys()
        review(framework)
        page = data(client)
        assert page["lastReviewed"] == "2026-01-01"
        assert page["reviewedBy"] == {"@type": "Person", "name": "Dr Ann Lee", "description": "GP"}


class TestTheSources:
    def test_are_cited_and_a_retracted_one_is_not(self, client):
        make_framework(published=True)
        cited = {work["name"]: work for work in data(client)["citation"]}
        assert cited["Slow breathing and the pulse"] == {
            "@type": "ScholarlyArticle",
            "name": "Slow breathing and the pulse",
            "author": [{"@type": "Person", "name": "Ann Lee", "familyName": "Lee"}],
            "datePublished": "2020-05",
            "url": "https://doi.org/10.1234/lee.2020",
            "identifier": "doi:10.1234/lee.2020",
        }
        source = Source.objects.get(key="lee2020")
        SourceUpdate.objects.create(source=source, type="retraction", date="2026-05-04")
        assert "Slow breathing and the pulse" not in {work["name"] for work in data(client)["citation"]}


class TestTheSteps:
    def test_are_told_with_their_warnings(self, client):
        warnings = [{"key": "asthma", "level": "contraindication", "text": "Severe asthma."}]
        make_framework(make_document(warnings=warnings), published=True)
        steps = data(client)["mainEntity"]["step"]
        assert steps[0]["text"].startswith("Contraindication: Severe asthma.")
        assert "Severe asthma" not in steps[1]["text"]
        assert [step["url"].partition("#")[2] for step in steps] == ["sit", "breathe"]
        told = " ".join(step["text"] for step in steps)
        for step in make_document().steps:
            for warning in step.warnings:
                assert warning.text.plain in told

    @pytest.mark.parametrize("done_by", ["professional", "reader-with-professional"])
    def test_are_not_told_where_a_professional_does_one(self, client, done_by):
        steps = [
            {"key": "sit", "title": "Sit", "body": "Sit."},
            {"key": "inject", "title": "Inject", "body": "So.", "done_by": done_by},
        ]
        make_framework(
            make_document(steps=steps, checklist=[{"key": "a", "text": "A"}], claims=[]), published=True
        )
        assert "mainEntity" not in data(client)

    def test_are_not_told_while_a_safety_notice_stands(self, client):
        framework = make_framework(published=True)
        assert "mainEntity" in data(client)
        SafetyNotice.objects.create(framework=framework, level="danger", text="Two people fainted.")
        assert "mainEntity" not in data(client)

    def test_are_not_told_where_a_professional_is_required(self, client):
        make_framework(make_document(supervision="professional-required"), published=True)
        assert "mainEntity" not in data(client)
