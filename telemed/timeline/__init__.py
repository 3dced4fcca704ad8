"""What is already known of a patient, across members: results in time by organ system, trends, the verdict on each."""
