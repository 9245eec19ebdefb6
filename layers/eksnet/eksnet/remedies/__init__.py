"""The kinds of repair: each makes a plan of a finding, or says why there is none."""
