//! Command line of `constat`: arguments in, exit code out.
fn main() {}
