"""Everything the services share: the log, the network model, the bus, the kernel's hands."""
