"""The review desk: items, decisions, what editors say of each row, claims, comments; accounts, sessions, tokens and the audit log."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('audit',
    sa.Column('number', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('editor_id', sa.String(length=64), nullable=True),
    sa.Column('address', sa.String(length=64), nullable=True),
    sa.Column('action', sa.String(length=48), nullable=False),
    sa.Column('detail', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_audit'))
    )
    with op.batch_alter_table('audit', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_audit_at'), ['at'], unique=False)
        batch_op.create_index(batch_op.f('ix_audit_editor_id'), ['editor_id'], unique=False)

    op.create_table('editor',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('role', sa.Enum('viewer', 'editor', 'admin', name='role', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('password_hash', sa.Text(), nullable=True),
    sa.Column('keys', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('disabled_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_editor')),
    sa.UniqueConstraint('name', name=op.f('uq_editor_name'))
    )
    op.create_table('login_attempt',
    sa.Column('number', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('address', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_login_attempt'))
    )
    with op.batch_alter_table('login_attempt', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_login_attempt_address_at'), ['address', 'at'], unique=False)
        batch_op.create_index(batch_op.f('ix_login_attempt_name_at'), ['name', 'at'], unique=False)

    op.create_table('review_item',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.Enum('name', 'entity', 'listed', 'office', 'event', 'amount', 'merge', name='kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('value', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('form', sa.Text(), nullable=False),
    sa.Column('candidate', sa.String(length=96), nullable=True),
    sa.Column('label', sa.String(length=16), nullable=True),
    sa.Column('lang', sa.String(length=8), nullable=True),
    sa.Column('publisher', sa.Text(), nullable=True),
    sa.Column('source_list', sa.String(length=32), nullable=True),
    sa.Column('score', sa.Double(), nullable=False),
    sa.Column('uncertainty', sa.Double(), nullable=False),
    sa.Column('impact', sa.Double(), nullable=False),
    sa.Column('priority', sa.Double(), nullable=False),
    sa.Column('component', sa.String(length=64), nullable=False),
    sa.Column('component_version', sa.String(length=64), nullable=False),
    sa.Column('text_hash', sa.String(length=64), nullable=False),
    sa.Column('value_hash', sa.String(length=64), nullable=False),
    sa.Column('n_subjects', sa.Integer(), nullable=False),
    sa.Column('sampled', sa.Boolean(), nullable=False),
    sa.Column('twice', sa.Boolean(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('open', 'decided', 'disputed', 'withdrawn', name='state', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('first_seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_review_item'))
    )
    with op.batch_alter_table('review_item', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_review_item_candidate'), ['candidate'], unique=False)
        batch_op.create_index(batch_op.f('ix_review_item_form'), ['form'], unique=False)
        batch_op.create_index(batch_op.f('ix_review_item_seen_at'), ['seen_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_review_item_state_kind_priority_id'), ['state', 'kind', 'priority', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_review_item_state_priority_id'), ['state', 'priority', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_review_item_state_sampled_priority_id'), ['state', 'sampled', 'priority', 'id'], unique=False)

    op.create_table('reviewed',
    sa.Column('table_name', sa.String(length=16), nullable=False),
    sa.Column('row_id', sa.String(length=64), nullable=False),
    sa.Column('verdict', sa.Enum('accept', 'reject', 'unsure', 'edit', 'merge', 'split', 'add', 'undo', 'redo', 'reopen', name='verdict', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('value', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('decision_id', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('table_name', 'row_id', name=op.f('pk_reviewed'))
    )
    with op.batch_alter_table('reviewed', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_reviewed_at'), ['at'], unique=False)
        batch_op.create_index(batch_op.f('ix_reviewed_decision_id'), ['decision_id'], unique=False)

    op.create_table('editor_session',
    sa.Column('secret_sha256', sa.String(length=64), nullable=False),
    sa.Column('editor_id', sa.String(length=64), nullable=False),
    sa.Column('csrf', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['editor_id'], ['editor.id'], name=op.f('fk_editor_session_editor_id_editor')),
    sa.PrimaryKeyConstraint('secret_sha256', name=op.f('pk_editor_session'))
    )
    with op.batch_alter_table('editor_session', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_editor_session_editor_id'), ['editor_id'], unique=False)

    op.create_table('editor_token',
    sa.Column('secret_sha256', sa.String(length=64), nullable=False),
    sa.Column('editor_id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['editor_id'], ['editor.id'], name=op.f('fk_editor_token_editor_id_editor')),
    sa.PrimaryKeyConstraint('secret_sha256', name=op.f('pk_editor_token'))
    )
    with op.batch_alter_table('editor_token', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_editor_token_editor_id'), ['editor_id'], unique=False)

    op.create_table('review_claim',
    sa.Column('item_id', sa.String(length=64), nullable=False),
    sa.Column('editor_id', sa.String(length=64), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['editor_id'], ['editor.id'], name=op.f('fk_review_claim_editor_id_editor')),
    sa.ForeignKeyConstraint(['item_id'], ['review_item.id'], name=op.f('fk_review_claim_item_id_review_item')),
    sa.PrimaryKeyConstraint('item_id', name=op.f('pk_review_claim'))
    )
    with op.batch_alter_table('review_claim', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_review_claim_editor_id'), ['editor_id'], unique=False)

    op.create_table('review_comment',
    sa.Column('number', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('item_id', sa.String(length=64), nullable=False),
    sa.Column('editor_id', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['editor_id'], ['editor.id'], name=op.f('fk_review_comment_editor_id_editor')),
    sa.ForeignKeyConstraint(['item_id'], ['review_item.id'], name=op.f('fk_review_comment_item_id_review_item')),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_review_comment'))
    )
    with op.batch_alter_table('review_comment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_review_comment_item_id'), ['item_id'], unique=False)

    op.create_table('review_decision',
    sa.Column('number', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('item_id', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.Enum('name', 'entity', 'listed', 'office', 'event', 'amount', 'merge', name='kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('verdict', sa.Enum('accept', 'reject', 'unsure', 'edit', 'merge', 'split', 'add', 'undo', 'redo', 'reopen', name='verdict', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('before', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('after', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('excepted', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('editor_id', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('batch', sa.String(length=64), nullable=True),
    sa.Column('undoes', sa.String(length=64), nullable=True),
    sa.Column('component', sa.String(length=64), nullable=False),
    sa.Column('component_version', sa.String(length=64), nullable=False),
    sa.Column('model_version_id', sa.String(length=64), nullable=True),
    sa.Column('knowledge_version_id', sa.String(length=64), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['editor_id'], ['editor.id'], name=op.f('fk_review_decision_editor_id_editor')),
    sa.ForeignKeyConstraint(['item_id'], ['review_item.id'], name=op.f('fk_review_decision_item_id_review_item')),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_review_decision')),
    sa.UniqueConstraint('id', name=op.f('uq_review_decision_id'))
    )
    with op.batch_alter_table('review_decision', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_review_decision_batch'), ['batch'], unique=False)
        batch_op.create_index(batch_op.f('ix_review_decision_editor_id_number'), ['editor_id', 'number'], unique=False)
        batch_op.create_index(batch_op.f('ix_review_decision_item_id_number'), ['item_id', 'number'], unique=False)
        batch_op.create_index(batch_op.f('ix_review_decision_undoes'), ['undoes'], unique=False)

    op.create_table('review_subject',
    sa.Column('item_id', sa.String(length=64), nullable=False),
    sa.Column('table_name', sa.String(length=16), nullable=False),
    sa.Column('row_id', sa.String(length=64), nullable=False),
    sa.Column('version_id', sa.String(length=64), nullable=True),
    sa.Column('start', sa.Integer(), nullable=True),
    sa.Column('end', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['item_id'], ['review_item.id'], name=op.f('fk_review_subject_item_id_review_item')),
    sa.PrimaryKeyConstraint('item_id', 'table_name', 'row_id', name=op.f('pk_review_subject'))
    )
    with op.batch_alter_table('review_subject', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_review_subject_row_id'), ['row_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_review_subject_version_id'), ['version_id'], unique=False)

    op.create_table('saved_queue',
    sa.Column('editor_id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('query', sa.Text(), nullable=False),
    sa.Column('saved_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['editor_id'], ['editor.id'], name=op.f('fk_saved_queue_editor_id_editor')),
    sa.PrimaryKeyConstraint('editor_id', 'name', name=op.f('pk_saved_queue'))
    )


def downgrade() -> None:
    for table in ('saved_queue', 'review_subject', 'review_decision', 'review_comment', 'review_claim', 'editor_token', 'editor_session', 'reviewed', 'review_item', 'login_attempt', 'editor', 'audit'):
        op.drop_table(table)
