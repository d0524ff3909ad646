//! Electronic service of acts: consent, deposit, notice, receipt
