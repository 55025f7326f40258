//! Where to cut when no candidate is near enough: behind white space, else
//! between two graphemes, else anywhere.

use crate::text::class::Class;

/// The best place from `low` to `high` code points behind byte `from`, as
/// bytes and code points behind it. The later of two equals is better.
///
/// At least `high` code points must follow `from`; `low` is at least 1.
pub(crate) fn place(text: &str, from: usize, low: usize, high: usize) -> (usize, usize) {
    let rest = text.get(from..).unwrap_or_default();
    let mut best = (0, 0);
    let mut best_rank = 0;
    let mut before = '\0';
    // Flags are pairs of letters; a segment starts between two flags.
    let mut flag_letters = 0_usize;
    for (count, (byte, next)) in rest.char_indices().enumerate().take(high.saturating_add(1)) {
        if count >= low {
            let rank = rank(before, next, flag_letters);
            if rank >= best_rank {
                best_rank = rank;
                best = (byte, count);
            }
        }
        flag_letters = if is_flag_letter(next) { flag_letters + 1 } else { 0 };
        before = next;
    }
    best
}

/// 3 behind white space, 2 inside it, 1 between graphemes, 0 elsewhere.
fn rank(before: char, next: char, flag_letters: usize) -> u8 {
    if before == '\r' && next == '\n' {
        return 0;
    }
    if Class::of(before).is_white() {
        return if Class::of(next).is_white() { 2 } else { 3 };
    }
    u8::from(!joins(before, next, flag_letters))
}

/// Whether `next` belongs to the grapheme of the code point before it.
///
/// The rules of UAX #29 by the classes at hand: a mark (joiners and variation
/// selectors among them) belongs to what it stands on.
fn joins(before: char, next: char, flag_letters: usize) -> bool {
    let ascii = before.is_ascii() && next.is_ascii();
    !ascii
        && (Class::of(next) == Class::Mark
            || before == '\u{200d}'
            || is_virama(before) && Class::of(next) == Class::Letter
            || is_modifier(next)
            || is_flag_letter(next) && flag_letters % 2 == 1)
}

/// Signs that tie a consonant to the next one.
fn is_virama(c: char) -> bool {
    matches!(c, '\u{94d}' | '\u{9cd}' | '\u{acd}' | '\u{b4d}' | '\u{c4d}' | '\u{d4d}')
}

/// What modifies the code point before it without being a mark: skin tones,
/// tags, vowels and finals of decomposed Hangul, the vowel am of Thai and Lao.
fn is_modifier(c: char) -> bool {
    matches!(c, '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0020}'..='\u{e007f}' | '\u{1160}'..='\u{11ff}'
        | '\u{d7b0}'..='\u{d7ff}' | '\u{e33}' | '\u{eb3}')
}

fn is_flag_letter(c: char) -> bool {
    matches!(c, '\u{1f1e6}'..='\u{1f1ff}')
}

#[cfg(test)]
#[allow(clippy::string_slice)] // A failure is the message.
mod tests {
    use super::*;

    #[test]
    fn white_space_is_best_then_graphemes_then_anything() {
        assert_eq!(place("ab cd efgh", 0, 1, 7), (6, 6));
        assert_eq!(place("ab cd efgh", 0, 7, 8), (8, 8));
        assert_eq!(place("ab   c", 0, 1, 4), (4, 4));
        assert_eq!(place("abc", 1, 1, 1), (1, 1));
        assert_eq!(place("x\u{301}\u{301}\u{301}", 0, 1, 3), (5, 3));
    }

    #[test]
    fn no_grapheme_is_torn() {
        for grapheme in
            ["e\u{301}", "👩\u{200d}👧", "🇩🇪", "👍🏽", "\r\n", "ก็", "한", "क्ष", "กำ", "❤\u{fe0f}"]
        {
            let decomposed = if grapheme == "한" { "\u{1112}\u{1161}\u{11ab}" } else { grapheme };
            let chars = decomposed.chars().count();
            let text = decomposed.repeat(5);
            for high in chars..4 * chars {
                let (bytes, count) = place(&text, 0, 1, high);
                assert_eq!(count % chars, 0, "{text:?} {high}");
                assert_eq!(text[..bytes].chars().count(), count);
            }
        }
    }
}
