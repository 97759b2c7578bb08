"""What a newer reading superseded, metadata of a version that follow a newer extractor, and events that are withdrawn."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

_TABLES = (
    'mention', 'mention_candidate', 'link', 'identifier_mention', 'amount', 'time_expression',
    'event_argument', 'event_amount', 'event_quantity',
)
_KINDS = ('created', 'changed', 'merged', 'unmerged')


def upgrade() -> None:
    for table in _TABLES:
        op.add_column(table, sa.Column('superseded_at', sa.DateTime(timezone=True), nullable=True))
        op.add_column(table, sa.Column('superseded_by', sa.String(length=64), nullable=True))
    op.create_table('version_change',
    sa.Column('version_id', sa.String(length=64), nullable=False),
    sa.Column('column', sa.String(length=32), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('before', sa.Text(), nullable=True),
    sa.Column('after', sa.Text(), nullable=True),
    sa.Column('extractor', sa.String(), nullable=False),
    sa.Column('run_id', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['run_id'], ['run.id'], name=op.f('fk_version_change_run_id_run')),
    sa.ForeignKeyConstraint(['version_id'], ['article_version.id'], name=op.f('fk_version_change_version_id_article_version')),
    sa.PrimaryKeyConstraint('version_id', 'column', 'at', name=op.f('pk_version_change'))
    )
    _allow_kinds((*_KINDS, 'withdrawn'))


def downgrade() -> None:
    # The older program shows all rows, superseded or not; the view names the columns, and comes back with the next upgrade.
    op.execute(sa.text('DROP VIEW IF EXISTS v_events_flat'))
    op.execute(sa.text("UPDATE event_change SET kind = 'changed' WHERE kind = 'withdrawn'"))
    _allow_kinds(_KINDS)
    op.drop_table('version_change')
    for table in _TABLES:
        op.drop_column(table, 'superseded_by')
        op.drop_column(table, 'superseded_at')


def _allow_kinds(kinds: Sequence[str]) -> None:
    """Let lines of the change feed be of these kinds and no others; no table refers to them."""
    listed = ', '.join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table('event_change', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_event_change_kind'), type_='check')
        batch_op.create_check_constraint(op.f('ck_event_change_kind'), sa.text(f'kind IN ({listed})'))
