from django.db import migrations, models

# The rule of evidence.py: contradicted by a source that stands, and was not found to say something else.
COUNT_THE_CONTRADICTED = """
    UPDATE frameworks_listing listing
    SET disputed_claims = (
        SELECT count(*)
        FROM jsonb_array_elements(revision.document -> 'claims') claim
        WHERE EXISTS (
            SELECT FROM jsonb_array_elements(claim -> 'citations') citation
            WHERE citation ->> 'stance' = 'disputes'
              AND citation ->> 'checked' IS DISTINCT FROM 'does-not-say-it'
              AND NOT EXISTS (
                  SELECT FROM frameworks_sourceupdate retraction
                  JOIN frameworks_source source ON source.id = retraction.source_id
                  WHERE source.key = citation ->> 'source' AND retraction.type = 'retraction'
              )
        )
    )
    FROM frameworks_framework framework
    JOIN frameworks_revision revision ON revision.id = framework.current_revision_id
    WHERE framework.id = listing.framework_id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("frameworks", "0006_news"),
    ]

    operations = [
        migrations.AddField(
            model_name="listing",
            name="disputed_claims",
            field=models.PositiveSmallIntegerField(db_default=0),
        ),
        migrations.RunSQL(COUNT_THE_CONTRADICTED, migrations.RunSQL.noop),
    ]
