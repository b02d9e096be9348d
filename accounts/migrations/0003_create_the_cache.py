from django.db import migrations

CREATE = """
    CREATE TABLE accounts_cache (
        cache_key varchar(255) PRIMARY KEY,
        value text NOT NULL,
        expires timestamp with time zone NOT NULL
    );
    CREATE INDEX accounts_cache_expires ON accounts_cache (expires);
"""


class Migration(migrations.Migration):
    """The table of Django's database cache, as `createcachetable` would make it: one command less to think of."""

    dependencies = [("accounts", "0002_know_whose_a_session_is")]

    operations = [migrations.RunSQL(CREATE, "DROP TABLE accounts_cache")]
