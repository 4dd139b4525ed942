"""What several verbs share: their flags, what these ask for, what is printed, and how a verb ends. No verb is here."""
