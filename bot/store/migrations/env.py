"""What alembic runs for every command: the connection comes from `bot/store/migrate.py`."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
