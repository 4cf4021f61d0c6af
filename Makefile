# The same verbs as ./netledger, which needs no make.
VERBS := demo test up down status bench chaos rebuild doctor
.PHONY: $(VERBS)
$(VERBS):
	./netledger $@
