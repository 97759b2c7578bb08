"""When feeds are due, how they fare, and more outcomes of a poll."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

_OUTCOMES = ('OK', 'NOT_MODIFIED', 'DEAD', 'EMPTY', 'HTML', 'OFF')
_NEW_OUTCOMES = ('SILENT', 'GAP', 'WAITING')
_FEED = (
    'id', 'publisher', 'url', 'language', 'country', 'kind', 'korea_filter', 'enabled', 'etag', 'last_modified', 'body_sha256',
    'last_attempt_at', 'last_success_at', 'last_new_item_at', 'newest_item_at', 'last_outcome', 'last_reason', 'failures',
)


def upgrade() -> None:
    _set_feeds_aside()
    with op.batch_alter_table('feed', schema=None) as batch_op:
        batch_op.add_column(sa.Column('last_full_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('outcome_since', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('poll_interval', sa.Double(), nullable=True))
        batch_op.add_column(sa.Column('novelty', sa.Double(), nullable=True))
        batch_op.add_column(sa.Column('next_attempt_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('moved_to', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('moved_seen', sa.Integer(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('disabled_reason', sa.Text(), nullable=True))
        batch_op.alter_column('failures', existing_type=sa.Integer(), type_=sa.Double(), existing_nullable=False)
        _allow(batch_op, 'feed', 'last_outcome', (*_OUTCOMES, *_NEW_OUTCOMES))
    _put_feeds_back()
    with op.batch_alter_table('fetch_log', schema=None) as batch_op:
        _allow(batch_op, 'fetch_log', 'feed_outcome', (*_OUTCOMES, *_NEW_OUTCOMES))
    op.execute(sa.text('UPDATE feed SET outcome_since = last_attempt_at'))


def downgrade() -> None:
    # What the older program has no word for was an answer with entries.
    op.execute(sa.text("UPDATE feed SET last_outcome = 'OK' WHERE last_outcome IN ('SILENT', 'GAP', 'WAITING')"))
    op.execute(sa.text("UPDATE fetch_log SET feed_outcome = 'OK' WHERE feed_outcome IN ('SILENT', 'GAP', 'WAITING')"))
    with op.batch_alter_table('fetch_log', schema=None) as batch_op:
        _allow(batch_op, 'fetch_log', 'feed_outcome', _OUTCOMES)
    _set_feeds_aside()
    with op.batch_alter_table('feed', schema=None) as batch_op:
        _allow(batch_op, 'feed', 'last_outcome', _OUTCOMES)
        batch_op.alter_column('failures', existing_type=sa.Double(), type_=sa.Integer(), existing_nullable=False)
        for name in ('disabled_reason', 'moved_seen', 'moved_to', 'next_attempt_at', 'novelty', 'poll_interval', 'outcome_since', 'last_full_at'):
            batch_op.drop_column(name)
    _put_feeds_back()


def _allow(batch_op: BatchOperations, table: str, column: str, values: Sequence[str]) -> None:
    """Let `column` hold these outcomes and nothing else."""
    name = op.f(f'ck_{table}_feed_outcome')
    batch_op.drop_constraint(name, type_='check')
    listed = ', '.join(f"'{value}'" for value in values)
    batch_op.create_check_constraint(name, sa.text(f'{column} IN ({listed})'))


def _set_feeds_aside() -> None:
    """Empty the table on SQLite, which changes a table by copying it and dropping the old one.

    Dropped with rows, it would leave their items and requests without a feed. The foreign keys count what misses its
    feed until the end of the transaction, and the count is back at nothing when the rows are.
    """
    if op.get_bind().dialect.name == 'sqlite':
        op.execute(sa.text('PRAGMA defer_foreign_keys = ON'))
        op.execute(sa.text('CREATE TEMPORARY TABLE feed_aside AS SELECT * FROM feed'))
        op.execute(sa.text('DELETE FROM feed'))


def _put_feeds_back() -> None:
    if op.get_bind().dialect.name == 'sqlite':
        names = ', '.join(_FEED)
        op.execute(sa.text(f'INSERT INTO feed ({names}) SELECT {names} FROM feed_aside'))
        op.execute(sa.text('DROP TABLE feed_aside'))
