from django.contrib.postgres.operations import TrigramExtension, UnaccentExtension
from django.db import migrations


class Migration(migrations.Migration):
    """English words without their accents, and words that look alike."""

    initial = True
    dependencies = []
    operations = [
        TrigramExtension(),
        UnaccentExtension(),
        # unaccent() itself is only STABLE; inside a configuration it may stand in an index.
        migrations.RunSQL(
            """
            CREATE TEXT SEARCH CONFIGURATION plain_english (COPY = english);
            ALTER TEXT SEARCH CONFIGURATION plain_english
                ALTER MAPPING FOR hword, hword_part, word WITH unaccent, english_stem;
            """,
            "DROP TEXT SEARCH CONFIGURATION plain_english;",
        ),
    ]
