"""How fast and how large Muster is, alone, beside its peers, and with millions of accounts."""
