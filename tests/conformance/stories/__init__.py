"""What users do with third parties' clients; each file runs in the environment of the clients, alone: `python FILE`."""
