"""eksnet: what the network of every EKS cluster is, lacks, and will lack."""

__version__ = "0.1.0"
