"""`/archive`: a catalogue of observations for the clients of the OCS Science Archive 2.7."""
