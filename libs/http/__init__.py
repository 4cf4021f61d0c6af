"""Our own HTTP server and JSON application, mounted in nameko's WebServer.

`server` accepts, `connection` speaks HTTP/1.1 with deadlines and limits, `head` and `body` parse it strictly, `app` is the WSGI
application: routes, JSON, errors in Neutron's shape, request ids.
"""
