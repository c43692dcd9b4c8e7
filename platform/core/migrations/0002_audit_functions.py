"""The functions behind the audit trail. They run as the owner of the tables: the site's own role cannot write events."""

from django.db import migrations

WRITE_AUDIT = r"""
CREATE FUNCTION core_write_audit(source text, operation text, before jsonb, after jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    unspoken CONSTANT text[] := ARRAY['version', 'updated_at', 'password', 'digest', 'last_login', 'last_used_at'];
    one jsonb := coalesce(after, before);
    difference jsonb;
BEGIN
    IF operation = 'UPDATE' THEN
        SELECT jsonb_object_agg(key, jsonb_build_array(before -> key, value)) INTO difference
        FROM jsonb_each(after)
        WHERE before -> key IS DISTINCT FROM value AND key <> ALL (unspoken);
        IF after -> 'password' IS DISTINCT FROM before -> 'password' THEN
            difference := coalesce(difference, '{}') || '{"password": ["…", "…"]}';
        END IF;
        IF difference IS NULL THEN
            RETURN;
        END IF;
    ELSE
        difference := one - unspoken;
    END IF;
    INSERT INTO core_auditevent (transaction, at, actor, door, reason, model, operation, record_id, changes)
    VALUES (
        pg_current_xact_id()::text::bigint,
        clock_timestamp(),
        coalesce(nullif(current_setting('cosinter.actor', true), ''), 'database role ' || session_user),
        coalesce(current_setting('cosinter.door', true), ''),
        coalesce(current_setting('cosinter.reason', true), ''),
        source,
        operation,
        coalesce(one ->> 'id', one ->> 'sample_ptr_id', one ->> 'measurement_ptr_id', ''),
        difference
    );
END
$$;
"""

ATTACH_SEAL = r"""
CREATE FUNCTION core_attach_seal(which bigint, events bigint[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE core_auditevent SET seal_id = which WHERE id = ANY (events) AND seal_id IS NULL;
$$;
"""

# An event changes once, when its seal is attached; a table-wide protection would refuse that too.
EVENTS_NEVER_CHANGE = r"""
CREATE FUNCTION core_protect_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.seal_id IS NULL AND to_jsonb(NEW) - 'seal_id' = to_jsonb(OLD) - 'seal_id' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'Cannot update or delete rows from core_auditevent table';
END
$$;
CREATE TRIGGER never_changes BEFORE UPDATE OR DELETE ON core_auditevent
FOR EACH ROW EXECUTE FUNCTION core_protect_audit();
"""


class Migration(migrations.Migration):
    """Adds the functions and the protection of the events."""

    dependencies = [("core", "0001_initial")]

    operations = [
        migrations.RunSQL(WRITE_AUDIT, "DROP FUNCTION core_write_audit(text, text, jsonb, jsonb)"),
        migrations.RunSQL(ATTACH_SEAL, "DROP FUNCTION core_attach_seal(bigint, bigint[])"),
        migrations.RunSQL(
            EVENTS_NEVER_CHANGE,
            "DROP TRIGGER never_changes ON core_auditevent; DROP FUNCTION core_protect_audit()",
        ),
    ]
