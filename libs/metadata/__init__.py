"""Metadata for guests: 169.254.169.254 inside a network reaches Nova's metadata API, which is told who asks.

`asking` says what Nova is told, `proxy` is the WSGI application, `doors` listen inside the namespaces, `verbs` lets an agent drive
all that in a child process of its own (`libs.kernel.hands`), `keeper` is the agent's side.
"""
