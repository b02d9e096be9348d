"""A token opens one generation of one handout, and nobody makes one without the key."""

import os
import subprocess
import sys
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from sharing import tokens

GENERATIONS = st.integers(1, tokens.LAST_GENERATION)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
KEYS = st.text(min_size=1, max_size=80)


class TestEveryToken:
    @given(st.uuids(), GENERATIONS)
    def test_names_what_it_was_made_of(self, id, generation):
        token = tokens.make(id, generation)
        assert tokens.read(token) == (id, generation)
        assert len(token) == tokens.LENGTH
        assert set(token) <= set(ALPHABET)

    @given(st.uuids(), GENERATIONS, st.integers(0, tokens.LENGTH - 1), st.sampled_from(ALPHABET))
    def test_opens_nothing_with_one_letter_changed(self, id, generation, place, letter):
        token = tokens.make(id, generation)
        changed = token[:place] + letter + token[place + 1 :]
        assert (tokens.read(changed) is None) == (changed != token)

    @given(st.uuids(), GENERATIONS, st.integers(0, 287))
    def test_opens_nothing_with_one_bit_changed(self, id, generation, bit):
        raw = bytearray(urlsafe_b64decode(tokens.make(id, generation)))
        raw[bit // 8] ^= 1 << bit % 8
        assert tokens.read(urlsafe_b64encode(raw).decode()) is None

    @given(st.uuids(), GENERATIONS, KEYS, KEYS)
    def test_opens_nothing_under_another_key(self, id, generation, key, other):
        with override_settings(HANDOUT_KEY=key, HANDOUT_KEY_FALLBACKS=[]):
            token = tokens.make(id, generation)
        with override_settings(HANDOUT_KEY=other, HANDOUT_KEY_FALLBACKS=[]):
            assert (tokens.read(token) is None) == (key != other)

    @given(st.uuids(), GENERATIONS, KEYS, KEYS)
    def test_lives_on_as_long_as_its_key_is_a_fallback(self, id, generation, key, other):
        with override_settings(HANDOUT_KEY=key, HANDOUT_KEY_FALLBACKS=[]):
            token = tokens.make(id, generation)
        with override_settings(HANDOUT_KEY=other, HANDOUT_KEY_FALLBACKS=["another", key]):
            assert tokens.read(token) == (id, generation)

    @given(st.uuids(), GENERATIONS, GENERATIONS)
    def test_is_of_one_generation(self, id, generation, other):
        assert (tokens.make(id, generation) == tokens.make(id, other)) == (generation == other)


class TestWhatIsNoToken:
    @given(st.text(max_size=100) | st.text(ALPHABET + "=+/ \n", min_size=48, max_size=48))
    def test_opens_nothing_and_raises_nothing(self, text):
        assert tokens.read(text) is None

    @pytest.mark.parametrize("spoilt", ["{}=", " {}", "{}\n", "{}A", "é{}"])
    def test_is_a_token_with_something_more(self, spoilt):
        assert tokens.read(spoilt.format(tokens.make(uuid.uuid4(), 1))) is None

    def test_is_a_token_in_the_other_base64(self):
        token = next(t for t in (tokens.make(uuid.uuid4(), 1) for _ in range(1000)) if "-" in t)
        assert tokens.read(token.replace("-", "+")) is None


class TestTheKey:
    CODE = "from config.settings import *; print(HANDOUT_KEY, HANDOUT_KEY_FALLBACKS)"

    def test_is_the_secret_key_with_its_fallbacks_where_none_is_given(self, settings_of):
        assert settings_of() == "R4nd0m ['former']"

    def test_is_one_of_its_own_where_one_is_given(self, settings_of):
        assert settings_of(HANDOUT_KEY="$own", HANDOUT_KEY_FALLBACKS="one,two") == "$own ['one', 'two']"

    @pytest.fixture
    def settings_of(self, monkeypatch):
        """What a server's settings come to with these variables."""

        def settings_of(**variables):
            given = {
                **os.environ,
                "DEBUG": "off",
                "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
                "SECRET_KEY": "R4nd0m",
                "SECRET_KEY_FALLBACKS": "former",
                "HANDOUT_KEY": "",
                "HANDOUT_KEY_FALLBACKS": "",
                **variables,
            }
            ran = subprocess.run([sys.executable, "-c", self.CODE], env=given, capture_output=True, text=True)
            return ran.stdout.strip()

        return settings_of
