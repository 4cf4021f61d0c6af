# The same verbs as ./netledger, which needs no make.
VERBS := demo test up down status bench bench-scale chaos conformance rebuild doctor
.PHONY: $(VERBS)
$(VERBS):
	./netledger $@
