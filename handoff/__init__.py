"""The staff side: cases, claims, clocks, escalation, relay, staff chat."""
