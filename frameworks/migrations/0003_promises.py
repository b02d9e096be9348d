from django.db import migrations

# Keys that span more than an id: what they lead to is of the same framework, and of the right kind. The generated
# columns that take part are the database's alone. As fields of a model, they would make `manage.py check` connect.
KEYS = [
    (
        """
        ALTER TABLE frameworks_entry ADD COLUMN step_kind varchar(10)
            GENERATED ALWAYS AS (CASE WHEN step_id IS NOT NULL THEN 'step' END) STORED;
        ALTER TABLE frameworks_entry ADD CONSTRAINT an_entry_belongs_to_a_step_of_its_own_framework
            FOREIGN KEY (step_id, framework_id, step_kind) REFERENCES frameworks_entry (id, framework_id, kind)
            DEFERRABLE INITIALLY DEFERRED;
        """,
        "ALTER TABLE frameworks_entry DROP COLUMN step_kind;",
    ),
    (
        """
        ALTER TABLE frameworks_citation ADD COLUMN claim_kind varchar(10)
            GENERATED ALWAYS AS (CASE WHEN claim_id IS NOT NULL THEN 'claim' END) STORED;
        ALTER TABLE frameworks_citation ADD CONSTRAINT a_citation_of_an_entry_is_of_a_claim
            FOREIGN KEY (claim_id, claim_kind) REFERENCES frameworks_entry (id, kind)
            DEFERRABLE INITIALLY DEFERRED;
        """,
        "ALTER TABLE frameworks_citation DROP COLUMN claim_kind;",
    ),
    (
        """
        ALTER TABLE frameworks_framework ADD CONSTRAINT the_current_revision_is_the_frameworks_own
            FOREIGN KEY (current_revision_id, id) REFERENCES frameworks_revision (id, framework_id)
            DEFERRABLE INITIALLY DEFERRED;
        """,
        "ALTER TABLE frameworks_framework DROP CONSTRAINT the_current_revision_is_the_frameworks_own;",
    ),
]

# TRUNCATE is let through: tests flush with it. So is forgetting who published, when that account is erased.
A_REVISION_NEVER_CHANGES = (
    """
    CREATE FUNCTION frameworks_a_revision_never_changes() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' AND NEW.published_by_id IS NULL
            AND to_jsonb(NEW) - 'published_by_id' = to_jsonb(OLD) - 'published_by_id'
        THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'revision % of framework % was published and never changes', OLD.number, OLD.framework_id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_revision_never_changes';
    END $$;
    CREATE TRIGGER a_revision_never_changes BEFORE UPDATE OR DELETE ON frameworks_revision
        FOR EACH ROW EXECUTE FUNCTION frameworks_a_revision_never_changes();
    """,
    """
    DROP TRIGGER a_revision_never_changes ON frameworks_revision;
    DROP FUNCTION frameworks_a_revision_never_changes;
    """,
)

# What readers' addresses, ticks and revisions hang on keeps its name.
NAMES_STAY = (
    """
    CREATE FUNCTION frameworks_a_name_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% of % never changes: addresses, ticks and revisions hang on it', TG_ARGV[1], TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_ARGV[0];
    END $$;
    CREATE TRIGGER a_published_slug_never_changes BEFORE UPDATE OF slug ON frameworks_framework
        FOR EACH ROW WHEN (NEW.slug <> OLD.slug AND OLD.current_revision_id IS NOT NULL)
        EXECUTE FUNCTION frameworks_a_name_stays('a_published_slug_never_changes', 'the slug');
    CREATE TRIGGER an_entry_key_never_changes BEFORE UPDATE OF key ON frameworks_entry
        FOR EACH ROW WHEN (NEW.key <> OLD.key)
        EXECUTE FUNCTION frameworks_a_name_stays('an_entry_key_never_changes', 'the key');
    CREATE TRIGGER a_source_key_never_changes BEFORE UPDATE OF key ON frameworks_source
        FOR EACH ROW WHEN (NEW.key <> OLD.key)
        EXECUTE FUNCTION frameworks_a_name_stays('a_source_key_never_changes', 'the key');
    """,
    """
    DROP TRIGGER a_source_key_never_changes ON frameworks_source;
    DROP TRIGGER an_entry_key_never_changes ON frameworks_entry;
    DROP TRIGGER a_published_slug_never_changes ON frameworks_framework;
    DROP FUNCTION frameworks_a_name_stays;
    """,
)

