"""What may be sent and asked about each resource, attribute by attribute as Neutron defines it; one file per resource."""
