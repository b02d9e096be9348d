from django.db import migrations

THE_REVISION_IS_OF_THE_FRAMEWORK = (
    """
    ALTER TABLE checklists_checklist ADD CONSTRAINT a_checklists_revision_is_of_its_framework
        FOREIGN KEY (revision_id, framework_id) REFERENCES frameworks_revision (id, framework_id)
        DEFERRABLE INITIALLY DEFERRED;
    """,
    "ALTER TABLE checklists_checklist DROP CONSTRAINT a_checklists_revision_is_of_its_framework;",
)

# TRUNCATE is let through: tests flush with it. So is forgetting what a note once said. A line may go with its checklist
# and with nothing else: that is seen when the transaction ends, since children are deleted before their parent.
HISTORY_IS_KEPT = (
    """
    CREATE FUNCTION checklists_history_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' AND NEW.note = '' AND to_jsonb(NEW) - 'note' = to_jsonb(OLD) - 'note'
            AND OLD.note IS NOT NULL
        THEN
            RETURN NEW;
        END IF;
        IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT FROM checklists_checklist WHERE id = OLD.checklist_id) THEN
            RETURN NULL;
        END IF;
        RAISE EXCEPTION 'the history of a checklist is kept as long as the checklist'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'history_is_kept';
    END $$;
    CREATE TRIGGER history_never_changes BEFORE UPDATE ON checklists_tickchange
        FOR EACH ROW EXECUTE FUNCTION checklists_history_is_kept();
    CREATE CONSTRAINT TRIGGER history_is_deleted_only_with_its_checklist AFTER DELETE ON checklists_tickchange
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION checklists_history_is_kept();
    """,
    """
    DROP TRIGGER history_is_deleted_only_with_its_checklist ON checklists_tickchange;
    DROP TRIGGER history_never_changes ON checklists_tickchange;
    DROP FUNCTION checklists_history_is_kept;
    """,
)


class Migration(migrations.Migration):
    """What the database promises beyond what a model can say."""

    dependencies = [("checklists", "0001_checklists"), ("frameworks", "0004_search")]
    operations = [
        migrations.RunSQL(forwards, backwards)
        for forwards, backwards in [THE_REVISION_IS_OF_THE_FRAMEWORK, HISTORY_IS_KEPT]
    ]
