"""Entities in the index: a row each, what each article says of each, and the sums; relations are found from their target too."""

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('entity_index',
    sa.Column('entity_id', sa.String(length=64).with_variant(sa.String(length=64, collation='C'), 'postgresql'), nullable=False),
    sa.Column('label', sa.Enum('PERSON', 'AGENCY', 'ORG', 'PLACE', 'VESSEL', 'WEAPON', 'MALWARE', name='label', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('country', sa.String(length=8), nullable=True),
    sa.Column('mentions', sa.Integer(), nullable=False),
    sa.Column('articles', sa.Integer(), nullable=False),
    sa.Column('officials', sa.Integer(), nullable=False),
    sa.Column('events', sa.Integer(), nullable=False),
    sa.Column('first_seen', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_seen', sa.DateTime(timezone=True), nullable=True),
    sa.Column('role', sa.Text(), nullable=True),
    sa.Column('affiliation', sa.Text(), nullable=True),
    sa.Column('offices', sa.Integer(), nullable=False),
    sa.Column('entries', sa.Integer(), nullable=False),
    sa.Column('matches', sa.Text(), nullable=False),
    sa.Column('names', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('entity_id', name=op.f('pk_entity_index'))
    )
    op.create_index(
        op.f('ix_entity_index_mentions_entity_id_label_officials_entries'), 'entity_index', ['mentions', 'entity_id', 'label', 'officials', 'entries'], unique=False
    )
    op.create_table('entity_article',
    sa.Column('article_id', sa.String(length=64), nullable=False),
    sa.Column('entity_id', sa.String(length=64), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('said', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('article_id', 'entity_id', name=op.f('pk_entity_article')),
    sqlite_with_rowid=False,
    )
    op.create_index(op.f('ix_entity_article_entity_id_published_at'), 'entity_article', ['entity_id', 'published_at'], unique=False)
    op.create_table('entity_said',
    sa.Column('entity_id', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.String(length=8), nullable=False),
    sa.Column('value', sa.Text().with_variant(sa.Text(collation='C'), 'postgresql'), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('entity_id', 'kind', 'value', name=op.f('pk_entity_said')),
    sqlite_with_rowid=False,
    )
    op.create_index(op.f('ix_event_relation_target_event_id'), 'event_relation', ['target_event_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_event_relation_target_event_id'), table_name='event_relation')
    for table in ('entity_said', 'entity_article', 'entity_index'):
        op.drop_table(table)
