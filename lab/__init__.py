"""Hosts as network namespaces, guests behind veths, and the stories that the demo plays."""
