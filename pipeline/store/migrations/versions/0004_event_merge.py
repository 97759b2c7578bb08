"""Decisions on which events are one, and the change feed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')


def upgrade() -> None:
    op.create_table('event_merge',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('loser_event_id', sa.String(length=64), nullable=False),
    sa.Column('winner_event_id', sa.String(length=64), nullable=False),
    sa.Column('status', sa.Enum('merged', 'candidate', 'apart', name='status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('score', sa.Double(), nullable=True),
    sa.Column('reasons', _JSON, nullable=False),
    sa.Column('decided_by', sa.String(), nullable=False),
    sa.Column('maker', sa.String(), nullable=False),
    sa.Column('maker_version', sa.String(), nullable=False),
    sa.Column('why', sa.Text(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('loser_event_id <> winner_event_id', name=op.f('ck_event_merge_two')),
    sa.ForeignKeyConstraint(['loser_event_id'], ['event.id'], name=op.f('fk_event_merge_loser_event_id_event')),
    sa.ForeignKeyConstraint(['winner_event_id'], ['event.id'], name=op.f('fk_event_merge_winner_event_id_event')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_event_merge'))
    )
    op.create_index(op.f('ix_event_merge_loser_event_id'), 'event_merge', ['loser_event_id'], unique=False)
    op.create_index(op.f('ix_event_merge_winner_event_id'), 'event_merge', ['winner_event_id'], unique=False)
    op.create_table('event_change',
    sa.Column('number', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('event_id', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.Enum('created', 'changed', 'merged', 'unmerged', name='kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('into_event_id', sa.String(length=64), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['event_id'], ['event.id'], name=op.f('fk_event_change_event_id_event')),
    sa.ForeignKeyConstraint(['into_event_id'], ['event.id'], name=op.f('fk_event_change_into_event_id_event')),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_event_change'))
    )
    op.create_index(op.f('ix_event_change_event_id_kind'), 'event_change', ['event_id', 'kind'], unique=False)
    op.create_index(op.f('ix_event_change_at'), 'event_change', ['at'], unique=False)
    # Events that stood under the event of a copy get the decision that put them there, and all events their line in the feed.
    bind = op.get_bind()
    reasons = "'{\"rule\": \"copy\", \"parts\": []}'"
    if bind.dialect.name == 'postgresql':
        reasons = f'CAST({reasons} AS JSONB)'
    op.execute(sa.text(
        "INSERT INTO event_merge (id, loser_event_id, winner_event_id, status, reasons, decided_by, maker, maker_version, decided_at) "
        "SELECT 'mrg-' || substr(id, 5), id, merged_into, 'merged', " + reasons.replace(':', '\\:') + ", 'machine', 'merge', '0', changed_at "
        "FROM event WHERE merged_into IS NOT NULL"
    ))
    op.execute(sa.text(
        "INSERT INTO event_change (event_id, kind, at) SELECT id, 'created', first_seen_at FROM event ORDER BY first_seen_at, id"
    ))
    op.execute(sa.text(
        "INSERT INTO event_change (event_id, kind, into_event_id, at) "
        "SELECT id, 'merged', merged_into, changed_at FROM event WHERE merged_into IS NOT NULL ORDER BY changed_at, id"
    ))


def downgrade() -> None:
    op.drop_table('event_change')
    op.drop_table('event_merge')
