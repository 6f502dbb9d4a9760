"""Floor 4: which key gets the next turn (`queue`); what tells of changes (`dispatch`, `news`, `resync`)."""
