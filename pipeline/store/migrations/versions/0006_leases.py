"""Leases: which run is at work on what."""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('lease',
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('run_id', sa.String(length=64), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['run_id'], ['run.id'], name=op.f('fk_lease_run_id_run')),
    sa.PrimaryKeyConstraint('kind', 'key', name=op.f('pk_lease'))
    )
    op.create_index(op.f('ix_lease_run_id'), 'lease', ['run_id'], unique=False)


def downgrade() -> None:
    op.drop_table('lease')
