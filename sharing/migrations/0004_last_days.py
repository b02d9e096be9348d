import datetime
import zoneinfo

import django.db.models.functions.datetime
from django.db import migrations, models


def keep_last_days(apps, schema_editor):
    """The day that was shown until now: in the time zone that the clinician has, or UTC where they have left."""
    Handout = apps.get_model("sharing", "Handout")
    handouts = list(Handout.objects.select_related("clinician").only("expires_at", "clinician__time_zone"))
    for handout in handouts:
        zone = zoneinfo.ZoneInfo(handout.clinician.time_zone if handout.clinician else "UTC")
        last_moment = handout.expires_at - datetime.timedelta(seconds=1)
        # Who has moved far to the east since was shown a day on which it is closed everywhere.
        handout.last_on = min(last_moment.astimezone(zone).date(), handout.expires_at.date())
    Handout.objects.bulk_update(handouts, ["last_on"], batch_size=500)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_know_who_is_a_clinician"),
        ("sharing", "0003_consents_end_with_the_readers_account"),
    ]

    operations = [
        migrations.AddField("handout", "last_on", models.DateField(null=True)),
        migrations.RunPython(keep_last_days, migrations.RunPython.noop),
        migrations.AlterField("handout", "last_on", models.DateField()),
        migrations.AddConstraint(
            model_name="handout",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "last_on__lte",
                        django.db.models.functions.datetime.TruncDate("expires_at", tzinfo=datetime.UTC),
                    ),
                    (
                        "last_on__gte",
                        models.expressions.CombinedExpression(
                            django.db.models.functions.datetime.TruncDate("expires_at", tzinfo=datetime.UTC),
                            "-",
                            models.Value(datetime.timedelta(days=1)),
                        ),
                    ),
                ),
                name="a_handout_expires_at_the_end_of_its_last_day",
            ),
        ),
    ]
