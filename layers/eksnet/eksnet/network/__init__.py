"""Network arithmetic: blocks, routes, rules. Pure; addresses become integers at the door."""
