"""What content/ promises its readers, whatever its files say."""

import pytest
from django.conf import settings

from frameworks.library_files import SourcesFile
from frameworks.yaml_text import YamlText

_CONTENT = settings.BASE_DIR / "content"
_FILES = sorted((_CONTENT / "frameworks").glob("*.yaml"))


@pytest.fixture(scope="module")
def bibliography():
    records = YamlText((_CONTENT / "sources.yaml").read_bytes(), "sources.yaml").read(SourcesFile).sources
    return {record.key: record for record in records}


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
class TestAFrameworkOfTheStartingLibrary:
    def test_shows_where_to_find_help_where_it_speaks_of_suicide(self, path, bibliography):
        text = path.read_text(encoding="utf-8")
        framework = YamlText(path.read_bytes(), path.name).read_framework(bibliography)
        assert framework.sensitive or "suicid" not in text
