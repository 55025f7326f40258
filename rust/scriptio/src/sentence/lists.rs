//! List markers: `1.`, `2.)`, `b)`, `(iii)`, `•`.

/// A list marker in the text, with the white space before it left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Marker {
    /// Where it starts.
    pub(crate) start: usize,
    /// Where it ends.
    pub(crate) end: usize,
    style: Style,
    value: u32,
}

/// How a marker is written: its closing marks and what it counts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Style {
    bullet: bool,
    open: bool,
    close: [u8; 2],
    count: Count,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Count {
    None,
    Number,
    Small,
    Capital,
    Roman,
}

/// Longest marker in bytes: `(xviii).`, `⁃ 12.)`.
const LONGEST: usize = 12;
/// Bytes between two markers of one list, at most.
const REACH: usize = 256;

impl Marker {
    /// Whether this marker is the next of the list that `last` belongs to, or
    /// begins another right behind it.
    pub(crate) fn continues(&self, last: &Self) -> bool {
        let near = self.start > last.end && self.start - last.end <= REACH;
        let next = self.style == last.style
            && (self.value == last.value + 1 || self.style.count == Count::None);
        near && (next || self.is_first() || self.style.bullet)
    }

    /// Whether it opens an item where a sentence or a line has just ended.
    pub(crate) fn opens(&self, text: &str) -> bool {
        let before = text.get(..self.start).unwrap_or_default();
        if self.style.bullet && before.ends_with('\n') {
            return true;
        }
        let closed = self.style.close.contains(&b')') && self.style.count == Count::Small;
        let Some(sentence) = before.strip_suffix(' ') else { return false };
        // Not behind a letter with a full stop: `u. a.`
        let word = sentence.trim_end_matches(['.', '!', '?', ':']);
        let letters = word.bytes().rev().take_while(|b| !b.is_ascii_whitespace()).take(2).count();
        (self.is_first() || closed) && word.len() < sentence.len() && letters > 1
    }

    /// Whether a list may begin with it.
    fn is_first(&self) -> bool {
        match self.style.count {
            Count::None => false,
            Count::Number | Count::Roman => self.value == 1,
            Count::Small | Count::Capital => self.value == 0,
        }
    }

    /// The same marker after `cut` bytes before it are gone; none if it went with them.
    pub(crate) fn moved(self, cut: usize) -> Option<Self> {
        Some(Self { start: self.start.checked_sub(cut)?, end: self.end - cut, ..self })
    }
}

/// Marks that open the items of a list.
fn is_bullet(c: char) -> bool {
    matches!(c, '•' | '‣' | '⁃' | '◦' | '▪' | '●' | '∙' | '·')
}

/// The list marker that ends at `end`, if one does.
pub(crate) fn marker_before(text: &str, end: usize) -> Option<Marker> {
    let bytes = text.as_bytes();
    let last = *bytes.get(end.checked_sub(1)?)?;
    if !(matches!(last, b'.' | b')') || last >= 0x80) {
        return None;
    }
    let mut from = end.saturating_sub(LONGEST);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let window = text.get(from..end)?;
    let token = window.rsplit(|c: char| c.is_whitespace()).next()?;
    if token.len() == window.len() && from > 0 {
        return None;
    }
    let mut start = end - token.len();
    let body = token.trim_start_matches(is_bullet);
    let mut bullet = body.len() < token.len();
    if !bullet {
        // The bullet may stand alone before the number.
        let before = text.get(..start)?.strip_suffix(' ').unwrap_or_default();
        if let Some(c) = before.chars().next_back().filter(|&c| is_bullet(c)) {
            bullet = true;
            start -= 1 + c.len_utf8();
        }
    }
    marker_of(start, end, bullet, body)
}

/// The marker that `body` is, or the bullet before it alone.
fn marker_of(start: usize, end: usize, bullet: bool, body: &str) -> Option<Marker> {
    if body.is_empty() {
        let style = Style { bullet, open: false, close: [0, 0], count: Count::None };
        return bullet.then_some(Marker { start, end, style, value: 0 });
    }
    let (open, inner) = match body.strip_prefix('(') {
        Some(inner) => (true, inner),
        None => (false, body),
    };
    let count = inner.trim_end_matches(['.', ')']);
    let close = match inner.get(count.len()..)?.as_bytes() {
        [a] => [*a, 0],
        [a, b] if a != b => [*a, *b],
        _ => return None,
    };
    if open && !close.contains(&b')') {
        return None;
    }
    let (count, value) = counted(count, close == [b'.', 0])?;
    Some(Marker { start, end, style: Style { bullet, open, close, count }, value })
}

/// What a marker counts with, and how far. Roman numerals need two letters,
/// or are read as letters; they do not stand before a bare full stop.
fn counted(count: &str, stop: bool) -> Option<(Count, u32)> {
    let bytes = count.as_bytes();
    match bytes {
        [b'0'..=b'9', ..] if bytes.len() <= 3 && bytes.iter().all(u8::is_ascii_digit) => {
            Some((Count::Number, count.parse().ok()?))
        }
        [b'i'] if !stop => Some((Count::Roman, 1)),
        [b @ b'a'..=b'z'] => Some((Count::Small, u32::from(b - b'a'))),
        [b @ b'A'..=b'Z'] if !stop => Some((Count::Capital, u32::from(b - b'A'))),
        _ if !stop && bytes.len() <= 6 => roman(bytes).map(|value| (Count::Roman, value)),
        _ => None,
    }
}

/// Value of a small Roman numeral made of `i`, `v` and `x`.
fn roman(bytes: &[u8]) -> Option<u32> {
    let digit = |b: &u8| match b {
        b'i' => Some(1),
        b'v' => Some(5),
        b'x' => Some(10),
        _ => None,
    };
    let mut value = 0_u32;
    let mut rest = bytes.iter().peekable();
    while let Some(b) = rest.next() {
        let (this, next) = (digit(b)?, rest.peek().and_then(|b| digit(b)).unwrap_or(0));
        value = if this < next { value.checked_add(next - this)? } else { value + this };
        if this < next {
            rest.next();
        }
    }
    Some(value)
}
