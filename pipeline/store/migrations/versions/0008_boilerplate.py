"""The paragraphs of boilerplate that were cut out of a version: from the texts alone, what is cut everywhere would be unlearned."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('article_version', sa.Column('removed', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False, server_default=sa.text("'[]'")))


def downgrade() -> None:
    op.drop_column('article_version', 'removed')
