"""A PostgreSQL that needs no installation: for developers and tests, never for a server (ENGINE "config.embedded")."""
