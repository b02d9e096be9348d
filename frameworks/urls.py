from django.urls import path

from .citation_formats import Format
from .views import feed, framework, library, pages, revisions, share, sitemaps, sources

app_name = "frameworks"
urlpatterns = [
    path("", library.library, name="library"),
    path("frameworks/<slug:slug>/", framework.detail, name="detail"),
    path("frameworks/<slug:slug>/revisions/", revisions.revisions, name="revisions"),
    path("frameworks/<slug:slug>/revisions/<int:old>...<int:new>/", revisions.comparison, name="comparison"),
    path("frameworks/<slug:slug>/revisions/<int:number>/", framework.detail, name="revision"),
    path("frameworks/<slug:slug>/share/", share.share, name="share"),
    path("frameworks/<slug:slug>/share/qr.svg", share.qr_code, name="share_qr"),
    path("frameworks/<slug:slug>/revisions/<int:number>/share/", share.share, name="share_revision"),
    path(
        "frameworks/<slug:slug>/revisions/<int:number>/share/qr.svg",
        share.qr_code,
        name="share_revision_qr",
    ),
    path("frameworks/<slug:slug>.json", framework.as_json, name="json"),
    path("frameworks/<slug:slug>.yaml", framework.as_yaml, name="yaml"),
    path("sources/<slug:key>/", sources.source, name="source"),
    path("frameworks/<slug:slug>.bib", framework.as_citations, {"format": Format.BIBTEX}, name="bibtex"),
    path("frameworks/<slug:slug>.ris", framework.as_citations, {"format": Format.RIS}, name="ris"),
    path(
        "frameworks/<slug:slug>.csl.json",
        framework.as_citations,
        {"format": Format.CSL_JSON},
        name="csl-json",
    ),
    path("feed.atom", feed.feed, name="feed"),
    path("sitemap.xml", sitemaps.index, name="sitemap"),
    path("sitemap-<slug:section>.xml", sitemaps.section, name="sitemap_section"),
    path("help/", pages.help_now, name="help"),
    path("about/", pages.about, name="about"),
    path("privacy/", pages.privacy, name="privacy"),
    path("accessibility/", pages.accessibility, name="accessibility"),
]