# A revision names its sources by key, which no foreign key can hold.
A_PUBLISHED_SOURCE_IS_KEPT = (
    """
    CREATE FUNCTION frameworks_a_published_source_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM frameworks_revision WHERE source_keys @> ARRAY[OLD.key]::varchar[]) THEN
            RAISE EXCEPTION 'source % is cited by a published revision and is kept', OLD.key
                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_published_source_is_kept';
        END IF;
        RETURN OLD;
    END $$;
    CREATE TRIGGER a_published_source_is_kept BEFORE DELETE ON frameworks_source
        FOR EACH ROW EXECUTE FUNCTION frameworks_a_published_source_is_kept();
    """,
    """
    DROP TRIGGER a_published_source_is_kept ON frameworks_source;
    DROP FUNCTION frameworks_a_published_source_is_kept;
    """,
)

# The lock lets one writer at a time add arrows: two that are harmless alone could close a circle together.
NO_SOURCE_RESTS_ON_ITSELF = (
    """
    CREATE FUNCTION frameworks_a_source_never_rests_on_itself() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_advisory_xact_lock('frameworks_drawson'::regclass::oid::bigint);
        IF EXISTS (
            WITH RECURSIVE beneath (id) AS (
                SELECT NEW.to_source_id
                UNION
                SELECT arrow.to_source_id FROM frameworks_drawson arrow JOIN beneath ON arrow.from_source_id = beneath.id
            )
            SELECT FROM beneath WHERE id = NEW.from_source_id
        ) THEN
            RAISE EXCEPTION 'source % would rest on itself', NEW.from_source_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'a_source_never_rests_on_itself';
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER a_source_never_rests_on_itself AFTER INSERT OR UPDATE ON frameworks_drawson
        FOR EACH ROW EXECUTE FUNCTION frameworks_a_source_never_rests_on_itself();
    """,
    """
    DROP TRIGGER a_source_never_rests_on_itself ON frameworks_drawson;
    DROP FUNCTION frameworks_a_source_never_rests_on_itself;
    """,
)

FACETS_ARE_COUNTED = (
    """
    CREATE FUNCTION frameworks_facets_are_counted() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP <> 'INSERT' THEN
            UPDATE frameworks_facetcount SET listings = listings - 1
            WHERE (category_id, time_to_result, supervision, certainty)
                = (OLD.category_id, OLD.time_to_result, OLD.supervision, OLD.certainty);
        END IF;
        IF TG_OP <> 'DELETE' THEN
            INSERT INTO frameworks_facetcount (category_id, time_to_result, supervision, certainty, listings)
            VALUES (NEW.category_id, NEW.time_to_result, NEW.supervision, NEW.certainty, 1)
            ON CONFLICT (category_id, time_to_result, supervision, certainty)
                DO UPDATE SET listings = frameworks_facetcount.listings + 1;
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER facets_are_counted AFTER INSERT OR DELETE ON frameworks_listing
        FOR EACH ROW EXECUTE FUNCTION frameworks_facets_are_counted();
    CREATE TRIGGER facets_are_counted_again
        AFTER UPDATE OF category_id, time_to_result, supervision, certainty ON frameworks_listing
        FOR EACH ROW EXECUTE FUNCTION frameworks_facets_are_counted();
    """,
    """
    DROP TRIGGER facets_are_counted_again ON frameworks_listing;
    DROP TRIGGER facets_are_counted ON frameworks_listing;
    DROP FUNCTION frameworks_facets_are_counted;
    """,
)


class Migration(migrations.Migration):
    """What the database promises beyond what a model can say."""

    dependencies = [("frameworks", "0002_library")]
    operations = [
        migrations.RunSQL(forwards, backwards)
        for forwards, backwards in [
            *KEYS,
            A_REVISION_NEVER_CHANGES,
            NAMES_STAY,
            A_PUBLISHED_SOURCE_IS_KEPT,
            NO_SOURCE_RESTS_ON_ITSELF,
            FACETS_ARE_COUNTED,
        ]
    ]
