//! The only place that detaches from the interpreter: the GIL, threads, and
//! Ctrl-C.

use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};
use scriptio::batch;

use crate::text::Text;

/// Detaching and attaching again may cost as much as segmenting a few
/// kilobytes, so shorter texts are done while attached.
const DETACH_FROM: usize = 4 * 1024;

/// A batch is worked off in groups of texts of about this many bytes; between
/// groups a pending Ctrl-C is raised.
const GROUP_BYTES: usize = 16 * 1024 * 1024;

/// `work` on a text of `bytes` bytes, detached when that pays.
pub(crate) fn single<T, F>(py: Python<'_>, bytes: usize, work: F) -> T
where
    F: FnOnce() -> T + Send,
    T: Send,
{
    if bytes < DETACH_FROM { work() } else { py.detach(work) }
}

/// `work` on every text, in their order, on at most `threads` threads, always
/// detached.
pub(crate) fn batch<T, F>(texts: &Bound<'_, PyList>, threads: usize, work: F) -> PyResult<Vec<T>>
where
    F: Fn(&Text) -> T + Sync + Send,
    T: Send,
{
    let py = texts.py();
    let mut results = Vec::with_capacity(texts.len());
    let mut items = texts.iter();
    loop {
        let mut group = Vec::new();
        let mut bytes = 0;
        for item in items.by_ref() {
            let text = Text::new(item.cast::<PyString>()?)?;
            bytes += text.len();
            group.push(text);
            if bytes >= GROUP_BYTES {
                break;
            }
        }
        if group.is_empty() {
            return Ok(results);
        }
        results.extend(py.detach(|| batch::map_ordered(&group, threads, Text::len, &work)));
        drop(group);
        py.check_signals()?;
    }
}
