"""Text that an editor writes: a little Markdown, and never HTML."""

import pytest
from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from frameworks.prose import Prose, clean

prose = TypeAdapter(Prose)


def shown(text):
    return Template("{{ text }}").render(Context({"text": prose.validate_python(text)}))


class TestProseOnAPage:
    def test_renders_emphasis_lists_and_links(self):
        page = shown("A *small* [study](https://example.org/a).\n\n- one\n- two")
        assert "<em>small</em>" in page
        assert '<a href="https://example.org/a">study</a>' in page
        assert page.count("<li>") == 2

    @pytest.mark.parametrize(
        "hostile", ["<script>alert(1)</script>", "<b>bold</b>", "<img src=x onerror=alert(1)>"]
    )
    def test_lets_no_html_in(self, hostile):
        page = shown(f"Before {hostile} after")
        assert "<script" not in page
        assert "<b>" not in page
        assert "<img" not in page
        assert "&lt;" in page

    @pytest.mark.parametrize(
        "scheme", ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc"]
    )
    def test_links_to_pages_alone(self, scheme):
        assert "<a" not in shown(f"[here]({scheme})")

    def test_shows_no_image_heading_or_code(self):
        page = shown("# One\n\n![alt](https://example.org/x.png)\n\n    four\n\n```\ncode\n```")
        for element in ("<h1", "<img", "<pre", "<code"):
            assert element not in page

    @given(st.text(max_size=200))
    def test_never_lets_a_tag_of_the_writer_through(self, text):
        try:
            value = prose.validate_python(f"<x {text}>")
        except ValidationError:
            return
        assert "<x" not in value.__html__()

    def test_has_its_words_alone(self):
        assert Prose("A *b* [c](https://d.org) & e\n\n- f\n- g").plain == "A b c & e f g"

    def test_is_spelled_out_with_all_that_a_reader_sees_or_follows(self):
        spelled = Prose("A *b*\n[**c**](https://d.org) \\*e\n\n- f\n- g\n\n2. h").spelled_out
        assert spelled == "A *b* **c** (https://d.org) *e\n\n- f\n\n- g\n\n2. h"


class TestCleaning:
    def test_gives_one_form_to_line_ends_blanks_and_accents(self):
        assert clean("a \r\nb\r\n\r\n\r\n\r\ncafe\u0301  ") == "a\nb\n\ncaf\u00e9"

    @given(st.text(max_size=200))
    def test_done_twice_is_done_once(self, text):
        try:
            once = clean(text)
        except PydanticCustomError:
            return
        assert clean(once) == once

    @pytest.mark.parametrize("character", ["\0", "\x02", "\x85", "\u2028", "\u202e", "\ufeff"])
    def test_refuses_what_no_reader_could_see(self, character):
        with pytest.raises(ValidationError, match=r"unseen character U\+"):
            prose.validate_python(f"a{character}b")
