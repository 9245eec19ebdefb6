"""Importing this registers every command, in the order that --help lists them."""

from eksnet.cli import audit, verdict, ips, simulate, cidr, max_pods, report, catalogue, dump  # noqa: I001

__all__ = ["audit", "catalogue", "cidr", "dump", "ips", "max_pods", "report", "simulate", "verdict"]
