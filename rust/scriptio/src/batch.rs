//! Ordered parallel map over texts with scoped threads.
//!
//! Scoped threads leave nothing behind: no pool that deadlocks after `fork`,
//! no global state. They cost about 10 µs each, so small batches stay on the
//! calling thread.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Work below this many bytes a thread is not worth a thread.
const BYTES_PER_THREAD: usize = 64 * 1024;

/// `f` of every item, in the items' order, on at most `threads` threads.
///
/// `weight` tells how many bytes an item holds; items are handed out one by
/// one, so one long text does not hold up the others. `threads` of 0 or 1, or
/// too little work, means the calling thread alone. The result does not depend
/// on the number of threads.
///
/// ```
/// let lens = scriptio::batch::map_ordered(&["a", "bb"], 2, |t| t.len(), |t| t.len());
/// assert_eq!(lens, [1, 2]);
/// ```
pub fn map_ordered<T, R, F, W>(items: &[T], threads: usize, weight: W, f: F) -> Vec<R>
where
    T: Sync,
    R: Send,
    F: Fn(&T) -> R + Sync,
    W: Fn(&T) -> usize,
{
    let bytes: usize = items.iter().map(weight).sum();
    let threads = threads.min(items.len()).min(bytes / BYTES_PER_THREAD + 1);
    if threads <= 1 {
        return items.iter().map(f).collect();
    }
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else {
                return done;
            };
            done.push((index, f(item)));
        }
    };
    let mut done: Vec<(usize, R)> = std::thread::scope(|scope| {
        let handles: Vec<_> = (1..threads).map(|_| scope.spawn(worker)).collect();
        let mut done = worker();
        for handle in handles {
            match handle.join() {
                Ok(part) => done.extend(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    done.sort_unstable_by_key(|&(index, _)| index);
    done.into_iter().map(|(_, result)| result).collect()
}
