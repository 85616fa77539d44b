"""The schema's history (Alembic, through Flask-Migrate)."""
