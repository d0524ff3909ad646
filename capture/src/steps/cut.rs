//! Where a step that gathers may be cut: between two things it does, never in the middle of what it keeps.
use std::future::Future;

use tokio::time::Instant as Tick;

use crate::{Stop, StopReason};

/// What ends a step before its end: a stop that somebody asks for, or the time the session may take.
#[derive(Clone, Debug)]
pub(crate) struct Cut {
    pub(crate) stop: Stop,
    pub(crate) deadline: Tick,
}

impl Cut {
    /// What `work` gives, unless the session must end first; `work` is then dropped where it stands, so it may hold nothing that
    /// has to be kept.
    pub(crate) async fn before<T>(&self, work: impl Future<Output = T>) -> Result<T, StopReason> {
        tokio::select! {
            biased;
            reason = self.stop.wait() => Err(reason),
            () = tokio::time::sleep_until(self.deadline) => Err(StopReason::Limit),
            done = work => Ok(done),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn what_comes_first_is_told() {
        let far = Tick::now() + Duration::from_secs(3600);
        let cut = Cut { stop: Stop::new(), deadline: far };
        assert_eq!(cut.before(ready(7)).await, Ok(7));
        let past = Cut { stop: Stop::new(), deadline: Tick::now() };
        assert_eq!(past.before(pending::<()>()).await, Err(StopReason::Limit));
        cut.stop.request_for(StopReason::Officer);
        assert_eq!(cut.before(ready(7)).await, Err(StopReason::Officer), "a stop already asked for comes first");
    }
}
