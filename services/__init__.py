"""Thin shells: each folder is one process of netledger."""
