from django.db import migrations

# What a query finds, at most so many: what names it in title or tagline first, then what mentions it anywhere.
# A function, because PostgreSQL takes reading a row for cheap even where its search vector lies elsewhere: left to
# itself it reads the whole table for two common words that never stand together. Here it has to ask the index.
LISTINGS_ARE_FOUND = (
    """
    CREATE FUNCTION frameworks_found(
        query tsquery, categories bigint[], times text[], supervisions text[], certainties text[], most integer
    ) RETURNS TABLE (framework_id bigint, named boolean)
    LANGUAGE sql STABLE SET enable_seqscan = off AS $$
        WITH named AS MATERIALIZED (
            SELECT framework_id FROM frameworks_listing
            WHERE to_tsvector('plain_english'::regconfig, COALESCE(title, '') || ' ' || COALESCE(tagline, '')) @@ query
                AND search @@ query
                AND (categories IS NULL OR category_id = ANY (categories))
                AND (times IS NULL OR time_to_result = ANY (times))
                AND (supervisions IS NULL OR supervision = ANY (supervisions))
                AND (certainties IS NULL OR certainty = ANY (certainties))
            LIMIT most
        ), mentioned AS MATERIALIZED (
            SELECT framework_id FROM frameworks_listing
            WHERE search @@ query
                AND (categories IS NULL OR category_id = ANY (categories))
                AND (times IS NULL OR time_to_result = ANY (times))
                AND (supervisions IS NULL OR supervision = ANY (supervisions))
                AND (certainties IS NULL OR certainty = ANY (certainties))
            LIMIT most
        )
        SELECT framework_id, bool_or(named)
        FROM (SELECT framework_id, true FROM named UNION ALL SELECT framework_id, false FROM mentioned) AS hit (framework_id, named)
        GROUP BY framework_id
        ORDER BY bool_or(named) DESC, framework_id
        LIMIT most
    $$;
    """,
    "DROP FUNCTION frameworks_found;",
)

# Two letters that changed places in a short word (`truama`) leave little alike: below the threshold that servers have.
WORDS_ARE_LIKENED = (
    """
    CREATE FUNCTION frameworks_like(asked text, most integer) RETURNS SETOF varchar
    LANGUAGE sql STABLE SET enable_seqscan = off SET pg_trgm.similarity_threshold = 0.2 AS $$
        SELECT word FROM frameworks_titleword
        WHERE word % asked AND numnode(plainto_tsquery('plain_english', word)) > 0
        ORDER BY similarity(word, asked) DESC, word
        LIMIT most
    $$;
    """,
    "DROP FUNCTION frameworks_like;",
)


class Migration(migrations.Migration):
    """How the library is searched and narrowed, whatever its size."""

    dependencies = [("frameworks", "0003_promises")]
    operations = [
        migrations.RunSQL(*LISTINGS_ARE_FOUND),
        migrations.RunSQL(*WORDS_ARE_LIKENED),
    ]
