"""The report that a manager forwards: what is counted for it while a run works, and the page made from that."""
