//! Ellipses: `...`, `. . .`, and those of four dots.

use super::context::WINDOW;
use super::verdict::Verdict::{self, Break, Join, Open};

/// Judge a gap by the dots around it.
///
/// A run of spaced dots is never cut inside, with one exception: the first of
/// four dots ends a sentence when it touches its last word. Three dots stand
/// for an omission inside a sentence; four at a distance end one.
pub(crate) fn judge(left: &str, right: &str) -> Verdict {
    let before = spaced_before(left);
    let after = spaced_after(right);
    if before.dots == 0 || before.dots + after == 1 {
        return Open;
    }
    let total = before.dots + after;
    if after > 0 {
        let ends = before.dots == 1 && before.touching && total == 4 && capital_after(right, after);
        return if ends { Break("sentence before an ellipsis") } else { Join("ellipsis") };
    }
    match (total, before.touching) {
        (4, false) => Open,
        (3 | 4, _) => Join("ellipsis"),
        _ => Open,
    }
}

struct Dots {
    dots: usize,
    /// Whether the first dot touches a word.
    touching: bool,
}

/// Dots with one space between each at the end of `left`.
fn spaced_before(left: &str) -> Dots {
    let bytes = left.as_bytes();
    let mut at = bytes.len();
    let mut dots = 0;
    while dots < WINDOW / 2 && at > 0 && bytes.get(at - 1) == Some(&b'.') {
        dots += 1;
        at -= 1;
        if at > 1 && bytes.get(at - 1) == Some(&b' ') && bytes.get(at - 2) == Some(&b'.') {
            at -= 1;
        } else {
            break;
        }
    }
    let before = at.checked_sub(1).and_then(|i| bytes.get(i));
    // `...` is one mark, not three.
    if before == Some(&b'.') {
        return Dots { dots: 0, touching: false };
    }
    Dots { dots, touching: before.is_some_and(|b| !b.is_ascii_whitespace()) }
}

/// Dots with one space between each at the start of `right`.
fn spaced_after(right: &str) -> usize {
    let bytes = right.as_bytes();
    let mut dots = 0;
    while dots < WINDOW / 2 && bytes.get(2 * dots) == Some(&b'.') {
        dots += 1;
        if bytes.get(2 * dots - 1) != Some(&b' ') {
            break;
        }
    }
    dots
}

/// Whether a capital follows `dots` spaced dots.
fn capital_after(right: &str, dots: usize) -> bool {
    right.get(2 * dots..).and_then(|rest| rest.chars().next()).is_some_and(char::is_uppercase)
}
