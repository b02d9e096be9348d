import re
from pathlib import Path

import environ

PROJECT = Path(__file__).resolve().parents[2]


def names_in(file, pattern):
    names = re.findall(pattern, (PROJECT / file).read_text(), re.MULTILINE)
    assert len(names) == len(set(names)), f"{file} has a name twice"
    return set(names)


class TestEveryVariable:
    def test_that_the_settings_read_is_explained_and_in_the_example_and_no_other(self):
        # DATABASE_URL is looked at twice: whether there is one, and what it says.
        read = set(re.findall(r"env\.[\w.]+\(\s*\"([A-Z_]+)\"", (PROJECT / "config/settings.py").read_text()))
        assert len(read) > 10
        assert read == names_in("docs/settings.md", r"^\| `([A-Z_]+)` \|")
        assert read == names_in(".env.example", r"^(?:# )?([A-Z_]+)=")

    def test_of_the_example_can_be_read(self, monkeypatch):
        monkeypatch.setattr(environ.Env, "ENVIRON", values := {})
        environ.Env.read_env(PROJECT / ".env.example")
        assert values["TRUSTED_PROXY_COUNT"] == "1"
        assert values["SECRET_KEY"] == ""

    def test_that_lists_a_default_in_the_example_lists_the_one_in_the_table(self):
        table = (PROJECT / "docs/settings.md").read_text()
        for name, value in re.findall(
            r"^# ([A-Z_]+)=(.+)$", (PROJECT / ".env.example").read_text(), re.MULTILINE
        ):
            assert f"| `{name}` | `{value}` |" in table
