"""The index of events: terms, days, sums and cards, and the entries of sanctions lists that parties are matched to."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('list_entry',
    sa.Column('entry', sa.String(length=96), nullable=False),
    sa.Column('source', sa.String(length=32), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('programs', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('listed_on', sa.String(length=10), nullable=True),
    sa.Column('list_version', sa.String(length=32), nullable=False),
    sa.PrimaryKeyConstraint('entry', name=op.f('pk_list_entry'))
    )
    op.create_table('index_state',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('format', sa.Integer(), nullable=False),
    sa.Column('refreshed_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_index_state'))
    )
    op.create_table('event_index',
    sa.Column('number', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('event_id', sa.String(length=64), nullable=False),
    sa.Column('sort_day', sa.Integer(), nullable=False),
    sa.Column('day_from', sa.String(length=10), nullable=True),
    sa.Column('day_to', sa.String(length=10), nullable=True),
    sa.Column('published_first', sa.DateTime(timezone=True), nullable=True),
    sa.Column('published_last', sa.DateTime(timezone=True), nullable=True),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('usd', sa.Double(), nullable=True),
    sa.Column('n_sources', sa.Integer(), nullable=False),
    sa.Column('score', sa.Double(), nullable=False),
    sa.Column('terms', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_event_index')),
    sa.UniqueConstraint('event_id', name=op.f('uq_event_index_event_id'))
    )
    for column in ('sort_day', 'published_first', 'changed_at', 'usd', 'n_sources', 'score'):
        op.create_index(op.f(f'ix_event_index_{column}_event_id'), 'event_index', [column, 'event_id'], unique=False, postgresql_include=['number'])
    op.create_index(op.f('ix_event_index_day_to_number'), 'event_index', ['day_to', 'number'], unique=False)
    op.create_table('event_card',
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('card', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['number'], ['event_index.number'], name=op.f('fk_event_card_number_event_index'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_event_card'))
    )
    op.create_table('index_term',
    sa.Column('code', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('field', sa.String(length=16), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.Column('label', sa.Text(), nullable=False),
    sa.Column('names', sa.Text(), nullable=True),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_index_term')),
    sa.UniqueConstraint('field', 'value', name=op.f('uq_index_term_field_value'))
    )
    op.create_table('event_term',
    sa.Column('code', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('sort_day', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('code', 'sort_day', 'number', name=op.f('pk_event_term')),
    sqlite_with_rowid=False,
    )
    op.create_table('event_sum',
    sa.Column('currency', sa.String(length=16), nullable=False),
    sa.Column('value', sa.Double(), autoincrement=False, nullable=False),
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('currency', 'value', 'number', name=op.f('pk_event_sum')),
    sqlite_with_rowid=False,
    )


def downgrade() -> None:
    for table in ('event_sum', 'event_term', 'index_term', 'event_card', 'event_index', 'index_state', 'list_entry'):
        op.drop_table(table)
