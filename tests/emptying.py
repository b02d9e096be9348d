"""Emptying the tables of models after a test that commits.

Django truncates them, which makes the files of every table and index anew, and then makes all permissions and groups
again: half a second where deleting the few rows of a test takes a hundredth.
"""

from django.db import connection, transaction
from django.test import TransactionTestCase


def empty_quickly():
    """Have every test that commits leave what migrating left; ask before the first test.

    Takes a superuser, whom the promises of the database do not bind. For anybody else Django empties the tables.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if cursor.fetchone() != (True,):
            return
        tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
        kept = [table for table in tables if _has_rows(cursor, table)]
        cursor.execute("DROP SCHEMA IF EXISTS kept CASCADE; CREATE SCHEMA kept")
        for table in kept:
            cursor.execute(f'CREATE TABLE kept."{table}" AS TABLE "{table}"')
    everything = ", ".join(f'"{table}"' for table in tables)
    statements = [
        "SET LOCAL session_replication_role = replica",
        # A request that is under way is waited for: rows that it had not committed yet would not be seen.
        f"LOCK TABLE {everything} IN SHARE ROW EXCLUSIVE MODE",
        *(f'DELETE FROM "{table}"' for table in tables),
        *(f'INSERT INTO "{table}" TABLE kept."{table}"' for table in kept),
    ]

    def empty(_test_case):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("; ".join(statements))

    TransactionTestCase._fixture_teardown = empty


def _has_rows(cursor, table):
    cursor.execute(f'SELECT EXISTS (SELECT FROM "{table}")')
    return cursor.fetchone()[0]
