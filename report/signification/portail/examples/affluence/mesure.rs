//! Why: times of operations from many tasks, and the memory of the process as it goes.
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Times by operation, in microseconds, and counts of what is no success.
#[derive(Default)]
pub(crate) struct Mesures {
    temps: Mutex<BTreeMap<&'static str, Vec<u64>>>,
    comptes: Mutex<BTreeMap<String, u64>>,
}

fn held<T>(lock: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Mesures {
    pub(crate) fn noter(&self, operation: &'static str, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        held(&self.temps).entry(operation).or_default().push(micros);
    }

    pub(crate) fn prendre<T>(&self, operation: &'static str, work: impl FnOnce() -> T) -> T {
        let begin = Instant::now();
        let done = work();
        self.noter(operation, begin.elapsed());
        done
    }

    pub(crate) fn compter(&self, what: String) {
        *held(&self.comptes).entry(what).or_default() += 1;
    }

    /// Count, median, percentiles and the longest, in milliseconds.
    pub(crate) fn bilan(&self) -> Value {
        let mut all = serde_json::Map::new();
        for (name, times) in &mut *held(&self.temps) {
            times.sort_unstable();
            let at = |percent: usize| {
                let rank = (times.len() * percent).div_ceil(100).max(1) - 1;
                times.get(rank).map_or(0.0, |micros| *micros as f64 / 1000.0)
            };
            let told =
                json!({ "n": times.len(), "p50_ms": at(50), "p95_ms": at(95), "p99_ms": at(99), "max_ms": at(100) });
            all.insert((*name).to_owned(), told);
        }
        Value::Object(all)
    }

    pub(crate) fn refus(&self) -> Value {
        json!(*held(&self.comptes))
    }
}

/// A number of a file of `/proc/self`.
pub(crate) fn soi(file: &str, name: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/self/{file}")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.trim_start_matches(':').trim().trim_end_matches(" kB").parse().unwrap_or_default()
}

/// Synced appends a second, of lines as long as a batch of the journal: what durability alone costs here.
pub(crate) fn synchronisations(folder: &std::path::Path) -> f64 {
    use std::io::Write as _;
    let path = folder.join("synchro");
    let mut file = std::fs::File::create(&path).unwrap();
    let (begin, mut count) = (Instant::now(), 0_u32);
    while begin.elapsed() < Duration::from_secs(2) {
        file.write_all(&[b'x'; 4096]).unwrap();
        file.sync_data().unwrap();
        count += 1;
    }
    let rate = f64::from(count) / begin.elapsed().as_secs_f64();
    std::fs::remove_file(&path).unwrap();
    rate.round()
}
