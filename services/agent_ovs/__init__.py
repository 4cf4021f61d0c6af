"""One process of netledger."""
