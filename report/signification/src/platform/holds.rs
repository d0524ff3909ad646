//! One command at a time for an object: who comes second waits, so that no act is sent or opened by two at once.
use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex, PoisonError};

use crate::Id;

/// The objects being worked on.
#[derive(Default)]
pub(super) struct Holds {
    held: Mutex<BTreeSet<Id>>,
    freed: Condvar,
}

/// An object held until this is dropped.
pub(super) struct Hold<'a> {
    holds: &'a Holds,
    id: Id,
}

impl Holds {
    /// Waits for the object, and holds it. Nobody holds two objects, so nobody waits in a circle.
    pub(super) fn take(&self, id: Id) -> Hold<'_> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        while !held.insert(id) {
            held = self.freed.wait(held).unwrap_or_else(PoisonError::into_inner);
        }
        Hold { holds: self, id }
    }
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        self.holds.held.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
        self.holds.freed.notify_all();
    }
}
