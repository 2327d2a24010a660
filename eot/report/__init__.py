"""What a run tells its reader: report.json for programs, report.html for people."""
