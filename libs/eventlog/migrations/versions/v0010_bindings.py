"""Hosts where ports have a further, inactive binding; names in DNS."""

from alembic import op

revision, down_revision = "0010", "0009"

# Null for none, so that the index holds only ports that are moving.
FURTHER_HOSTS = """
alter table port add column further_hosts text[];
create index port_further_hosts on port using gin (further_hosts) where further_hosts is not null;
"""

# What was made before is named by its addresses, below the default domain (libs.network.dns).
NAMES = """
update network set body = left(body, -1) || ',"dns_domain":""}';
update floatingip set body = left(body, -1) || ',"dns_name":"","dns_domain":""}';
update port set body = left(body, -1) || ',"dns_name":"","dns_assignment":[' || coalesce((
    select string_agg(
        '{"ip_address":"' || ip || '","hostname":"' || label || '","fqdn":"' || label || '.openstacklocal."}', ',' order by place)
    from unnest(ip_addresses) with ordinality as held(ip, place),
        lateral (select 'host-' || replace(replace(ip, '.', '-'), ':', '-') as bare) plain,
        lateral (select case when bare like '%-' then bare || '0' else bare end as label) whole), '') || ']}';
"""


def upgrade() -> None:
    """A column of the read model of ports, and what bodies tell from now on."""
    op.execute(FURTHER_HOSTS)
    op.execute(NAMES)
