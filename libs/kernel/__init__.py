"""The only code that touches a host: Open vSwitch, namespaces, links, dnsmasq; all of it in a clean child process."""
