"""What a link rests on, and identifiers of listed entities in the text."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('link', schema=None) as batch_op:
        batch_op.add_column(sa.Column('written', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('alias', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('likeness', sa.Double(), nullable=True))
        batch_op.add_column(sa.Column('comparison', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('evidence', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=True))
    op.create_table('identifier_mention',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('version_id', sa.String(length=64), nullable=False),
    sa.Column('start', sa.Integer(), nullable=False),
    sa.Column('end', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('entity_id', sa.String(length=64), nullable=False),
    sa.Column('maker', sa.String(), nullable=False),
    sa.Column('maker_version', sa.String(), nullable=False),
    sa.CheckConstraint('start >= 0 AND start < "end"', name=op.f('ck_identifier_mention_span')),
    sa.ForeignKeyConstraint(['entity_id'], ['entity.id'], name=op.f('fk_identifier_mention_entity_id_entity')),
    sa.ForeignKeyConstraint(['version_id'], ['article_version.id'], name=op.f('fk_identifier_mention_version_id_article_version')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_identifier_mention'))
    )
    with op.batch_alter_table('identifier_mention', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_identifier_mention_version_id'), ['version_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_identifier_mention_entity_id'), ['entity_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('identifier_mention', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_identifier_mention_entity_id'))
        batch_op.drop_index(batch_op.f('ix_identifier_mention_version_id'))
    op.drop_table('identifier_mention')
    with op.batch_alter_table('link', schema=None) as batch_op:
        for name in ('evidence', 'comparison', 'likeness', 'alias', 'written'):
            batch_op.drop_column(name)
