"""Importing this registers every command, in the order that --help lists them."""

# fmt: off
from eksnet.cli import audit, verdict, ips, simulate, simulate_fleet  # noqa: I001
from eksnet.cli import plan, plans, decide, switch
from eksnet.cli import cidr, max_pods, report, catalogue, dump
# fmt: on

__all__ = [
    "audit",
    "catalogue",
    "cidr",
    "decide",
    "dump",
    "ips",
    "max_pods",
    "plan",
    "plans",
    "report",
    "simulate",
    "simulate_fleet",
    "switch",
    "verdict",
]
