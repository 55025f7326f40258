//! [`judge`]: what rules decide about a candidate before the scorer is asked.

use super::builder::Config;
use super::candidates::Gap;
use super::context::{Context, WINDOW, is_note, window_after};
use super::ellipsis;
use super::lexicon::Abbreviation;
use super::quotes;
use super::word::{hash_word, shape};
use crate::text::class::Class;

/// A rule's decision, with its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// A sentence ends here.
    Break(&'static str),
    /// None does.
    Join(&'static str),
    /// The scorer decides.
    Open,
}

use Verdict::{Break, Join, Open};

/// Judge one candidate by rules. Everything looked at lies in the window;
/// `start` is where the segment began.
pub(crate) fn judge(
    config: &Config,
    text: &str,
    gap: &Gap,
    context: &Context,
    start: usize,
) -> Verdict {
    let left = text.get(..gap.start).unwrap_or_default();
    let right = text.get(gap.end..).unwrap_or_default();
    let verdict = if gap.newlines == 0 { in_line(text, gap, context, left, right) } else { Open };
    if verdict != Open {
        return verdict;
    }
    if context.left.mark == '.' && context.left.tail_len == 1 {
        return after_stop(config, text, context, start);
    }
    Open
}

/// What the code points on both sides settle where no line ends.
fn in_line(text: &str, gap: &Gap, context: &Context, left: &str, right: &str) -> Verdict {
    let empty = gap.start == gap.end;
    // `,,` is a quote in Dutch typing.
    let closing = matches!(
        right.as_bytes().first(),
        Some(b')' | b']' | b'}' | b',' | b';' | b':' | b'!' | b'?')
    );
    if closing && !right.starts_with(",,") {
        return Join("punctuation follows");
    }
    if quotes::closing_follows(text, gap.end) {
        return Join("closing quote follows");
    }
    if let Some((_, false)) = quotes::alone_before(text, gap.start) {
        return Join("opening quote");
    }
    if context.left.last.is_terminator() {
        if is_note(right) {
            return Join("note follows");
        }
        // Marks that nothing but a sentence begins with.
        if right.starts_with(['¿', '¡']) {
            return Break("opening mark");
        }
    }
    if context.left.mark == '.'
        && context.left.tail_len == 2
        && matches!(left.trim_end_matches('.').chars().next_back(), Some('°' | 'º'))
        && context.right.next == Class::Digit
    {
        return Join("number follows");
    }
    if context.left.mark == '.' {
        if empty && is_inside_token(text, gap.start, right) {
            return Join("inside a token");
        }
        let verdict = ellipsis::judge(left, right);
        if verdict != Open {
            return verdict;
        }
    }
    let full = context.left.tail_len > 0 && Class::of(context.left.mark) == Class::Full;
    if full && is_enclosed(left, right) {
        return Join("inside brackets");
    }
    // Ideographic text is the scorer's; elsewhere these marks do nothing else.
    if full
        && context.left.last == Class::Full
        && !matches!(context.script, 16 | 17)
        && context.right.next.is_word()
    {
        return Break("terminator");
    }
    // Small letters go on with a sentence where capitals are in use.
    if context.right.next == Class::Lower && context.capitals > 1 {
        if context.left.last == Class::Quote
            && context.left.first != Class::Quote
            && context.left.tail_len == 2
        {
            return Join("quotation goes on");
        }
        let name = shape::INITIAL | shape::LOWER;
        if context.left.mark == '!'
            && context.left.tail_len == 1
            && context.left.word.shape & name == name
            && context.left.before == Class::Space
            && context.left.previous.shape & (shape::INITIAL | shape::LOWER) == shape::LOWER
        {
            return Join("name with a mark");
        }
        if context.left.last == Class::Close && left.ends_with("...]") {
            return Join("omission");
        }
    }
    if context.left.last == Class::Quote && left.trim_end_matches(['"', '\'']).ends_with("...]") {
        return Join("omission");
    }
    Open
}

/// What the word before a single full stop settles.
fn after_stop(config: &Config, text: &str, context: &Context, start: usize) -> Verdict {
    let word = text.get(context.left.word_span.range()).unwrap_or_default();
    if config.is_abbreviation(word) {
        return Join("abbreviation");
    }
    let (one, other) = (&context.left.word, &context.right.following);
    if one.len == 1 && one.shape & shape::INITIAL != 0 && context.left.word_span.start == start {
        return Join("initial");
    }
    // `z. Z.`, `J. S. Bach`
    if one.len == 1
        && one.shape & shape::DIGIT == 0
        && other.len == 1
        && context.right.after == Class::Stop
    {
        return Join("letters with stops");
    }
    // `1. The`: a number, then a word that is no name.
    if one.shape == shape::DIGIT && one.len < 5 && context.starter {
        return Break("starter after a number");
    }
    let digit = context.right.next == Class::Digit;
    let abbreviation = if one.shape & shape::DOTTED == 0 {
        context.abbreviation
    } else {
        after_sentence(config, context, word)
    };
    match abbreviation {
        Abbreviation::No => {}
        Abbreviation::Numbered if digit => return Join("number follows"),
        // Not `1926 г.`, a year.
        Abbreviation::Title
            if context.right.next.is_word()
                && !context.starter
                && context.left.previous.shape & shape::DIGIT == 0 =>
        {
            return Join("title");
        }
        Abbreviation::Month if digit => return Join("date"),
        _ if context.right.next == Class::Lower && context.capitals > 1 => {
            return Join("abbreviation");
        }
        _ => {}
    }
    if context.left.word.shape & (shape::DOTTED | shape::DIGIT) == shape::DOTTED
        && context.right.next == Class::Upper
    {
        return after_initials(text, word, context, start);
    }
    Open
}

/// The abbreviation in `Tuesday.Mr`, where a sentence ends without white space.
fn after_sentence(config: &Config, context: &Context, word: &str) -> Abbreviation {
    match word.rsplit_once('.') {
        Some((sentence, short)) if sentence.len() > 3 && !sentence.contains('.') => {
            config.lexicon.abbreviation(hash_word(short, true))
        }
        _ => context.abbreviation,
    }
}

/// What follows letters with full stops: `U.S.`, `p.m.`
fn after_initials(text: &str, word: &str, context: &Context, start: usize) -> Verdict {
    // The hour: `At 5 a.m. Mr. Smith` begins a sentence, `He left at 6 P.M.` ends one.
    if matches!(word, "a.m" | "p.m" | "A.M" | "P.M")
        && context.left.previous.shape & shape::DIGIT != 0
    {
        // A long sentence is not counted, only known to be long.
        let sentence = text.get(start..context.left.word_span.start).unwrap_or_default();
        let words = match sentence.len() {
            0..WINDOW => sentence.split_whitespace().take(3).count(),
            _ => 3,
        };
        return if words > 2 { Break("end of a time") } else { Join("time opens") };
    }
    // `in the U.S. The`: a word that is no name follows.
    if context.starter && word.split('.').all(|part| part.chars().count() == 1) {
        return Break("starter after initials");
    }
    Open
}

/// Bytes that are searched for a bracket: a window of ideographs.
const BRACKETS: usize = 3 * WINDOW;

/// Whether a bracket of ideographic text is open before and closed behind.
pub(crate) fn is_enclosed(left: &str, right: &str) -> bool {
    let left = left.as_bytes();
    let left = left.get(left.len().saturating_sub(BRACKETS)..).unwrap_or_default();
    // The middle bytes of all brackets; letters seldom hold them.
    let opening = memchr::memrchr2_iter(0xBC, 0x80, left).find_map(|at| bracket_at(left, at));
    opening.is_some_and(|(kind, open)| {
        let right = if open { window_after(right).as_bytes() } else { &[] };
        let closing = memchr::memchr2_iter(0xBC, 0x80, right).find_map(|at| bracket_at(right, at));
        closing == Some((kind, false))
    })
}

/// The kind of the bracket with its middle byte at `at`, and whether it opens.
fn bracket_at(bytes: &[u8], at: usize) -> Option<(u8, bool)> {
    let three = bytes.get(at.checked_sub(1)?..)?.first_chunk::<3>()?;
    match three {
        [0xEF, 0xBC, 0x88] => Some((0, true)),
        [0xEF, 0xBC, 0x89] => Some((0, false)),
        // 〈 〉 《 》 and 【 】
        [0xE3, 0x80, b @ (0x88..=0x8B | 0x90 | 0x91)] => Some((1 + (b & !1), b & 1 == 0)),
        _ => None,
    }
}

/// Whether an empty gap lies inside an address, a path or a file name.
fn is_inside_token(text: &str, at: usize, right: &str) -> bool {
    let (before, after) = (token_before(text, at), token_after(right));
    let joins = |c: char| matches!(c, '/' | '@' | '_' | '=' | '&' | '\\' | '%' | '+');
    if before.contains(joins) || after.contains(joins) {
        return true;
    }
    // Another full stop inside the same token: `www.Example.com`, `a.B.c`.
    let word = before.trim_end_matches('.');
    let short = |part: &str| part.chars().count() < 4 || part.starts_with(char::is_lowercase);
    let inner_before =
        word.rsplit_once('.').is_some_and(|(part, _)| short(part) && !part.contains(','));
    let inner_after = after.trim_end_matches(['.', '!', '?', '"', ')']).rsplit_once('.');
    inner_before && !word.starts_with(|c: char| c.is_ascii_digit())
        || inner_after.is_some_and(|(_, part)| part.starts_with(char::is_lowercase))
}

/// What stands before `at` without white space between, in the window.
fn token_before(text: &str, at: usize) -> &str {
    let left = text.get(..at).unwrap_or_default();
    let inside =
        left.char_indices().rev().take(WINDOW).take_while(|&(_, c)| !Class::of(c).is_white());
    let start = inside.last().map_or(at, |(i, _)| i);
    left.get(start..).unwrap_or_default()
}

/// What `right` begins with up to white space, in the window.
fn token_after(right: &str) -> &str {
    let mut inside = right.char_indices().take(WINDOW + 1).enumerate();
    let end = inside.find(|&(seen, (_, c))| seen == WINDOW || Class::of(c).is_white());
    end.and_then(|(_, (i, _))| right.get(..i)).unwrap_or(right)
}
