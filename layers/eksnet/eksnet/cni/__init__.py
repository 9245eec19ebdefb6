"""The Amazon VPC CNI as a model: who owns an interface, what its settings mean, what nodes hold."""
