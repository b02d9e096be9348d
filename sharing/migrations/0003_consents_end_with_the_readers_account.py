from django.db import migrations

# A reader who cannot sign in cannot take a consent back.
CONSENTS_END_WITH_EITHER_ACCOUNT = """
    CREATE OR REPLACE FUNCTION sharing_consents_end() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        clinician bigint;
    BEGIN
        IF TG_TABLE_NAME = 'accounts_user' THEN
            clinician := OLD.id;
            UPDATE sharing_progressconsent SET lapsed_at = now()
                WHERE checklist_id IN (SELECT id FROM checklists_checklist WHERE reader_id = OLD.id)
                    AND withdrawn_at IS NULL AND lapsed_at IS NULL;
        ELSE
            clinician := OLD.user_id;
        END IF;
        UPDATE sharing_progressconsent SET lapsed_at = now()
            WHERE clinician_id = clinician AND withdrawn_at IS NULL AND lapsed_at IS NULL;
        RETURN NULL;
    END $$;
"""
THOSE_OF_CLOSED_ACCOUNTS_END = """
    UPDATE sharing_progressconsent SET lapsed_at = now()
        WHERE checklist_id IN (
                SELECT checklist.id FROM checklists_checklist checklist
                JOIN accounts_user reader ON reader.id = checklist.reader_id WHERE NOT reader.is_active
            )
            AND withdrawn_at IS NULL AND lapsed_at IS NULL;
"""
CONSENTS_END_WITH_THE_CLINICIANS_ACCOUNT = """
    CREATE OR REPLACE FUNCTION sharing_consents_end() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        clinician bigint;
    BEGIN
        IF TG_TABLE_NAME = 'accounts_user' THEN
            clinician := OLD.id;
        ELSE
            clinician := OLD.user_id;
        END IF;
        UPDATE sharing_progressconsent SET lapsed_at = now()
            WHERE clinician_id = clinician AND withdrawn_at IS NULL AND lapsed_at IS NULL;
        RETURN NULL;
    END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("sharing", "0002_progress_that_is_shown")]

    operations = [
        migrations.RunSQL(CONSENTS_END_WITH_EITHER_ACCOUNT, CONSENTS_END_WITH_THE_CLINICIANS_ACCOUNT),
        migrations.RunSQL(THOSE_OF_CLOSED_ACCOUNTS_END, migrations.RunSQL.noop),
    ]
