//! WARC 1.1, CDXJ and WACZ 1.1.1: written and read
