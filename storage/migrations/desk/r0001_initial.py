"""The tables of desk's store, as of the first release."""

import sqlalchemy as sa
from alembic import op

revision = "desk_0001_d5409745"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "applied",
        sa.Column("letter_id", sa.LargeBinary(), nullable=False),
        sa.Column("stream", sa.LargeBinary(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("letter_id", name=op.f("pk_applied")),
    )
    op.create_index(op.f("ix_applied_stream_seq"), "applied", ["stream", "seq"], unique=False)
    op.create_table(
        "audit",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("prev", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("verb", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
    )
    op.create_table(
        "content_set",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(length=200), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("NOT (live AND withdrawn_at IS NOT NULL)", name=op.f("ck_content_set_withdrawn")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_content_set")),
    )
    op.create_index(
        "ux_content_set_live",
        "content_set",
        ["live"],
        unique=True,
        sqlite_where=sa.text("live"),
        postgresql_where=sa.text("live"),
    )
    op.create_table(
        "counter",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counter")),
    )
    op.create_table(
        "fact",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("urgency", sa.String(length=8), nullable=False),
        sa.Column("kecamatan", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=24), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("children", sa.Text(), nullable=False),
        sa.Column("accused", sa.Text(), nullable=False),
        sa.Column("kinds", sa.Text(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("again", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fact")),
    )
    op.create_table(
        "invite",
        sa.Column("code", sa.LargeBinary(), nullable=False),
        sa.Column("what", sa.String(length=8), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.Column("role", sa.String(length=16), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("what IN ('staff', 'group')", name=op.f("ck_invite_what")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_invite")),
    )
    op.create_table(
        "letter",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("stream", sa.LargeBinary(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("wire", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("passed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
        sa.UniqueConstraint("stream", "seq", name=op.f("uq_letter_stream_seq")),
    )
    op.create_table(
        "meta",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_meta")),
    )
    op.create_table(
        "outbox",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("person", sa.LargeBinary(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("ref", sa.LargeBinary(), nullable=True),
        sa.Column("target", sa.LargeBinary(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dedupe", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'sending') = (lease_until IS NOT NULL)", name=op.f("ck_outbox_lease")),
        sa.CheckConstraint(
            "(state IN ('waiting', 'sending', 'held')) = (body IS NOT NULL)", name=op.f("ck_outbox_body_erased")
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'held', 'sent', 'delivered', 'blocked', 'failed', 'expired')",
            name=op.f("ck_outbox_state"),
        ),
        sa.CheckConstraint("(body IS NULL) = (finished_at IS NOT NULL)", name=op.f("ck_outbox_finished")),
        sa.CheckConstraint("(body IS NULL) = (target IS NULL)", name=op.f("ck_outbox_target_erased")),
        sa.CheckConstraint("priority BETWEEN 0 AND 3", name=op.f("ck_outbox_priority")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_outbox")),
        sa.UniqueConstraint("dedupe", name=op.f("uq_outbox_dedupe")),
        sa.UniqueConstraint("id", name=op.f("uq_outbox_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('waiting', 'sending')"),
        postgresql_where=sa.text("state IN ('waiting', 'sending')"),
    )
    op.create_index(op.f("ix_outbox_person_finished_at"), "outbox", ["person", "finished_at"], unique=False)
    op.create_index(op.f("ix_outbox_ref"), "outbox", ["ref"], unique=False)
    op.create_index(
        "ix_outbox_unfinished",
        "outbox",
        ["person", "seq"],
        unique=False,
        sqlite_where=sa.text("state IN ('waiting', 'sending')"),
        postgresql_where=sa.text("state IN ('waiting', 'sending')"),
    )
    op.create_table(
        "received",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_received")),
    )
    op.create_index(op.f("ix_received_at"), "received", ["at"], unique=False)
    op.create_table(
        "refused",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("stream", sa.LargeBinary(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refused")),
    )
    op.create_table(
        "staff",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("person", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("blocked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "role IN ('caseworker', 'counsellor', 'coordinator', 'head', 'admin')", name=op.f("ck_staff_role")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("person", name=op.f("uq_staff_person")),
    )
    op.create_table(
        "staff_group",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("chat", sa.LargeBinary(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("bound_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_group")),
    )
    op.create_index(op.f("ix_staff_group_chat"), "staff_group", ["chat"], unique=False)
    op.create_index(
        "ux_staff_group_live",
        "staff_group",
        ["live"],
        unique=True,
        sqlite_where=sa.text("live"),
        postgresql_where=sa.text("live"),
    )
    op.create_table(
        "stream",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stream")),
    )
    op.create_table(
        "watermark",
        sa.Column("stream", sa.LargeBinary(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("stream", name=op.f("pk_watermark")),
    )
    op.create_table(
        "case_file",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("series", sa.String(length=1), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("urgency", sa.String(length=8), nullable=False),
        sa.Column("owner", sa.LargeBinary(), nullable=True),
        sa.Column("thread", sa.LargeBinary(), nullable=True),
        sa.Column("about", sa.LargeBinary(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("anchor_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("net_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("viewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("contact_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=24), nullable=True),
        sa.Column("closings", sa.Integer(), nullable=False),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_case_file_closed")),
        sa.CheckConstraint("(state = 'closed') = (next_due_at IS NULL)", name=op.f("ck_case_file_clock")),
        sa.CheckConstraint("kind IN ('laporan', 'ingin_bicara', 'teknis')", name=op.f("ck_case_file_kind")),
        sa.CheckConstraint("state = 'closed' OR (state = 'new') = (owner IS NULL)", name=op.f("ck_case_file_owner")),
        sa.CheckConstraint(
            "state IN ('new', 'claimed', 'in_progress', 'referred', 'monitoring', 'closed')",
            name=op.f("ck_case_file_state"),
        ),
        sa.CheckConstraint("urgency IN ('darurat', 'tinggi', 'sedang', 'rendah')", name=op.f("ck_case_file_urgency")),
        sa.CheckConstraint("number > 0", name=op.f("ck_case_file_number")),
        sa.ForeignKeyConstraint(["owner"], ["staff.id"], name=op.f("fk_case_file_owner_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_file")),
        sa.UniqueConstraint("series", "number", name=op.f("uq_case_file_series_number")),
        sa.UniqueConstraint("thread", name=op.f("uq_case_file_thread")),
    )
    op.create_index(op.f("ix_case_file_next_due_at"), "case_file", ["next_due_at"], unique=False)
    op.create_index(op.f("ix_case_file_owner"), "case_file", ["owner"], unique=False)
    op.create_table(
        "alias",
        sa.Column("case_id", sa.LargeBinary(), nullable=False),
        sa.Column("staff_id", sa.LargeBinary(), nullable=False),
        sa.Column("alias", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_alias_case_id_case_file")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_alias_staff_id_staff")),
        sa.PrimaryKeyConstraint("case_id", "staff_id", name=op.f("pk_alias")),
        sa.UniqueConstraint("case_id", "alias", name=op.f("uq_alias_case_id_alias")),
    )
    op.create_table(
        "blob",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("about", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_blob_case_id_case_file")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blob")),
    )
    op.create_index(op.f("ix_blob_case_id"), "blob", ["case_id"], unique=False)
    op.create_table(
        "button",
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("verb", sa.String(length=24), nullable=False),
        sa.Column("case_id", sa.LargeBinary(), nullable=True),
        sa.Column("staff_id", sa.LargeBinary(), nullable=True),
        sa.Column("arg", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_button_case_id_case_file")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_button_staff_id_staff")),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_button")),
    )
    op.create_index(op.f("ix_button_made_at"), "button", ["made_at"], unique=False)
    op.create_table(
        "card",
        sa.Column("case_id", sa.LargeBinary(), nullable=False),
        sa.Column("group_id", sa.LargeBinary(), nullable=False),
        sa.Column("row", sa.LargeBinary(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_card_case_id_case_file")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_card")),
    )
    op.create_table(
        "case_key",
        sa.Column("case_id", sa.LargeBinary(), nullable=False),
        sa.Column("epoch", sa.String(length=16), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_case_key_case_id_case_file")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_key")),
    )
    op.create_table(
        "closing",
        sa.Column("case_id", sa.LargeBinary(), nullable=False),
        sa.Column("outcome", sa.String(length=24), nullable=False),
        sa.Column("summary", sa.LargeBinary(), nullable=False),
        sa.Column("asked_by", sa.LargeBinary(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["asked_by"], ["staff.id"], name=op.f("fk_closing_asked_by_staff")),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_closing_case_id_case_file")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_closing")),
    )
    op.create_table(
        "dialogue",
        sa.Column("staff_id", sa.LargeBinary(), nullable=False),
        sa.Column("verb", sa.String(length=24), nullable=False),
        sa.Column("case_id", sa.LargeBinary(), nullable=True),
        sa.Column("arg", sa.String(length=64), nullable=False),
        sa.Column("held", sa.LargeBinary(), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_dialogue_case_id_case_file")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_dialogue_staff_id_staff")),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_dialogue")),
    )
    op.create_table(
        "firing",
        sa.Column("case_id", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("rung", sa.String(length=32), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_firing_case_id_case_file")),
        sa.PrimaryKeyConstraint("case_id", "version", "step", name=op.f("pk_firing")),
    )
    op.create_table(
        "page",
        sa.Column("case_id", sa.LargeBinary(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author", sa.LargeBinary(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('answer', 'note', 'reply', 'event', 'phone', 'closing')", name=op.f("ck_page_kind")
        ),
        sa.ForeignKeyConstraint(["author"], ["staff.id"], name=op.f("fk_page_author_staff")),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_page_case_id_case_file")),
        sa.PrimaryKeyConstraint("case_id", "n", name=op.f("pk_page")),
        sa.UniqueConstraint("case_id", "answer", name=op.f("uq_page_case_id_answer")),
    )
    op.create_table(
        "party",
        sa.Column("case_id", sa.LargeBinary(), nullable=False),
        sa.Column("role", sa.String(length=8), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("role IN ('child', 'accused')", name=op.f("ck_party_role")),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_party_case_id_case_file")),
        sa.PrimaryKeyConstraint("case_id", "role", "n", name=op.f("pk_party")),
    )
    op.create_table(
        "relay",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.LargeBinary(), nullable=False),
        sa.Column("staff_id", sa.LargeBinary(), nullable=False),
        sa.Column("alias", sa.String(length=32), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("send_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'cancelled', 'handed_over', 'sent', 'shown', 'held', 'blocked', 'failed')",
            name=op.f("ck_relay_state"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_relay_case_id_case_file")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_relay_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relay")),
    )
    op.create_index(op.f("ix_relay_case_id"), "relay", ["case_id"], unique=False)
    op.create_table(
        "said",
        sa.Column("staff_id", sa.LargeBinary(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.LargeBinary(), nullable=False),
        sa.Column("from_reporter", sa.Boolean(), nullable=False),
        sa.Column("sweep_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_said_case_id_case_file")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_said_staff_id_staff")),
        sa.PrimaryKeyConstraint("staff_id", "message_id", name=op.f("pk_said")),
    )
    op.create_index(op.f("ix_said_sweep_at"), "said", ["sweep_at"], unique=False)
    op.create_table(
        "task",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.LargeBinary(), nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("owner", sa.LargeBinary(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(done_at IS NULL) = (next_due_at IS NOT NULL)", name=op.f("ck_task_clock")),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_task_case_id_case_file")),
        sa.ForeignKeyConstraint(["owner"], ["staff.id"], name=op.f("fk_task_owner_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    op.create_index(op.f("ix_task_case_id"), "task", ["case_id"], unique=False)
    op.create_index(op.f("ix_task_next_due_at"), "task", ["next_due_at"], unique=False)
    op.create_table(
        "blob_part",
        sa.Column("blob_id", sa.LargeBinary(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["blob_id"], ["blob.id"], name=op.f("fk_blob_part_blob_id_blob")),
        sa.PrimaryKeyConstraint("blob_id", "part", name=op.f("pk_blob_part")),
    )
    # ### end Alembic commands ###
