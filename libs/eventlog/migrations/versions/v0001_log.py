"""The log, what it promises with (heads, claims, command ids), the inline read model, and the positions of its readers."""

from alembic import op

revision, down_revision = "0001", None

MILLIONS = 50_000_000
PARTITIONS = 4

LOG = """
create table log_identity (one boolean primary key default true check (one), log_id text not null, epoch integer not null);
insert into log_identity (log_id, epoch) values (gen_random_uuid()::text, 1);

create table event (
    position bigint not null primary key,
    stream text not null,
    version integer not null,
    type text not null,
    data json not null,
    meta json not null,
    recorded_at timestamptz not null,
    hash bytea
) partition by range (position);
create index event_stream on event (stream, version);
create table event_rest partition of event default;

create table stream_head (
    stream text primary key, version integer not null, network_id text not null, alive boolean not null
) with (fillfactor = 80);
create index stream_head_network on stream_head (network_id) where alive;

create table claim (key text primary key, stream text not null);
create table command (command_id text primary key, first bigint not null, last bigint not null, result text not null);
"""

READ_MODEL = """
create table network (
    id text primary key, version integer not null, created_at text not null,
    project_id text, name text, status text, admin_state_up boolean, shared boolean, external boolean, network_type text,
    physical_network text, segmentation_id integer, subnet_ids text[],
    body text not null, hidden text not null
) with (fillfactor = 80);
create index network_project on network (project_id, id);
create index network_name on network (name);
create index network_open on network (id) where shared or external;

create table subnet (
    id text primary key, version integer not null, created_at text not null,
    project_id text, name text, network_id text, ip_version integer, cidr text, gateway_ip text, enable_dhcp boolean,
    body text not null, hidden text not null
) with (fillfactor = 80);
create index subnet_project on subnet (project_id, id);
create index subnet_network on subnet (network_id);

create table port (
    id text primary key, version integer not null, created_at text not null,
    project_id text, network_id text, device_id text, device_owner text, mac_address text, host text, status text, name text,
    admin_state_up boolean, ip_addresses text[], subnet_ids text[],
    body text not null, hidden text not null
) with (fillfactor = 80);
create index port_project on port (project_id, id);
create index port_network on port (network_id, id);
create index port_device on port (device_id) where device_id <> '';
create index port_host on port (host) where host <> '';
create index port_mac on port (mac_address);
create index port_address on port using gin (ip_addresses, subnet_ids);

create table agent (
    id text primary key, version integer not null, created_at text not null,
    host text, agent_type text, alive boolean, availability_zone text,
    body text not null, hidden text not null
) with (fillfactor = 80);
"""

READERS = """
create table agent_heartbeat (
    agent_id text primary key, beat_at timestamptz not null, position bigint not null, load json not null
) with (fillfactor = 50);
create table relay (one boolean primary key default true check (one), position bigint not null) with (fillfactor = 50);
insert into relay (position) values (0);
create table host_feed (token text primary key, host text not null, last_position bigint not null) with (fillfactor = 50);
create table feed_member (member text, host text, network_id text not null, primary key (member, host));
create index feed_member_host on feed_member (host, network_id);
create index feed_member_network on feed_member (network_id, host);
create table projection (name text primary key, position bigint not null) with (fillfactor = 50);
"""


def upgrade() -> None:
    """Make all tables; the event table's partitions hold 50 million positions each, the last one the rest."""
    op.execute(LOG)
    for number in range(PARTITIONS):
        low, high = number * MILLIONS, (number + 1) * MILLIONS
        op.execute(f"create table event_{number} partition of event for values from ({low}) to ({high})")
    op.execute(READ_MODEL)
    op.execute(READERS)
