"""Cloud Custodian's filters and actions: thin, they hand values to what decides and acts."""
