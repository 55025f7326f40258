//! Single steps through a text from any offset, with a short way for ASCII.

use super::class::Class;

/// The code point that starts at byte `at`, and its class.
#[inline]
pub(crate) fn char_at(text: &str, at: usize) -> Option<(char, Class)> {
    match text.as_bytes().get(at) {
        Some(&b) if b < 0x80 => Some((b as char, Class::of_ascii(b))),
        Some(_) => text.get(at..)?.chars().next().map(|c| (c, Class::of(c))),
        None => None,
    }
}

/// The code point that ends at byte `at`, and its class.
#[inline]
pub(crate) fn char_before(text: &str, at: usize) -> Option<(char, Class)> {
    match text.as_bytes().get(at.wrapping_sub(1)) {
        Some(&b) if b < 0x80 => Some((b as char, Class::of_ascii(b))),
        Some(_) => text.get(..at)?.chars().next_back().map(|c| (c, Class::of(c))),
        None => None,
    }
}
