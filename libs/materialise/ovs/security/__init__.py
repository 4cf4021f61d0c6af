"""Port security and security groups as flows of br-int. Pure.

members.py (events -> groups, rules, who is in a group), addresses.py (which sets an address is in), tokens.py (numbers for ids),
guard.py (a port's own flows: what it may claim to be), groups.py (which groups are in use here), rules.py (a rule as matches),
allowed.py (flows of rules and addresses), tables.py (what is the same on every host).

Pipeline. reg5: OpenFlow number of the port that is asked for, its conntrack zone too. reg4: number of the group that is asked.
reg3: 1 once a rule allowed it. From a port: 71 source right? -> 72 what it may always send, else conntrack -> 73 its groups, one
after the other -> 74 rules -> 75 verdict -> 60 (deliver). To a port: 81 what it may always get, else conntrack -> 83 groups -> 84
rules -> 85 verdict, out. Rules look at the tuple with which a connection began (ct_nw_src, ct_tp_dst, ..), for every packet of it
and either way; so what no rule allows any longer ends at once, and nothing needs to be flushed (docs/decisions/0016).
"""
