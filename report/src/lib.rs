//! The procès-verbal: checks, wording, layout as PDF/A-3b and PDF/UA-1
