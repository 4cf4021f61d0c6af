# The same verbs as ./netledger, which needs no make.
VERBS := demo test up down status bench bench-scale chaos rebuild doctor
.PHONY: $(VERBS)
$(VERBS):
	./netledger $@
