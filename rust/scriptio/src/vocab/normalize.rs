//! [`Rule`]: what a tokenizer changes in a text before it cuts it.

use std::borrow::Cow;
use std::ops::Range;

use unicode_normalization::char::{canonical_combining_class, is_combining_mark};
use unicode_normalization::{
    IsNormalized, UnicodeNormalization, is_nfc_quick, is_nfd_quick, is_nfkc_quick, is_nfkd_quick,
};

use super::classes::{Classes, flag};
use super::pretokenize::Finder;

/// Unicode's normalisation forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Nfc,
    Nfd,
    Nfkc,
    Nfkd,
}

impl Form {
    fn is_kept(self, chars: impl Iterator<Item = char>) -> bool {
        let quick = match self {
            Self::Nfc => is_nfc_quick(chars),
            Self::Nfd => is_nfd_quick(chars),
            Self::Nfkc => is_nfkc_quick(chars),
            Self::Nfkd => is_nfkd_quick(chars),
        };
        quick == IsNormalized::Yes
    }

    fn of(self, text: &str) -> String {
        match self {
            Self::Nfc => text.nfc().collect(),
            Self::Nfd => text.nfd().collect(),
            Self::Nfkc => text.nfkc().collect(),
            Self::Nfkd => text.nfkd().collect(),
        }
    }

    /// Whether what precedes `c` and what begins with it are normalised apart.
    fn starts(self, c: char) -> bool {
        // What a character is made of may join what precedes it, though it does not itself.
        let first = || match self {
            Self::Nfc | Self::Nfd => std::iter::once(c).nfd().next(),
            Self::Nfkc | Self::Nfkd => std::iter::once(c).nfkd().next(),
        };
        let alone = |c: char| {
            canonical_combining_class(c) == 0
                && is_nfc_quick(std::iter::once(c)) == IsNormalized::Yes
        };
        c.is_ascii() || canonical_combining_class(c) == 0 && first().is_some_and(alone)
    }
}

/// A step of a normaliser.
#[derive(Debug)]
pub(super) enum Rule {
    Form(Form),
    Lowercase,
    /// White space at either end is left out.
    Strip {
        left: bool,
        right: bool,
    },
    /// Matches become something else.
    Replace {
        finder: Finder,
        content: String,
    },
    /// Put before a text that is not empty.
    Prepend(String),
    /// `\p{Mn}` is left out.
    StripAccents,
    /// `\p{M}` is left out.
    StripMarks,
    /// Controls are left out, white space becomes U+0020.
    CleanText,
    /// Ideographs stand between spaces.
    PadIdeographs,
}

/// A text that was changed.
#[derive(Debug, Default)]
pub(super) struct Normal<'t> {
    pub text: Cow<'t, str>,
    /// The bytes of the source that each byte comes from, where asked for and
    /// not the same.
    pub origins: Option<Vec<(u32, u32)>>,
}

/// The text under `rules`.
pub(super) fn normalize<'t>(
    text: &'t str,
    rules: &[Rule],
    classes: &Classes,
    with_origins: bool,
) -> Normal<'t> {
    let mut normal = Normal { text: Cow::Borrowed(text), origins: None };
    for rule in rules {
        if rule.keeps(&normal.text, classes) {
            continue;
        }
        let mut writer = Writer {
            text: &normal.text,
            before: normal.origins.as_deref(),
            out: String::with_capacity(normal.text.len() + 8),
            origins: with_origins.then(Vec::new),
        };
        rule.apply(&mut writer, classes);
        let (out, origins) = (writer.out, writer.origins);
        normal = Normal { text: Cow::Owned(out), origins };
    }
    normal
}

/// A text while a rule rewrites it.
struct Writer<'w> {
    text: &'w str,
    /// Origins of the bytes of `text`.
    before: Option<&'w [(u32, u32)]>,
    out: String,
    origins: Option<Vec<(u32, u32)>>,
}

impl Writer<'_> {
    fn origin(&self, range: &Range<usize>) -> (u32, u32) {
        let Some(before) = self.before else { return (range.start as u32, range.end as u32) };
        let Some(last) = before.len().checked_sub(1) else { return (0, 0) };
        let at = |at: usize| before.get(at.min(last)).copied().unwrap_or_default();
        if range.is_empty() {
            let start = at(range.start).0;
            return (start, start);
        }
        (at(range.start).0, at(range.end - 1).1)
    }

    /// Write `range` of the text as it is.
    fn keep(&mut self, range: Range<usize>) {
        self.out.push_str(self.text.get(range.clone()).unwrap_or_default());
        if self.origins.is_some() {
            let origins: Vec<_> = range.map(|at| self.origin(&(at..at + 1))).collect();
            self.origins.get_or_insert_default().extend(origins);
        }
    }

    /// Write `content` for `range` of the text.
    fn write(&mut self, content: &str, range: &Range<usize>) {
        self.out.push_str(content);
        let origin = self.origin(range);
        if let Some(origins) = &mut self.origins {
            origins.extend(std::iter::repeat_n(origin, content.len()));
        }
    }

    /// Write every character, or what `change` makes of it.
    fn each(&mut self, change: impl Fn(char, &mut Self, &Range<usize>) -> bool) {
        for (at, c) in self.text.char_indices() {
            let range = at..at + c.len_utf8();
            if !change(c, self, &range) {
                self.keep(range);
            }
        }
    }
}

