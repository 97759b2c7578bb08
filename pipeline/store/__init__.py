"""The only place that knows SQL: SQLite by default, PostgreSQL by URL, the same rows on both."""
