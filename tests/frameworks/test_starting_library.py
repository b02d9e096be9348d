"""What content/ promises its readers, whatever its files say."""

import pytest
from django.conf import settings

from frameworks.library_files import SourcesFile
from frameworks.readiness import speaks_of_distress
from frameworks.yaml_text import YamlText

_CONTENT = settings.BASE_DIR / "content"
_FILES = sorted((_CONTENT / "frameworks").glob("*.yaml"))


@pytest.fixture(scope="module")
def bibliography():
    records = YamlText((_CONTENT / "sources.yaml").read_bytes(), "sources.yaml").read(SourcesFile).sources
    return {record.key: record for record in records}


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
class TestAFrameworkOfTheStartingLibrary:
    def test_shows_where_to_find_help_where_it_may_find_a_reader_in_distress(self, path, bibliography):
        framework = YamlText(path.read_bytes(), path.name).read_framework(bibliography)
        assert framework.sensitive or not speaks_of_distress(framework)
