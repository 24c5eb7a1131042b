"""Runs one actor's migrations on the connection that storage/migrate.py holds, inside its transaction."""

from alembic import context

connection = context.config.attributes["connection"]
# SQLite changes tables inside a transaction like any other row, once Python begins none of its own.
context.configure(connection=connection, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
