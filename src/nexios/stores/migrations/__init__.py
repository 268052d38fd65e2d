"""The steps of the tables, which Alembic runs."""
