//! `scriptio.metrics`: integers in, numbers out.

use std::fmt::Display;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use scriptio::metrics;

fn checked<T>(result: Result<T, scriptio::Error>) -> PyResult<T> {
    result.map_err(|error| PyValueError::new_err(error.to_string()))
}

/// Signed integers reach this side, so that a negative one is refused by name
/// and not as an overflow.
fn count(name: impl Display, value: i64) -> PyResult<usize> {
    usize::try_from(value).map_err(|_| {
        PyValueError::new_err(format!("{name} is {value}; it counts units, so pass 0 or more"))
    })
}

fn counts(name: &str, values: Vec<i64>) -> PyResult<Vec<usize>> {
    let numbered = values.into_iter().enumerate();
    numbered.map(|(i, value)| count(format_args!("{name}[{i}]"), value)).collect()
}

fn pair(reference: Vec<i64>, hypothesis: Vec<i64>) -> PyResult<[Vec<usize>; 2]> {
    Ok([counts("reference", reference)?, counts("hypothesis", hypothesis)?])
}

#[pyfunction]
pub(crate) fn masses_of(ends: Vec<i64>) -> PyResult<Vec<usize>> {
    checked(metrics::masses_of(&counts("ends", ends)?))
}

/// Matched, predicted and gold boundaries.
#[pyfunction]
pub(crate) fn boundary_score(
    gold: Vec<i64>,
    pred: Vec<i64>,
    length: Option<i64>,
) -> PyResult<(usize, usize, usize)> {
    let length = length.map(|length| count("length", length)).transpose()?;
    let (gold, pred) = (counts("gold", gold)?, counts("pred", pred)?);
    let score = checked(metrics::boundary_score(&gold, &pred, length))?;
    Ok((score.matched, score.predicted, score.gold))
}

#[pyfunction]
pub(crate) fn pk(reference: Vec<i64>, hypothesis: Vec<i64>, k: Option<i64>) -> PyResult<f64> {
    let [reference, hypothesis] = pair(reference, hypothesis)?;
    let k = k.map(|k| count("k", k)).transpose()?;
    checked(metrics::pk(&reference, &hypothesis, k))
}

#[pyfunction]
pub(crate) fn window_diff(
    reference: Vec<i64>,
    hypothesis: Vec<i64>,
    k: Option<i64>,
    lamprier: bool,
) -> PyResult<f64> {
    let [reference, hypothesis] = pair(reference, hypothesis)?;
    let k = k.map(|k| count("k", k)).transpose()?;
    checked(metrics::window_diff(&reference, &hypothesis, k, lamprier))
}

/// Matches, additions and deletions, and transpositions.
type Edits = (usize, usize, Vec<(usize, usize)>);

#[pyfunction]
pub(crate) fn boundary_edits(
    reference: Vec<i64>,
    hypothesis: Vec<i64>,
    n_t: i64,
) -> PyResult<Edits> {
    let [reference, hypothesis] = pair(reference, hypothesis)?;
    let n_t = count("n_t", n_t)?;
    let edits = checked(metrics::boundary_edits(&reference, &hypothesis, n_t))?;
    Ok((edits.matches, edits.additions, edits.transpositions))
}

#[pyfunction]
pub(crate) fn boundary_similarity(
    reference: Vec<i64>,
    hypothesis: Vec<i64>,
    n_t: i64,
) -> PyResult<f64> {
    let [reference, hypothesis] = pair(reference, hypothesis)?;
    let n_t = count("n_t", n_t)?;
    checked(metrics::boundary_similarity(&reference, &hypothesis, n_t))
}

#[pyfunction]
pub(crate) fn segmentation_similarity(
    reference: Vec<i64>,
    hypothesis: Vec<i64>,
    n_t: i64,
) -> PyResult<f64> {
    let [reference, hypothesis] = pair(reference, hypothesis)?;
    let n_t = count("n_t", n_t)?;
    checked(metrics::segmentation_similarity(&reference, &hypothesis, n_t))
}