impl Rule {
    /// Whether the rule is known to change nothing.
    fn keeps(&self, text: &str, classes: &Classes) -> bool {
        let any = |flags: u8| text.chars().any(|c| classes.of_char(c) & flags != 0);
        match self {
            Self::Form(form) => text.is_ascii() || form.is_kept(text.chars()),
            Self::Lowercase => text.chars().all(|c| c.is_ascii() && !c.is_ascii_uppercase()),
            Self::Strip { left, right } => {
                !(*left && text.starts_with(char::is_whitespace)
                    || *right && text.ends_with(char::is_whitespace))
            }
            Self::Replace { finder: Finder::Literal(literal), .. } => !text.contains(&**literal),
            Self::Replace { .. } | Self::CleanText => false,
            Self::Prepend(_) => text.is_empty(),
            Self::StripMarks => text.is_ascii(),
            Self::StripAccents => text.is_ascii() || !any(flag::NONSPACING),
            Self::PadIdeographs => !text.chars().any(is_ideograph),
        }
    }

    fn apply(&self, writer: &mut Writer<'_>, classes: &Classes) {
        let text = writer.text;
        match self {
            Self::Form(form) => normalize_apart(writer, *form),
            Self::Lowercase => writer.each(|c, writer, range| {
                let lower = c.to_lowercase();
                let changes = lower.len() != 1 || lower.clone().next() != Some(c);
                if changes {
                    writer.write(&lower.to_string(), range);
                }
                changes
            }),
            Self::Strip { left, right } => {
                let start = if *left { text.len() - text.trim_start().len() } else { 0 };
                let end = if *right { text.trim_end().len() } else { text.len() };
                writer.keep(start.min(end)..end);
            }
            Self::Replace { finder, content } => {
                finder.find(text, 0..text.len(), classes, |range, is_match| {
                    if is_match {
                        writer.write(content, &range);
                    } else {
                        writer.keep(range);
                    }
                });
            }
            Self::Prepend(prefix) => {
                writer.write(prefix, &(0..0));
                writer.keep(0..text.len());
            }
            Self::StripAccents => {
                writer.each(|c, _, _| classes.of_char(c) & flag::NONSPACING != 0);
            }
            Self::StripMarks => writer.each(|c, _, _| is_combining_mark(c)),
            Self::CleanText => writer.each(|c, writer, range| {
                let flags = classes.of_char(c);
                let blank = flags & flag::SPACE != 0;
                let control = flags & flag::CONTROL != 0 && !matches!(c, '\t' | '\n' | '\r');
                if c == '\0' || c == char::REPLACEMENT_CHARACTER || control {
                    return true;
                }
                if blank {
                    writer.write(" ", range);
                }
                blank
            }),
            Self::PadIdeographs => writer.each(|c, writer, range| {
                if !is_ideograph(c) {
                    return false;
                }
                writer.write(" ", &(range.start..range.start));
                writer.keep(range.clone());
                writer.write(" ", &(range.end..range.end));
                true
            }),
        }
    }
}

/// Normalise the stretches between characters that stand alone.
fn normalize_apart(writer: &mut Writer<'_>, form: Form) {
    let text = writer.text;
    let mut starts = text.char_indices().filter(|&(_, c)| form.starts(c)).map(|(at, _)| at);
    let mut start = 0;
    let mut plain = 0;
    loop {
        let end = starts.find(|&at| at > start).unwrap_or(text.len());
        let part = text.get(start..end).unwrap_or_default();
        if !part.is_ascii() {
            let changed = form.of(part);
            if changed != part {
                writer.keep(plain..start);
                writer.write(&changed, &(start..end));
                plain = end;
            }
        }
        start = end;
        if end == text.len() {
            break;
        }
    }
    writer.keep(plain..text.len());
}

/// What BERT calls Chinese: the blocks of unified and compatibility
/// ideographs.
fn is_ideograph(c: char) -> bool {
    matches!(
        c,
        '\u{4E00}'..='\u{9FFF}'
            | '\u{3400}'..='\u{4DBF}'
            | '\u{20000}'..='\u{2A6DF}'
            | '\u{2A700}'..='\u{2B73F}'
            | '\u{2B740}'..='\u{2B81F}'
            | '\u{2B920}'..='\u{2CEAF}'
            | '\u{F900}'..='\u{FAFF}'
            | '\u{2F800}'..='\u{2FA1F}'
    )
}
