"""Spans that may be names."""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('mention_candidate',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('version_id', sa.String(length=64), nullable=False),
    sa.Column('start', sa.Integer(), nullable=False),
    sa.Column('end', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('label', sa.Enum('PERSON', 'AGENCY', 'ORG', 'PLACE', 'VESSEL', 'WEAPON', 'MALWARE', name='label', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('score', sa.Double(), nullable=False),
    sa.Column('reason', sa.Enum('unsure', 'overruled', name='reason', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('maker', sa.String(), nullable=False),
    sa.Column('maker_version', sa.String(), nullable=False),
    sa.CheckConstraint('start >= 0 AND start < "end"', name=op.f('ck_mention_candidate_span')),
    sa.ForeignKeyConstraint(['version_id'], ['article_version.id'], name=op.f('fk_mention_candidate_version_id_article_version')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mention_candidate'))
    )
    with op.batch_alter_table('mention_candidate', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mention_candidate_version_id'), ['version_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('mention_candidate', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_mention_candidate_version_id'))

    op.drop_table('mention_candidate')
