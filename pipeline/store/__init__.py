"""The only place that knows SQL: what is kept, found and changed."""

from models import index_tables, review_tables  # noqa: F401 - so that `Base.metadata` knows every table
